"""Read-only questions about one case or task: its history, and who is concerned with it. The lists are in `worklists`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import undefer

from app.identity.models import User
from app.identity.rules import Mandate, Person
from app.kernel.db import session
from app.web.access import Permission
from app.workflow import rules
from app.workflow.assigning import assignment
from app.workflow.committees.vote_models import CaseCondition
from app.workflow.deploying import definitions
from app.workflow.models import CaseEvent, CaseState, Incident, ProcessInstance, TaskState, UserTask
from app.workflow.moves.move_models import Copy

LIVE = (CaseState.ACTIVE, CaseState.SUSPENDED)


def case_by_id(instance_id: uuid.UUID) -> ProcessInstance | None:
    """A case by its id."""
    return session.get(ProcessInstance, instance_id)


def case_by_number(number: str) -> ProcessInstance | None:
    """A case by its number."""
    return session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).first()


def task_by_id(task_id: uuid.UUID) -> UserTask | None:
    """One user task."""
    return session.get(UserTask, task_id)


def may_see(person: Person, case: ProcessInstance) -> bool:
    """Whether the person is concerned with the case: began it, works or worked on it, could claim it, got a copy,
    sees to one of its conditions, keeps the minutes of its votes, or oversees."""
    if person.may_in(Permission.CASE_SEE_ALL, case.branch_id) or case.started_by == person.id:
        return True
    here = UserTask.instance_id == case.id
    worked = or_(
        UserTask.completed_by == person.id,
        UserTask.completed_for == person.id,
        UserTask.assignee_id == person.id,
        UserTask.elector_ids.contains([person.id]),
        and_(UserTask.is_vote, UserTask.secretary_group_ids.overlap(list(person.group_ids))),
        UserTask.had_ids.contains([person.id]),
    )
    waits = and_(UserTask.state == TaskState.OPEN, or_(in_pools(person), *_of_principals(person)))
    copy = exists().where(Copy.instance_id == case.id, Copy.user_id == person.id)
    owes = exists().where(CaseCondition.instance_id == case.id, CaseCondition.owner_id == person.id)
    concerned = or_(exists().where(here, or_(worked, waits)), copy, owes)
    return bool(session.scalar(select(concerned))) or _owns(person, case)


def _owns(person: Person, case: ProcessInstance) -> bool:
    """Whether the person is of the group that owns the process."""
    owner = definitions.load(case.definition_id).compiled.customs.owner
    return owner is not None and assignment.group_id(owner) in person.group_ids


def in_pools(person: Person) -> ColumnElement[bool]:
    """Unclaimed tasks a person may claim."""
    pools = list(person.group_ids)
    lies_in_pool = or_(
        UserTask.candidate_group_id.in_(pools),
        and_(func.cardinality(UserTask.candidate_group_ids) > 1, UserTask.candidate_group_ids.overlap(pools)),
        UserTask.candidate_user_ids.contains([person.id]),
    )
    away = ~UserTask.excluded_ids.contains([person.id])
    own = and_(UserTask.assignee_id.is_(None), ~UserTask.is_vote, lies_in_pool, away)
    return or_(own, *(condition for m in person.stands_for for condition in _pools_of(m, person)))


def branches(person: Person, tab: str) -> list[ColumnElement[bool]]:
    """The conditions of a tab one by one, each served by an index in the order of the list."""
    if tab == "todo":
        votes = and_(
            func.cardinality(UserTask.candidate_user_ids) > 0, UserTask.candidate_user_ids.contains([person.id])
        )
        return [UserTask.assignee_id == person.id, and_(votes, UserTask.is_vote), *_of_principals(person)]
    free = and_(UserTask.assignee_id.is_(None), ~UserTask.is_vote, ~UserTask.excluded_ids.contains([person.id]))
    by_group: list[ColumnElement[bool]] = [
        and_(free, UserTask.candidate_group_id == group) for group in person.group_ids
    ]
    named = and_(func.cardinality(UserTask.candidate_user_ids) > 0, UserTask.candidate_user_ids.contains([person.id]))
    more = and_(
        func.cardinality(UserTask.candidate_group_ids) > 1,
        UserTask.candidate_group_ids.overlap(list(person.group_ids)),
        UserTask.candidate_group_id.notin_(person.group_ids),
    )
    of_principals = (condition for m in person.stands_for for condition in _pools_of(m, person))
    return [*by_group, and_(free, named), and_(free, more), *of_principals]


def _of_principals(person: Person) -> list[ColumnElement[bool]]:
    """Tasks held by those whom the person stands in for."""
    return [and_(UserTask.assignee_id == m.principal_id, _reaches(m, person)) for m in person.stands_for]


def _reaches(mandate: Mandate, person: Person) -> ColumnElement[bool]:
    """`rules.covers` in SQL: the tasks that the person may do in place of the principal."""
    case = ProcessInstance.id == UserTask.instance_id
    kept_out = [person.id, *mandate.path[1:]]
    rights: list[ColumnElement[bool]] = [
        or_(ProcessInstance.started_by.is_(None), ProcessInstance.started_by.notin_(kept_out))
    ]
    if mandate.ceiling is not None:
        rights.append(ProcessInstance.amount <= mandate.ceiling)
    rights += [ProcessInstance.variables[rules.BUSINESS_LINE].astext == line for line in mandate.lines]
    conditions = [~UserTask.is_vote, ~UserTask.excluded_ids.overlap([person.id, *mandate.path])]
    conditions += [UserTask.process_key == key for key in mandate.processes]
    if mandate.since is not None:
        conditions.append(UserTask.created_at >= mandate.since)
    return and_(*conditions, exists().where(case, *rights).correlate(UserTask))


def _pools_of(mandate: Mandate, person: Person) -> list[ColumnElement[bool]]:
    """Unclaimed tasks that the principal could claim and the person may claim for him; each served by an index."""
    free = and_(UserTask.assignee_id.is_(None), _reaches(mandate, person))
    named = and_(
        func.cardinality(UserTask.candidate_user_ids) > 0,
        UserTask.candidate_user_ids.contains([mandate.principal_id]),
    )
    more = and_(
        func.cardinality(UserTask.candidate_group_ids) > 1,
        UserTask.candidate_group_ids.overlap(list(mandate.group_ids)),
    )
    pools = [and_(free, UserTask.candidate_group_id == group) for group in mandate.group_ids]
    return [*pools, and_(free, named), and_(free, more)]


def holders_of(instance_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """Who holds the open tasks of these cases: names by case."""
    statement = (
        select(UserTask.instance_id, User.name)
        .join(User, User.id == UserTask.assignee_id)
        .where(UserTask.instance_id.in_(instance_ids), UserTask.state == TaskState.OPEN)
    )
    found: dict[uuid.UUID, list[str]] = {}
    for instance_id, name in session.execute(statement) if instance_ids else ():
        found.setdefault(instance_id, []).append(name)
    return found


def holders_by_number(numbers: Sequence[str]) -> dict[str, list[str]]:
    """Who holds the open tasks of the cases with these numbers: names by number."""
    found: dict[str, list[str]] = {}
    for number, name in session.execute(_held().where(ProcessInstance.number.in_(numbers))) if numbers else ():
        found.setdefault(number, []).append(name)
    return found


def numbers_held_by(name: str) -> Select[str]:
    """The numbers of the cases of which somebody with this in the name holds an open task."""
    return _held().with_only_columns(ProcessInstance.number).where(User.name.icontains(name, autoescape=True))


def _held() -> Select[str, str]:
    """Case number and holder of each open task that somebody has."""
    return (
        select(ProcessInstance.number, User.name)
        .join(UserTask, UserTask.instance_id == ProcessInstance.id)
        .join(User, User.id == UserTask.assignee_id)
        .where(UserTask.state == TaskState.OPEN)
    )


def tasks_of(instance_id: uuid.UUID) -> Sequence[UserTask]:
    """Every visit of a case, oldest first, with what was entered."""
    statement = select(UserTask).where(UserTask.instance_id == instance_id).order_by(UserTask.created_at, UserTask.id)
    return session.scalars(statement.options(undefer(UserTask.submitted_cipher), undefer(UserTask.draft_cipher))).all()


def events_of(instance_id: uuid.UUID) -> Sequence[CaseEvent]:
    """Every act on a case, oldest first."""
    return session.scalars(select(CaseEvent).where(CaseEvent.instance_id == instance_id).order_by(CaseEvent.seq)).all()


def copies_of(instance_id: uuid.UUID, user_id: int) -> Sequence[Copy]:
    """The copies of a case that somebody has, newest first."""
    mine = Copy.instance_id == instance_id, Copy.user_id == user_id
    return session.scalars(select(Copy).where(*mine).order_by(Copy.id.desc())).all()


def incidents_of(instance_id: uuid.UUID) -> Sequence[Incident]:
    """What stops a case now."""
    statement = select(Incident).where(Incident.instance_id == instance_id, Incident.resolved_at.is_(None))
    return session.scalars(statement.order_by(Incident.id)).all()
