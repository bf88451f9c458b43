"""What has happened: cases, ended or not, and their tasks."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask_login import current_user
from pydantic import Field
from sqlalchemy import Select, func, literal, or_, select

from app.identity import queries as people
from app.identity.models import User
from app.kernel.db import session
from app.web.access import Permission, signed_in
from app.web.i18n import text_of
from app.workflow import queries
from app.workflow.api.filters import Condition, among, between, both, equal
from app.workflow.api.operation import operation
from app.workflow.api.schema import Count, Id, Ids, Model, Moment, Query, SortOrder, Truth, Window, Word, Words
from app.workflow.api.visibility import cases_named, concerned, sees_all, visible_case
from app.workflow.deploying import definitions
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.reach import tasks_in

STATES = {
    CaseState.ACTIVE: "ACTIVE",
    CaseState.SUSPENDED: "SUSPENDED",
    CaseState.COMPLETED: "COMPLETED",
    CaseState.CANCELLED: "EXTERNALLY_TERMINATED",
    CaseState.WITHDRAWN: "EXTERNALLY_TERMINATED",
}

DONE_BY = func.coalesce(UserTask.completed_by, UserTask.assignee_id)


class HistoricInstance(Model):
    """A case. `deleteReason` is cancelled or withdrawn; `outcome`, the end event it reached, is ours."""

    id: uuid.UUID
    root_process_instance_id: uuid.UUID
    super_process_instance_id: uuid.UUID | None = None
    super_case_instance_id: str | None = None
    case_instance_id: str | None = None
    process_definition_name: str
    process_definition_key: str
    process_definition_version: int
    process_definition_id: uuid.UUID
    business_key: str
    start_time: Moment
    end_time: Moment | None
    removal_time: Moment | None = None
    duration_in_millis: int | None
    start_user_id: str | None
    start_activity_id: str | None = None
    delete_reason: str | None
    tenant_id: str | None = None
    state: str = Field(pattern="^(ACTIVE|SUSPENDED|COMPLETED|EXTERNALLY_TERMINATED)$")
    outcome: str | None


class HistoricTask(Model):
    """A visit of a case at a station. `deleteReason` is completed or why it was cancelled; `outcome` and `round` are ours."""

    id: uuid.UUID
    process_definition_key: str
    process_definition_id: uuid.UUID
    process_instance_id: uuid.UUID
    execution_id: uuid.UUID
    root_process_instance_id: uuid.UUID
    activity_instance_id: uuid.UUID
    name: str
    description: str | None = None
    delete_reason: str | None
    owner: str | None = None
    assignee: str | None
    start_time: Moment
    end_time: Moment | None
    duration: int | None
    task_definition_key: str
    priority: int = 50
    due: Moment | None
    follow_up: Moment | None = None
    parent_task_id: str | None = None
    tenant_id: str | None = None
    task_state: str
    outcome: str | None
    round: int


class HistoricInstanceFilter(Query):
    """Which cases."""

    process_instance_id: Id | None = None
    process_instance_ids: Ids | None = None
    process_instance_business_key: Word | None = None
    process_instance_business_key_in: Words | None = None
    process_definition_id: Id | None = None
    process_definition_key: Word | None = None
    process_definition_key_in: Words | None = None
    started_by: Word | None = None
    started_before: Moment | None = None
    started_after: Moment | None = None
    finished_before: Moment | None = None
    finished_after: Moment | None = None
    finished: Truth | None = None
    unfinished: Truth | None = None
    active: Truth | None = None
    suspended: Truth | None = None
    completed: Truth | None = None
    externally_terminated: Truth | None = None
    with_incidents: Truth | None = None


class HistoricInstanceQuery(HistoricInstanceFilter, Window):
    """Which cases, and in which order."""

    sort_by: str | None = Field(None, pattern="^(instanceId|startTime)$")
    sort_order: SortOrder | None = None


class HistoricTaskFilter(Query):
    """Which visits. Without a case named: those the caller completed or holds; all of them for whoever sees all cases."""

    task_id: Id | None = None
    process_instance_id: Id | None = None
    process_instance_business_key: Word | None = None
    process_instance_business_key_in: Words | None = None
    process_definition_id: Id | None = None
    process_definition_key: Word | None = None
    task_definition_key: Word | None = None
    task_definition_key_in: Words | None = None
    task_assignee: Word | None = None
    finished: Truth | None = None
    unfinished: Truth | None = None
    started_before: Moment | None = None
    started_after: Moment | None = None
    finished_before: Moment | None = None
    finished_after: Moment | None = None


class HistoricTaskQuery(HistoricTaskFilter, Window):
    """Which visits, and in which order."""

    sort_by: str | None = Field(None, pattern="^(startTime|taskId)$")
    sort_order: SortOrder | None = None


@operation("GET", "/history/process-instance", query=HistoricInstanceQuery, answer=list[HistoricInstance])
@signed_in
def list_historic_process_instances(query: HistoricInstanceQuery) -> list[HistoricInstance]:
    """The cases that concern the caller, newest first."""
    return _cases(query, query, upwards=query.sort_order is SortOrder.ASC)


@operation(
    "POST", "/history/process-instance", query=Window, body=HistoricInstanceFilter, answer=list[HistoricInstance]
)
@signed_in
def query_historic_process_instances(query: Window, body: HistoricInstanceFilter) -> list[HistoricInstance]:
    """The same, with the filter in the body."""
    return _cases(body, query)


@operation("GET", "/history/process-instance/count", query=HistoricInstanceFilter, answer=Count)
@signed_in
def count_historic_process_instances(query: HistoricInstanceFilter) -> Count:
    """How many cases concern the caller."""
    statement = select(func.count()).select_from(ProcessInstance).where(*_case_conditions(query))
    return Count(count=session.scalar(statement) or 0)


@operation("GET", "/history/process-instance/<uuid:instance_id>", answer=HistoricInstance)
@signed_in
def get_historic_process_instance(instance_id: uuid.UUID) -> HistoricInstance:
    """One case."""
    case = visible_case(instance_id, current_user)
    starter = people.users([case.started_by] if case.started_by else []).get(case.started_by or 0)
    return _case(case, starter.username if starter else None)


@operation("GET", "/history/task", query=HistoricTaskQuery, answer=list[HistoricTask])
@signed_in
def list_historic_tasks(query: HistoricTaskQuery) -> list[HistoricTask]:
    """Visits, newest first."""
    return _tasks(query, query, upwards=query.sort_order is SortOrder.ASC)


@operation("POST", "/history/task", query=Window, body=HistoricTaskFilter, answer=list[HistoricTask])
@signed_in
def query_historic_tasks(query: Window, body: HistoricTaskFilter) -> list[HistoricTask]:
    """The same, with the filter in the body."""
    return _tasks(body, query)


@operation("GET", "/history/task/count", query=HistoricTaskFilter, answer=Count)
@signed_in
def count_historic_tasks(query: HistoricTaskFilter) -> Count:
    """How many visits."""
    statement = select(func.count()).select_from(UserTask).where(*_task_conditions(query))
    return Count(count=session.scalar(statement) or 0)


def _cases(filter: HistoricInstanceFilter, window: Window, *, upwards: bool = False) -> list[HistoricInstance]:
    statement: Select[Any, Any] = select(ProcessInstance, User.username).outerjoin(
        User, User.id == ProcessInstance.started_by
    )
    rows = _page(statement.where(*_case_conditions(filter)), ProcessInstance.id, window, upwards)
    return [_case(row[0], row[1]) for row in session.execute(rows)]


def _tasks(filter: HistoricTaskFilter, window: Window, *, upwards: bool = False) -> list[HistoricTask]:
    statement: Select[Any, Any] = (
        select(UserTask, User.username).outerjoin(User, User.id == DONE_BY).where(*_task_conditions(filter))
    )
    return [_task(row[0], row[1]) for row in session.execute(_page(statement, UserTask.id, window, upwards))]


def _page(statement: Select[Any, Any], place: Any, window: Window, upwards: bool) -> Select[Any, Any]:
    ordered = statement.order_by(place.asc() if upwards else place.desc())
    return ordered.offset(window.first_result).limit(window.max_results)


def _case(case: ProcessInstance, starter: str | None) -> HistoricInstance:
    loaded = definitions.load(case.definition_id)
    terminated = case.state in (CaseState.CANCELLED, CaseState.WITHDRAWN)
    return HistoricInstance(
        id=case.id,
        root_process_instance_id=case.id,
        process_definition_name=text_of(loaded.compiled.name),
        process_definition_key=loaded.key,
        process_definition_version=loaded.version,
        process_definition_id=loaded.id,
        business_key=case.number,
        start_time=case.started_at,
        end_time=case.ended_at,
        duration_in_millis=millis(case.started_at, case.ended_at),
        start_user_id=starter,
        delete_reason=case.state if terminated else None,
        state=STATES[CaseState(case.state)],
        outcome=case.outcome,
    )


def _task(task: UserTask, person: str | None) -> HistoricTask:
    steps = definitions.load(task.definition_id).compiled.steps
    done = task.state == TaskState.COMPLETED
    return HistoricTask(
        id=task.id,
        process_definition_key=task.process_key,
        process_definition_id=task.definition_id,
        process_instance_id=task.instance_id,
        execution_id=task.instance_id,
        root_process_instance_id=task.instance_id,
        activity_instance_id=task.id,
        name=text_of(steps[task.element_id].name) if task.element_id in steps else task.element_id,
        delete_reason="completed" if done else task.cancel_reason,
        assignee=person,
        start_time=task.created_at,
        end_time=task.completed_at,
        duration=millis(task.created_at, task.completed_at),
        task_definition_key=task.element_id,
        due=task.due_at,
        task_state=task.state,
        outcome=task.outcome,
        round=task.round,
    )


def millis(start: datetime, end: datetime | None) -> int | None:
    """How long it lasted; None while it lasts."""
    return None if end is None else round((end - start).total_seconds() * 1000)


def _case_conditions(filter: HistoricInstanceFilter) -> list[Condition]:
    case = ProcessInstance
    named = cases_named(
        current_user,
        both(filter.process_instance_id, filter.process_instance_ids),
        both(filter.process_instance_business_key, filter.process_instance_business_key_in),
    )
    found = [concerned(current_user) if named is None else case.id.in_(named), *_case_states(filter)]
    found += among({case.process_key: both(filter.process_definition_key, filter.process_definition_key_in)})
    found += equal(
        {
            case.definition_id: filter.process_definition_id,
            case.started_by: _user_id(filter.started_by),
            case.has_incident: filter.with_incidents,
        }
    )
    found += between(case.started_at, filter.started_after, filter.started_before)
    return found + between(case.ended_at, filter.finished_after, filter.finished_before)


def _case_states(filter: HistoricInstanceFilter) -> list[Condition]:
    state = ProcessInstance.state
    live = state.in_(queries.LIVE)
    terminated = state.in_((CaseState.CANCELLED, CaseState.WITHDRAWN))
    wanted = (
        (state == CaseState.ACTIVE, filter.active),
        (state == CaseState.SUSPENDED, filter.suspended),
        (state == CaseState.COMPLETED, filter.completed),
        (terminated, filter.externally_terminated),
        (live, filter.unfinished),
        (~live, filter.finished),
    )
    return [condition == said for condition, said in wanted if said is not None]


def _task_conditions(filter: HistoricTaskFilter) -> list[Condition]:
    task = UserTask
    found = [_whose(filter)]
    found += among({task.element_id: both(filter.task_definition_key, filter.task_definition_key_in)})
    found += equal(
        {
            task.id: filter.task_id,
            task.definition_id: filter.process_definition_id,
            task.process_key: filter.process_definition_key,
            DONE_BY: _user_id(filter.task_assignee),
            task.state == TaskState.OPEN: filter.unfinished,
            task.state != TaskState.OPEN: filter.finished,
        }
    )
    found += between(task.created_at, filter.started_after, filter.started_before)
    return found + between(task.completed_at, filter.finished_after, filter.finished_before)


def _user_id(username: str | None) -> int | None:
    """The id of a user, one that nobody has for an unknown name; None where none is said."""
    if username is None:
        return None
    user = people.user_by_username(username)
    return user.id if user else 0


def _whose(filter: HistoricTaskFilter) -> Condition:
    """The visits of the cases named; else the caller's own, or any."""
    numbers = both(filter.process_instance_business_key, filter.process_instance_business_key_in)
    ids = None if filter.process_instance_id is None else [filter.process_instance_id]
    named = cases_named(current_user, ids, numbers)
    if named is not None:
        return UserTask.instance_id.in_(named)
    if sees_all(current_user):
        return literal(value=True)
    overseen = current_user.reach(Permission.CASE_SEE_ALL)
    of_branch = tasks_in(overseen) if overseen else []
    return or_(*of_branch, UserTask.completed_by == current_user.id, UserTask.assignee_id == current_user.id)
