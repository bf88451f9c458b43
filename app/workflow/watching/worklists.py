"""The lists people work from: to do, pools, done, started, copied, and the supervisors' lists of everything, with their counts.

Every list is read by an index in the order it is shown, so it costs the same with a hundred open tasks and with a hundred thousand.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, tuple_, union, union_all

from app.identity.models import Group, User
from app.identity.rules import Person
from app.kernel.crypto import blind_index
from app.kernel.db import session
from app.kernel.ids import parse_id
from app.kernel.paging import Page, page
from app.workflow.committees.vote_models import Ballot
from app.workflow.models import ProcessInstance, TaskState, UserTask
from app.workflow.moves.move_models import Copy
from app.workflow.queries import LIVE, branches
from app.workflow.reach import Reach, cases_in, open_tasks_in
from app.workflow.recording import ZONE
from app.workflow.watching import oversight, places

PAGE = 50

COUNT_LIMIT = 1000

FAR = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Filter:
    """What the reader of a list wants to see. text: a case number, or the exact name of a customer.

    element_id: a station, or an activity for all stations inside it. due: "overdue", "today", "tomorrow"; age: how many working
    days a task has waited (keys of `oversight.ages`); group_id: what lies unclaimed in this group's pool.
    """

    text: str = ""
    process_key: str = ""
    element_id: str = ""
    due: str = ""
    state: str = ""
    holder_id: int | None = None
    sort: str = "newest"
    after: str = ""
    age: str = ""
    group_id: int | None = None


@dataclass(frozen=True)
class TaskRow:
    """A line of an inbox: the task, its case, and the name of its holder; of what is done, when, and the reader's ballot."""

    task: UserTask
    case: ProcessInstance
    holder: str | None
    pool: dict[str, str] | None = None
    done_at: datetime | None = None
    choice: str | None = None


def todo(person: Person, wanted: Filter, *, now: datetime, size: int = PAGE) -> Page[TaskRow]:
    """待办: what the person has to do."""
    return _open_tasks(branches(person, "todo"), wanted, now, size)


def pool(person: Person, wanted: Filter, *, now: datetime, size: int = PAGE) -> Page[TaskRow]:
    """What the person's groups have to do and nobody has claimed."""
    return _open_tasks(branches(person, "pool"), wanted, now, size)


def all_open(wanted: Filter, *, now: datetime, size: int = PAGE, reach: Reach = None) -> Page[TaskRow]:
    """Every open task of the bank, or of some branches, for supervisors."""
    return _open_tasks(open_tasks_in(reach) or [literal(value=True)], wanted, now, size)


def done(person: Person, wanted: Filter, *, size: int = PAGE) -> Page[TaskRow]:
    """已办: what the person has completed or voted in, newest first."""
    own: Any = select(UserTask.id, UserTask.completed_at.label("place"), literal(None).label("choice"))
    cast: Any = select(UserTask.id, Ballot.at, Ballot.choice).join(Ballot, Ballot.task_id == UserTask.id)
    parts = (
        _done_part(own.where(UserTask.completed_by == person.id), UserTask.completed_at, wanted, size),
        _done_part(cast.where(Ballot.voter_id == person.id, Ballot.void_at.is_(None)), Ballot.at, wanted, size),
    )
    found = union_all(*(select(part) for part in parts)).subquery()
    order = _both(found.c.place, found.c.id, descending=wanted.sort != "oldest")
    first = select(found).order_by(*order).limit(size + 1).subquery()
    statement = _task_rows().add_columns(first.c.place, first.c.choice).join(first, first.c.id == UserTask.id)
    rows = session.execute(statement.order_by(*_both(first.c.place, first.c.id, descending=wanted.sort != "oldest")))
    lines = [TaskRow(*row) for row in rows]
    return page(lines, size, lambda row: f"{row.done_at.isoformat() if row.done_at else ''}|{row.task.id}")


def _done_part(statement: Any, key: Any, wanted: Filter, size: int) -> Any:
    """The first rows of one way of having done something, by an index of its own."""
    downwards, place = wanted.sort != "oldest", _place(wanted.after)
    statement = _filtered(statement, wanted, None, joined=False)
    if place and place[0]:
        here, mark = tuple_(key, UserTask.id), tuple_(literal(place[0]), literal(place[1]))
        statement = statement.where(here < mark if downwards else here > mark)
    return statement.order_by(*_both(key, UserTask.id, descending=downwards)).limit(size + 1).subquery()


def _both(key: Any, identity: Any, *, descending: bool) -> tuple[Any, Any]:
    return (key.desc(), identity.desc()) if descending else (key.asc(), identity.asc())


def started(person: Person, wanted: Filter, *, size: int = PAGE) -> Page[ProcessInstance]:
    """我发起的: the cases the person began, newest first unless asked otherwise."""
    return _cases(select(ProcessInstance).where(ProcessInstance.started_by == person.id), wanted, size)


def copied(person: Person, wanted: Filter, *, size: int = PAGE) -> Page[tuple[ProcessInstance, Copy]]:
    """抄送我的: the cases copied to the person, newest first unless asked otherwise."""
    both: Any = select(ProcessInstance, Copy).join(Copy, Copy.instance_id == ProcessInstance.id)
    statement = _case_filter(both.where(Copy.user_id == person.id), wanted)
    rows = [(row[0], row[1]) for row in session.execute(_by_id(statement, Copy.id, wanted).limit(size + 1))]
    return page(rows, size, lambda row: str(row[1].id))


def all_cases(wanted: Filter, *, size: int = PAGE, reach: Reach = None) -> Page[ProcessInstance]:
    """Every case of the bank, or of some branches, newest first, for supervisors."""
    return _cases(select(ProcessInstance).where(*cases_in(reach)), wanted, size)


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


def neighbours(
    person: Person, tab: str, wanted: Filter, task: UserTask, *, now: datetime
) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The open tasks before and after `task` in the person's list `tab` (todo or pool), filtered and sorted as wanted."""
    here = replace(wanted, after=_cursor(task, wanted.sort))
    conditions = branches(person, tab)
    before = session.scalar(select(_first_places(conditions, here, now, 1, backwards=True).c.id))
    return before, session.scalar(select(_first_places(conditions, here, now, 1).c.id))


def _open_tasks(branches: Sequence[ColumnElement[bool]], wanted: Filter, now: datetime, size: int) -> Page[TaskRow]:
    """A page of open tasks: the first rows of each branch by its own index, then the first of all of them."""
    key, descending = _order(wanted.sort)
    first = _first_places(branches, wanted, now, size + 1)
    statement = _task_rows().join(first, first.c.id == UserTask.id)
    rows = _rows(statement.order_by(*_both(key, UserTask.id, descending=descending)))
    return page(rows, size, lambda row: _cursor(row.task, wanted.sort))


def _first_places(
    branches: Sequence[ColumnElement[bool]], wanted: Filter, now: datetime, size: int, *, backwards: bool = False
) -> Any:
    """Ids and places of the first open tasks after (`backwards`: before) a place in the list."""
    key, descending = _order(wanted.sort)
    descending = descending != backwards
    parts = []
    for branch in branches:
        part = _filtered(select(UserTask.id, key.label("place")), wanted, now, joined=False).where(
            UserTask.state == TaskState.OPEN, branch
        )
        part = _after(part, key, wanted.after, descending)
        parts.append(part.order_by(*_both(key, UserTask.id, descending=descending)).limit(size).subquery())
    ids = union_all(*(select(part.c.id, part.c.place) for part in parts)).subquery()
    order = _both(ids.c.place, ids.c.id, descending=descending)
    return select(ids.c.id, ids.c.place).distinct().order_by(*order).limit(size).subquery()


def _order(sort: str) -> tuple[Any, bool]:
    if sort == "due":
        return func.coalesce(UserTask.due_at, FAR), False
    return (UserTask.id, sort != "oldest")


def _cursor(task: UserTask, sort: str) -> str:
    return f"{(task.due_at or FAR).isoformat()}|{task.id}" if sort == "due" else str(task.id)


def _after(statement: Select[Any], key: Any, after: str, descending: bool) -> Select[Any]:
    if not after:
        return statement
    moment, last = _place(after) or (None, None)
    if last is None or (key is not UserTask.id and moment is None):
        return statement
    if key is not UserTask.id:
        here, mark = tuple_(key, UserTask.id), tuple_(literal(moment), literal(last))
        return statement.where(here < mark if descending else here > mark)
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
        statement = statement.where(UserTask.element_id.in_(places.inside(wanted.process_key, wanted.element_id)))
    if wanted.holder_id is not None:
        statement = statement.where(UserTask.assignee_id == wanted.holder_id)
    if wanted.group_id is not None:
        statement = statement.where(UserTask.candidate_group_id == wanted.group_id, UserTask.assignee_id.is_(None))
    if now is not None:
        statement = statement.where(*_at_risk(wanted, now))
    if wanted.due == "waiting":
        statement = statement.where(UserTask.waiting_since.is_not(None))
    if wanted.due == "escalated":
        statement = statement.where(UserTask.escalated_at.is_not(None))
    if not wanted.text:
        return statement
    if not joined:
        statement = statement.join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    return statement.where(_text_matches(wanted.text))


def _at_risk(wanted: Filter, now: datetime) -> list[ColumnElement[bool]]:
    """The conditions on deadline and age; unknown words mean none."""
    due, age = oversight.dues(now, ZONE).get(wanted.due), oversight.ages(now, ZONE).get(wanted.age)
    return [span.holds(column) for span, column in ((due, UserTask.due_at), (age, UserTask.created_at)) if span]


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
            UserTask.element_id.in_(places.inside(wanted.process_key, wanted.element_id)),
        )
        statement = statement.where(at_station)
    return statement.where(_text_matches(wanted.text)) if wanted.text else statement


def _cases(statement: Select[Any], wanted: Filter, size: int) -> Page[ProcessInstance]:
    statement = _case_filter(statement, wanted)
    rows = session.scalars(_by_id(statement, ProcessInstance.id, wanted).limit(size + 1)).all()
    return page(rows, size, lambda case: str(case.id))


def _by_id(statement: Select[Any], key: Any, wanted: Filter) -> Select[Any]:
    """In the order of ids, which is that of time, from the place in the list on."""
    upwards, last = wanted.sort == "oldest", parse_id(wanted.after) if wanted.after else None
    if last is not None:
        statement = statement.where(key > last if upwards else key < last)
    return statement.order_by(key.asc() if upwards else key.desc())
