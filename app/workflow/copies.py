"""Copies for information (抄送): they never block, and the reader leaves a mark."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.identity.models import User
from app.identity.rules import Person
from app.kernel.db import separate_transaction, session
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import new_id
from app.notifications import operations as notifications
from app.workflow import cases, progress, queries
from app.workflow.models import Copy, ProcessInstance
from app.workflow.progress import Act


def copy_to(*, instance_id: uuid.UUID, usernames: Sequence[str], person: Person, now: datetime) -> ProcessInstance:
    """Copy a case to people; who has a copy already gets no second one. Returns the case."""
    found = session.scalars(select(User).where(User.username.in_(usernames), User.active)).all()
    if not found:
        raise Refusal("Choose at least one person.")
    held = cases.hold_case(instance_id)
    if not queries.may_see(person, held.case):
        raise NotFound("There is no such case.")
    made = [_copy(instance_id, user.id, person.id, now) for user in found if user.id != person.id]
    fresh = [user_id for user_id in made if user_id is not None]
    notifications.notify(user_ids=fresh, event="case_copied", case_id=instance_id, now=now)
    progress.record(held.case, Act("copy", person.actor, now, detail={"to": [user.id for user in found]}))
    return held.case


def note_read(instance_id: uuid.UUID, user_id: int, now: datetime) -> None:
    """Leave the read mark when somebody opens a case that was copied to him; in its own transaction, for a page is only read."""
    unread = Copy.instance_id == instance_id, Copy.user_id == user_id, Copy.read_at.is_(None)
    if session.scalar(select(Copy.id).where(*unread)) is None:
        return
    with separate_transaction() as own:
        own.execute(update(Copy).where(*unread).values(read_at=now))


def _copy(instance_id: uuid.UUID, user_id: int, by: int, now: datetime) -> int | None:
    values = {"id": new_id(), "instance_id": instance_id, "user_id": user_id, "sent_by": by, "at": now}
    statement = insert(Copy).values(values).on_conflict_do_nothing(index_elements=["instance_id", "user_id"])
    return session.scalar(statement.returning(Copy.user_id))
