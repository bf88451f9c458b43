"""The second person over HTTP: what waits for one, confirming, declining."""

from __future__ import annotations

import uuid
from typing import Any

from flask_login import current_user

from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.db import session
from app.web.access import Permission, requires
from app.workflow.api.operation import operation
from app.workflow.api.process_instances import Instance, instance
from app.workflow.api.schema import Model, Moment, Text, Window
from app.workflow.moves import confirmations, pending


class ConfirmationAnswer(Model):
    """An act that waits for a second person. `taskId` null: it is about the case; `given`: what was said with the verb."""

    id: uuid.UUID
    process_instance_id: uuid.UUID
    task_id: uuid.UUID | None
    business_key: str
    verb: str
    asked_by: str
    asked_at: Moment
    given: dict[str, Any]


class DeclineBody(Model):
    """Why not; may be left out."""

    reason: Text | None = None


@operation("GET", "/confirmation", query=Window, answer=list[ConfirmationAnswer])
@requires(Permission.CASE_SUPERVISE)
def list_confirmations(query: Window) -> list[ConfirmationAnswer]:
    """What waits for a second person, oldest first; the caller's own wishes, which he can't confirm, too."""
    waiting = pending.waiting(current_user.reach(Permission.CASE_SUPERVISE))
    rows = session.execute(waiting.offset(query.first_result).limit(query.max_results)).all()
    names = people.users(row.asked_by for row, _ in rows)
    return [
        ConfirmationAnswer(
            id=row.id,
            process_instance_id=row.instance_id,
            task_id=row.task_id,
            business_key=case.number,
            verb=row.verb,
            asked_by=names[row.asked_by].username,
            asked_at=row.asked_at,
            given=dict(row.given or {}),
        )
        for row, case in rows
    ]


@operation("POST", "/confirmation/<uuid:pending_id>/confirm", answer=Instance, once=True)
@requires(Permission.CASE_SUPERVISE)
def confirm(pending_id: uuid.UUID) -> Instance:
    """Carry out what a colleague asked for; both names stand in the record."""
    return instance(confirmations.confirm(pending_id=pending_id, person=current_user, now=now()))


@operation("POST", "/confirmation/<uuid:pending_id>/decline", body=DeclineBody, answer=Instance, once=True)
@requires(Permission.CASE_SUPERVISE)
def decline(pending_id: uuid.UUID, body: DeclineBody) -> Instance:
    """Leave the case as it is; whoever asked may take his wish back this way."""
    declined = confirmations.decline(pending_id=pending_id, reason=body.reason or "", person=current_user, now=now())
    return instance(declined)
