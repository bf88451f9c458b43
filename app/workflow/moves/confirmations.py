"""The second person: confirming or declining what a supervisor asked for (see `pending`)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound
from app.notifications import operations as notifications
from app.web.access import Permission
from app.workflow import cases, instances, recording
from app.workflow.models import ProcessInstance
from app.workflow.moves import detours, pending, restoring
from app.workflow.moves.move_models import PendingAct
from app.workflow.recording import Act
from app.workflow.rules import Verb

# How each verb that may need a second person is carried out once it has him: by whom it was asked, with what was said then.
CONFIRMED: Mapping[Verb, Callable[..., ProcessInstance]] = {
    Verb.SKIP: detours.skip,
    Verb.JUMP: detours.jump,
    Verb.SUSPEND: instances.suspend,
    Verb.RESTORE: restoring.restore,
}


def confirm(*, pending_id: uuid.UUID, person: Person, now: datetime) -> ProcessInstance:
    """Carry out what a colleague asked for. Both names stand in the record.

    Raises NotFound, Forbidden (not a second person), Conflict (decided already, the case has moved on), or what the act refuses.
    """
    row, case = _row(pending_id, person)
    if row.case_seen != pending.seen(case):
        raise Conflict("The case has moved on since this was asked for; decline it and ask anew.")
    asker = people.person(row.asked_by)
    if asker is None or not asker.may_in(Permission.CASE_SUPERVISE, case.branch_id):
        raise Conflict("Whoever asked for this may no longer do it; decline it and ask anew.")
    _decide(row, person, now, is_confirmed=True)
    place: dict[str, Any] = {"task_id": row.task_id} if row.task_id else {"instance_id": row.instance_id}
    case = CONFIRMED[Verb(row.verb)](**place, **row.given, person=asker, now=now, confirmed_by=person.id)
    notifications.notify(
        user_ids=[row.asked_by], event="confirmed", case_id=case.id, now=now, params={"verb": row.verb}
    )
    return case


def decline(*, pending_id: uuid.UUID, reason: str, person: Person, now: datetime) -> ProcessInstance:
    """Leave the case as it is; the asker himself may take his wish back this way."""
    row, case = _row(pending_id, person, himself=True)
    _decide(row, person, now, is_confirmed=False)
    recording.record(case, Act("decline", person.actor, now, comment=reason.strip() or None, detail={"verb": row.verb}))
    if row.asked_by != person.id:
        notifications.notify(
            user_ids=[row.asked_by], event="declined", case_id=case.id, now=now, params={"verb": row.verb}
        )
    return case


def _row(pending_id: uuid.UUID, person: Person, *, himself: bool = False) -> tuple[PendingAct, ProcessInstance]:
    """The wish with its case locked, for somebody who may decide on it."""
    row = session.get(PendingAct, pending_id)
    if row is None or not person.may(Permission.CASE_SUPERVISE):
        raise NotFound("There is nothing to confirm here.")
    case = cases.hold_case(row.instance_id).case
    if not person.may_in(Permission.CASE_SUPERVISE, case.branch_id):
        raise NotFound("There is nothing to confirm here.")
    session.refresh(row)
    if row.decided_at is not None:
        raise Conflict("This has been decided already.")
    if row.asked_by == person.id and not himself:
        raise Forbidden("A second person must confirm this.")
    return row, case


def _decide(row: PendingAct, person: Person, now: datetime, *, is_confirmed: bool) -> None:
    row.decided_by, row.decided_at, row.is_confirmed = person.id, now, is_confirmed
