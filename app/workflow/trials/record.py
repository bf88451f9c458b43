"""Finished cases read off the record as lives: every act that moved the case, with what it brought.

The record keeps the engine's state after each such act. What somebody entered is what was handed in at the station, and what
changed among the routing variables by the act, less what the diagram sets itself (tables, scripts) and what services gave.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import undefer

from app.bank_calendar import queries as bank_calendar
from app.kernel.db import session
from app.kernel.working_time import Calendar
from app.workflow import engine, forms
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.models import CaseEvent, CaseState, ProcessInstance, UserTask
from app.workflow.rules import BUSINESS_LINE
from app.workflow.trials.deeds import Deed, Kind, Life
from app.workflow.trials.ways import nodes_of

FINISHED = (CaseState.COMPLETED, CaseState.CANCELLED, CaseState.WITHDRAWN)
CHUNK = 50
KINDS = {
    "start": Kind.START,
    "message": Kind.MESSAGE,
    "timer": Kind.TIMER,
    "service": Kind.SERVICE,
    "retry": Kind.RETRY,
    "resume": Kind.POSTPONE,
    "restore": Kind.RESTORE,
    "terminate": Kind.END,
    "give_up": Kind.END,
    **dict.fromkeys(("complete", "skip", "skip_same", "close_vote", "answer"), Kind.ANSWER),
    **dict.fromkeys(("send_back", "withdraw", "recall", "jump", "reconsider"), Kind.MOVE),
}
ENDED = {"terminate": CaseState.CANCELLED, "give_up": CaseState.WITHDRAWN}
SENDERS = frozenset({"send_back"})


@dataclass(frozen=True)
class Wanted:
    """Which finished cases: of a process, the last `limit` by their end, between two moments, of one business line."""

    process: str
    limit: int = 500
    since: datetime | None = None
    until: datetime | None = None
    line: str | None = None


@dataclass(frozen=True)
class Unread:
    """A case whose record can't be read as deeds, and why: a code of `walks.Fault`."""

    id: str
    number: str
    line: str
    code: str


def count(wanted: Wanted) -> int:
    """How many cases that are."""
    return len(_ids(wanted))


def lives(wanted: Wanted, routing: frozenset[str]) -> Iterator[tuple[Life | Unread, uuid.UUID]]:
    """The cases with the definition each ran on, the newest end first; `routing`: names that the new version decides by."""
    ids = _ids(wanted)
    for start in range(0, len(ids), CHUNK):
        yield from _chunk(ids[start : start + CHUNK], routing)


def one(instance_id: uuid.UUID, routing: frozenset[str]) -> tuple[Life | Unread, uuid.UUID] | None:
    """One finished case; None where there is none of this id."""
    found = _chunk(
        list(session.scalars(select(ProcessInstance.id).where(*_finished(), ProcessInstance.id == instance_id))),
        routing,
    )
    return next(iter(found), None)


def lines(process: str) -> list[str]:
    """The business lines of the finished cases of a process."""
    line = ProcessInstance.variables[BUSINESS_LINE].astext
    found = session.scalars(select(line).where(*_finished(), ProcessInstance.process_key == process).distinct())
    return sorted(value for value in found if value)


def _finished() -> tuple[ColumnElement[bool], ...]:
    return ProcessInstance.state.in_(FINISHED), ProcessInstance.ended_at.is_not(None)


def _ids(wanted: Wanted) -> Sequence[uuid.UUID]:
    statement = select(ProcessInstance.id).where(*_finished(), ProcessInstance.process_key == wanted.process)
    if wanted.since is not None:
        statement = statement.where(ProcessInstance.ended_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(ProcessInstance.ended_at < wanted.until)
    if wanted.line:
        statement = statement.where(ProcessInstance.variables[BUSINESS_LINE].astext == wanted.line)
    newest = statement.order_by(ProcessInstance.ended_at.desc(), ProcessInstance.id.desc()).limit(wanted.limit)
    return session.scalars(newest).all()


def _chunk(ids: Sequence[uuid.UUID], routing: frozenset[str]) -> Iterator[tuple[Life | Unread, uuid.UUID]]:
    cases = {case.id: case for case in session.scalars(select(ProcessInstance).where(ProcessInstance.id.in_(ids)))}
    tasks: dict[uuid.UUID, list[UserTask]] = {}
    of_tasks = select(UserTask).where(UserTask.instance_id.in_(ids)).order_by(UserTask.id)
    for task in session.scalars(of_tasks.options(undefer(UserTask.submitted_cipher))):
        tasks.setdefault(task.instance_id, []).append(task)
    events: dict[uuid.UUID, list[CaseEvent]] = {}
    of_events = select(CaseEvent).where(CaseEvent.instance_id.in_(ids)).order_by(CaseEvent.seq)
    for event in session.scalars(of_events.options(undefer(CaseEvent.snapshot))):
        events.setdefault(event.instance_id, []).append(event)
    for case_id in ids:
        case = cases[case_id]
        reader = _Reader(case, events.get(case_id, []), tasks.get(case_id, []), routing)
        yield reader.life(), case.definition_id
    for row in (
        *cases.values(),
        *(t for some in tasks.values() for t in some),
        *(e for some in events.values() for e in some),
    ):
        session.expunge(row)


@dataclass
class _Reader:
    """One case being read: how it stood after the act before."""

    case: ProcessInstance
    events: Sequence[CaseEvent]
    tasks: Sequence[UserTask]
    routing: frozenset[str]
    before: engine.Progress | None = None
    stopped: datetime | None = None
    deeds: list[Deed] = field(default_factory=list)

    def life(self) -> Life | Unread:
        """The case as its deeds; Unread where its states can't be read, or it began before states were kept."""
        line = str((self.case.variables or {}).get(BUSINESS_LINE) or "")
        head = (str(self.case.id), self.case.number, line)
        self.loaded = definitions.load(self.case.definition_id)
        self.calendar = bank_calendar.calendar(self.case.branch_id)
        self.by_id = {task.id: task for task in self.tasks}
        self.nodes = nodes_of(self.loaded.compiled)
        try:
            for event in self.events:
                self._note(event)
        except engine.StateUnreadable:
            return Unread(*head, "unreadable")
        if not self.deeds or self.deeds[0].kind is not Kind.START:
            return Unread(*head, "unrecorded")
        return Life(
            *head,
            self.case.outcome or "",
            tuple(self.deeds),
            self._minutes(self.case.started_at, self.case.ended_at),
        )

    def _note(self, event: CaseEvent) -> None:
        if event.verb == "suspend":
            self.stopped = event.at
        after = self._after(event)
        kind = KINDS.get(event.verb)
        if kind is None or (after is None and not self._ends(event, kind)):
            return
        self.deeds.append(self._deed(event, kind, after))
        self.before = after or self.before

    def _after(self, event: CaseEvent) -> engine.Progress | None:
        if event.snapshot is None:
            return None
        return engine.look(self.loaded.compiled, event.snapshot, now=event.at)

    def _ends(self, event: CaseEvent, kind: Kind) -> bool:
        """Whether the act ended the case without the engine: by hand, or by a refusal that the diagram sends to the end."""
        ending = kind is Kind.ANSWER and event.verb in ("complete", "answer") and self.case.ended_at == event.at
        return kind is Kind.END or ending

    def _deed(self, event: CaseEvent, kind: Kind, after: engine.Progress | None) -> Deed:
        task = self.by_id.get(event.task_id) if event.task_id else None
        task = self.by_id.get(task.parent_id, task) if task is not None and task.parent_id else task
        station = event.element_id if kind is Kind.ANSWER or event.verb in SENDERS else None
        changed, stands = self._changed(after), after or self.before
        served = self._served(event, changed, task)
        outcome = self._outcome(event, station, after, task) if kind is Kind.ANSWER else None
        return Deed(
            kind=kind,
            seq=event.seq,
            at=event.at,
            station=station,
            instance=self._instance(task),
            outcome=outcome,
            to=self._to(event, kind, after),
            values=self._values(kind, changed, served, task, station),
            served=served,
            passed=tuple(event.passed),
            opened=tuple(each.element_id for each in stands.open) if stands is not None else (),
            straight="straight_to" in event.detail,
            reopens=event.verb == "reconsider",
            ends=kind is Kind.ANSWER and after is None,
            by=event.at - self.stopped if kind is Kind.POSTPONE and self.stopped else timedelta(),
            earlier=int(event.detail.get("to_seq", 0)),
            minutes=self._took(event, task),
        )

    def _to(self, event: CaseEvent, kind: Kind, after: engine.Progress | None) -> str | None:
        if kind is Kind.MESSAGE:
            return str(event.detail.get("message"))
        if kind is Kind.END:
            return str(ENDED[event.verb])
        to = event.detail.get("to") if kind in (Kind.ANSWER, Kind.MOVE) else None
        return to if isinstance(to, str) else None

    def _outcome(
        self, event: CaseEvent, station: str | None, after: engine.Progress | None, task: UserTask | None
    ) -> str | None:
        said = event.detail.get("outcome") or (task.outcome if task is not None else None)
        return str(said) if said else str(after.variables.get(f"{station}_result", "")) if after is not None else None

    def _instance(self, task: UserTask | None) -> int | None:
        if task is None or self.before is None:
            return None
        return next((each.instance for each in self.before.open if each.id == task.engine_id), None)

    def _changed(self, after: engine.Progress | None) -> dict[str, Any]:
        """The variables that the act and what followed by itself changed, less what the diagram sets."""
        if after is None:
            return {}
        known = self.before.variables if self.before is not None else {}
        own = self.loaded.compiled.set_names
        return {
            name: value
            for name, value in after.variables.items()
            if name not in own and (name not in known or known[name] != value)
        }

    def _served(self, event: CaseEvent, changed: Mapping[str, Any], task: UserTask | None) -> dict[str, dict[str, Any]]:
        """What changed and no form of the station can have brought, where services ran: each may have given all of it."""
        delegates = [node.delegate for e in event.passed if (node := self.nodes.get(e)) is not None and node.delegate]
        if not delegates:
            return {}
        given = {name: value for name, value in changed.items() if name not in self._names_of(task)}
        return dict.fromkeys(delegates, given) if given else {}

    def _values(
        self,
        kind: Kind,
        changed: Mapping[str, Any],
        served: Mapping[str, Mapping[str, Any]],
        task: UserTask | None,
        station: str | None,
    ) -> dict[str, Any]:
        if kind not in (Kind.START, Kind.ANSWER, Kind.MESSAGE):
            return {}
        by_services = {name for given in served.values() for name in given}
        brought = {name: value for name, value in changed.items() if name not in by_services}
        return {**brought, **(self._submitted(task) if kind is Kind.ANSWER and task is not None else {})}

    def _submitted(self, task: UserTask) -> dict[str, Any]:
        """What was handed in at the station, under every name that one of the versions decides by."""
        form = _form(self.loaded, task.element_id)
        if form is None or not task.submitted:
            return {}
        wanted = self.routing | self.loaded.compiled.routing_names
        values = forms.from_json(form, {k: v for k, v in task.submitted.items() if k in form.fields})
        return {name: value for key, value in values.items() for name in names_of(form.fields[key]) if name in wanted}

    def _names_of(self, task: UserTask | None) -> frozenset[str]:
        form = _form(self.loaded, task.element_id) if task is not None else None
        return frozenset(name for each in form.fields.values() for name in names_of(each)) if form else frozenset()

    def _took(self, event: CaseEvent, task: UserTask | None) -> float:
        before = task.created_at if task is not None else self.deeds[-1].at if self.deeds else event.at
        return self._minutes(before, event.at)

    def _minutes(self, start: datetime, end: datetime | None) -> float:
        return _minutes(self.calendar, start, end) if end is not None else 0.0


def _form(loaded: Loaded, station: str) -> forms.Form | None:
    step = loaded.compiled.steps.get(station)
    return loaded.form(step.form) if step is not None and step.form else None


def names_of(each: forms.Field) -> tuple[str, ...]:
    """The variables that a field of a form may set: its key, and the last part of what it is bound to."""
    return tuple(dict.fromkeys((each.key, (each.bind or each.key).rpartition(".")[2])))


def _minutes(calendar: Calendar, start: datetime, end: datetime) -> float:
    return calendar.between(start, end).total_seconds() / 60
