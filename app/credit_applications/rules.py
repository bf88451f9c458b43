"""The life of an application, what its values may be, and what a customer's applications add up to: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from app.customers.rules import RATINGS
from app.products.rules import Fault, Texts, texts

# Chinese courts cut the yearly cost of a bank loan above 24 % on the borrower's request (Supreme People's Court, 2017 no. 22).
HIGHEST_RATE = Decimal(24)
LONGEST_TERM = 360


class ApplicationState(StrEnum):
    """Where an application is in its life. `DRAFT` and `IN_REVIEW` are open, the others final."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    APPROVED_WITH_CONDITIONS = "approved_with_conditions"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


S = ApplicationState

TRANSITIONS: Mapping[ApplicationState, frozenset[ApplicationState]] = {
    S.DRAFT: frozenset({S.IN_REVIEW, S.REFUSED, S.WITHDRAWN}),
    S.IN_REVIEW: frozenset({S.APPROVED, S.APPROVED_WITH_CONDITIONS, S.REFUSED, S.WITHDRAWN}),
    S.APPROVED: frozenset(),
    S.APPROVED_WITH_CONDITIONS: frozenset(),
    S.REFUSED: frozenset(),
    S.WITHDRAWN: frozenset(),
}

STATES: Mapping[str, Texts] = {
    S.DRAFT: texts("Draft", "草稿", "草稿"),
    S.IN_REVIEW: texts("In approval", "审批中", "審批中"),
    S.APPROVED: texts("Approved", "已批准", "已核准"),
    S.APPROVED_WITH_CONDITIONS: texts("Approved with conditions", "有条件批准", "有條件核准"),
    S.REFUSED: texts("Refused", "已拒绝", "已拒絕"),
    S.WITHDRAWN: texts("Withdrawn", "已撤回", "已撤回"),
}

# The words of the diagram's variable `decision`.
DECISIONS: Mapping[str, ApplicationState] = {
    "approved": S.APPROVED,
    "conditional": S.APPROVED_WITH_CONDITIONS,
    "refused": S.REFUSED,
}

GRANTED = frozenset({S.APPROVED, S.APPROVED_WITH_CONDITIONS})
# Without these two nothing can be reviewed; what else a bank wants to know first is said by its form.
NEEDED = ("amount", "term_months")


class Terms(Protocol):
    """What the rules read of an application."""

    state: str
    amount: Decimal | None
    approved_amount: Decimal | None


@dataclass(frozen=True)
class Exposure:
    """What one customer's applications add up to, in yuan: granted by decisions, and asked for in those still open."""

    granted: Decimal
    asked: Decimal

    @property
    def total(self) -> Decimal:
        """Everything at stake if all that is asked for were granted."""
        return self.granted + self.asked


def is_open(state: str) -> bool:
    """Whether the application may still change."""
    return bool(TRANSITIONS[ApplicationState(state)])


def may_become(state: str, wanted: ApplicationState) -> bool:
    """Whether an application in `state` may go to `wanted`."""
    return wanted in TRANSITIONS[ApplicationState(state)]


def is_complete(values: Mapping[str, Any]) -> bool:
    """Whether everything is said that the review needs."""
    return all(values.get(name) not in (None, "") for name in NEEDED)


def exposure(applications: Iterable[Terms]) -> Exposure:
    """The sums over a customer's applications; refused and withdrawn ones count nothing."""
    granted = asked = Decimal(0)
    for application in applications:
        if application.state in GRANTED:
            granted += application.approved_amount or Decimal(0)
        elif is_open(application.state):
            asked += application.amount or Decimal(0)
    return Exposure(granted, asked)


def whole_number(value: Any) -> int | None:
    """A number of months as the form gives it; None for nothing, ValueError for a fraction."""
    if value is None or value == "":
        return None
    number = Decimal(str(value))
    if number != number.to_integral_value():
        raise ValueError(f"{value} is not a whole number")
    return int(number)


def approval_faults(values: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the terms of approval in a whole record: more than was asked for, not above zero, not a rate."""
    found = (
        _amount_fault(values.get("approved_amount"), values.get("amount")),
        _term_fault(values.get("approved_term_months")),
        _rate_fault(values.get("approved_rate")),
        _rating_fault(values.get("rating")),
    )
    return [fault for fault in found if fault is not None]


def _amount_fault(approved: Decimal | None, asked: Decimal | None) -> Fault | None:
    most = asked or Decimal(0)
    if approved is None or 0 <= approved <= most:
        return None
    text = "Approved amount: from zero to the amount applied for, which is {most} yuan."
    return Fault("approved_amount", text, {"most": f"{most:,.2f}"})


def _term_fault(months: int | None) -> Fault | None:
    if months is None or 1 <= months <= LONGEST_TERM:
        return None
    return Fault("approved_term_months", "Approved term: from 1 to {most} months.", {"most": LONGEST_TERM})


def _rate_fault(rate: Decimal | None) -> Fault | None:
    if rate is None or 0 <= rate <= HIGHEST_RATE:
        return None
    return Fault("approved_rate", "Approved annual rate: from 0 to {most} per cent.", {"most": HIGHEST_RATE})


def _rating_fault(rating: str | None) -> Fault | None:
    return None if rating is None or rating in RATINGS else Fault("rating", "Rating: choose A, B, C, D or E.")


def conditions_of_decision(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, date | None, bool]]:
    """What the decision asks for, each with its day and whether the money waits for it; the rest is owed after the pay-out."""
    return [(str(row.get("condition") or ""), _day(row.get("due")), row.get("stage") != "after_payout") for row in rows]


def concluded(decision: str, *, conditions_open: bool) -> str:
    """What an application has become by the diagram's `decision`: approved outright only where no condition is open."""
    return "conditional" if decision == "approved" and conditions_open else decision


def _day(value: object) -> date | None:
    """A date as a form or the database has it."""
    return value if isinstance(value, date) else date.fromisoformat(value) if isinstance(value, str) and value else None
