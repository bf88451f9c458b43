"""What stops a case, as rows that end when it goes on: what the engine holds, and tasks that nobody could do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from app.kernel.db import session
from app.workflow import engine
from app.workflow.models import Incident, ProcessInstance, TaskState, UserTask
from app.workflow.recording import Act

NO_QUORUM = {
    "en": "Too few members are left to reach the quorum. Add members to the committee and try again.",
    "zh_Hans": "可表决的委员不足法定人数。请补充委员后重试。",
    "zh_Hant": "可表決的委員不足法定人數。請補充委員後重試。",
}


NOBODY = {
    "en": "Nobody was found for this task. A supervisor must reassign it.",
    "zh_Hans": "该任务找不到办理人，请主管改派。",
    "zh_Hant": "該任務找不到辦理人，請主管改派。",
}


def has_nobody(task: UserTask) -> bool:
    """Whether the task still lies where it came because nobody was found."""
    return bool(task.why.get("nobody")) and task.assignee_id is None


def add_incident(case: ProcessInstance, element_id: str, message: Mapping[str, str], now: datetime) -> bool:
    """Note what stops a case; False where that is known already."""
    if case.has_incident and any((i.element_id, i.message) == (element_id, message) for i in _open_incidents(case)):
        return False
    case.has_incident = True
    session.add(Incident(instance_id=case.id, element_id=element_id, message=dict(message), at=now))
    return True


def end_incidents(case: ProcessInstance, now: datetime, element_id: str) -> None:
    """Somebody has the task of this station now; an incident that said nobody could be found is over."""
    if not case.has_incident:
        return
    known = _open_incidents(case)
    for incident in known:
        if incident.element_id == element_id:
            incident.resolved_at = now
    case.has_incident = any(incident.resolved_at is None for incident in known)


def sync(case: ProcessInstance, tasks: Sequence[UserTask], step: engine.Progress, act: Act) -> None:
    """Make the rows equal to what stops the case now: what the engine holds, and open tasks that nobody could do."""
    if not case.has_incident and not step.incidents:
        return
    held = {incident.element_id: dict(incident.message) for incident in step.incidents}
    alone = {task.element_id for task in tasks if task.state == TaskState.OPEN and has_nobody(task)}
    stuck = {task.element_id for task in tasks if task.state == TaskState.OPEN and task.is_vote}
    known = _open_incidents(case)
    for row in known:
        if held.get(row.element_id) == row.message:
            del held[row.element_id]
        elif row.element_id not in (alone if row.message == NOBODY else stuck if row.message == NO_QUORUM else ()):
            row.resolved_at = act.now
    session.add_all(
        Incident(instance_id=case.id, element_id=element_id, message=message, at=act.now)
        for element_id, message in held.items()
    )
    case.has_incident = bool(held) or any(row.resolved_at is None for row in known)


def _open_incidents(case: ProcessInstance) -> Sequence[Incident]:
    session.flush()
    return session.scalars(
        select(Incident).where(Incident.instance_id == case.id, Incident.resolved_at.is_(None))
    ).all()
