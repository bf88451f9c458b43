"""From what a log says of a case to what our forms want to know. Pure, and the same in every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.demo import expense_answers, loan_answers
from app.demo.expense_answers import Expense
from app.demo.loan_answers import Loan
from app.demo.synthetic import individual
from app.replay.moves import Plan
from app.replay.people import choose

# The limits of the product `consumer`; what the log asks beyond them is entered at the limit.
LEAST, MOST = Decimal(1_000), Decimal(500_000)
SHORTEST, LONGEST = 3, 84
USUAL_TERM = 36
MOST_EXPENSE = Decimal(1_000_000)
RATE = Decimal("7.20")


def values_at(
    plan: Plan, facts: Mapping[str, str], station: str, officers: Sequence[str], today: date, *, against: bool
) -> dict[str, Any]:
    """The values of a station's form. officers: user names that a leader may assign, in a fixed order."""
    if plan.process == "expense_declaration":
        return expense_answers.answer(station, expense_of(plan, facts), today)
    return loan_answers.answer(station, loan_of(plan, facts, officers, against=against), today, against=against)


def opinion_at(plan: Plan, station: str, *, against: bool) -> str:
    """What is written beside the decision."""
    if plan.process == "expense_declaration":
        return expense_answers.OPINION_AGAINST if against else expense_answers.OPINION
    return loan_answers.opinion(station, against=against)


def loan_of(plan: Plan, facts: Mapping[str, str], officers: Sequence[str], *, against: bool = False) -> Loan:
    """A consumer loan of a made-up person: amount, term and purpose of the log, within what the product allows."""
    amount = min(max(Decimal(facts.get("amount") or LEAST), LEAST), MOST)
    term = int(facts.get("term_months") or USUAL_TERM)
    return Loan(
        customer=individual(f"replay {plan.case}"),
        product="consumer",
        line="retail",
        amount=amount,
        term_months=min(max(term, SHORTEST), LONGEST),
        purpose=facts.get("purpose") or "个人消费",
        repayment_method="equal_instalment",
        guarantee="credit",
        income=max(Decimal(5_000), (amount / 12).quantize(Decimal(1))),
        debt_ratio=Decimal(35),
        overdue_count=0,
        rating="D" if against else "B",
        rate=RATE,
        officer=choose(officers, facts.get("officer") or plan.case) if officers else "",
        overdue_now=facts.get("at_once") == "yes",
    )


def expense_of(plan: Plan, facts: Mapping[str, str]) -> Expense:
    """The declaration with the unit and the charge that lead the way the log went."""
    return Expense(
        unit_kind=facts.get("unit_kind", "small_unit"),
        charged_to=facts.get("charged_to", "department"),
        reason=facts.get("purpose", ""),
        amount=min(Decimal(facts.get("amount") or 0), MOST_EXPENSE),
        budget_number="BUDGET-01",
    )


def is_clamped(plan: Plan) -> bool:
    """Whether the log asks for more or less than the product allows, so that another amount or term is entered."""
    if plan.process == "expense_declaration":
        return Decimal(plan.facts.get("amount") or 0) > MOST_EXPENSE
    loan = loan_of(plan, plan.facts, ())
    wanted = plan.facts.get("term_months") or str(USUAL_TERM)
    return str(loan.term_months) != wanted or loan.amount != Decimal(plan.facts.get("amount") or 0)
