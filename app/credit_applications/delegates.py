"""What the credit route's service tasks do: record the decision, tell the person who entered the application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.credit_applications import operations, queries, rules
from app.notifications.operations import notify
from app.workflow.committees import conditions
from app.workflow.registry import CaseContext, delegate

REFUSED = "refused"


@delegate("credit_applications.record_decision", conditions_open="boolean")
def record_decision(case: CaseContext, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Close the application with the routing variable `decision`; the conditions it sets become conditions of the case.

    What is approved outright while a condition is open, of a committee or of the record, is approved with conditions: returns
    `conditions_open`, by which the diagram leads it to the release of conditions.
    """
    decision = str(variables.get("decision"))
    is_open = decision != REFUSED and _owes(case)
    operations.record_decision(case=case, decision=rules.concluded(decision, conditions_open=is_open))
    return {"conditions_open": is_open}


def _owes(case: CaseContext) -> bool:
    """Whether a condition of the case is open that the money waits for, those included which the decision sets now."""
    application = queries.application_of(case.instance_id)
    rows = rules.conditions_of_decision(application.conditions or []) if application is not None else []
    asked = [conditions.Asked(*each) for each in rows]
    made = conditions.ask(instance_id=case.instance_id, asked=asked, actor=case.actor, now=case.now) if asked else []
    return any(one.blocks for one in made) or bool(conditions.unmet(case.instance_id))


@delegate("credit_applications.announce_decision")
def announce_decision(case: CaseContext, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave the initiator a notice with the case's number and the decision."""
    if case.started_by is not None:
        is_open = variables.get("conditions_open") is True
        decision = rules.concluded(str(variables.get("decision")), conditions_open=is_open)
        params = {"number": case.number, "decision": decision}
        notify(user_ids=[case.started_by], event="case_decided", case_id=case.instance_id, now=case.now, params=params)
    return {}
