"""Messages from outside to a case that waits for one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_login import current_user
from pydantic import Field

from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.web.access import Permission, requires
from app.workflow import instances, queries
from app.workflow.api.operation import BadRequest, operation
from app.workflow.api.process_instances import Instance, instance
from app.workflow.api.schema import Flag, Id, Model, Word
from app.workflow.api.variables import MOST_DIGITS, Variable, Variables
from app.workflow.deploying import definitions
from app.workflow.hiding import form_at
from app.workflow.models import ProcessInstance


class MismatchingMessage(BadRequest):
    """No case waits for the message (Camunda answers 400)."""


class MessageBody(Model):
    """The message and its case, named by `businessKey` (its number) or `processInstanceId`."""

    message_name: Word
    business_key: Word | None = None
    process_instance_id: Id | None = None
    process_variables: Variables | None = Field(None, max_length=500)
    result_enabled: Flag = False
    all: Flag = False
    variables_in_result_enabled: Flag = False


class MessageResult(Model):
    """The case that took the message."""

    result_type: str = "Execution"
    execution: dict[str, Any] | None = None
    process_instance: Instance


@operation("POST", "/message", body=MessageBody, answer=list[MessageResult], once=True)
@requires(Permission.CASE_SUPERVISE)
def correlate_message(body: MessageBody) -> list[MessageResult] | None:
    """Deliver a message; the values that come with it may only be such as nobody enters and nothing computes."""
    case = _case(body)
    given = body.process_variables or {}
    values = _allowed(case, given)
    try:
        done = instances.correlate(
            message=body.message_name, number=case.number, variables=values, actor=current_user.actor, now=now()
        )
    except NotFound as nobody:
        raise MismatchingMessage(nobody.text) from nobody
    return [MessageResult(process_instance=instance(done))] if body.result_enabled else None


def _case(body: MessageBody) -> ProcessInstance:
    if body.process_instance_id is None and body.business_key is None:
        raise BadRequest("Name the case: businessKey (its number) or processInstanceId.")
    by_id = queries.case_by_id(body.process_instance_id) if body.process_instance_id else None
    case = by_id or (queries.case_by_number(body.business_key) if body.business_key else None)
    if case is not None and not current_user.may_in(Permission.CASE_SUPERVISE, case.branch_id):
        case = None
    if case is None or body.business_key not in (None, case.number) or body.process_instance_id not in (None, case.id):
        raise MismatchingMessage("The case does not wait for this message.")
    return case


def _allowed(case: ProcessInstance, given: Mapping[str, Variable]) -> dict[str, Any]:
    """The values, for the diagram to decide by.

    A message must not be a way around the forms: a name that a form, a station or the diagram itself fills is refused.
    """
    loaded = definitions.load(case.definition_id)
    taken = set(loaded.compiled.set_names) | {f"{element}_result" for element in loaded.compiled.steps}
    for element in loaded.compiled.steps:
        form = form_at(loaded, element)
        for key, field in form.fields.items() if form else ():
            taken |= {key, (field.bind or key).rpartition(".")[2]}
    wrong = sorted(set(given) - (loaded.compiled.routing_names - taken))
    if wrong:
        raise BadRequest("A message of this process brings no variable {name}.", name=wrong[0])
    return {name: _scalar(name, value.value) for name, value in given.items()}


def _scalar(name: str, value: Any) -> Any:
    too_long = isinstance(value, int | float | Decimal) and abs(Decimal(value).adjusted()) >= MOST_DIGITS
    if isinstance(value, list | dict) or too_long:
        raise BadRequest("The variable {name} must be of type {kind}.", name=name, kind="String")
    return value
