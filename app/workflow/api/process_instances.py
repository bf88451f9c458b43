"""Cases as process instances: list, get, values, suspend and resume, cancel. Ended cases are in the history, as in Camunda."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import gettext
from flask_login import current_user
from pydantic import Field
from sqlalchemy import exists, func, select

from app.identity.rules import Person
from app.kernel.clock import now
from app.kernel.db import session
from app.kernel.errors import NotFound
from app.web.access import Permission, requires, signed_in
from app.workflow import cases, instances, queries
from app.workflow.api.filters import Condition, among, both, equal
from app.workflow.api.operation import operation
from app.workflow.api.schema import (
    Count,
    Flag,
    Id,
    Ids,
    Link,
    Model,
    Query,
    SortOrder,
    Text,
    Truth,
    Window,
    Word,
    Words,
)
from app.workflow.api.variables import Variable, of_form, variable
from app.workflow.api.visibility import cases_named, concerned, visible_case
from app.workflow.deploying import definitions
from app.workflow.hiding import form_at, hidden_fields
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask


class Instance(Model):
    """A live case. `businessKey` is its number; `stations` the element ids of its open tasks."""

    id: uuid.UUID
    definition_id: uuid.UUID
    definition_key: str
    business_key: str
    case_instance_id: str | None = None
    ended: bool
    suspended: bool
    tenant_id: str | None = None
    links: list[Link] = []
    stations: list[str]


class InstanceWithVariables(Instance):
    """A case that was just started."""

    variables: dict[str, Variable] | None = None


class InstanceFilter(Query):
    """Which live cases."""

    process_instance_ids: Ids | None = None
    business_key: Word | None = None
    business_key_in: Words | None = None
    process_definition_id: Id | None = None
    process_definition_key: Word | None = None
    process_definition_key_in: Words | None = None
    active: Truth | None = None
    suspended: Truth | None = None
    with_incident: Truth | None = None
    activity_id_in: Words | None = None


class InstanceQuery(InstanceFilter, Window):
    """Which live cases, and in which order."""

    sort_by: str | None = Field(None, pattern="^(instanceId|businessKey)$")
    sort_order: SortOrder | None = None


class SuspendedBody(Model):
    """Suspend or resume; `reason` is ours and stands in the record."""

    suspended: Flag
    reason: Text | None = None


class DeleteQuery(Query):
    """Camunda's switches are taken and change nothing; `reason` is ours and stands in the record."""

    reason: Text | None = None
    skip_custom_listeners: Truth | None = None
    skip_io_mappings: Truth | None = None
    skip_subprocesses: Truth | None = None
    fail_if_not_exists: Truth | None = None


class DeserializeQuery(Query):
    """Camunda's switch is taken and changes nothing: Json is always answered as text."""

    deserialize_values: Truth | None = None
    deserialize_value: Truth | None = None


@operation("GET", "/process-instance", query=InstanceQuery, answer=list[Instance])
@signed_in
def list_process_instances(query: InstanceQuery) -> list[Instance]:
    """The live cases that concern the caller, newest first."""
    return _listed(query, query)


@operation("POST", "/process-instance", query=Window, body=InstanceFilter, answer=list[Instance])
@signed_in
def query_process_instances(query: Window, body: InstanceFilter) -> list[Instance]:
    """The same, with the filter in the body."""
    return _listed(body, query)


@operation("GET", "/process-instance/count", query=InstanceFilter, answer=Count)
@signed_in
def count_process_instances(query: InstanceFilter) -> Count:
    """How many live cases concern the caller."""
    return _count(query)


@operation("POST", "/process-instance/count", body=InstanceFilter, answer=Count)
@signed_in
def query_process_instances_count(body: InstanceFilter) -> Count:
    """The same, with the filter in the body."""
    return _count(body)


@operation("GET", "/process-instance/<uuid:instance_id>", answer=Instance)
@signed_in
def get_process_instance(instance_id: uuid.UUID) -> Instance:
    """One live case."""
    return instance(_live(instance_id))


@operation("GET", "/process-instance/<uuid:instance_id>/variables", query=DeserializeQuery, answer=dict[str, Variable])
@signed_in
def get_process_instance_variables(instance_id: uuid.UUID, query: DeserializeQuery) -> dict[str, Variable]:
    """What the forms passed so far show, and the values the diagram decides by."""
    return visible_variables(_live(instance_id), current_user)


@operation(
    "GET",
    "/process-instance/<uuid:instance_id>/variables/<key:variable_name>",
    query=DeserializeQuery,
    answer=Variable,
)
@signed_in
def get_process_instance_variable(instance_id: uuid.UUID, variable_name: str, query: DeserializeQuery) -> Variable:
    """One of them."""
    return one_of(visible_variables(_live(instance_id), current_user), variable_name)


@operation("DELETE", "/process-instance/<uuid:instance_id>", query=DeleteQuery)
@requires(Permission.CASE_SUPERVISE)
def delete_process_instance(instance_id: uuid.UUID, query: DeleteQuery) -> None:
    """Cancel a case for good; it stays on record."""
    instances.terminate(
        instance_id=instance_id, reason=reason_or_none_given(query.reason), person=current_user, now=now()
    )


@operation("PUT", "/process-instance/<uuid:instance_id>/suspended", body=SuspendedBody)
@requires(Permission.CASE_SUPERVISE)
def set_suspended(instance_id: uuid.UUID, body: SuspendedBody) -> None:
    """Stop a case, or let it go on; asking for the state it has changes nothing."""
    wanted = CaseState.SUSPENDED if body.suspended else CaseState.ACTIVE
    if visible_case(instance_id, current_user).state == wanted:
        return
    verb = instances.suspend if body.suspended else instances.resume
    verb(instance_id=instance_id, reason=reason_or_none_given(body.reason), person=current_user, now=now())


def instance(case: ProcessInstance) -> Instance:
    """A case as the answer says it."""
    return Instance(
        id=case.id,
        definition_id=case.definition_id,
        definition_key=case.process_key,
        business_key=case.number,
        ended=case.state not in queries.LIVE,
        suspended=case.state == CaseState.SUSPENDED,
        stations=list(case.stations),
    )


def visible_variables(case: ProcessInstance, person: Person) -> dict[str, Variable]:
    """The routing variables, and over them every field shown by a form that the case has come to.

    What the person's own stations hide from him stays hidden here too.
    """
    loaded = definitions.load(case.definition_id)
    hidden = hidden_fields(case, person)
    found = {name: variable(value) for name, value in case.variables.items() if name not in hidden.names}
    known = cases.values_of(case, person.actor, now())
    for element_id in case.visits:
        form = form_at(loaded, element_id)
        if form is not None:
            told = of_form(form, cases.form_values(form, known))
            found |= {key: value for key, value in told.items() if not hidden.covers(form.fields[key])}
    return found


def reason_or_none_given(reason: str | None) -> str:
    """The reason for the record; Camunda's clients send none, and the record says so."""
    return reason or gettext("By a program, which gave no reason.")


def one_of(found: dict[str, Variable], name: str) -> Variable:
    """The variable with this name; raises NotFound."""
    if name not in found:
        raise NotFound("There is no variable {name}.", name=name)
    return found[name]


def _live(instance_id: uuid.UUID) -> ProcessInstance:
    case = visible_case(instance_id, current_user)
    if case.state not in queries.LIVE:
        raise NotFound("The case has ended; it is in the history.")
    return case


def _listed(filter: InstanceFilter, window: Window) -> list[Instance]:
    by_number = isinstance(window, InstanceQuery) and window.sort_by == "businessKey"
    upwards = isinstance(window, InstanceQuery) and window.sort_order is SortOrder.ASC
    place: Any = ProcessInstance.number if by_number else ProcessInstance.id
    statement = select(ProcessInstance).where(*_conditions(filter)).order_by(place.asc() if upwards else place.desc())
    rows = session.scalars(statement.offset(window.first_result).limit(window.max_results))
    return [instance(case) for case in rows]


def _count(filter: InstanceFilter) -> Count:
    statement = select(func.count()).select_from(ProcessInstance).where(*_conditions(filter))
    return Count(count=session.scalar(statement) or 0)


def _conditions(filter: InstanceFilter) -> list[Condition]:
    case = ProcessInstance
    named = cases_named(current_user, filter.process_instance_ids, both(filter.business_key, filter.business_key_in))
    found = [case.state.in_(queries.LIVE), concerned(current_user) if named is None else case.id.in_(named)]
    found += among({case.process_key: both(filter.process_definition_key, filter.process_definition_key_in)})
    found += equal(
        {
            case.definition_id: filter.process_definition_id,
            case.has_incident: filter.with_incident,
            case.state == CaseState.ACTIVE: filter.active,
            case.state == CaseState.SUSPENDED: filter.suspended,
        }
    )
    if filter.activity_id_in is not None:
        here = UserTask.instance_id == case.id, UserTask.state == TaskState.OPEN
        found.append(exists().where(*here, UserTask.element_id.in_(filter.activity_id_in)))
    return found
