"""Read-only questions about tasks and cases: inbox lists, counts, one case with its history, who is concerned.

Every list is read by an index in the order it is shown, so it costs the same with a hundred open tasks and with a hundred thousand.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, tuple_, union, union_all
from sqlalchemy.orm import undefer

from app.identity.models import Group, User
from app.identity.rules import Person
from app.kernel.crypto import blind_index
from app.kernel.db import session
from app.kernel.ids import parse_id
from app.kernel.paging import Page, page
from app.web.access import Permission
from app.workflow.models import (
    CaseEvent,
    CaseState,
    Copy,
    Incident,
    ProcessInstance,
    TaskState,
    UserTask,
)
from app.workflow.vote_models import CaseCondition

PAGE = 50
COUNT_LIMIT = 1000
LIVE = (CaseState.ACTIVE, CaseState.SUSPENDED)


@dataclass(frozen=True)
class Filter:
    """What the reader of a list wants to see. text: a case number, or the exact name of a customer."""

    text: str = ""
    process_key: str = ""
    element_id: str = ""
    due: str = ""
    state: str = ""
    holder_id: int | None = None
    sort: str = "newest"
    after: str = ""


@dataclass(frozen=True)
class TaskRow:
    """A line of an inbox: the task, its case, and the name of its holder."""

    task: UserTask
    case: ProcessInstance
    holder: str | None
    pool: dict[str, str] | None = None


def mine(person: Person) -> ColumnElement[bool]:
    """Tasks a person has to do: held by him, or a vote he has not voted in."""
    return or_(
        UserTask.assignee_id == person.id,
        and_(UserTask.is_vote, UserTask.candidate_user_ids.contains([person.id])),
    )


def in_pools(person: Person) -> ColumnElement[bool]:
    """Unclaimed tasks a person may claim."""
    pools = list(person.group_ids)
    lies_in_pool = or_(
        UserTask.candidate_group_id.in_(pools),
        and_(func.cardinality(UserTask.candidate_group_ids) > 1, UserTask.candidate_group_ids.overlap(pools)),
        UserTask.candidate_user_ids.contains([person.id]),
    )
    away = ~UserTask.excluded_ids.contains([person.id])
    return and_(UserTask.assignee_id.is_(None), ~UserTask.is_vote, lies_in_pool, away)


def todo(person: Person, wanted: Filter, *, now: datetime, size: int = PAGE) -> Page[TaskRow]:
    """待办: what the person has to do."""
    return _open_tasks(branches(person, "todo"), wanted, now, size)


def pool(person: Person, wanted: Filter, *, now: datetime, size: int = PAGE) -> Page[TaskRow]:
    """What the person's groups have to do and nobody has claimed."""
    return _open_tasks(branches(person, "pool"), wanted, now, size)


def all_open(wanted: Filter, *, now: datetime, size: int = PAGE) -> Page[TaskRow]:
    """Every open task of the bank, for supervisors."""
    return _open_tasks([literal(value=True)], wanted, now, size)


def done(person: Person, wanted: Filter, *, size: int = PAGE) -> Page[TaskRow]:
    """已办: what the person has completed, newest first."""
    statement = _task_rows().where(UserTask.completed_by == person.id)
    statement = _filtered(statement, wanted, None)
    after = _place(wanted.after)
    if after and after[0]:
        place = tuple_(UserTask.completed_at, UserTask.id)
        statement = statement.where(place < tuple_(literal(after[0]), literal(after[1])))
    ordered = statement.order_by(UserTask.completed_at.desc(), UserTask.id.desc()).limit(size + 1)
    return page(_rows(ordered), size, lambda row: f"{row.task.completed_at.isoformat()}|{row.task.id}")


def started(person: Person, wanted: Filter, *, size: int = PAGE) -> Page[ProcessInstance]:
    """我发起的: the cases the person began, newest first."""
    return _cases(select(ProcessInstance).where(ProcessInstance.started_by == person.id), wanted, size)


def copied(person: Person, wanted: Filter, *, size: int = PAGE) -> Page[tuple[ProcessInstance, Copy]]:
    """抄送我的: the cases copied to the person, newest first."""
    both: Any = select(ProcessInstance, Copy).join(Copy, Copy.instance_id == ProcessInstance.id)
    statement = _case_filter(both.where(Copy.user_id == person.id), wanted)
    last = parse_id(wanted.after) if wanted.after else None
    statement = statement.where(Copy.id < last) if last else statement
    rows = [(row[0], row[1]) for row in session.execute(statement.order_by(Copy.id.desc()).limit(size + 1))]
    return page(rows, size, lambda row: str(row[1].id))


def all_cases(wanted: Filter, *, size: int = PAGE) -> Page[ProcessInstance]:
    """Every case, newest first, for supervisors."""
    return _cases(select(ProcessInstance), wanted, size)


def counts(person: Person) -> dict[str, int]:
    """How many lines each tab has, counted to a thousand; one statement."""
    parts = {
        "todo": [select(UserTask.id).where(UserTask.state == TaskState.OPEN, b) for b in branches(person, "todo")],
        "pool": [select(UserTask.id).where(UserTask.state == TaskState.OPEN, b) for b in branches(person, "pool")],
        "started": [
            select(ProcessInstance.id).where(ProcessInstance.started_by == person.id, ProcessInstance.state.in_(LIVE))
        ],
        "copied": [select(Copy.id).where(Copy.user_id == person.id, Copy.read_at.is_(None))],
    }
    columns = []
    for name, statements in parts.items():
        limited = [s.limit(COUNT_LIMIT) for s in statements]
        rows = union(*limited).subquery() if len(limited) > 1 else limited[0].subquery()
        columns.append(select(func.count()).select_from(rows).scalar_subquery().label(name))
    return {k: min(v, COUNT_LIMIT) for k, v in session.execute(select(*columns)).mappings().one().items()}


def case_by_id(instance_id: uuid.UUID) -> ProcessInstance | None:
    """A case by its id."""
    return session.get(ProcessInstance, instance_id)


def case_by_number(number: str) -> ProcessInstance | None:
    """A case by its number."""
    return session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).first()


def may_see(person: Person, case: ProcessInstance) -> bool:
    """Whether the person is concerned with the case: began it, works or worked on it, could claim it, got a copy,
    sees to one of its conditions, keeps the minutes of its votes, or oversees."""
    if person.may(Permission.CASE_SEE_ALL) or case.started_by == person.id:
        return True
    here = UserTask.instance_id == case.id
    worked = or_(
        UserTask.completed_by == person.id,
        UserTask.assignee_id == person.id,
        UserTask.elector_ids.contains([person.id]),
        and_(UserTask.is_vote, UserTask.secretary_group_ids.overlap(list(person.group_ids))),
    )
    waits = and_(UserTask.state == TaskState.OPEN, in_pools(person))
    copy = exists().where(Copy.instance_id == case.id, Copy.user_id == person.id)
    owes = exists().where(CaseCondition.instance_id == case.id, CaseCondition.owner_id == person.id)
    return bool(session.scalar(select(or_(exists().where(here, or_(worked, waits)), copy, owes))))


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


def tasks_of(instance_id: uuid.UUID) -> Sequence[UserTask]:
    """Every visit of a case, oldest first, with what was entered."""
    statement = select(UserTask).where(UserTask.instance_id == instance_id).order_by(UserTask.created_at, UserTask.id)
    return session.scalars(statement.options(undefer(UserTask.submitted_cipher), undefer(UserTask.draft_cipher))).all()


def task_by_id(task_id: uuid.UUID) -> UserTask | None:
    """One user task."""
    return session.get(UserTask, task_id)


def events_of(instance_id: uuid.UUID) -> Sequence[CaseEvent]:
    """Every act on a case, oldest first."""
    return session.scalars(select(CaseEvent).where(CaseEvent.instance_id == instance_id).order_by(CaseEvent.seq)).all()


def incidents_of(instance_id: uuid.UUID) -> Sequence[Incident]:
    """What stops a case now."""
    statement = select(Incident).where(Incident.instance_id == instance_id, Incident.resolved_at.is_(None))
    return session.scalars(statement.order_by(Incident.id)).all()


def next_task(person: Person, *, now: datetime) -> UserTask | None:
    """The task to go on with after one is done: the oldest the person holds."""
    statement = select(UserTask).where(UserTask.state == TaskState.OPEN, UserTask.assignee_id == person.id)
    return session.scalars(statement.order_by(UserTask.id).limit(1)).first()


def station_counts(process_key: str, definition_id: uuid.UUID | None = None) -> dict[str, int]:
    """How many open tasks each station of a process has."""
    statement = select(UserTask.element_id, func.count()).where(
        UserTask.state == TaskState.OPEN, UserTask.process_key == process_key
    )
    if definition_id is not None:
        statement = statement.where(UserTask.definition_id == definition_id)
    rows = session.execute(statement.group_by(UserTask.element_id))
    return {row[0]: row[1] for row in rows}


def load_per_person(now: datetime) -> Sequence[Any]:
    """Who holds how much: person, open tasks, overdue tasks, the oldest."""
    overdue = func.count().filter(UserTask.due_at < now)
    statement = (
        select(
            User.id,
            User.name,
            User.username,
            func.count().label("open"),
            overdue.label("overdue"),
            func.min(UserTask.created_at).label("oldest"),
        )
        .join(User, User.id == UserTask.assignee_id)
        .where(UserTask.state == TaskState.OPEN)
        .group_by(User.id)
        .order_by(func.count().desc(), User.id)
    )
    return session.execute(statement).all()


def load_per_pool(now: datetime) -> Sequence[Any]:
    """What lies unclaimed in which pool: group, open tasks, overdue tasks, the oldest."""
    overdue = func.count().filter(UserTask.due_at < now)
    statement = (
        select(
            Group.id,
            Group.key,
            Group.name,
            func.count().label("open"),
            overdue.label("overdue"),
            func.min(UserTask.created_at).label("oldest"),
        )
        .join(Group, Group.id == UserTask.candidate_group_id)
        .where(UserTask.state == TaskState.OPEN, UserTask.assignee_id.is_(None))
        .group_by(Group.id)
        .order_by(func.count().desc(), Group.id)
    )
    return session.execute(statement).all()


def branches(person: Person, tab: str) -> list[ColumnElement[bool]]:
    """The conditions of a tab one by one, each served by an index in the order of the list."""
    if tab == "todo":
        votes = and_(
            func.cardinality(UserTask.candidate_user_ids) > 0, UserTask.candidate_user_ids.contains([person.id])
        )
        return [UserTask.assignee_id == person.id, and_(votes, UserTask.is_vote)]
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
    return [*by_group, and_(free, named), and_(free, more)]


def _open_tasks(branches: Sequence[ColumnElement[bool]], wanted: Filter, now: datetime, size: int) -> Page[TaskRow]:
    """A page of open tasks: the first rows of each branch by its own index, then the first of all of them."""
    key, descending = _order(wanted.sort)
    parts = []
    for branch in branches:
        part = _filtered(select(UserTask.id, key.label("place")), wanted, now, joined=False).where(
            UserTask.state == TaskState.OPEN, branch
        )
        part = _after(part, key, wanted.after, descending)
        ordered = (key.desc(), UserTask.id.desc()) if descending else (key.asc(), UserTask.id.asc())
        parts.append(part.order_by(*ordered).limit(size + 1).subquery())
    ids = union_all(*(select(part.c.id, part.c.place) for part in parts)).subquery()
    order = (ids.c.place.desc(), ids.c.id.desc()) if descending else (ids.c.place.asc(), ids.c.id.asc())
    first = select(ids.c.id, ids.c.place).distinct().order_by(*order).limit(size + 1).subquery()
    statement = _task_rows().join(first, first.c.id == UserTask.id)
    statement = statement.order_by(
        *((key.desc(), UserTask.id.desc()) if descending else (key.asc(), UserTask.id.asc()))
    )
    return page(_rows(statement), size, lambda row: _cursor(row.task, wanted.sort))


def _order(sort: str) -> tuple[Any, bool]:
    if sort == "due":
        return func.coalesce(UserTask.due_at, FAR), False
    return (UserTask.id, sort != "oldest")


FAR = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


def _cursor(task: UserTask, sort: str) -> str:
    return f"{(task.due_at or FAR).isoformat()}|{task.id}" if sort == "due" else str(task.id)


def _after(statement: Select[Any], key: Any, after: str, descending: bool) -> Select[Any]:
    if not after:
        return statement
    moment, last = _place(after) or (None, None)
    if last is None or (key is not UserTask.id and moment is None):
        return statement
    if key is not UserTask.id:
        return statement.where(tuple_(key, UserTask.id) > tuple_(literal(moment), literal(last)))
    return statement.where(UserTask.id < last if descending else UserTask.id > last)


def _place(cursor: str) -> tuple[datetime | None, uuid.UUID] | None:
    """The place in an order that a cursor names; None where the text is no cursor."""
    moment, _, last = cursor.rpartition("|")
    found = parse_id(last)
    try:
        return (datetime.fromisoformat(moment) if moment else None, found) if found else None
    except ValueError:
        return None


def _filtered(statement: Select[Any], wanted: Filter, now: datetime | None, *, joined: bool = True) -> Select[Any]:
    if wanted.process_key:
        statement = statement.where(UserTask.process_key == wanted.process_key)
    if wanted.element_id:
        statement = statement.where(UserTask.element_id == wanted.element_id)
    if wanted.holder_id is not None:
        statement = statement.where(UserTask.assignee_id == wanted.holder_id)
    if wanted.due == "overdue" and now is not None:
        statement = statement.where(UserTask.due_at < now)
    if not wanted.text:
        return statement
    if not joined:
        statement = statement.join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    return statement.where(_text_matches(wanted.text))


def _text_matches(text: str) -> ColumnElement[bool]:
    """A case number (or its beginning), or the exact name of a customer."""
    text = text.strip()
    upper = text.upper()
    return or_(
        and_(ProcessInstance.number >= upper, ProcessInstance.number < upper + "\uffff"),
        ProcessInstance.party_index == blind_index(text, "party"),
    )


def _task_rows() -> Any:
    return (
        select(UserTask, ProcessInstance, User.name, Group.name)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .outerjoin(User, User.id == UserTask.assignee_id)
        .outerjoin(Group, Group.id == UserTask.candidate_group_id)
    )


def _rows(statement: Select[Any]) -> list[TaskRow]:
    return [TaskRow(row[0], row[1], row[2], row[3]) for row in session.execute(statement)]


def _case_filter(statement: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.process_key:
        statement = statement.where(ProcessInstance.process_key == wanted.process_key)
    if wanted.state == "live":
        statement = statement.where(ProcessInstance.state.in_(LIVE))
    elif wanted.state == "incident":
        statement = statement.where(ProcessInstance.has_incident, ProcessInstance.state.in_(LIVE))
    elif wanted.state:
        statement = statement.where(ProcessInstance.state == wanted.state)
    if wanted.element_id:
        at_station = exists().where(
            UserTask.instance_id == ProcessInstance.id,
            UserTask.state == TaskState.OPEN,
            UserTask.element_id == wanted.element_id,
        )
        statement = statement.where(at_station)
    return statement.where(_text_matches(wanted.text)) if wanted.text else statement


def _cases(statement: Select[Any], wanted: Filter, size: int) -> Page[ProcessInstance]:
    statement = _case_filter(statement, wanted)
    last = parse_id(wanted.after) if wanted.after else None
    if last is not None:
        statement = statement.where(ProcessInstance.id < last)
    rows = session.scalars(statement.order_by(ProcessInstance.id.desc()).limit(size + 1)).all()
    return page(rows, size, lambda case: str(case.id))
