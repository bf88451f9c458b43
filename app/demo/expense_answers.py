"""What demo people enter at the stations of the expense route. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

OPINION, OPINION_AGAINST = "同意。", "单据不全，请补充后重报。"


@dataclass(frozen=True)
class Expense:
    """The facts of one declaration. unit_kind and charged_to decide who is asked. Amount in yuan."""

    unit_kind: str
    charged_to: str
    reason: str
    amount: Decimal
    budget_number: str = ""


def answer(station: str, expense: Expense, today: date) -> dict[str, Any]:
    """The values for a station's form."""
    if station in ("declaration", "correction"):
        return _declaration(expense)
    if station == "payment":
        return {"payment_date": today}
    return {}


def _declaration(expense: Expense) -> dict[str, Any]:
    budget = {"budget_number": expense.budget_number} if expense.charged_to == "project" else {}
    return {
        "unit_kind": expense.unit_kind,
        "charged_to": expense.charged_to,
        **budget,
        "expense_kind": "travel",
        "reason": expense.reason,
        "amount": expense.amount,
    }
