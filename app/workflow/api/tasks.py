"""Tasks to look at: list, count, one, its values, its form, and where its case could be sent back to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from flask_login import current_user
from pydantic import BeforeValidator, Field

from app.bank_calendar import queries as bank_calendar
from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.web.access import Permission, requires
from app.web.i18n import text_of
from app.workflow import cases, forms, queries, rules
from app.workflow.api.operation import operation
from app.workflow.api.process_instances import DeserializeQuery, one_of, visible_variables
from app.workflow.api.schema import Count, Id, Ids, Model, Moment, Query, SortOrder, Truth, Window, Word, Words
from app.workflow.api.task_lists import TaskFound, count_tasks, find_tasks
from app.workflow.api.variables import Variable, of_form
from app.workflow.api.visibility import visible_task
from app.workflow.clocks import deadlines
from app.workflow.deploying import definitions, explanations
from app.workflow.hiding import form_at, hidden_fields
from app.workflow.models import TaskState
from app.workflow.moves import returns
from app.workflow.rules import Who


class Task(Model):
    """An open task. `assignee` is a user name, `name` in the reader's language; the members from `businessKey` on are ours.

    `due` is null while the clock of the task stands still: the case is suspended, or waits for the customer (`waitingSince`).
    `workingSecondsLeft` counts the bank's opening hours, and is negative once the task is overdue. `because` says why it is the
    caller's, `foundBy` how it found its people, `actingFor` (a user name) in whose place the caller would do it.
    """

    id: uuid.UUID
    name: str
    assignee: str | None
    owner: str | None = None
    created: Moment
    due: Moment | None
    follow_up: Moment | None = None
    last_updated: Moment | None
    delegation_state: str | None = None
    description: str | None = None
    execution_id: uuid.UUID
    parent_task_id: str | None = None
    priority: int = 50
    process_definition_id: uuid.UUID
    process_instance_id: uuid.UUID
    case_execution_id: str | None = None
    case_definition_id: str | None = None
    case_instance_id: str | None = None
    task_definition_key: str
    suspended: bool
    form_key: str | None
    tenant_id: str | None = None
    business_key: str
    vote: bool
    waiting_since: Moment | None
    escalated_since: Moment | None
    working_seconds_left: int | None
    because: str
    found_by: list[str]
    acting_for: str | None = None


class Sorting(Model):
    """One sort criterion."""

    sort_by: str | None = Field(None, pattern="^(created|id|dueDate)$")
    sort_order: SortOrder | None = None


class TaskFilter(Query):
    """Which open tasks. Without a case named: what the caller has to do or may claim; every task for whoever sees all cases."""

    task_id: Id | None = None
    task_id_in: Ids | None = None
    assignee: Word | None = None
    assigned: Truth | None = None
    unassigned: Truth | None = None
    candidate_group: Word | None = None
    candidate_groups: Words | None = None
    candidate_user: Word | None = None
    include_assigned_tasks: Truth | None = None
    process_instance_id: Id | None = None
    process_instance_id_in: Ids | None = None
    process_instance_business_key: Word | None = None
    process_instance_business_key_in: Words | None = None
    process_definition_id: Id | None = None
    process_definition_key: Word | None = None
    process_definition_key_in: Words | None = None
    task_definition_key: Word | None = None
    task_definition_key_in: Words | None = None
    due_before: Moment | None = None
    due_after: Moment | None = None
    without_due_date: Truth | None = None
    created_before: Moment | None = None
    created_after: Moment | None = None
    active: Truth | None = None
    suspended: Truth | None = None


class TaskQuery(TaskFilter, Sorting, Window):
    """Which open tasks, and in which order."""


class TaskBody(TaskFilter):
    """The filter in a body; `sorting` is one criterion, or a list of one."""

    sorting: Annotated[list[Sorting], BeforeValidator(lambda v: [v] if isinstance(v, Mapping) else v)] | None = Field(
        None, max_length=1
    )


class FormVariablesQuery(DeserializeQuery):
    """Which values of the form."""

    variable_names: Words | None = None


class SendBackTarget(Model):
    """A station the case may be sent back to, and who did it last."""

    activity_id: str
    name: str
    done_by: str
    done_at: Moment
    round: int


class SendBackChoices(Model):
    """Targets, reasons by code, and the modes: straight (comes back here afterwards) or step (every station again)."""

    targets: list[SendBackTarget]
    reasons: dict[str, str]
    modes: list[str]
    default_mode: str


class IdentityLink(Model):
    """Who may do a task, or holds it."""

    user_id: str | None
    group_id: str | None
    type: str


@operation("GET", "/task", query=TaskQuery, answer=list[Task])
@requires(Permission.CASE_WORK)
def list_tasks(query: TaskQuery) -> list[Task]:
    """Open tasks, oldest first."""
    return [task(found) for found in find_tasks(query, query, query, current_user)]


@operation("POST", "/task", query=Window, body=TaskBody, answer=list[Task])
@requires(Permission.CASE_WORK)
def query_tasks(query: Window, body: TaskBody) -> list[Task]:
    """The same, with the filter in the body."""
    order = body.sorting[0] if body.sorting else Sorting(sort_by=None)
    return [task(found) for found in find_tasks(body, order, query, current_user)]


@operation("GET", "/task/count", query=TaskFilter, answer=Count)
@requires(Permission.CASE_WORK)
def count(query: TaskFilter) -> Count:
    """How many open tasks."""
    return Count(count=count_tasks(query, current_user))


@operation("POST", "/task/count", body=TaskFilter, answer=Count)
@requires(Permission.CASE_WORK)
def query_count(body: TaskFilter) -> Count:
    """The same, with the filter in the body."""
    return Count(count=count_tasks(body, current_user))


@operation("GET", "/task/<uuid:task_id>", answer=Task)
@requires(Permission.CASE_WORK)
def get_task(task_id: uuid.UUID) -> Task:
    """One open task."""
    return task(_open(task_id))


@operation("GET", "/task/<uuid:task_id>/variables", query=DeserializeQuery, answer=dict[str, Variable])
@requires(Permission.CASE_WORK)
def get_task_variables(task_id: uuid.UUID, query: DeserializeQuery) -> dict[str, Variable]:
    """The values of the task's case."""
    return visible_variables(visible_task(task_id, current_user)[1], current_user)


@operation("GET", "/task/<uuid:task_id>/variables/<key:variable_name>", query=DeserializeQuery, answer=Variable)
@requires(Permission.CASE_WORK)
def get_task_variable(task_id: uuid.UUID, variable_name: str, query: DeserializeQuery) -> Variable:
    """One of them."""
    return one_of(visible_variables(visible_task(task_id, current_user)[1], current_user), variable_name)


@operation("GET", "/task/<uuid:task_id>/form-variables", query=FormVariablesQuery, answer=dict[str, Variable])
@requires(Permission.CASE_WORK)
def get_form_variables(task_id: uuid.UUID, query: FormVariablesQuery) -> dict[str, Variable]:
    """What the task's form shows, by field key; what is in its draft stands there as it was typed."""
    found, case = visible_task(task_id, current_user)
    form = form_at(definitions.load(case.definition_id), found.element_id)
    if form is None:
        return {}
    known = cases.form_values(form, cases.values_of(case, current_user.actor, now()))
    draft = (found.draft or {}).get("values", {}) if found.assignee_id == current_user.id else {}
    shown = of_form(form, {**known, **forms.from_json(form, draft)})
    wanted = shown if query.variable_names is None else query.variable_names
    hidden = hidden_fields(case, current_user)
    return {key: value for key, value in shown.items() if key in wanted and not hidden.covers(form.fields[key])}


@operation("GET", "/task/<uuid:task_id>/form-schema", answer=dict[str, Any])
@requires(Permission.CASE_WORK)
def get_form_schema(task_id: uuid.UUID) -> dict[str, Any]:
    """The task's form as JSON Schema: what may be entered, what must be, and what is only shown."""
    found, case = visible_task(task_id, current_user)
    form = form_at(definitions.load(case.definition_id), found.element_id)
    return forms.json_schema(form) if form is not None else {}


@operation("GET", "/task/<uuid:task_id>/identity-links", answer=list[IdentityLink])
@requires(Permission.CASE_WORK)
def get_identity_links(task_id: uuid.UUID) -> list[IdentityLink]:
    """Who holds the task and whose pools it lies in."""
    found = _open(task_id).task
    users = people.users([*found.candidate_user_ids, *([found.assignee_id] if found.assignee_id else [])])
    groups = [group.key for group in people.groups() if group.id in found.candidate_group_ids]
    links = [IdentityLink(user_id=None, group_id=key, type="candidate") for key in groups]
    candidates = [users[i].username for i in found.candidate_user_ids if i in users]
    links += [IdentityLink(user_id=name, group_id=None, type="candidate") for name in candidates]
    if found.assignee_id is not None:
        links.append(IdentityLink(user_id=users[found.assignee_id].username, group_id=None, type="assignee"))
    return links


@operation("GET", "/task/<uuid:task_id>/send-back-targets", answer=SendBackChoices)
@requires(Permission.CASE_WORK)
def get_send_back_targets(task_id: uuid.UUID) -> SendBackChoices:
    """Where the case may be sent back to from here, and how."""
    found, case = visible_task(task_id, current_user)
    loaded = definitions.load(case.definition_id)
    rule = loaded.step(found.element_id).send_back
    bound = None if Who.SUPERVISOR in rules.relations(current_user, case, found) else found
    targets = [
        SendBackTarget(
            activity_id=t.element_id, name=text_of(t.name), done_by=t.done_by, done_at=t.done_at, round=t.round
        )
        for t in returns.targets(case, bound, loaded.compiled)
        if t.element_id != found.element_id
    ]
    reasons = {code: text_of(texts) for code, texts in returns.REASONS.items()}
    return SendBackChoices(targets=targets, reasons=reasons, modes=list(rule.modes), default_mode=rule.default)


def task(found: TaskFound) -> Task:
    """A row as the answer says it."""
    row = found.task
    step = definitions.load(row.definition_id).step(row.element_id)
    return Task(
        id=row.id,
        name=text_of(step.name),
        assignee=found.assignee,
        created=row.created_at,
        due=row.due_at,
        last_updated=row.claimed_at,
        execution_id=row.instance_id,
        process_definition_id=row.definition_id,
        process_instance_id=row.instance_id,
        task_definition_key=row.element_id,
        suspended=found.suspended,
        form_key=step.form,
        business_key=found.number,
        vote=row.is_vote,
        waiting_since=row.waiting_since,
        escalated_since=row.escalated_at,
        working_seconds_left=_seconds_left(found),
        because=explanations.because(row, current_user, principal_id=_principal(found)),
        found_by=explanations.whom(row),
        acting_for=_principal_name(found),
    )


def _seconds_left(found: TaskFound) -> int | None:
    left = deadlines.left(found.task, bank_calendar.calendar(found.branch_id), now())
    return None if left is None else int(left.total_seconds())


def _principal(found: TaskFound) -> int | None:
    """In whose place the caller would do the task; None in his own right."""
    if not current_user.stands_for or found.task.is_vote:
        return None
    case = queries.case_by_id(found.task.instance_id)
    verb = rules.Verb.CLAIM if found.task.assignee_id is None else rules.Verb.COMPLETE
    mandate = rules.acting_for(verb, current_user, case, found.task) if case else None
    return mandate.principal_id if mandate else None


def _principal_name(found: TaskFound) -> str | None:
    principal = _principal(found)
    return people.users([principal])[principal].username if principal is not None else None


def _open(task_id: uuid.UUID) -> TaskFound:
    found, case = visible_task(task_id, current_user)
    if found.state != TaskState.OPEN:
        raise NotFound("There is no such task.")
    holder = people.users([found.assignee_id])[found.assignee_id].username if found.assignee_id else None
    return TaskFound(found, case.number, case.state, holder, case.branch_id)
