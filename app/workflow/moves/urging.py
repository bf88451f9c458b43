"""Urging (催办): at most once in a while per task, to whoever has it, and from the k-th time to his superior too."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select

from app.identity.models import Group, Membership, User
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.kernel.working_time import parse_duration
from app.notifications import operations as notifications
from app.workflow import cases, recording, rights
from app.workflow.assigning import candidates
from app.workflow.assigning.assignment import HIGHEST
from app.workflow.models import CaseState, ProcessInstance, UserTask
from app.workflow.recording import Act
from app.workflow.rules import Verb


def urge(*, instance_id: uuid.UUID, note: str, person: Person, now: datetime) -> ProcessInstance:
    """Urge whoever has the open tasks of a case; in a vote only those who have not voted.

    Raises NotFound, Forbidden, or Refusal (urged a short while ago, nobody to urge).
    """
    held = cases.hold_case_of(instance_id, person)
    rights.must_on_case(Verb.URGE, held, person)
    cases.must_be(held.case, CaseState.ACTIVE)
    customs, steps = held.loaded.compiled.customs, held.loaded.compiled.steps
    waiting = [t for t in held.open if not t.stage and Verb.URGE not in steps[t.element_id].moves.barred]
    pause = least_pause(customs.urge_every)
    due = [task for task in waiting if task.urged_at is None or now - task.urged_at >= pause]
    if waiting and not due:
        raise Refusal("This was urged a short while ago; once in {minutes} minutes is enough.", minutes=_minutes(pause))
    told = {task.id: _urge(task, person, customs.urge_superior, now) for task in due}
    if not any(told.values()):
        raise Refusal("There is nobody to urge.")
    everybody = sorted({user_id for people in told.values() for user_id in people})
    recording.record(held.case, Act("urge", person.actor, now, comment=note.strip() or None, detail={"to": everybody}))
    return held.case


def least_pause(every: str) -> timedelta:
    """The least time between two urges; a day is 24 hours."""
    days, rest = parse_duration(every)
    return timedelta(days=days) + rest


def _urge(task: UserTask, person: Person, superior_from: int, now: datetime) -> set[int]:
    """Tell whoever has the task; returns who was told."""
    holders = _holders(task) - {person.id}
    if not holders:
        return set()
    task.urges, task.urged_at = task.urges + 1, now
    superiors = (_superiors(task, holders) - holders - {person.id}) if task.urges >= superior_from else set()
    where = {"element": task.element_id, "definition": str(task.definition_id), "times": task.urges}
    for people, event in ((holders, "urged"), (superiors, "urged_superior")):
        notifications.notify(user_ids=sorted(people), event=event, case_id=task.instance_id, now=now, params=where)
    return holders | superiors


def _holders(task: UserTask) -> set[int]:
    if task.is_vote:
        return set(task.candidate_user_ids)
    if task.assignee_id is not None:
        return {task.assignee_id}
    members = select(Membership.user_id).join(User, User.id == Membership.user_id)
    pool = session.scalars(members.where(Membership.group_id.in_(task.candidate_group_ids), User.active))
    return ({*pool, *task.candidate_user_ids}) - set(task.excluded_ids)


def _superiors(task: UserTask, holders: set[int]) -> set[int]:
    """The holder's superior, over one who has left the next one. Where nobody holds the task, or its holder has no superior, the
    head of the pool; without a pool the heads of his groups."""
    above = {superior for user_id in holders if task.assignee_id is not None for superior in _above(user_id)}
    if above:
        return above
    mine = select(Membership.group_id).where(Membership.user_id == task.assignee_id)
    pools = Group.id.in_(task.candidate_group_ids) if task.candidate_group_ids else Group.id.in_(mine)
    heads = select(Group.head_id).join(User, User.id == Group.head_id).where(pools, User.active)
    return {head for head in session.scalars(heads) if head is not None}


def _above(user_id: int) -> list[int]:
    """The nearest superior who works here; empty where there is none."""
    return next(([user.id] for user in candidates.chain_above(user_id, HIGHEST) if user.active), [])


def _minutes(pause: timedelta) -> int:
    return int(pause.total_seconds() // 60)
