"""Sittings of a committee (会议): a date, who is there, and an agenda of cases whose votes are open.

A sitting changes no rule: members vote on the page of the meeting or from their inbox, and it counts the same. What it adds is
presence, which the quorum and a share "of those present" look at, and the minutes.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update

from app.audit import operations as audit
from app.identity import queries as people
from app.identity.models import Group
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.kernel.ids import new_id
from app.notifications import operations as notifications
from app.web.access import Permission
from app.workflow.committees.vote_models import RoundState, Sitting, SittingItem, SittingState, VoteRound
from app.workflow.deploying import definitions
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask

LIVE_ROUNDS = (RoundState.OPEN, RoundState.TIE)


@dataclass(frozen=True)
class AgendaItem:
    """A case on the agenda, in its place."""

    position: int
    task: UserTask
    case: ProcessInstance


def committees_of(person: Person) -> Sequence[Group]:
    """The committees whose secretary the person is: those whose votes name one of his groups as secretary."""
    return [group for group in people.groups() if _secretaries(group.key) & set(person.group_ids)]


def visible(person: Person, limit: int = 100) -> Sequence[Sitting]:
    """The sittings the person takes part in, keeps the minutes of or oversees, newest first."""
    own = [group.id for group in committees_of(person)]
    allowed: ColumnElement[bool] = or_(
        Sitting.committee_id.in_([*own, *person.group_ids]), Sitting.present_ids.contains([person.id])
    )
    statement = select(Sitting) if _oversees(person) else select(Sitting).where(allowed)
    return session.scalars(statement.order_by(Sitting.held_at.desc(), Sitting.id.desc()).limit(limit)).all()


def sitting(sitting_id: uuid.UUID, person: Person) -> Sitting:
    """A sitting for somebody concerned with it; raises NotFound."""
    found = session.get(Sitting, sitting_id)
    if found is None or not _may_see(found, person):
        raise NotFound("There is no such sitting.")
    return found


def agenda(sitting_id: uuid.UUID) -> list[AgendaItem]:
    """The cases of a sitting in their order."""
    statement = (
        select(SittingItem.position, UserTask, ProcessInstance)
        .join(UserTask, UserTask.id == SittingItem.task_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(SittingItem.sitting_id == sitting_id)
        .order_by(SittingItem.position, SittingItem.task_id)
    )
    return [AgendaItem(row[0], row[1], row[2]) for row in session.execute(statement)]


def waiting(committee_id: int, limit: int = 100) -> list[AgendaItem]:
    """The cases whose vote in this committee is open and that are on no open sitting's agenda, oldest first."""
    taken = (
        select(SittingItem.task_id)
        .join(Sitting, Sitting.id == SittingItem.sitting_id)
        .where(Sitting.state != SittingState.CLOSED)
    )
    statement = (
        select(UserTask, ProcessInstance)
        .join(VoteRound, VoteRound.task_id == UserTask.id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(VoteRound.committee_id == committee_id, VoteRound.state.in_(LIVE_ROUNDS), UserTask.id.notin_(taken))
        .where(UserTask.state == TaskState.OPEN, ProcessInstance.state == CaseState.ACTIVE)
        .order_by(VoteRound.id)
        .limit(limit)
    )
    return [AgendaItem(0, row[0], row[1]) for row in session.execute(statement)]


def is_secretary(found: Sitting, person: Person) -> bool:
    """Whether the person keeps this sitting."""
    group = session.get(Group, found.committee_id)
    return group is not None and bool(_secretaries(group.key) & set(person.group_ids))


def plan(
    *,
    committee_id: int,
    held_at: datetime,
    place: str,
    task_ids: Sequence[uuid.UUID],
    person: Person,
    now: datetime,
) -> Sitting:
    """The secretary makes a sitting with the cases in this order; the members are told."""
    group = next((one for one in committees_of(person) if one.id == committee_id), None)
    if group is None:
        raise Forbidden("Only the secretary of the committee makes its sittings.")
    made = Sitting(
        id=new_id(),
        committee_id=committee_id,
        state=SittingState.PLANNED,
        held_at=held_at,
        place=place.strip()[:120],
        present_ids=[],
        made_by=person.id,
        made_at=now,
    )
    session.add(made)
    session.flush()
    _put_on(made, task_ids)
    members = [user.id for user in people.members(committee_id)]
    notifications.notify(
        user_ids=[one for one in members if one != person.id],
        event="sitting_planned",
        case_id=None,
        now=now,
        params={"sitting": str(made.id), "held_at": held_at.isoformat(), "committee": dict(group.name)},
    )
    _record("sitting_plan", made, person, now, {"cases": [str(one) for one in task_ids]})
    return made


def add_to_agenda(*, sitting_id: uuid.UUID, task_ids: Sequence[uuid.UUID], person: Person, now: datetime) -> Sitting:
    """Put further cases at the end of the agenda."""
    found = _locked(sitting_id, person)
    _put_on(found, task_ids)
    _record("sitting_agenda", found, person, now, {"cases": [str(one) for one in task_ids]})
    return found


def move(*, sitting_id: uuid.UUID, task_id: uuid.UUID, by: int, person: Person, now: datetime) -> Sitting:
    """Move a case up (-1) or down (1) on the agenda, or take it off (0)."""
    found = _locked(sitting_id, person)
    items = list(
        session.scalars(select(SittingItem).where(SittingItem.sitting_id == sitting_id).order_by(SittingItem.position))
    )
    here = next((n for n, item in enumerate(items) if item.task_id == task_id), None)
    if here is None:
        raise NotFound("This case is not on the agenda.")
    item = items.pop(here)
    if by == 0:
        session.delete(item)
        _nobody_present([task_id])
    else:
        items.insert(max(0, min(len(items), here + by)), item)
    for place, each in enumerate(items, start=1):
        each.position = place
    _record("sitting_agenda", found, person, now, {"moved": str(task_id), "by": by})
    return found


def mark_present(*, sitting_id: uuid.UUID, user_ids: Collection[int], person: Person, now: datetime) -> Sitting:
    """Who is there. Those present count for the quorum of every open vote on the agenda; a first mark opens the sitting."""
    found = _locked(sitting_id, person)
    allowed = concerned(found)
    present = sorted(set(user_ids) & set(allowed))
    before, found.present_ids = list(found.present_ids), present
    found.state = SittingState.OPEN
    on_agenda = select(SittingItem.task_id).where(SittingItem.sitting_id == sitting_id)
    session.execute(
        update(VoteRound)
        .where(VoteRound.task_id.in_(on_agenda), VoteRound.state.in_(LIVE_ROUNDS))
        .values(present_ids=present)
    )
    _record("sitting_present", found, person, now, {"from": before, "to": present})
    return found


def close_sitting(*, sitting_id: uuid.UUID, remarks: str, person: Person, now: datetime) -> Sitting:
    """End a sitting; its minutes can be printed from then on. Votes still open go on in the inbox or at the next sitting."""
    found = _locked(sitting_id, person)
    found.state, found.closed_at = SittingState.CLOSED, now
    found.remarks = remarks.strip()[:4000] or None
    _nobody_present(session.scalars(select(SittingItem.task_id).where(SittingItem.sitting_id == sitting_id)).all())
    _record("sitting_close", found, person, now, {"present": list(found.present_ids)})
    return found


def concerned(found: Sitting) -> list[int]:
    """Who may be marked present: everybody who takes part in one of the votes, and the members of the committee."""
    statement = select(UserTask.elector_ids).join(SittingItem, SittingItem.task_id == UserTask.id)
    rows = session.scalars(statement.where(SittingItem.sitting_id == found.id))
    members = [user.id for user in people.members(found.committee_id)]
    return list(dict.fromkeys([*members, *(one for row in rows for one in row)]))


def _put_on(found: Sitting, task_ids: Sequence[uuid.UUID]) -> None:
    open_now = {item.task.id for item in waiting(found.committee_id, 1000)}
    if any(one not in open_now for one in task_ids):
        raise Refusal("One of these cases is no longer waiting for this committee.")
    last = session.scalar(select(func.max(SittingItem.position)).where(SittingItem.sitting_id == found.id)) or 0
    for place, task_id in enumerate(dict.fromkeys(task_ids), start=last + 1):
        session.add(SittingItem(sitting_id=found.id, task_id=task_id, position=place))
    if task_ids and found.present_ids:
        present = VoteRound.task_id.in_(task_ids), VoteRound.state.in_(LIVE_ROUNDS)
        session.execute(update(VoteRound).where(*present).values(present_ids=list(found.present_ids)))


def _nobody_present(task_ids: Sequence[uuid.UUID]) -> None:
    """Who sat at a sitting is present at it only: a vote that goes on without it counts those who vote."""
    still = VoteRound.task_id.in_(task_ids), VoteRound.state.in_(LIVE_ROUNDS)
    session.execute(update(VoteRound).where(*still).values(present_ids=[]))


def _locked(sitting_id: uuid.UUID, person: Person) -> Sitting:
    """The sitting for its secretary, while it is not closed."""
    found = session.get(Sitting, sitting_id, with_for_update=True, populate_existing=True)
    if found is None or not _may_see(found, person):
        raise NotFound("There is no such sitting.")
    if not is_secretary(found, person):
        raise Forbidden("Only the secretary of the committee may do this.")
    if found.state == SittingState.CLOSED:
        raise Conflict("This sitting is closed.")
    return found


def _may_see(found: Sitting, person: Person) -> bool:
    if _oversees(person) or found.committee_id in person.group_ids or person.id in found.present_ids:
        return True
    return is_secretary(found, person) or person.id in concerned(found)


def _oversees(person: Person) -> bool:
    return person.reach(Permission.CASE_SEE_ALL) is None


def _secretaries(committee_key: str) -> set[int]:
    """The groups that active definitions name as secretaries of a committee."""
    votes = [step.vote for row in definitions.actives() for step in definitions.load(row.id).compiled.steps.values()]
    keys = {vote.secretary for vote in votes if vote and vote.electorate == committee_key and vote.secretary}
    return {group.id for group in people.groups_by_key(keys).values()} if keys else set()


def _record(verb: str, found: Sitting, person: Person, now: datetime, detail: dict[str, object]) -> None:
    audit.record(
        chain=f"sitting:{found.id}",
        verb=verb,
        object_type="sitting",
        object_id=found.id,
        actor=person.actor,
        now=now,
        detail=detail,
    )
