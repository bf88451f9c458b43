"""Another version of a shipped route, made by editing its files, and cases put under it. For tests only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from app.audit.operations import SYSTEM
from app.kernel.db import session
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.migrating import migration
from app.workflow.migrating.migration import Snapshot
from app.workflow.models import ProcessInstance
from app.workflow.recording import Act
from tests.integration.workflow.route import MORNING, Route

EXPENSE_FILE = "expense_declaration/expense_declaration.bpmn"
LOAN_FILE = "credit_application/credit_application.bpmn"
AUDIT = (
    '<bpmn:userTask id="audit_check" name="审计"><bpmn:extensionElements><credit:label lang="en">Audit</credit:label>'
    '<credit:label lang="zh_Hant">審計</credit:label><credit:step form="expense_declaration/payment" due="P1D">'
    '<credit:candidates rule="group" value="accounting" /><credit:fourEyes step="first_check" /></credit:step>'
    "</bpmn:extensionElements></bpmn:userTask>"
)


def version(key: str, *edits: Callable[[str], str], file: str = EXPENSE_FILE, gone: str = "") -> ProcessDefinition:
    """The route `key` with its diagram edited, stored as a version that is not in force. gone: a station no rule names any more."""
    files = dict(definitions.load(definitions.active(key).id).files)
    for name in [name for name in files if gone and name.endswith(".bpmn")]:
        files[name] = re.sub(rf' {gone}(?=[" ])|<credit:fourEyes step="{gone}" ?/>', "", files[name].decode()).encode()
    text = files[file].decode()
    for edit in edits:
        changed = edit(text)
        assert changed != text, "the edit changed nothing"
        text = changed
    (row,) = definitions.store(name=key, files={**files, file: text.encode()}, actor=SYSTEM, now=MORNING)
    session.flush()
    return row


def renamed(element: str, to: str) -> Callable[[str], str]:
    """Another id for an element, wherever it is named."""
    return lambda text: (
        text.replace(f'"{element}"', f'"{to}"')
        .replace(f">{element}<", f">{to}<")
        .replace(f"{element}_result", f"{to}_result")
    )


def audited_before_payment(text: str) -> str:
    """A station more, between the way to the payment and the payment."""
    flow = '<bpmn:sequenceFlow id="to_payment_to_payment" sourceRef="to_payment" targetRef="payment"'
    assert flow in text
    more = '<bpmn:sequenceFlow id="audit_to_payment" sourceRef="audit_check" targetRef="payment" />'
    there = flow.replace('targetRef="payment"', 'targetRef="audit_check"')
    return text.replace(flow, f"{AUDIT}{more}{there}").replace(
        "<bpmn:incoming>to_payment_to_payment</bpmn:incoming>", "<bpmn:incoming>audit_to_payment</bpmn:incoming>"
    )


def migrate(
    route: Route, row: ProcessDefinition, mapping: Mapping[str, str | None] | None = None
) -> tuple[ProcessInstance, Snapshot]:
    """Put the case under the version, as a supervisor would."""
    act = Act(migration.MIGRATE, route.person("jiangshan").actor, route.later(), comment="按新版流程办理。")
    found = migration.migrate(instance_id=route.case.id, to_id=row.id, mapping=mapping or {}, act=act)
    session.flush()
    return found
