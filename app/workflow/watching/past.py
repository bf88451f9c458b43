"""A case as it was: who had which task from when to when, what was open, known and decided at any earlier moment.

Everything is told from the record (events, visits and what was entered in them); nothing is kept for it beside them. Pure, but
for the rows it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from app.workflow.models import CaseEvent, CaseState, ProcessInstance, TaskState, UserTask

ENDS = ("terminate", "give_up")


class Stay(StrEnum):
    """What a task did while time passed."""

    POOL = "pool"
    HELD = "held"
    VOTE = "vote"
    WAITING = "waiting"
    SUSPENDED = "suspended"


@dataclass(frozen=True)
class Span:
    """A stretch of one visit: with whom (None: with nobody), doing what, from when to when."""

    element_id: str
    round: int
    stay: Stay
    user_id: int | None
    since: datetime
    until: datetime

    @property
    def calendar(self) -> timedelta:
        """How long by the clock on the wall."""
        return self.until - self.since


@dataclass(frozen=True)
class Visit:
    """A visit as it was at a moment: its state, who had it, and whether a return had made it void by then."""

    task: UserTask
    state: TaskState
    holder_id: int | None
    void: bool


@dataclass(frozen=True)
class Past:
    """The case after one of its events: its visits, how often each element was passed, the values entered by then."""

    event: CaseEvent
    state: CaseState
    visits: tuple[Visit, ...]
    passed: Mapping[str, int]
    values: Mapping[str, Any]

    @property
    def open(self) -> tuple[Visit, ...]:
        """The visits that waited for somebody."""
        return tuple(visit for visit in self.visits if visit.state == TaskState.OPEN)


def as_it_was(case: ProcessInstance, events: Sequence[CaseEvent], tasks: Sequence[UserTask], seq: int) -> Past | None:
    """The case right after event number `seq`; None where it has no such event. All events and visits are given, oldest first."""
    event = next((event for event in events if event.seq == seq), None)
    if event is None:
        return None
    until = [event for event in events if event.seq <= seq]
    passed: dict[str, int] = {}
    for earlier in until:
        for element in earlier.passed:
            passed[element] = passed.get(element, 0) + 1
    visits = tuple(_visit(task, events, event.at) for task in tasks if task.created_at <= event.at)
    return Past(event, _state(case, until), visits, passed, _values(visits))


def spans(events: Sequence[CaseEvent], tasks: Sequence[UserTask], now: datetime) -> list[Span]:
    """Who had it when: every visit in stretches, oldest first. Whatever it did, a suspended case is suspended."""
    stops = _stops(events, now)
    found = [piece for task in tasks for piece in _stretches(task, events, now)]
    cut = [piece for span in found for piece in _cut(span, stops)]
    return sorted(cut, key=lambda span: (span.since, span.element_id))


def held_by(task: UserTask, events: Iterable[CaseEvent]) -> list[tuple[datetime, int | None]]:
    """From when on whom the task was with, beginning with its opening."""
    about = [event for event in events if event.task_id == task.id and _hands(event) is not ...]
    first = about[0] if about else None
    found: list[tuple[datetime, int | None]] = [(task.created_at, _at_first(task, first))]
    return found + [(event.at, _hands(event)) for event in about]


def _visit(task: UserTask, events: Sequence[CaseEvent], at: datetime) -> Visit:
    ended = task.completed_at is not None and task.completed_at <= at
    state = TaskState(task.state) if ended else TaskState.OPEN
    holder = [user for since, user in held_by(task, events) if since <= at][-1]
    void = task.superseded_at is not None and task.superseded_at <= at
    return Visit(task, state, None if task.is_vote else holder, void)


def _values(visits: Sequence[Visit]) -> dict[str, Any]:
    """Everything entered by then, the last word of each field."""
    done = [visit.task for visit in visits if visit.state == TaskState.COMPLETED and visit.task.submitted]
    found: dict[str, Any] = {}
    for task in sorted(done, key=lambda task: (task.completed_at, task.id)):
        found.update(task.submitted)
    return found


def _state(case: ProcessInstance, until: Sequence[CaseEvent]) -> CaseState:
    if case.ended_at is not None and until[-1].at >= case.ended_at:
        return CaseState(case.state)
    last = [event.verb for event in until if event.verb in ("suspend", "resume")]
    return CaseState.SUSPENDED if last and last[-1] == "suspend" else CaseState.ACTIVE


def _hands(event: CaseEvent) -> Any:
    """Into whose hands the task came by the event; `...` where it changed none."""
    if event.verb == "claim":
        return event.actor_id
    if event.verb == "release":
        return None
    return event.detail.get("to_user", ...)


def _at_first(task: UserTask, first: CaseEvent | None) -> int | None:
    """With whom the task opened: who is known to have had it before the first change of hands."""
    if first is None:
        return task.assignee_id if task.assignee_id is not None else task.completed_by
    if first.verb == "claim":
        return None
    return first.detail.get("from_user") if "from_user" in first.detail else first.actor_id


def _stretches(task: UserTask, events: Sequence[CaseEvent], now: datetime) -> list[Span]:
    end = task.completed_at or now
    changes: dict[datetime, tuple[int | None, bool]] = {}
    hands = held_by(task, events)
    waits = _waits(task, events, end)
    for moment in sorted({since for since, _ in hands} | {moment for pair in waits for moment in pair}):
        holder = [user for since, user in hands if since <= moment][-1]
        changes[moment] = (holder, any(since <= moment < until for since, until in waits))
    starts = [moment for moment in changes if moment < end]
    return [
        Span(task.element_id, task.round, _stay(task, *changes[since]), changes[since][0], since, until)
        for since, until in zip(starts, [*starts[1:], end], strict=True)
        if since < until
    ]


def _stay(task: UserTask, holder: int | None, waits: bool) -> Stay:
    if waits:
        return Stay.WAITING
    if task.is_vote:
        return Stay.VOTE
    return Stay.POOL if holder is None else Stay.HELD


def _waits(task: UserTask, events: Sequence[CaseEvent], end: datetime) -> list[tuple[datetime, datetime]]:
    """When the task waited for the customer."""
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for event in events:
        if event.task_id == task.id and event.verb == "wait":
            since = event.at
        elif event.task_id == task.id and event.verb == "continue":
            found.append((since or task.created_at, event.at))
            since = None
    return found + ([(since, end)] if since else [])


def _stops(events: Sequence[CaseEvent], now: datetime) -> list[tuple[datetime, datetime]]:
    """When the case stood still."""
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for event in events:
        if event.verb == "suspend":
            since = event.at
        elif since is not None and (event.verb == "resume" or event.verb in ENDS):
            found.append((since, event.at))
            since = None
    return found + ([(since, now)] if since else [])


def _cut(span: Span, stops: Sequence[tuple[datetime, datetime]]) -> list[Span]:
    """The stretch in pieces, those within a stop being suspended."""
    moments = sorted({span.since, span.until, *(m for stop in stops for m in stop if span.since < m < span.until)})
    found = []
    for since, until in pairwise(moments):
        stay = Stay.SUSPENDED if any(a <= since and until <= b for a, b in stops) else span.stay
        found.append(Span(span.element_id, span.round, stay, span.user_id, since, until))
    return found
