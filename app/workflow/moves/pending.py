"""Acts that one supervisor asks for and a second one confirms: those that bypass the route of a case past its committee."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select

from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Conflict
from app.kernel.ids import new_id
from app.notifications import operations as notifications
from app.web.access import Permission
from app.workflow import recording
from app.workflow.cases import Held
from app.workflow.models import ProcessInstance, TaskState, UserTask
from app.workflow.moves.move_models import PendingAct
from app.workflow.reach import Reach, cases_in
from app.workflow.recording import Act
from app.workflow.rules import Verb


def is_past_committee(case: ProcessInstance) -> bool:
    """Whether a vote of this case has been closed and still stands."""
    closed = select(UserTask.id).where(
        UserTask.instance_id == case.id,
        UserTask.is_vote,
        UserTask.state == TaskState.COMPLETED,
        UserTask.superseded_at.is_(None),
    )
    return session.scalar(closed.limit(1)) is not None


def ask(held: Held, verb: Verb, given: Mapping[str, Any], act: Act, person: Person) -> PendingAct:
    """Note what is to be confirmed and tell the other supervisors. Raises Conflict where it was asked for already."""
    task_id = held.task.id if held.task is not None else None
    if any(row.verb == verb and row.task_id == task_id for row in open_acts(held.case.id)):
        raise Conflict("This waits for a second person's confirmation already.")
    row = PendingAct(
        id=new_id(),
        instance_id=held.case.id,
        task_id=task_id,
        verb=verb,
        case_seen=seen(held.case),
        asked_by=person.id,
        asked_at=act.now,
    )
    row.given = dict(given)
    session.add(row)
    overseers = people.overseers(Permission.CASE_SUPERVISE, held.case.branch_id)
    others = [user_id for user_id in overseers if user_id != person.id]
    notifications.notify(
        user_ids=others, event="confirmation_asked", case_id=held.case.id, now=act.now, params={"verb": str(verb)}
    )
    asked = Act("ask_confirmation", act.actor, act.now, act.task, act.comment, {**act.detail, "verb": str(verb)})
    recording.record(held.case, asked)
    return row


def open_acts(instance_id: uuid.UUID) -> Sequence[PendingAct]:
    """What waits for confirmation in a case, oldest first."""
    waiting = PendingAct.instance_id == instance_id, PendingAct.decided_at.is_(None)
    return session.scalars(select(PendingAct).where(*waiting).order_by(PendingAct.id)).all()


def waiting(reach: Reach) -> Select[PendingAct, ProcessInstance]:
    """What waits for confirmation in the cases that somebody oversees, oldest first, with the cases."""
    statement = select(PendingAct, ProcessInstance).join(ProcessInstance, ProcessInstance.id == PendingAct.instance_id)
    return statement.where(PendingAct.decided_at.is_(None), *cases_in(reach)).order_by(PendingAct.id)


def seen(case: ProcessInstance) -> bytes:
    """The case as the one who asks sees it: 16 bytes that change whenever it moves."""
    return hashlib.sha256(case.blob).digest()[:16]
