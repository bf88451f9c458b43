"""Cases that will not go on by themselves, and why.

Suspects are found by conditions that an index serves, so that the page costs as much as there is trouble, not as much as there are
cases. What only the engine can tell (a join nobody can reach, a state that can't be read) is found by `checkup`, which
looks at every live case in turn and leaves an incident; here the engine is asked about the suspects only.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, bindparam, cast, exists, func, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, array

from app.identity.models import Group, Membership, User
from app.identity.rules import ROLES
from app.jobs import queries as jobs
from app.kernel.db import session
from app.web.access import Permission
from app.workflow import engine, recording
from app.workflow.deploying import definitions
from app.workflow.models import CaseState, CaseTimer, CaseWait, Incident, ProcessInstance, TaskState, UserTask
from app.workflow.reach import Reach, cases_in, open_tasks_in

MOST = 200
# Four eyes keep away who did earlier steps of the case; no diagram has so many of them.
MOST_KEPT_AWAY = 20


class Kind(StrEnum):
    """What is wrong with a case."""

    NOTHING = "nothing"
    JOIN = "join"
    UNREADABLE = "unreadable"
    ROWS = "rows"
    HOLDER_GONE = "holder_gone"
    KEPT_AWAY = "kept_away"
    NOBODY = "nobody"
    VOTERS_GONE = "voters_gone"
    INCIDENT = "incident"


@dataclass(frozen=True)
class Stuck:
    """A case that does not go on: since when, at which station, whose task. `words`: what the engine says, by language."""

    case: ProcessInstance
    kind: Kind
    since: datetime
    element_id: str | None = None
    task: UserTask | None = None
    words: Mapping[str, str] | None = None
    missing: tuple[str, ...] = ()


Statement = Callable[[Reach], Select[Any]]
Reader = Callable[[int, Reach], Sequence[Stuck]]


def find(now: datetime, *, most: int = MOST, reach: Reach = None) -> list[Stuck]:
    """The cases that want a supervisor, longest waiting first, at most `most` of each kind. A case may have several reasons."""
    found = [stuck for _, reader in READERS for stuck in reader(most, reach)]
    return sorted((_explained(stuck, now) for stuck in found), key=lambda stuck: stuck.since)


def count(most: int = MOST, reach: Reach = None) -> int:
    """How many there are, each kind counted to `most`; asks no engine and reads no case."""
    return sum(len(session.execute(statement(reach).limit(most)).all()) for statement, _ in READERS)


def without_people(instance_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """The open tasks of a case that those who have them can't do."""
    return frozenset(session.scalars(_of_one_case(), {"case": instance_id}))


@cache
def _of_one_case() -> CompoundSelect[uuid.UUID]:
    """The same questions as for the whole bank, about a case whose few tasks are read anyhow: nothing needs to be known before."""
    unable = and_(~UserTask.is_vote, UserTask.assignee_id.in_(select(User.id).where(~able())))
    lying = and_(UserTask.assignee_id.is_(None), *_nobody_left())
    of_tasks = [select(UserTask.id).where(_open(), reason) for reason in (unable, lying)]
    case = bindparam("case", type_=UserTask.instance_id.type)
    return union_all(*(each.where(UserTask.instance_id == case) for each in (*of_tasks, _kept_away(), _voters_gone())))


def able() -> ColumnElement[bool]:
    """Whether a user may work on cases: signs in, and has a role that allows it."""
    roles = [role for role, permissions in ROLES.items() if Permission.CASE_WORK in permissions]
    return and_(User.active, User.roles.has_any(cast(array(roles), ARRAY(TEXT))))


def _nothing(reach: Reach = None) -> Select[Any]:
    """Active cases without a task, a timer or a message they wait for, and without a job that will carry them on."""
    case = ProcessInstance
    idle = and_(case.state == CaseState.ACTIVE, func.cardinality(case.stations) == 0, ~case.has_clock)
    task = exists().where(UserTask.instance_id == case.id, UserTask.state == TaskState.OPEN)
    others = [exists().where(table.instance_id == case.id) for table in (CaseTimer, CaseWait)]
    lock = func.concat(recording.LOCK, cast(case.id, TEXT))
    job = lock.in_(jobs.locks_in_use())
    alone = (idle, ~case.has_incident, ~task, ~job, *(~other for other in others))
    return select(case.id).where(*alone, *cases_in(reach)).order_by(case.id)


def _holder_gone(reach: Reach = None) -> Select[Any]:
    """Open tasks on the desk of somebody who has left, or may no longer work on cases."""
    # The people are read first: whom the planner knows by name it looks up in the index of holders.
    unable = session.scalars(select(User.id).where(~able())).all()
    gone = (~UserTask.is_vote, UserTask.assignee_id.in_(unable))
    return select(UserTask.id).where(_open(), *gone, *open_tasks_in(reach))


def _kept_away(reach: Reach = None) -> Select[Any]:
    """Open tasks on the desk of somebody whom four eyes keep away."""
    barred = UserTask.assignee_id == func.any(UserTask.excluded_ids)
    return select(UserTask.id).where(_open(), barred, *open_tasks_in(reach))


def _nobody(reach: Reach = None) -> Select[Any]:
    """Unclaimed tasks of pools in which nobody is who may take them: the pool is empty, or four eyes keep everybody away.

    As many people as a pool has must be kept away before it can have nobody left, and the index knows how many are.
    """
    task, sizes = UserTask, _able_members()
    unclaimed = and_(_open(), task.assignee_id.is_(None))
    empty = [group_id for group_id, size in sizes.items() if size == 0]
    nobody_there = select(task.id).where(unclaimed, task.candidate_group_id.in_(empty))
    kept = [
        select(task.id).where(
            unclaimed,
            task.candidate_group_id == group_id,
            func.cardinality(task.excluded_ids) >= size,
            func.cardinality(task.excluded_ids) > 0,
        )
        for group_id, size in sizes.items()
        if 0 < size <= MOST_KEPT_AWAY
    ]
    suspects = union_all(nobody_there, *kept).subquery()
    found = select(task.id).join(suspects, suspects.c.id == task.id)
    return found.where(*_nobody_left(), *open_tasks_in(reach))


def _nobody_left() -> list[ColumnElement[bool]]:
    """The conditions on a task that lies in its pool: nobody may take it."""
    task = UserTask
    free = exists().where(
        Membership.user_id == User.id,
        Membership.group_id == func.any(task.candidate_group_ids),
        able(),
        User.id != func.all(task.excluded_ids),
    )
    named = exists().where(User.id == func.any(task.candidate_user_ids), able(), User.id != func.all(task.excluded_ids))
    return [~task.is_vote, ~free, ~named]


def _able_members() -> dict[int, int]:
    """How many of each group may work on cases."""
    members = select(Membership.group_id, func.count()).join(User, User.id == Membership.user_id).where(able())
    counted = {row[0]: row[1] for row in session.execute(members.group_by(Membership.group_id))}
    return {group_id: counted.get(group_id, 0) for group_id in session.scalars(select(Group.id))}


def _voters_gone(reach: Reach = None) -> Select[Any]:
    """Votes that wait for people of whom none may vote any more."""
    task = UserTask
    free = exists().where(User.id == func.any(task.candidate_user_ids), able())
    waits = and_(_open(), task.is_vote, func.cardinality(task.candidate_user_ids) > 0)
    return select(task.id).where(waits, ~free, *open_tasks_in(reach))


def _incident(reach: Reach = None) -> Select[Any]:
    """What stops a case by itself, newest state only."""
    stopped = select(Incident.id).join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
    unsolved = Incident.resolved_at.is_(None), ProcessInstance.state == CaseState.ACTIVE
    return stopped.where(*unsolved, *cases_in(reach)).order_by(Incident.id)


def _open() -> ColumnElement[bool]:
    return UserTask.state == TaskState.OPEN


def _tasks(statement: Statement, kind: Kind) -> Reader:
    """A reader of the tasks that `statement` names."""

    def read(most: int, reach: Reach) -> Sequence[Stuck]:
        wanted = statement(reach).limit(most).subquery()
        joined = select(UserTask, ProcessInstance).join(wanted, wanted.c.id == UserTask.id)
        rows = session.execute(joined.join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)).all()
        live = [(task, case) for task, case in rows if case.state == CaseState.ACTIVE]
        return [Stuck(case, kind, task.created_at, task.element_id, task) for task, case in live]

    return read


def _idle(most: int, reach: Reach) -> Sequence[Stuck]:
    wanted = _nothing(reach).limit(most).subquery()
    cases = session.scalars(select(ProcessInstance).join(wanted, wanted.c.id == ProcessInstance.id)).all()
    return [Stuck(case, Kind.NOTHING, case.changed_at) for case in cases]


def _incidents(most: int, reach: Reach) -> Sequence[Stuck]:
    wanted = _incident(reach).limit(most).subquery()
    joined = select(Incident, ProcessInstance).join(wanted, wanted.c.id == Incident.id)
    rows = session.execute(joined.join(ProcessInstance, ProcessInstance.id == Incident.instance_id)).all()
    return [
        Stuck(case, Kind(incident.code) if incident.code else Kind.INCIDENT, incident.at, incident.element_id,
              words=incident.message)
        for incident, case in rows
    ]  # fmt: skip


def _explained(stuck: Stuck, now: datetime) -> Stuck:
    """A case in which nothing is live: what the engine says of it."""
    if stuck.kind != Kind.NOTHING:
        return stuck
    case = stuck.case
    try:
        joins = engine.waiting_joins(definitions.load(case.definition_id).compiled, case.blob, now=now)
    except engine.StateUnreadable:
        return replace(stuck, kind=Kind.UNREADABLE)
    waiting = next(iter(joins), None)
    if waiting is None:
        return stuck
    return replace(stuck, kind=Kind.JOIN, element_id=waiting.element_id, missing=waiting.missing)


READERS: Sequence[tuple[Statement, Reader]] = (
    (_nothing, _idle),
    (_holder_gone, _tasks(_holder_gone, Kind.HOLDER_GONE)),
    (_kept_away, _tasks(_kept_away, Kind.KEPT_AWAY)),
    (_nobody, _tasks(_nobody, Kind.NOBODY)),
    (_voters_gone, _tasks(_voters_gone, Kind.VOTERS_GONE)),
    (_incident, _incidents),
)
