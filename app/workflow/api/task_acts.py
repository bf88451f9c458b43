"""What is done with a task: claim, unclaim, assign, save a draft, complete, send back. The operations are those of the pages."""

from __future__ import annotations

import uuid

from flask_login import current_user
from pydantic import Field
from sqlalchemy import select

from app.kernel.clock import now
from app.kernel.db import session
from app.kernel.errors import Forbidden, NotFound
from app.web.access import Permission, requires
from app.workflow import cases, forms, queries, rules, user_tasks
from app.workflow.api.operation import BadRequest, operation
from app.workflow.api.process_instances import Instance, instance, reason_or_none_given, visible_variables
from app.workflow.api.schema import Flag, Model, Text, Word
from app.workflow.api.variables import Variable, Variables, VariablesBody, entered, of_form, read_only
from app.workflow.deploying import definitions
from app.workflow.hiding import form_at
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.moves import returns
from app.workflow.user_tasks import Answer, Done

OUTCOME, OPINION = "outcome", "opinion"


class ClaimBody(Model):
    """Who claims: the caller himself; left out it is the caller too."""

    user_id: Word | None = None


class AssigneeBody(Model):
    """Who is to do the task; null gives it back to its pool. `reason` is ours and stands in the record."""

    user_id: Word | None = None
    reason: Text | None = None


class CompleteBody(VariablesBody):
    """Values by field key. The button and the opinion stand in `outcome` and `opinion`, or in variables of these names.

    picks: who does the next step, user names by activity id, where the next step leaves it to this one. signature: the caller's
    password, where the step is signed.
    """

    outcome: Word | None = None
    opinion: Text | None = None
    picks: dict[str, Word] | None = None
    signature: Word | None = Field(None, repr=False)
    with_variables_in_return: Flag = False


class DraftBody(VariablesBody):
    """Values by field key as they are so far, and the opinion; nothing is checked but their types."""

    opinion: Text | None = None


class SendBackBody(Model):
    """Where to, why (a code of the list and a sentence), and how: see `send-back-targets`."""

    target: Word
    reason_code: Word
    reason: Text
    mode: str | None = Field(None, pattern="^(straight|step)$")
    redo_branches: Flag = False


@operation("POST", "/task/<uuid:task_id>/claim", body=ClaimBody)
@requires(Permission.CASE_WORK)
def claim(task_id: uuid.UUID, body: ClaimBody) -> None:
    """Take a task out of its pool."""
    if body.user_id not in (None, current_user.username):
        raise Forbidden("You can claim a task for yourself only; a supervisor may assign it to others.")
    user_tasks.claim(task_id=task_id, person=current_user, now=now())


@operation("POST", "/task/<uuid:task_id>/unclaim")
@requires(Permission.CASE_WORK)
def unclaim(task_id: uuid.UUID) -> None:
    """Give a task back to its pool; the draft stays."""
    user_tasks.release(task_id=task_id, person=current_user, now=now())


@operation("POST", "/task/<uuid:task_id>/assignee", body=AssigneeBody)
@requires(Permission.CASE_SUPERVISE)
def set_assignee(task_id: uuid.UUID, body: AssigneeBody) -> None:
    """A supervisor gives the task to somebody, who must be allowed to do it."""
    if body.user_id is None:
        unclaim(task_id)
        return
    user_tasks.reassign(
        task_id=task_id,
        to_username=body.user_id,
        reason=reason_or_none_given(body.reason),
        person=current_user,
        now=now(),
    )


@operation("POST", "/task/<uuid:task_id>/complete", body=CompleteBody, answer=dict[str, Variable], once=True)
@requires(Permission.CASE_WORK)
def complete(task_id: uuid.UUID, body: CompleteBody) -> dict[str, Variable] | None:
    """Finish a task with the values of its form, checked by the form as on the page."""
    done = _complete(task_id, body)
    return visible_variables(done.case, current_user) if body.with_variables_in_return else None


@operation("POST", "/task/<uuid:task_id>/submit-form", body=CompleteBody, answer=dict[str, Variable], once=True)
@requires(Permission.CASE_WORK)
def submit_form(task_id: uuid.UUID, body: CompleteBody) -> dict[str, Variable] | None:
    """The same as complete."""
    return complete(task_id, body)


@operation("POST", "/task/<uuid:task_id>/save-draft", body=DraftBody)
@requires(Permission.CASE_WORK)
def save_draft(task_id: uuid.UUID, body: DraftBody) -> None:
    """Keep what was entered so far, in place of an earlier draft; the page and `form-variables` show it."""
    task, case = _own(task_id)
    form = form_at(definitions.load(case.definition_id), task.element_id)
    values = _values(form, case, dict(body.variables or {}))
    answer = Answer(opinion=body.opinion, posted=forms.to_posted(form, values) if form else None)
    user_tasks.save_draft(task_id=task_id, answer=answer, person=current_user, now=now())


@operation("POST", "/task/<uuid:task_id>/send-back", body=SendBackBody, answer=Instance, once=True)
@requires(Permission.CASE_WORK)
def send_back(task_id: uuid.UUID, body: SendBackBody) -> Instance:
    """Send the case of the task back to a station it has completed."""
    case = returns.send_back(
        task_id=task_id,
        target=body.target,
        reason_code=body.reason_code,
        reason=body.reason,
        mode=body.mode,
        redo_branches=body.redo_branches,
        person=current_user,
        now=now(),
    )
    return instance(case)


def _complete(task_id: uuid.UUID, body: CompleteBody) -> Done:
    given = dict(body.variables or {})
    task, case = _own(task_id)
    form = form_at(definitions.load(case.definition_id), task.element_id)
    own = form.fields if form else {}
    outcome = body.outcome if OUTCOME in own else _word(OUTCOME, body.outcome, given)
    opinion = body.opinion if OPINION in own else _word(OPINION, body.opinion, given)
    values = _values(form, case, given)
    answer = Answer(outcome, opinion, values=values, picks=body.picks or {}, signature=body.signature)
    return user_tasks.complete(task_id=task_id, answer=answer, person=current_user, now=now())


def _own(task_id: uuid.UUID) -> tuple[UserTask, ProcessInstance]:
    """The task and its case, for whoever is concerned with it; nobody else learns what its form holds."""
    statement = select(UserTask, ProcessInstance).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    row = session.execute(statement.where(UserTask.id == task_id)).first()
    if row is None:
        raise NotFound("There is no such task.")
    task, case = row
    # Whoever holds the task stands in a relation to it, which is known without asking the database once more.
    if not rules.relations(current_user, case, task) and not queries.may_see(current_user, case):
        raise NotFound("There is no such task.")
    return task, case


def _word(name: str, said: str | None, given: Variables) -> str | None:
    """The member of the body, or else the variable of that name, which is then taken out of `given`."""
    found = given.pop(name, None)
    if found is None or found.value is None:
        return said
    if not isinstance(found.value, str) or len(found.value) > 4000 or "\0" in found.value:
        raise BadRequest("The variable {name} must be of type {kind}.", name=name, kind="String")
    return said or found.value


def _values(form: forms.Form | None, case: ProcessInstance, given: Variables) -> dict[str, object]:
    """What to enter. A client may hand back fields that are only shown, as long as it leaves them as they were."""
    if form is None:
        if given:
            raise BadRequest("This step has no form and takes no variables.")
        return {}
    values = entered(form, given)
    shown_only = read_only(form, given)
    if shown_only:
        known = of_form(form, cases.form_values(form, cases.values_of(case, current_user.actor, now())))
        for name in shown_only:
            if given[name].value != known[name].value:
                raise BadRequest("The field {name} can't be changed at this step.", name=name)
            del values[name]
    return values
