"""The expense logs of 2020 (domestic declarations, prepaid travel) on our route of expense declarations.

One row is one decision: "Declaration APPROVED by ADMINISTRATION". Which approvals a declaration needs is decided here
by a table over unit, charge and amount, in the log by the university; the unit and the charge are entered that lead the
same way. A case of the prepaid log holds two approvals, the permit to travel and the request for payment; each becomes
a case of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.replay.events import Event, LogCase
from app.replay.loans import yuan
from app.replay.moves import APPROVED, OPEN, SILENT, WITHDRAWN, Format, Kind, Move, Plan, Step

PROCESS = "expense_declaration"

DECISION = re.compile(
    r"(Declaration|Permit|Request For Payment) "
    r"(SUBMITTED|SAVED|APPROVED|FINAL_APPROVED|FOR_APPROVAL|REJECTED) by "
    r"(EMPLOYEE|ADMINISTRATION|PRE_APPROVER|BUDGET OWNER|SUPERVISOR|DIRECTOR|MISSING)"
)
PAYMENT = {"Request Payment": Move(Kind.CLAIM, "payment"), "Payment Handled": Move(Kind.FINISH, "payment", "paid")}
# Said in the other logs of the same collection; a journey is nothing that is approved.
TRAVEL = frozenset({"Start trip", "End trip", "Send Reminder"})
STATIONS: Mapping[str, str] = {
    "ADMINISTRATION": "first_check",
    "PRE_APPROVER": "first_check",
    "BUDGET OWNER": "budget_approval",
    "SUPERVISOR": "supervisor_approval",
    "DIRECTOR": "director_approval",
}
UNITS: Mapping[str, str] = {"ADMINISTRATION": "faculty", "PRE_APPROVER": "institute"}
PERMIT = "Permit"


def plan(case: LogCase) -> Plan:
    """A declaration, a permit or a request for payment, from being submitted to being paid or dropped."""
    steps = [_step(case.events, place) for place in range(len(case.events))]
    amount = case.facts.get("amount") or case.facts.get("requested_amount") or ""
    facts = {"amount": yuan(amount), "purpose": "差旅申请" if case.id.endswith("/permit") else "差旅费报销"}
    if case.id.endswith("/permit"):
        steps = _with_booking(steps)
    return Plan(case.id, PROCESS, facts, steps, _outcome(steps))


def way_of(events: Sequence[Event]) -> dict[str, str]:
    """The unit and the charge by which our table asks the people that decide in these events."""
    roles = [match[3] for event in events if (match := DECISION.fullmatch(event.activity)) and match[3] != "EMPLOYEE"]
    unit = next((UNITS[role] for role in roles if role in UNITS), "small_unit")
    return {"unit_kind": unit, "charged_to": "project" if "BUDGET OWNER" in roles else "department"}


def _step(events: Sequence[Event], place: int) -> Step:
    event = events[place]
    match = DECISION.fullmatch(event.activity)
    if match is None:
        return Step(event, PAYMENT.get(event.activity, SILENT))
    _, verb, role = match.groups()
    if role == "EMPLOYEE":
        return Step(event, _own(verb, events, place))
    return Step(event, _decision(verb, role))


def _own(verb: str, events: Sequence[Event], place: int) -> Move:
    """What the employee did: entered, corrected, saved for later, or took back."""
    if verb == "SUBMITTED":
        first = not any(event.activity.endswith("SUBMITTED by EMPLOYEE") for event in events[:place])
        facts = way_of(_round(events, place))
        station, outcome = ("declaration", "submit") if first else ("correction", "resubmit")
        return Move(Kind.FINISH, station, outcome, facts)
    if verb == "SAVED":
        return Move(Kind.DRAFT)
    is_last = not any(event.activity.endswith("SUBMITTED by EMPLOYEE") for event in events[place:])
    return Move(Kind.WITHDRAW, "correction", "drop") if verb == "REJECTED" and is_last else SILENT


def _decision(verb: str, role: str) -> Move:
    """What somebody else decided. Where the log does not say who rejected, it was whoever had it in hand."""
    if verb == "REJECTED":
        return Move(Kind.FINISH, STATIONS.get(role, ""), "refuse")
    if role == "MISSING" or verb == "FOR_APPROVAL":
        return SILENT
    return Move(Kind.FINISH, STATIONS[role], "approve")


def _round(events: Sequence[Event], place: int) -> list[Event]:
    """The events from one submission to the next."""
    found: list[Event] = []
    for event in events[place + 1 :]:
        if event.activity.endswith("SUBMITTED by EMPLOYEE"):
            break
        found.append(event)
    return found


def _with_booking(steps: list[Step]) -> list[Step]:
    """A permit is not paid; the final approval lets accounting set the money aside, which ends the case."""
    return [part for step in steps for part in (_booked(step) if _is_final(step) else (step,))]


def _booked(step: Step) -> tuple[Step, Step]:
    return step, Step(step.event, PAYMENT["Payment Handled"])


def _is_final(step: Step) -> bool:
    return "FINAL_APPROVED" in step.event.activity


def _outcome(steps: Sequence[Step]) -> str:
    if any(step.move.station == "payment" and step.move.outcome == "paid" for step in steps):
        return APPROVED
    return WITHDRAWN if any(step.move.kind is Kind.WITHDRAW for step in steps) else OPEN


def _knows(activity: str, _phase: str) -> bool:
    return bool(DECISION.fullmatch(activity)) or activity in PAYMENT or activity in TRAVEL


def _part(case: str, activity: str) -> str:
    return f"{case}/permit" if activity.startswith(PERMIT) else f"{case}/payment"


COLUMNS = {"case": "case_id", "activity": "activity", "time": "timestamp", "resource": "resource", "order": "event_no"}
NOBODY = frozenset({"STAFF MEMBER", "SYSTEM"})

DECLARATIONS = Format(
    name="the log of domestic declarations of 2020",
    columns=COLUMNS,
    facts=("amount", "declaration_number"),
    knows=_knows,
    plan=plan,
    nobody=NOBODY,
)

PREPAID = Format(
    name="the log of prepaid travel of 2020",
    columns=COLUMNS,
    facts=("requested_amount",),
    knows=_knows,
    plan=plan,
    nobody=NOBODY,
    parts=_part,
)
