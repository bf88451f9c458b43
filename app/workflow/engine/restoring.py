"""Back to how a case stood: the tokens of an earlier state, with the variables of today.

A token that has stood since then stays as it is: its task keeps its name, its clocks go on as they do today. One that has left
since comes back as a new task, its clocks wound anew, as after every return. Nothing is looked up in the past but the earlier
state itself, so a case whose present state can't be read any more can be restored as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from app.workflow.engine import clockwork
from app.workflow.engine import state as states
from app.workflow.engine.definition import Definition
from app.workflow.engine.running import NO_SERVICES, fresh, load, moved, open_ids, progress
from app.workflow.engine.values import OpenTask, Progress, Services
from app.workflow.engine.workflow import Case

Token = Mapping[str, Any]


@dataclass(frozen=True)
class Undone:
    """What going back to an earlier state would change: ids of open tasks it takes away, and the tasks it opens again."""

    cancelled: tuple[str, ...]
    opened: tuple[OpenTask, ...]


def restore(
    definition: Definition, state: bytes | None, earlier: bytes, *, now: datetime, services: Services
) -> Progress:
    """The case with the tokens of the state `earlier`. `state` is the present one, None where it can't be read.

    Raises StateUnreadable where one of them can't be read.
    """
    before = open_ids(load(definition, state, now, services)) if state is not None else frozenset()
    return moved(_as_it_was(definition, state, earlier, now, services), before)


def restore_price(definition: Definition, state: bytes | None, earlier: bytes) -> Undone:
    """What `restore` would take away and open again; changes nothing. Raises StateUnreadable."""
    now = datetime.now(UTC)
    before = open_ids(load(definition, state, now, NO_SERVICES)) if state is not None else frozenset()
    then = progress(_as_it_was(definition, state, earlier, now, NO_SERVICES), before)
    return Undone(then.cancelled, tuple(task for task in then.open if task.id not in before))


def _as_it_was(definition: Definition, state: bytes | None, earlier: bytes, now: datetime, services: Services) -> Case:
    then, today = states.read(earlier), states.read(state) if state is not None else None
    standing = dict(_by_id(today["tokens"])) if today else {}
    case = fresh(definition, today["vars"] if today else then["vars"], now, services)
    states.restore(case, [_again(token, standing) for token in then["tokens"]])
    case.completed = not then["tokens"]
    return case


def _by_id(tokens: Sequence[Token]) -> Iterator[tuple[str, Token]]:
    """The tokens and all that is inside them, by their names."""
    for token in tokens:
        yield token["id"], token
        for part in ("c", "in"):
            yield from _by_id(token.get(part, ()))


def _again(token: Token, standing: Mapping[str, Token]) -> dict[str, Any]:
    """The token as it was, with its clocks as they run today; under a new name and without them where it has left since."""
    notes = clockwork.unwound(token.get("n", {}))
    fresh_one = dict(token)
    if token["id"] in standing:
        notes |= clockwork.of(standing[token["id"]].get("n", {}))
    else:
        fresh_one["id"] = uuid4().hex
    if notes or "n" in token:
        fresh_one["n"] = notes
    for part in ("c", "in"):
        if part in token:
            fresh_one[part] = [_again(child, standing) for child in token[part]]
    return fresh_one
