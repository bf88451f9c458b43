"""What the credit route's service tasks do: record the decision, tell the person who entered the application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.credit_applications import operations, rules
from app.notifications.operations import notify
from app.workflow.committees import conditions
from app.workflow.registry import CaseContext, delegate


@delegate("credit_applications.record_decision")
def record_decision(case: CaseContext, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Close the application with the routing variable `decision`; the conditions it sets become conditions of the case."""
    decision = str(variables.get("decision"))
    application = operations.record_decision(case=case, decision=decision)
    if decision == "conditional":
        asked = [conditions.Asked(*each) for each in rules.conditions_before_pay_out(application.conditions or [])]
        conditions.ask(instance_id=case.instance_id, asked=asked, actor=case.actor, now=case.now)
    return {}


@delegate("credit_applications.announce_decision")
def announce_decision(case: CaseContext, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave the initiator a notice with the case's number and the decision."""
    if case.started_by is not None:
        params = {"number": case.number, "decision": str(variables.get("decision"))}
        notify(user_ids=[case.started_by], event="case_decided", case_id=case.instance_id, now=case.now, params=params)
    return {}
