"""Lists of open tasks as Camunda's filters ask for them, each part read by an index in the order it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, func, literal, or_, select, union_all
from sqlalchemy.sql.selectable import Subquery

from app.identity import queries as people
from app.identity.models import User
from app.identity.rules import Person
from app.kernel.db import session
from app.web.access import Permission
from app.workflow import queries
from app.workflow.api.filters import Condition, among, between, both, equal
from app.workflow.api.operation import BadRequest
from app.workflow.api.schema import SortOrder, Window
from app.workflow.api.visibility import cases_named, sees_all
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.reach import open_tasks_in
from app.workflow.watching import worklists

if TYPE_CHECKING:
    from app.workflow.api.tasks import Sorting, TaskFilter


@dataclass(frozen=True)
class TaskFound:
    """A task with what its answer needs of the case and the holder."""

    task: UserTask
    number: str
    case_state: str
    assignee: str | None
    branch_id: int | None

    @property
    def suspended(self) -> bool:
        """Whether the case stands still."""
        return self.case_state == CaseState.SUSPENDED


def find_tasks(filter: TaskFilter, order: Sorting, window: Window, person: Person) -> list[TaskFound]:
    """The open tasks that the person may see and the filter wants; raises BadRequest for half a sort criterion."""
    key, down = _order(order)
    last = window.first_result + window.max_results
    ids = _ids(filter, person, key, down, last)
    first = select(ids.c.id, ids.c.place).distinct().order_by(*_ordered(ids.c.place, ids.c.id, down))
    page = first.offset(window.first_result).limit(window.max_results).subquery()
    statement = (
        select(UserTask, ProcessInstance.number, ProcessInstance.state, User.username, ProcessInstance.branch_id)
        .join(page, page.c.id == UserTask.id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .outerjoin(User, User.id == UserTask.assignee_id)
        .order_by(*_ordered(page.c.place, page.c.id, down))
    )
    return [TaskFound(*row) for row in session.execute(statement)]


def count_tasks(filter: TaskFilter, person: Person) -> int:
    """How many they are."""
    ids = _ids(filter, person, UserTask.id, False, None)
    return session.scalar(select(func.count(ids.c.id.distinct()))) or 0


def _ids(filter: TaskFilter, person: Person, key: Any, down: bool, last: int | None) -> Subquery:
    named = cases_named(
        person,
        both(filter.process_instance_id, filter.process_instance_id_in),
        both(filter.process_instance_business_key, filter.process_instance_business_key_in),
    )
    wanted = [UserTask.state == TaskState.OPEN, *_about_the_task(filter), *_about_people(filter)]
    parts: list[Select[Any]] = []
    for branch in _seen(person, named):
        part = select(UserTask.id.label("id"), key.label("place")).where(branch, *wanted)
        parts.append(part.order_by(*_ordered(key, UserTask.id, down)).limit(last) if last is not None else part)
    limited = [select(part.subquery()) for part in parts]
    return (union_all(*limited) if len(limited) > 1 else limited[0]).subquery()


def _seen(person: Person, named: Sequence[Any] | None) -> list[Condition]:
    if named is not None:
        return [UserTask.instance_id.in_(named)]
    if sees_all(person):
        return [literal(value=True)]
    overseen = person.reach(Permission.CASE_SEE_ALL)
    of_branch = open_tasks_in(overseen) if overseen else []
    return [*of_branch, *queries.branches(person, "todo"), *queries.branches(person, "pool")]


def _about_the_task(filter: TaskFilter) -> list[Condition]:
    task = UserTask
    several = {
        task.id: both(filter.task_id, filter.task_id_in),
        task.process_key: both(filter.process_definition_key, filter.process_definition_key_in),
        task.element_id: both(filter.task_definition_key, filter.task_definition_key_in),
    }
    found = among(several) + equal({task.definition_id: filter.process_definition_id}) + _about_the_case(filter)
    found += between(task.due_at, filter.due_after, filter.due_before)
    found += between(task.created_at, filter.created_after, filter.created_before)
    return found + equal({task.due_at.is_(None): filter.without_due_date})


def _about_the_case(filter: TaskFilter) -> list[Condition]:
    state = select(ProcessInstance.state).where(ProcessInstance.id == UserTask.instance_id).scalar_subquery()
    wanted = {state == CaseState.ACTIVE: filter.active, state == CaseState.SUSPENDED: filter.suspended}
    return equal(wanted)


def _about_people(filter: TaskFilter) -> list[Condition]:
    task, found = UserTask, list[Condition]()
    if filter.assignee is not None:
        user = people.user_by_username(filter.assignee)
        found.append(task.assignee_id == (user.id if user else 0))
    held = {True: filter.assigned, False: filter.unassigned}
    found += [task.assignee_id.is_not(None) == (said == held) for held, said in held.items() if said is not None]
    groups = both(filter.candidate_group, filter.candidate_groups)
    if groups is not None:
        found.append(_in_groups(groups, bool(filter.include_assigned_tasks)))
    if filter.candidate_user is not None:
        user_may = people.person_by_username(filter.candidate_user)
        found.append(queries.in_pools(user_may) if user_may else literal(value=False))
    return found


def _in_groups(keys: Sequence[str], held_too: bool) -> Condition:
    ids = [group.id for group in people.groups_by_key(keys).values()]
    more = and_(func.cardinality(UserTask.candidate_group_ids) > 1, UserTask.candidate_group_ids.overlap(ids))
    here = or_(UserTask.candidate_group_id.in_(ids), more)
    return here if held_too else and_(here, UserTask.assignee_id.is_(None))


def _order(order: Sorting) -> tuple[Any, bool]:
    if (order.sort_by is None) != (order.sort_order is None):
        raise BadRequest("sortBy and sortOrder go together.")
    key = func.coalesce(UserTask.due_at, worklists.FAR) if order.sort_by == "dueDate" else UserTask.id
    return key, order.sort_order is SortOrder.DESC


def _ordered(place: Any, tie: Any, down: bool) -> tuple[Any, Any]:
    return (place.desc(), tie.desc()) if down else (place.asc(), tie.asc())
