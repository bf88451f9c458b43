"""Looking at every live case in turn for damage that no query sees: a state that can't be read, tasks that do not fit it, a join
that nobody can reach any more.

What is wrong is left as an incident of the case, where supervisors find it; it is gone when the case is whole again. A check reads
one state and writes only where there is something to say.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.kernel.db import session
from app.workflow import cases, engine
from app.workflow.cases import Held
from app.workflow.deploying import definitions
from app.workflow.models import CaseState, Incident, ProcessInstance
from app.workflow.watching.stuck import Kind

CODES = (Kind.UNREADABLE, Kind.ROWS, Kind.JOIN)
WORDS = {
    Kind.UNREADABLE: {
        "en": "The stored state of the case can't be read. Restore an earlier moment.",
        "zh_Hans": "业务的流程状态数据已损坏，无法读取。请恢复到较早的时点。",
        "zh_Hant": "業務的流程狀態資料已損壞，無法讀取。請恢復到較早的時點。",
    },
    Kind.ROWS: {
        "en": "The open tasks do not fit the state of the process. Restore an earlier moment or send the case back.",
        "zh_Hans": "待办任务与流程状态不一致。请恢复到较早的时点或退回。",
        "zh_Hant": "待辦任務與流程狀態不一致。請恢復到較早的時點或退回。",
    },
    Kind.JOIN: {
        "en": "A branch waits for another one in which nothing is open any more. Jump, or restore an earlier moment.",
        "zh_Hans": "一条并行分支在等待另一条已无待办的分支。请跳转或恢复到较早的时点。",
        "zh_Hant": "一條並行分支在等待另一條已無待辦的分支。請跳轉或恢復到較早的時點。",
    },
}


@dataclass(frozen=True)
class Fault:
    """What is wrong, and at which element."""

    kind: Kind
    element_id: str


def next_cases(after: uuid.UUID | None, *, size: int = 100) -> Sequence[uuid.UUID]:
    """The next cases at work after `after` (from the beginning where None); empty at the end of the round."""
    statement = select(ProcessInstance.id).where(ProcessInstance.state == CaseState.ACTIVE)
    if after is not None:
        statement = statement.where(ProcessInstance.id > after)
    return session.scalars(statement.order_by(ProcessInstance.id).limit(size)).all()


def suspects(instance_ids: Sequence[uuid.UUID], *, now: datetime) -> list[uuid.UUID]:
    """Which of the cases want a check under their lock: something looks wrong, or was wrong when looked at last. Locks nothing."""
    found = []
    for case in session.scalars(select(ProcessInstance).where(ProcessInstance.id.in_(instance_ids))):
        held = Held(case, list(cases.open_tasks(case.id)), definitions.load(case.definition_id))
        if case.has_incident or faults(held, now):
            found.append(case.id)
    return found


def check(instance_id: uuid.UUID, *, now: datetime) -> list[Fault]:
    """Look at one case under its lock, and make its incidents say what was found. Ended and suspended cases are left alone."""
    held = cases.hold_case(instance_id)
    if held.case.state != CaseState.ACTIVE:
        return []
    found = faults(held, now)
    _write(held.case, found, now)
    return found


def faults(held: Held, now: datetime) -> list[Fault]:
    """What is wrong with a case; changes nothing."""
    case, compiled = held.case, held.loaded.compiled
    here = next(iter(case.stations), held.loaded.key)
    try:
        known = engine.look(compiled, case.blob, now=now)
        joins = engine.waiting_joins(compiled, case.blob, now=now)
    except engine.StateUnreadable:
        return [Fault(Kind.UNREADABLE, here)]
    hopeless = [Fault(Kind.JOIN, join.element_id) for join in joins if join.hopeless and join.missing]
    fits = {task.engine_id for task in held.open} == {task.id for task in known.open}
    return hopeless if fits else [Fault(Kind.ROWS, here), *hopeless]


def _write(case: ProcessInstance, found: Sequence[Fault], now: datetime) -> None:
    if not found and not case.has_incident:
        return
    session.flush()
    told = session.scalars(
        select(Incident).where(Incident.instance_id == case.id, Incident.resolved_at.is_(None))
    ).all()
    new = {(fault.kind.value, fault.element_id) for fault in found}
    for incident in told:
        if incident.code in CODES and (incident.code, incident.element_id) not in new:
            incident.resolved_at = now
    known = {(incident.code, incident.element_id) for incident in told}
    session.add_all(
        Incident(instance_id=case.id, element_id=element, code=code, message=WORDS[Kind(code)], at=now)
        for code, element in sorted(new - known)
    )
    case.has_incident = bool(found) or any(incident.resolved_at is None for incident in told)
