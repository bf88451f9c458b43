"""Copies for information (抄送): they never block, and the reader leaves a mark."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from app.audit.operations import Actor
from app.identity.models import User
from app.identity.rules import Person
from app.kernel.db import separate_transaction, session
from app.kernel.errors import Forbidden, Refusal
from app.kernel.ids import new_id
from app.notifications import operations as notifications
from app.workflow import cases, queries, recording
from app.workflow.cases import Held
from app.workflow.hiding import is_his
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.moves.move_models import Copy
from app.workflow.recording import Act
from app.workflow.rules import Verb


def copy_to(
    *, instance_id: uuid.UUID, usernames: Sequence[str], note: str = "", person: Person, now: datetime
) -> ProcessInstance:
    """Copy a case to people, from the station of the sender, with a word to them; who has that copy already gets no second one.

    Returns the case. Raises NotFound, Forbidden (the station allows no copies), or Refusal (nobody to copy to).
    """
    found = session.scalars(select(User).where(User.username.in_(usernames), User.active)).all()
    if not found:
        raise Refusal("Choose at least one person.")
    held = cases.hold_case_of(instance_id, person)
    element = _station_of(held, person)
    steps = held.loaded.compiled.steps
    if element is not None and element in steps and Verb.COPY in steps[element].moves.barred:
        raise Forbidden("The process does not allow this at this station.")
    others = [user.id for user in found if user.id != person.id]
    fresh = [user_id for user_id in others if _copy(held.case, user_id, element, note.strip(), person.actor, now)]
    notifications.notify(user_ids=fresh, event="case_copied", case_id=instance_id, now=now)
    detail = {"to": [user.id for user in found]}
    recording.record(held.case, Act("copy", person.actor, now, comment=note.strip() or None, detail=detail))
    return held.case


def inform(case: ProcessInstance, visit: UserTask, user_ids: Sequence[int], act: Act) -> None:
    """A copy for those who are passed over when a case goes straight back: what was changed at `visit` is shown to them."""
    for user_id in user_ids:
        _copy(case, user_id, visit.element_id, "", act.actor, act.now, visit_id=visit.id)
    where = {"element": visit.element_id, "definition": str(visit.definition_id)}
    notifications.notify(user_ids=user_ids, event="copied", case_id=case.id, now=act.now, params=where)


def note_read(instance_id: uuid.UUID, user_id: int, now: datetime) -> None:
    """Leave the read mark when somebody opens a case that was copied to him; in its own transaction, for a page is only read."""
    unread = Copy.instance_id == instance_id, Copy.user_id == user_id, Copy.read_at.is_(None)
    if session.scalar(select(Copy.id).where(*unread)) is None:
        return
    with separate_transaction() as own:
        own.execute(update(Copy).where(*unread).values(read_at=now))


def _copy(
    case: ProcessInstance,
    user_id: int,
    element: str | None,
    note: str,
    actor: Actor,
    now: datetime,
    visit_id: uuid.UUID | None = None,
) -> bool:
    """Leave a copy in somebody's list, or renew the one he has; False where it would say nothing new."""
    mine = Copy.instance_id == case.id, Copy.user_id == user_id
    row = session.scalars(select(Copy).where(*mine)).first()
    if row is not None and (row.element_id, row.note or "", row.visit_id) == (element, note, visit_id):
        return False
    if row is None:
        row = Copy(id=new_id(), instance_id=case.id, user_id=user_id)
        session.add(row)
    row.sent_by, row.element_id, row.at, row.read_at, row.visit_id = actor.user_id, element, now, None, visit_id
    row.note = note or None
    return True


def _station_of(held: Held, person: Person) -> str | None:
    """The station whose rights the reader gets: the one the sender is at work on, else the last he worked on or has a copy from, so
    that nobody passes on what he may not see himself; else where the case is now (he began it, or oversees it)."""
    at_work = [task.element_id for task in held.open if person.id in (task.assignee_id, *task.elector_ids)]
    if at_work:
        return at_work[0]
    his = [visit.element_id for visit in queries.tasks_of(held.case.id) if is_his(visit, person)]
    sent = [copy.element_id for copy in queries.copies_of(held.case.id, person.id) if copy.element_id]
    return next(iter([*reversed(his), *sent, *(task.element_id for task in held.open)]), None)
