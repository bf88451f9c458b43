"""The history of one case: every element it passed, and every act of a person. A case must be named."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from flask_login import current_user
from pydantic import Field

from app.identity import queries as people
from app.identity.models import User
from app.web.access import signed_in
from app.web.i18n import text_of
from app.workflow import engine, queries
from app.workflow.api.history import millis
from app.workflow.api.operation import operation
from app.workflow.api.schema import Count, Id, Model, Moment, Query, SortOrder, Truth, Window, Word
from app.workflow.api.visibility import visible_case
from app.workflow.deploying import definitions
from app.workflow.models import CaseEvent, ProcessInstance, TaskState, UserTask

Row = TypeVar("Row")

# Camunda's names of operations; our other verbs go by their own.
OPERATION_TYPES = {
    "start": "Create",
    "claim": "Claim",
    "release": "Unclaim",
    "complete": "Complete",
    "reassign": "Assign",
    "suspend": "Suspend",
    "resume": "Activate",
    "terminate": "Delete",
    "send_back": "SendBack",
    "close_vote": "CloseVote",
}


class HistoricActivity(Model):
    """One passing of an element. Elements that went by themselves start and end at the same moment."""

    id: str
    parent_activity_instance_id: uuid.UUID
    activity_id: str
    activity_name: str
    activity_type: str
    process_definition_key: str
    process_definition_id: uuid.UUID
    process_instance_id: uuid.UUID
    execution_id: uuid.UUID
    task_id: uuid.UUID | None
    assignee: str | None
    called_process_instance_id: str | None = None
    called_case_instance_id: str | None = None
    start_time: Moment
    end_time: Moment | None
    duration_in_millis: int | None
    canceled: bool
    complete_scope: bool
    tenant_id: str | None = None
    removal_time: Moment | None = None
    root_process_instance_id: uuid.UUID


class UserOperation(Model):
    """One act on a case. `annotation` is the reason or opinion given, `forUserId` whom the user stood in for."""

    id: uuid.UUID
    deployment_id: str | None = None
    process_definition_id: uuid.UUID
    process_definition_key: str
    process_instance_id: uuid.UUID
    execution_id: uuid.UUID
    task_id: uuid.UUID | None
    user_id: str | None
    for_user_id: str | None = None
    timestamp: Moment
    operation_id: uuid.UUID
    operation_type: str
    entity_type: str
    category: str = "TaskWorker"
    annotation: str | None
    property: str | None
    org_value: str | None = None
    new_value: str | None
    root_process_instance_id: uuid.UUID


class ActivityFilter(Query):
    """Which passings."""

    process_instance_id: Id
    activity_id: Word | None = None
    activity_type: Word | None = None
    finished: Truth | None = None
    unfinished: Truth | None = None
    canceled: Truth | None = None


class ActivityQuery(ActivityFilter, Window):
    """Which passings, by their start."""

    sort_by: str | None = Field(None, pattern="^startTime$")
    sort_order: SortOrder | None = None


class OperationFilter(Query):
    """Which acts."""

    process_instance_id: Id
    task_id: Id | None = None
    user_id: Word | None = None
    operation_type: Word | None = None


class OperationQuery(OperationFilter, Window):
    """Which acts, by their time."""

    sort_by: str | None = Field(None, pattern="^timestamp$")
    sort_order: SortOrder | None = None


@operation("GET", "/history/activity-instance", query=ActivityQuery, answer=list[HistoricActivity])
@signed_in
def list_activities(query: ActivityQuery) -> list[HistoricActivity]:
    """Every element the case passed, oldest first."""
    return _cut(_activities(query), query, down=query.sort_order is SortOrder.DESC)


@operation("GET", "/history/activity-instance/count", query=ActivityFilter, answer=Count)
@signed_in
def count_activities(query: ActivityFilter) -> Count:
    """How many passings."""
    return Count(count=len(_activities(query)))


@operation("GET", "/history/user-operation", query=OperationQuery, answer=list[UserOperation])
@signed_in
def list_user_operations(query: OperationQuery) -> list[UserOperation]:
    """Every act on the case, oldest first."""
    return _cut(_operations(query), query, down=query.sort_order is SortOrder.DESC)


@operation("GET", "/history/user-operation/count", query=OperationFilter, answer=Count)
@signed_in
def count_user_operations(query: OperationFilter) -> Count:
    """How many acts."""
    return Count(count=len(_operations(query)))


def _cut(rows: list[Row], window: Window, *, down: bool) -> list[Row]:
    ordered = rows[::-1] if down else rows
    return ordered[window.first_result : window.first_result + window.max_results]


def _activities(filter: ActivityFilter) -> list[HistoricActivity]:
    case = visible_case(filter.process_instance_id, current_user)
    compiled = definitions.load(case.definition_id).compiled
    tasks = queries.tasks_of(case.id)
    users = people.users(i for task in tasks for i in (task.completed_by, task.assignee_id) if i)
    found = [activity for event in queries.events_of(case.id) for activity in _passed(case, event, compiled)]
    found += [_visit(case, task, compiled, users) for task in tasks]
    ended = filter.finished if filter.unfinished is None else not filter.unfinished
    wanted = (
        (filter.activity_id, lambda a: a.activity_id),
        (filter.activity_type, lambda a: a.activity_type),
        (filter.canceled, lambda a: a.canceled),
        (ended, lambda a: a.end_time is not None),
    )
    kept = [a for a in found if all(said is None or member(a) == said for said, member in wanted)]
    return sorted(kept, key=lambda a: a.start_time)


def _visit(
    case: ProcessInstance, task: UserTask, compiled: engine.Definition, users: Mapping[int, User]
) -> HistoricActivity:
    person = users.get(task.completed_by or task.assignee_id or 0)
    return HistoricActivity(
        id=str(task.id),
        activity_id=task.element_id,
        activity_name=text_of(compiled.labels.get(task.element_id)),
        activity_type="userTask",
        task_id=task.id,
        assignee=person.username if person else None,
        start_time=task.created_at,
        end_time=task.completed_at,
        duration_in_millis=millis(task.created_at, task.completed_at),
        canceled=task.state == TaskState.CANCELLED,
        complete_scope=False,
        **_of(case),
    )


def _passed(case: ProcessInstance, event: CaseEvent, compiled: engine.Definition) -> Iterable[HistoricActivity]:
    kinds = {node.id: node.kind for process in compiled.processes.values() for node in process.nodes}
    for number, element in enumerate(event.passed):
        if element in kinds and element not in compiled.steps:
            yield HistoricActivity(
                id=f"{event.id}:{number}",
                activity_id=element,
                activity_name=text_of(compiled.labels.get(element)),
                activity_type=kinds[element],
                task_id=None,
                assignee=None,
                start_time=event.at,
                end_time=event.at,
                duration_in_millis=0,
                canceled=False,
                complete_scope=kinds[element] == "endEvent",
                **_of(case),
            )


def _operations(filter: OperationFilter) -> list[UserOperation]:
    case = visible_case(filter.process_instance_id, current_user)
    events = queries.events_of(case.id)
    users = people.users(user_id for event in events for user_id in (event.actor_id, event.for_id) if user_id)
    found = [_operation(case, event, users) for event in events]
    wanted = {"task_id": filter.task_id, "user_id": filter.user_id, "operation_type": filter.operation_type}
    return [o for o in found if all(said is None or getattr(o, name) == said for name, said in wanted.items())]


def _operation(case: ProcessInstance, event: CaseEvent, users: Mapping[int, User]) -> UserOperation:
    person = users.get(event.actor_id or 0)
    outcome = event.detail.get("outcome")
    return UserOperation(
        id=event.id,
        task_id=event.task_id,
        user_id=person.username if person else None,
        for_user_id=users[event.for_id].username if event.for_id else None,
        timestamp=event.at,
        operation_id=event.id,
        operation_type=OPERATION_TYPES.get(event.verb, event.verb.title().replace("_", "")),
        entity_type="Task" if event.task_id else "ProcessInstance",
        annotation=event.comment,
        property="outcome" if outcome else None,
        new_value=outcome,
        **{name: value for name, value in _of(case).items() if name != "parent_activity_instance_id"},
    )


def _of(case: ProcessInstance) -> dict[str, Any]:
    return {
        "parent_activity_instance_id": case.id,
        "process_definition_key": case.process_key,
        "process_definition_id": case.definition_id,
        "process_instance_id": case.id,
        "execution_id": case.id,
        "root_process_instance_id": case.id,
    }
