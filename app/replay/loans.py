"""The loan logs of 2012 and 2017 on our retail route.

Both come from the same Dutch bank: A_ are states of the application, O_ of the offer, W_ work items that clerks take
and give back. Our route has other stations; docs/replay.md argues the mapping. Currency: euro times 7.8 is entered as
yuan.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from app.replay.events import Event, LogCase
from app.replay.moves import APPROVED, OPEN, REFUSED, SILENT, WITHDRAWN, Format, Kind, Move, Plan, Step

PROCESS = "credit_application"
YUAN_PER_EURO = Decimal("7.8")

LEADS, DOCUMENTS, CALL, REVIEW = "routing", "retail_document_check", "retail_phone_check", "pre_committee_review"

# A_REGISTERED and A_ACTIVATED come with A_APPROVED; what they say (booking, paying out) is after our route's end.
STATES_2012: Mapping[str, Move] = {
    "A_SUBMITTED": Move(Kind.REACH, "intake"),
    "A_PARTLYSUBMITTED": Move(Kind.FINISH, "intake"),
    "A_PREACCEPTED": Move(Kind.FINISH, "assignment"),
    "A_ACCEPTED": SILENT,
    "A_FINALIZED": Move(Kind.FINISH, DOCUMENTS),
    "A_APPROVED": Move(Kind.APPROVE),
    "A_REGISTERED": Move(Kind.APPROVE),
    "A_ACTIVATED": Move(Kind.APPROVE),
    "A_DECLINED": Move(Kind.REFUSE),
    "A_CANCELLED": Move(Kind.WITHDRAW),
    "O_SELECTED": SILENT,
    "O_CREATED": SILENT,
    "O_SENT": SILENT,
    "O_SENT_BACK": Move(Kind.REACH, REVIEW),
    "O_ACCEPTED": SILENT,
    "O_CANCELLED": SILENT,
    "O_DECLINED": SILENT,
}
WORK_2012: Mapping[str, str] = {
    "W_Afhandelen leads": LEADS,
    "W_Completeren aanvraag": DOCUMENTS,
    "W_Nabellen offertes": CALL,
    "W_Valideren aanvraag": REVIEW,
    "W_Nabellen incomplete dossiers": CALL,
}
# Fraud is looked into wherever the case happens to stand; contract data are changed after our route's end.
ASIDE_2012 = frozenset({"W_Beoordelen fraude", "W_Wijzigen contractgegevens"})
PHASES_2012: Mapping[str, Kind] = {"SCHEDULE": Kind.SILENT, "START": Kind.CLAIM, "COMPLETE": Kind.RELEASE}

STATES_2017: Mapping[str, Move] = {
    "A_Create_Application": Move(Kind.REACH, "intake"),
    "A_Submitted": SILENT,
    "A_Concept": Move(Kind.FINISH, "intake"),
    "A_Accepted": Move(Kind.FINISH, "assignment"),
    "A_Complete": Move(Kind.FINISH, DOCUMENTS),
    "A_Validating": Move(Kind.REACH, REVIEW),
    "A_Incomplete": Move(Kind.RETURN, CALL),
    "A_Pending": Move(Kind.APPROVE),
    "A_Denied": Move(Kind.REFUSE),
    "A_Cancelled": Move(Kind.WITHDRAW),
    "O_Create_Offer": SILENT,
    "O_Created": SILENT,
    "O_Sent_(mail_and_online)": SILENT,
    "O_Sent_(online_only)": SILENT,
    "O_Returned": Move(Kind.REACH, REVIEW),
    "O_Accepted": SILENT,
    "O_Refused": SILENT,
    "O_Cancelled": SILENT,
}
WORK_2017: Mapping[str, str] = {
    "W_Handle_leads": LEADS,
    "W_Complete_application": DOCUMENTS,
    "W_Call_after_offers": CALL,
    "W_Validate_application": REVIEW,
    "W_Call_incomplete_files": CALL,
}
ASIDE_2017 = frozenset({"W_Assess_potential_fraud", "W_Shortened_completion", "W_Personal_Loan_collection"})
# "Deleted" closes an item when the application's state changes: whoever did it had the item in hand.
PHASES_2017: Mapping[str, Kind] = {"OBTAINED": Kind.CLAIM, "RELEASED": Kind.RELEASE, "DELETED": Kind.HOLD}

ENDS = {
    "A_APPROVED": APPROVED,
    "A_REGISTERED": APPROVED,
    "A_ACTIVATED": APPROVED,
    "A_Pending": APPROVED,
    "A_DECLINED": REFUSED,
    "A_Denied": REFUSED,
    "A_CANCELLED": WITHDRAWN,
    "A_Cancelled": WITHDRAWN,
}
GOALS: Mapping[str, str] = {
    "car": "购置家用汽车",
    "home improvement": "住房装修",
    "existing loan takeover": "置换他行存量贷款",
    "extra spending limit": "提高消费额度",
    "remaining debt home": "偿还住房尾款",
    "motorcycle": "购置摩托车",
    "caravan / camper": "购置房车",
    "boat": "购置游艇",
    "tax payments": "缴纳税款",
    "business goal": "个人经营周转",
}


def move_2012(event: Event) -> Move:
    """What an event of the log of 2012 means."""
    if event.activity in WORK_2012:
        kind = PHASES_2012[event.phase]
        return SILENT if kind is Kind.SILENT else Move(kind, WORK_2012[event.activity])
    return STATES_2012.get(event.activity, SILENT)


def move_2017(event: Event) -> Move:
    """The same for 2017."""
    if event.activity in WORK_2017:
        kind = PHASES_2017.get(event.phase, Kind.SILENT)
        return SILENT if kind is Kind.SILENT else Move(kind, WORK_2017[event.activity])
    return STATES_2017.get(event.activity, SILENT)


def plan_2012(case: LogCase) -> Plan:
    """A case of 2012. Where it was declined before anybody looked at it, the pre-check refuses it."""
    steps = [Step(event, move_2012(event)) for event in case.events]
    amount = yuan(case.facts["amount_req"])
    facts = {"amount": amount, "purpose": "个人消费", **_ahead(steps)}
    return Plan(case.id, PROCESS, facts, steps, outcome_of(case))


def plan_2017(case: LogCase) -> Plan:
    """A case of 2017, with its purpose and term."""
    steps = [Step(event, move_2017(event)) for event in case.events]
    goal = case.facts["LoanGoal"].strip().lower()
    facts = {
        "amount": yuan(case.facts["OfferedAmount"]),
        "term_months": _months(case.facts["NumberOfTerms"]),
        "purpose": GOALS.get(goal, "个人消费"),
        **_ahead(steps),
    }
    return Plan(case.id, PROCESS, facts, steps, outcome_of(case))


def outcome_of(case: LogCase) -> str:
    """How the log says the case ended: by its first final state."""
    return next((ENDS[event.activity] for event in case.events if event.activity in ENDS), OPEN)


def yuan(euro: str) -> str:
    """An amount of the log in yuan, rounded to hundreds; "" where the log has none."""
    try:
        amount = Decimal(euro) * YUAN_PER_EURO
    except InvalidOperation:
        return ""
    return str(round(amount / 100) * 100) if amount.is_finite() else ""


def _months(terms: str) -> str:
    try:
        return str(int(Decimal(terms)))
    except (InvalidOperation, ValueError, OverflowError):
        return ""


def _ahead(steps: list[Step]) -> dict[str, str]:
    """What our forms need to know before the log says it: whether the pre-check refuses, whom the leader assigns."""
    work = (step for step in steps if step.move.station == DOCUMENTS and step.move.kind in (Kind.CLAIM, Kind.HOLD))
    first = next(work, None)
    return {"at_once": "yes" if _at_once(steps) else "no", "officer": first.event.resource if first else ""}


def _at_once(steps: list[Step]) -> bool:
    """Refused before anybody took it in hand or accepted it."""
    for step in steps:
        if step.move.kind is Kind.REFUSE:
            return True
        if step.move.kind is not Kind.SILENT and step.move.station != "intake":
            return False
    return False


def _knows_2012(activity: str, phase: str) -> bool:
    if activity in STATES_2012:
        return phase == "COMPLETE"
    return (activity in WORK_2012 or activity in ASIDE_2012) and phase in PHASES_2012


def _knows_2017(activity: str, _phase: str) -> bool:
    return activity in STATES_2017 or activity in WORK_2017 or activity in ASIDE_2017


LOANS_2012 = Format(
    name="the loan log of 2012",
    columns={
        "case": "case_id",
        "activity": "activity",
        "time": "timestamp",
        "resource": "resource",
        "phase": "lifecycle",
        "order": "event_no",
    },
    facts=("amount_req",),
    knows=_knows_2012,
    plan=plan_2012,
    nobody=frozenset({"112"}),
)

LOANS_2017 = Format(
    name="the loan log of 2017",
    columns={
        "case": "Case ID",
        "activity": "Activity",
        "time": "Complete Timestamp",
        "resource": "Resource",
        "phase": "Action",
        "order": "event_nr",
    },
    facts=("LoanGoal", "NumberOfTerms", "OfferedAmount"),
    knows=_knows_2017,
    plan=plan_2017,
    nobody=frozenset({"User_1", "other"}),
)
