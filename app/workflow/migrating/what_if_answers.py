"""What the people of a case answered, as far as it can stand for them when the case is walked again, and where it was returned.

A walk has no returns: it takes at each station the answer that counts today. What a return made void has been given again since;
where the case is past a station again and nobody was asked there anew (it came straight back, or went on from further along), what
was given before stands. Where it has yet to come to a station again, its last values are taken and its agreement is assumed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.workflow import cases, engine, forms
from app.workflow.deploying.definitions import Loaded
from app.workflow.models import CaseEvent, TaskState, UserTask
from app.workflow.trials.reach import Reach

MOVES = frozenset({"send_back", "withdraw", "recall", "jump", "reconsider", "restore"})


class Source(StrEnum):
    """Where an answer of the walk comes from: it counts today; it is void but nobody was asked again; only its values are known;
    or nobody has said anything."""

    COUNTS = "counts"
    STOOD = "stood"
    LAST_KNOWN = "last_known"
    ASSUMED = "assumed"


@dataclass(frozen=True)
class Given:
    """The answer at a station: its outcome, the routing values with it, and where it comes from."""

    outcome: str
    values: Mapping[str, Any]
    source: Source


@dataclass(frozen=True)
class Returned:
    """A place at which the real case did not go on along the lines. verb: of the act; straight: it came straight back afterwards;
    void: the stations whose answers it made void."""

    at: datetime
    verb: str
    origin: str | None
    target: str | None
    straight: bool
    void: tuple[str, ...]


def usual(step: engine.Step) -> str:
    """The answer that lets the case go on."""
    if step.vote is not None:
        return "approve"
    good = [outcome for outcome in step.outcomes if outcome.kind == "approve"] or list(step.outcomes)
    return good[0].id if good else "completed"


def returns_of(events: Sequence[CaseEvent], tasks: Sequence[UserTask]) -> list[Returned]:
    """Every return, jump and rewinding of the case, oldest first."""
    moves = [event for event in events if event.verb in MOVES or _refused_elsewhere(event)]
    return [
        Returned(
            at=event.at,
            verb=event.verb,
            origin=event.detail.get("returned_from") or event.element_id,
            target=event.detail.get("to"),
            straight=_came_back(event, events),
            void=tuple(dict.fromkeys(task.element_id for task in tasks if task.superseded_at == event.at)),
        )
        for event in moves
    ]


def _refused_elsewhere(event: CaseEvent) -> bool:
    """A refusal that the analyst sends to a station."""
    return event.verb in ("complete", "answer") and "returned_from" in event.detail and "to" in event.detail


def _came_back(move: CaseEvent, events: Sequence[CaseEvent]) -> bool:
    sender = move.detail.get("returned_from")
    return move.detail.get("mode") == "straight" and any(
        event.seq > move.seq and event.detail.get("straight_to") == sender for event in events
    )


class Answers:
    """The answers of a case by station; each is taken once. stood: stations whose void answer stands (`not_asked_again`)."""

    def __init__(self, loaded: Loaded, tasks: Sequence[UserTask], stood: Collection[str]) -> None:
        self.loaded, self.stood = loaded, stood
        self.given: dict[str, list[UserTask]] = {}
        self.void: dict[str, UserTask] = {}
        for task in tasks:
            if task.state != TaskState.COMPLETED or task.parent_id is not None:
                continue
            if task.superseded_at is not None or self._leads_elsewhere(task):
                self.void[task.element_id] = task
            else:
                self.given.setdefault(task.element_id, []).append(task)

    def of(self, element_id: str) -> Given:
        """The next answer at the station."""
        waiting, step = self.given.get(element_id), self.loaded.step(element_id)
        if waiting:
            task = waiting.pop(0)
            return Given(task.outcome or usual(step), self._values(task), Source.COUNTS)
        last = self.void.pop(element_id, None)
        if last is None:
            return Given(usual(step), {}, Source.ASSUMED)
        if element_id in self.stood:
            return Given(last.outcome or usual(step), self._values(last), Source.STOOD)
        return Given(usual(step), self._values(last), Source.LAST_KNOWN)

    def _leads_elsewhere(self, task: UserTask) -> bool:
        outcomes = self.loaded.step(task.element_id).outcomes
        return any(outcome.id == task.outcome and outcome.then not in ("follow", "end") for outcome in outcomes)

    def _values(self, task: UserTask) -> Mapping[str, Any]:
        key = self.loaded.step(task.element_id).form
        form = self.loaded.form(key) if key else None
        if form is None:
            return {}
        known = {name: value for name, value in (task.submitted or {}).items() if name in form.fields}
        return cases.routing_values(self.loaded, form, forms.from_json(form, known))


def not_asked_again(
    compiled: engine.Definition, walked: Sequence[tuple[str, Source]], here: Collection[str]
) -> frozenset[str]:
    """Of the stations walked those whose answer is void although the case is past them: further along somebody has answered, or
    is at work now (`here`). What may be at work beside a station says nothing of it.
    """
    reach = Reach(compiled)
    found = set()
    for place, (element, source) in enumerate(walked):
        if source is Source.LAST_KNOWN and element not in here:
            later = {other for other, its in walked[place + 1 :] if its is Source.COUNTS or other in here}
            beside = set().union(*(net.concurrent.get(element, ()) for net in compiled.nets.values()))
            found |= {element} if (later - beside) & reach.stations([element]) else set()
    return frozenset(found)


def refusal_ends(step: engine.Step, outcome: str) -> bool:
    """Whether the answer ends the case by itself, without a line of the diagram."""
    return any(each.id == outcome and each.then == "end" for each in step.outcomes)


def refused_end(compiled: engine.Definition) -> str:
    """The end that stands for a refusal."""
    return next((element for element, status in compiled.ends.items() if status == "refused"), "refused")


def halted(step: engine.Progress) -> Iterator[tuple[str, str]]:
    """What a walk that nobody can carry on waits for: (message or clock, its element)."""
    yield from (("message", wait.element_id) for wait in step.waits)
    yield from (("clock", timer.element_id) for timer in step.timers)
