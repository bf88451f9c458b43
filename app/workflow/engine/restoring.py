"""Back to how a case stood: the tokens of an earlier state, with the variables of today.

A token that has stood since then stays as it is: its task keeps its name and its clocks go on. One that has left since
comes back as a new task, its clocks wound anew, as after every return. Nothing is looked up in the past but the earlier
state itself, so a case whose present state can't be read any more can be restored as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from app.workflow.engine import state as states
from app.workflow.engine.definition import Definition
from app.workflow.engine.events import DUE
from app.workflow.engine.running import NO_SERVICES, fresh, load, moved, open_ids, progress
from app.workflow.engine.values import OpenTask, Progress, Services
from app.workflow.engine.workflow import Case


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
    standing = frozenset(_ids(today["tokens"])) if today else frozenset()
    case = fresh(definition, today["vars"] if today else then["vars"], now, services)
    states.restore(case, [_again(token, standing) for token in then["tokens"]])
    case.completed = not then["tokens"]
    return case


def _ids(tokens: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The names of the tokens and of all that is inside them."""
    for token in tokens:
        yield token["id"]
        for part in ("c", "in"):
            yield from _ids(token.get(part, ()))


def _again(token: Mapping[str, Any], standing: Collection[str]) -> dict[str, Any]:
    """The token as it was; under a new name and without its clock where it has left the case since."""
    fresh_one = dict(token)
    if token["id"] not in standing:
        fresh_one["id"] = uuid4().hex
        fresh_one["n"] = {name: value for name, value in token.get("n", {}).items() if name != DUE}
    for part in ("c", "in"):
        if part in token:
            fresh_one[part] = [_again(child, standing) for child in token[part]]
    return fresh_one
