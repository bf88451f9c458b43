"""Process definitions: what can be started and looked at, and starting a case."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from flask_login import current_user
from pydantic import Field
from sqlalchemy import func, select

from app.kernel.clock import now
from app.kernel.db import session
from app.kernel.errors import NotFound, Refusal
from app.web.access import Permission, requires, signed_in
from app.web.i18n import text_of
from app.workflow import cases, forms, instances, user_tasks
from app.workflow.api.filters import Condition, among, equal
from app.workflow.api.operation import BadRequest, operation
from app.workflow.api.process_instances import InstanceWithVariables, instance, visible_variables
from app.workflow.api.schema import Count, Flag, Id, Model, Moment, Query, SortOrder, Truth, Window, Word, Words
from app.workflow.api.variables import Variables, entered
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.user_tasks import Answer


class Definition(Model):
    """A version of a process. `name` is in the reader's language; only the active version takes new cases."""

    id: uuid.UUID
    key: str
    category: str | None = None
    description: str | None = None
    name: str
    version: int
    resource: str
    deployment_id: uuid.UUID
    diagram: str | None = None
    suspended: bool
    tenant_id: str | None = None
    version_tag: str | None = None
    history_time_to_live: int | None = None
    startable_in_tasklist: bool
    created: Moment


class DefinitionXml(Model):
    """The BPMN of a definition."""

    id: uuid.UUID
    bpmn20_xml: Annotated[str, Field(alias="bpmn20Xml")]


class DefinitionFilter(Query):
    """Which definitions."""

    process_definition_id: Id | None = None
    key: Word | None = None
    keys_in: Words | None = None
    version: int | None = Field(None, ge=1, le=2**31 - 1)
    latest_version: Truth | None = None
    active: Truth | None = None
    deployment_id: Id | None = None


class DefinitionQuery(DefinitionFilter, Window):
    """Which definitions, and in which order."""

    sort_by: str | None = Field(None, pattern="^(key|version)$")
    sort_order: SortOrder | None = None


class StartBody(Model):
    """How to start. `variables` are entered into the draft of the first task, for its form to check; they decide nothing before."""

    business_key: None = Field(None, description="Must be empty: the bank gives the case number.")
    variables: Variables | None = Field(None, max_length=500)
    with_variables_in_return: Flag = False


@operation("GET", "/process-definition", query=DefinitionQuery, answer=list[Definition])
@signed_in
def list_process_definitions(query: DefinitionQuery) -> list[Definition]:
    """The definitions, by key, newest version first."""
    column = ProcessDefinition.version if query.sort_by == "version" else ProcessDefinition.key
    first = column.desc() if query.sort_order is SortOrder.DESC else column.asc()
    statement = select(ProcessDefinition).where(*_conditions(query))
    statement = statement.order_by(first, ProcessDefinition.version.desc(), ProcessDefinition.id)
    return [definition(row) for row in session.scalars(statement.offset(query.first_result).limit(query.max_results))]


@operation("GET", "/process-definition/count", query=DefinitionFilter, answer=Count)
@signed_in
def count_process_definitions(query: DefinitionFilter) -> Count:
    """How many definitions there are."""
    statement = select(func.count()).select_from(ProcessDefinition).where(*_conditions(query))
    return Count(count=session.scalar(statement) or 0)


@operation("GET", "/process-definition/<uuid:definition_id>", answer=Definition)
@signed_in
def get_process_definition(definition_id: uuid.UUID) -> Definition:
    """One version of a process."""
    return definition(_by_id(definition_id))


@operation("GET", "/process-definition/key/<key:key>", answer=Definition)
@signed_in
def get_process_definition_by_key(key: str) -> Definition:
    """The active version of a process."""
    return definition(definitions.active(key))


@operation("GET", "/process-definition/<uuid:definition_id>/xml", answer=DefinitionXml)
@requires(Permission.DEFINITION_SEE)
def get_xml(definition_id: uuid.UUID) -> DefinitionXml:
    """The BPMN of a version."""
    return DefinitionXml(id=definition_id, bpmn20_xml=definitions.diagram(definition_id).decode())


@operation("GET", "/process-definition/key/<key:key>/xml", answer=DefinitionXml)
@requires(Permission.DEFINITION_SEE)
def get_xml_by_key(key: str) -> DefinitionXml:
    """The BPMN of the active version."""
    return get_xml(definitions.active(key).id)


@operation(
    "POST", "/process-definition/<uuid:definition_id>/start", body=StartBody, answer=InstanceWithVariables, once=True
)
@requires(Permission.CASE_START)
def start(definition_id: uuid.UUID, body: StartBody) -> InstanceWithVariables:
    """Begin a case of this version, which must be the active one."""
    row = _by_id(definition_id)
    if not row.active:
        raise Refusal("New cases take the newest version of a process; this one is older.")
    return _start(row, body)


@operation("POST", "/process-definition/key/<key:key>/start", body=StartBody, answer=InstanceWithVariables, once=True)
@requires(Permission.CASE_START)
def start_by_key(key: str, body: StartBody) -> InstanceWithVariables:
    """Begin a case of the active version."""
    return _start(definitions.active(key), body)


def definition(row: ProcessDefinition) -> Definition:
    """A row as the answer says it."""
    return Definition(
        id=row.id,
        key=row.key,
        name=text_of(row.name),
        version=row.version,
        resource=row.file,
        deployment_id=row.deployment_id,
        suspended=not row.active,
        startable_in_tasklist=row.active,
        created=row.created_at,
    )


def _by_id(definition_id: uuid.UUID) -> ProcessDefinition:
    row = session.get(ProcessDefinition, definition_id)
    if row is None:
        raise NotFound("There is no such process definition.")
    return row


def _conditions(query: DefinitionFilter) -> list[Condition]:
    table = ProcessDefinition
    wanted = {
        table.id: query.process_definition_id,
        table.key: query.key,
        table.version: query.version,
        table.deployment_id: query.deployment_id,
        table.active: query.active,
    }
    newest = [table.active.is_(True)] if query.latest_version else []
    return [*equal(wanted), *among({table.key: query.keys_in}), *newest]


def _start(row: ProcessDefinition, body: StartBody) -> InstanceWithVariables:
    moment = now()
    case = instances.start(key=row.key, person=current_user, now=moment, definition=row)
    if body.variables:
        _into_draft(case, _first_task(case), body.variables)
    answer: dict[str, Any] = instance(case).model_dump()
    shown = visible_variables(case, current_user) if body.with_variables_in_return else None
    return InstanceWithVariables(**answer, variables=shown)


def _first_task(case: ProcessInstance) -> UserTask:
    session.flush()
    mine = [task for task in cases.open_tasks(case.id) if task.assignee_id == current_user.id]
    if not mine:
        raise BadRequest("This process takes no variables: its first task is not yours.")
    return mine[0]


def _into_draft(case: ProcessInstance, task: UserTask, given: Variables) -> None:
    loaded = definitions.load(case.definition_id)
    key = loaded.step(task.element_id).form
    if key is None:
        raise BadRequest("This process takes no variables: its first task has no form.")
    values = entered(loaded.form(key), given)
    posted = forms.to_posted(loaded.form(key), values)
    user_tasks.save_draft(task_id=task.id, answer=Answer(posted=posted), person=current_user, now=now())
