"""Hand-over (离职交接): everything of somebody who leaves, or changes his place, goes to a successor in one go.

What there is to hand over is listed as rows; a row is either carried out or refused with a sentence. Rows are taken in chunks, a
transaction each, so that a thousand tasks neither hold a thousand cases at once nor are lost when the program is stopped: whoever
comes next goes on with the rows that wait.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.audit import operations as audit
from app.audit.operations import Actor
from app.identity import accounts
from app.identity import operations as identity
from app.identity import queries as people
from app.identity import rules as identity_rules
from app.identity.models import Group, Membership, Substitution, User
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.kernel.ids import new_id
from app.notifications import operations as notifications
from app.web.access import Permission
from app.workflow import cases, incidents, recording
from app.workflow.assigning import assignment
from app.workflow.assigning.handover_items import (
    OF_TASKS,
    Item,
    at_hand,
    deputy_refusal,
    items,
    judged,
    name_of,
    task_refusal,
)
from app.workflow.assigning.handover_models import HandOver, HandOverRow
from app.workflow.cases import Held
from app.workflow.moves import signing
from app.workflow.moves.move_models import Copy
from app.workflow.recording import Act

CHUNK = 100
WAITING, DONE, REFUSED = "waiting", "done", "refused"


@dataclass(frozen=True)
class Standing:
    """How far a hand-over has come: rows by state, and what was refused (kind, name, why)."""

    row: HandOver
    waiting: int
    done: int
    refused: Sequence[tuple[str, str, Refusal]]


def preview(*, from_id: int, to_username: str, person: Person, now: datetime) -> list[Item]:
    """What would move, and what would be refused and why; changes nothing. Raises Forbidden, NotFound, Refusal."""
    leaver, successor = _two_people(from_id, to_username, person)
    found = list(items(leaver.id))
    # Kept until all are judged: the session forgets rows that nobody holds, and would read them again one by one.
    known = at_hand(found)
    judgement = [judged(item, leaver, successor, now) for item in found]
    del known
    return judgement


def begin(*, from_id: int, to_username: str, reason: str, leaves: bool, person: Person, now: datetime) -> HandOver:
    """Write down everything that is to be handed over; `advance` carries it out. leaves: his account is closed at the end.

    Raises Forbidden, NotFound, or Refusal (no reason, a hand-over of his is under way).
    """
    leaver, successor = _two_people(from_id, to_username, person)
    if not reason.strip():
        raise Refusal("Please give a reason.")
    if leaves and not person.may(Permission.USER_MANAGE):
        raise Forbidden("Only an administrator closes an account.")
    if leaves and leaver.id == person.id:
        raise Refusal("Nobody closes his own account.")
    session.execute(select(User.id).where(User.id == leaver.id).with_for_update(key_share=True))
    if session.scalar(select(HandOver.id).where(HandOver.from_id == from_id, HandOver.ended_at.is_(None)).limit(1)):
        raise Refusal("A hand-over of {name} is under way already.", name=leaver.name)
    row = HandOver(
        id=new_id(),
        from_id=leaver.id,
        to_id=successor.id,
        reason=reason.strip()[:4000],
        leaves=leaves,
        begun_by=person.id,
        begun_at=now,
    )
    session.add(row)
    session.flush()
    found = list(items(leaver.id))
    session.add_all(
        HandOverRow(hand_over_id=row.id, id=number, kind=item.kind, ref=item.ref, state=WAITING)
        for number, item in enumerate(found, 1)
    )
    leaver.successor_id = successor.id if leaves else leaver.successor_id
    _record("begin_hand_over", row, person.actor, now, items=len(found), reason=row.reason)
    return row


def advance(*, hand_over_id: uuid.UUID, now: datetime, most: int = CHUNK) -> int:
    """Carry out the next rows of a hand-over; returns how many. Whoever finds another one at it goes away with none."""
    claimed = select(HandOver).where(HandOver.id == hand_over_id, HandOver.ended_at.is_(None))
    row = session.scalars(claimed.with_for_update(skip_locked=True)).first()
    if row is None:
        return 0
    waiting = select(HandOverRow).where(HandOverRow.hand_over_id == row.id, HandOverRow.state == WAITING)
    rows = session.scalars(waiting.order_by(HandOverRow.id).limit(most)).all()
    tasks = [part for part in rows if part.kind in OF_TASKS]
    for part in rows:
        if part.kind not in OF_TASKS:
            _carry_out(row, part, now)
    _move_tasks(row, tasks, now)
    if len(rows) < most and not _late_comers(row):
        _end(row, now)
    return len(rows)


def _late_comers(row: HandOver) -> int:
    """What came to him while his things were being handed over is handed over too; returns how much that is."""
    session.flush()
    known = {
        (r.kind, r.ref): r.id for r in session.scalars(select(HandOverRow).where(HandOverRow.hand_over_id == row.id))
    }
    fresh = [item for item in items(row.from_id) if (item.kind, item.ref) not in known]
    session.add_all(
        HandOverRow(hand_over_id=row.id, id=number, kind=item.kind, ref=item.ref, state=WAITING)
        for number, item in enumerate(fresh, max(known.values(), default=0) + 1)
    )
    return len(fresh)


def next_waiting() -> uuid.UUID | None:
    """A hand-over that is under way and at which nobody works at the moment."""
    statement = select(HandOver.id).where(HandOver.ended_at.is_(None)).order_by(HandOver.begun_at).limit(1)
    return session.scalar(statement.with_for_update(skip_locked=True))


def standing_of(hand_over_id: uuid.UUID) -> Standing:
    """How far it has come; raises NotFound."""
    row = session.get(HandOver, hand_over_id)
    if row is None:
        raise NotFound("There is no such hand-over.")
    counts = select(HandOverRow.state, func.count()).where(HandOverRow.hand_over_id == row.id)
    by_state: dict[str, int] = {r[0]: r[1] for r in session.execute(counts.group_by(HandOverRow.state))}
    refused = select(HandOverRow).where(HandOverRow.hand_over_id == row.id, HandOverRow.state == REFUSED)
    lines = [
        (part.kind, name_of(part.kind, part.ref), Refusal(part.refusal["text"], **part.refusal["values"]))
        for part in session.scalars(refused.order_by(HandOverRow.id))
        if part.refusal
    ]
    return Standing(row, by_state.get(WAITING, 0), by_state.get(DONE, 0), lines)


def hand_overs() -> Sequence[HandOver]:
    """The newest hand-overs."""
    return session.scalars(select(HandOver).order_by(HandOver.begun_at.desc()).limit(20)).all()


def _two_people(from_id: int, to_username: str, person: Person) -> tuple[User, User]:
    if not person.may(Permission.STAFF_HAND_OVER):
        raise Forbidden("Only supervisors and administrators hand over somebody's work.")
    leaver, successor = people.users([from_id]).get(from_id), people.user_by_username(to_username)
    if leaver is None:
        raise NotFound("There is no such user.")
    if successor is None or not successor.active:
        raise NotFound("There is no user {name}.", name=to_username)
    if successor.id == leaver.id:
        raise Refusal("Choose two different people.")
    if Permission.CASE_WORK not in identity_rules.permissions_of(successor.roles):
        raise Refusal("{name} may not work on cases.", name=successor.name)
    return leaver, successor


def _carry_out(row: HandOver, part: HandOverRow, now: datetime) -> None:
    """One row, in a savepoint of its own: what is refused leaves no trace but its reason."""
    try:
        with session.begin_nested():
            MOVERS[part.kind](row, part.ref, now)
        _settle(part, None, now)
    except Refusal as refusal:
        _settle(part, refusal, now)


def _settle(part: HandOverRow, refusal: Refusal | None, now: datetime) -> None:
    part.state, part.at = REFUSED if refusal else DONE, now
    if refusal is not None:
        part.refusal = {"text": refusal.text, "values": {name: str(value) for name, value in refusal.values.items()}}


def _move_tasks(row: HandOver, parts: Sequence[HandOverRow], now: datetime) -> None:
    """The tasks of a chunk: locked by one statement, written together. A task is refused before anything of it is changed."""
    if not parts:
        return
    held = cases.hold_tasks([uuid.UUID(part.ref) for part in parts])
    with session.no_autoflush:
        for part in parts:
            try:
                _move_task(row, held.get(uuid.UUID(part.ref)), uuid.UUID(part.ref), now)
                _settle(part, None, now)
            except Refusal as refusal:
                _settle(part, refusal, now)
    session.flush()


def _move_membership(row: HandOver, ref: str, now: datetime) -> None:
    group_id = int(ref)
    joined = insert(Membership).values(user_id=row.to_id, group_id=group_id, turn=0).on_conflict_do_nothing()
    session.execute(joined)
    session.execute(delete(Membership).where(Membership.user_id == row.from_id, Membership.group_id == group_id))


def _move_headship(row: HandOver, ref: str, now: datetime) -> None:
    session.execute(update(Group).where(Group.id == int(ref), Group.head_id == row.from_id).values(head_id=row.to_id))


def _end_substitute(row: HandOver, ref: str, now: datetime) -> None:
    """Whoever stood in for him stands in no longer: his successor does his work."""
    session.execute(update(Substitution).where(Substitution.id == int(ref)).values(ended_at=now))


def _move_deputy(row: HandOver, ref: str, now: datetime) -> None:
    found = session.get_one(Substitution, int(ref), with_for_update=True)
    to = people.users([row.to_id])[row.to_id]
    refusal = deputy_refusal(found, to)
    if refusal is not None:
        raise refusal
    found.deputy_id = row.to_id
    session.flush()


def _move_task(row: HandOver, held: Held | None, task_id: uuid.UUID, now: datetime) -> None:
    if held is None:
        raise cases.why_gone(task_id)
    task, case = held.the_task, held.case
    if row.from_id != task.assignee_id and row.from_id not in task.candidate_user_ids:
        raise Refusal("The task is no longer his.")
    to = people.users([row.to_id])[row.to_id]
    refusal = task_refusal("vote" if task.is_vote else "task", task, case, to, now)
    if refusal is not None:
        raise refusal
    if row.to_id in signing.part_in(held, task):
        raise Refusal("{name} has a part in this task already.", name=to.name)
    before = task.assignee_id
    task.candidate_user_ids = [row.to_id if i == row.from_id else i for i in task.candidate_user_ids]
    detail = {"from_user": row.from_id, "to_user": row.to_id, "hand_over": str(row.id)}
    act = Act("hand_over", Actor(user_id=row.begun_by), now, task, comment=row.reason, detail=detail)
    if before == row.from_id:
        task.assignee_id, task.claimed_at = row.to_id, now
        signing.hand_on(held, task, before, row.to_id)
        signing.new_holder(held, task, row.to_id, act)
    incidents.end_incidents(case, now, task.element_id)
    recording.record(case, act)


def _move_copy(row: HandOver, ref: str, now: datetime) -> None:
    copy = session.get(Copy, uuid.UUID(ref))
    if copy is not None:
        values = {"id": new_id(), "instance_id": copy.instance_id, "user_id": row.to_id, "sent_by": row.begun_by}
        statement = (
            insert(Copy).values(**values, at=now).on_conflict_do_nothing(index_elements=["instance_id", "user_id"])
        )
        session.execute(statement)


MOVERS: Mapping[str, Callable[[HandOver, str, datetime], None]] = {
    "membership": _move_membership,
    "headship": _move_headship,
    "substitute": _end_substitute,
    "deputy": _move_deputy,
    "copy": _move_copy,
}


def _end(row: HandOver, now: datetime) -> None:
    row.ended_at = now
    leaver = session.get_one(User, row.from_id)
    if row.leaves and not accounts.is_last_administrator(leaver):
        leaver.active = False
        identity.end_logins(user_id=leaver.id)
    assignment.forget()
    notifications.notify(
        user_ids=[row.to_id, row.begun_by],
        event="hand_over_done",
        case_id=None,
        now=now,
        params={"name": people.users([row.from_id])[row.from_id].name},
    )
    found = standing_of(row.id)
    _record("end_hand_over", row, Actor(user_id=row.begun_by), now, done=found.done, refused=len(found.refused))


def _record(verb: str, row: HandOver, actor: Actor, now: datetime, **detail: Any) -> None:
    audit.record(
        chain=f"user:{row.from_id}",
        verb=verb,
        object_type="hand_over",
        object_id=row.id,
        actor=actor,
        now=now,
        detail={"to": row.to_id, "leaves": row.leaves, **detail},
    )
