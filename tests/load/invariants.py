"""What must be true of every case at any quiet moment, whatever was killed or pressed at once before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select

from app.audit import queries as audits
from app.audit.models import AuditEntry
from app.kernel.clock import now
from app.kernel.db import session
from app.workflow import engine
from app.workflow.deploying import definitions
from app.workflow.models import (
    CaseEvent,
    CaseState,
    CaseTimer,
    CaseWait,
    Incident,
    ProcessInstance,
    TaskState,
    UserTask,
)
from app.workflow.watching import comparing

LIVE = (CaseState.ACTIVE, CaseState.SUSPENDED)


def damages() -> list[str]:
    """Every violation in the database, a sentence each: stalled cases, rows that differ from the engine, torn histories, broken
    chains, rows that differ from the record, acts recorded twice or not at all."""
    found = [damage for case in session.scalars(select(ProcessInstance)) for damage in _of_case(case)]
    broken = [*audits.verify()[1], *comparing.compare()[1]]
    return found + [f"audit {place.chain} {place.seq}: {place.what}" for place in broken] + list(_recorded_otherwise())


def _of_case(case: ProcessInstance) -> Iterator[str]:
    tasks = list(session.scalars(select(UserTask).where(UserTask.instance_id == case.id)))
    open_now = [task for task in tasks if task.state == TaskState.OPEN]
    seen = engine.look(definitions.load(case.definition_id).compiled, case.blob, now=now())
    if case.state in LIVE:
        if not (open_now or _waits(case)):
            yield f"{case.number}: nobody, no timer, no message and no incident carries it on"
        if {task.engine_id for task in open_now} != {task.id for task in seen.open}:
            yield f"{case.number}: open rows {[t.element_id for t in open_now]}, engine {[t.element_id for t in seen.open]}"
        if sorted({task.element_id for task in open_now}) != sorted(case.stations):
            yield f"{case.number}: stations {case.stations} do not equal its open tasks"
    elif open_now:
        yield f"{case.number}: ended with {len(open_now)} open tasks"
    numbers = list(
        session.scalars(select(CaseEvent.seq).where(CaseEvent.instance_id == case.id).order_by(CaseEvent.seq))
    )
    if numbers != list(range(1, case.events + 1)):
        yield f"{case.number}: {case.events} events counted, {numbers} written"


def _waits(case: ProcessInstance) -> bool:
    """Whether something but a task carries the case on."""
    here = (
        select(CaseTimer.instance_id).where(CaseTimer.instance_id == case.id),
        select(CaseWait.instance_id).where(CaseWait.instance_id == case.id),
        select(Incident.instance_id).where(Incident.instance_id == case.id, Incident.resolved_at.is_(None)),
    )
    return any(session.scalar(question.limit(1)) is not None for question in here)


def _recorded_otherwise() -> Iterator[str]:
    """Completions that history or audit tell of more or less than once."""
    events = Counter(session.scalars(select(CaseEvent.task_id).where(CaseEvent.verb.in_(("complete", "close_vote")))))
    audited = Counter(
        session.scalars(select(AuditEntry.object_id).where(AuditEntry.verb.in_(("complete", "close_vote"))))
    )
    completed = session.scalars(select(UserTask.id).where(UserTask.state == TaskState.COMPLETED))
    for task_id in completed:
        if (events[task_id], audited[str(task_id)]) != (1, 1):
            yield f"task {task_id}: {events[task_id]} events, {audited[str(task_id)]} audit entries of its completion"
    cases = select(func.count()).select_from(ProcessInstance)
    chains = select(func.count(AuditEntry.chain.distinct())).where(AuditEntry.chain.like("case:%"))
    if session.scalar(cases) != session.scalar(chains):
        yield f"{session.scalar(cases)} cases, {session.scalar(chains)} chains"
