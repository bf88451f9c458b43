"""From the facts of a log to the values of our forms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.products.catalogue import DEMO_PRODUCTS
from app.replay.expenses import plan as expense_plan
from app.replay.facts import LEAST, LONGEST, MOST, SHORTEST, is_clamped, loan_of, opinion_at, values_at
from app.replay.loans import plan_2012
from tests.unit.replay.logs import case_of, loan_2012

TODAY = date(2011, 10, 3)
OFFICERS = ("hanmei", "yangguang", "zhuting")


def loan(amount: str = "5000", id: str = "1", **facts: str):
    plan = plan_2012(loan_2012("A_SUBMITTED", amount=amount, id=id))
    return loan_of(plan, {**plan.facts, **facts}, OFFICERS)


def test_the_limits_are_those_of_the_product() -> None:
    product = next(fields for fields in DEMO_PRODUCTS if fields["key"] == "consumer")
    assert (product["min_amount"], product["max_amount"]) == (LEAST, MOST)
    assert (product["min_term_months"], product["max_term_months"]) == (SHORTEST, LONGEST)


@pytest.mark.parametrize(("euro", "entered"), [("5000", 39_000), ("0", 1_000), ("99999", 500_000), ("", 1_000)])
def test_the_amount_is_that_of_the_log_within_the_limits(euro: str, entered: int) -> None:
    assert loan(euro).amount == entered


@pytest.mark.parametrize(("months", "entered"), [("60", 60), ("", 36), ("138", 84), ("1", 3)])
def test_the_term_is_that_of_the_log_within_the_limits(months: str, entered: int) -> None:
    assert loan(term_months=months).term_months == entered


def test_another_case_is_another_customer_and_the_same_case_the_same() -> None:
    assert loan(id="1").customer != loan(id="2").customer
    assert loan(id="1").customer == loan(id="1").customer


def test_the_same_resource_is_assigned_the_same_officer() -> None:
    assert loan(id="1", officer="10862").officer == loan(id="2", officer="10862").officer


def test_a_case_declined_at_once_is_overdue_so_that_the_pre_check_refuses_it() -> None:
    plan = plan_2012(loan_2012("A_SUBMITTED", "A_DECLINED"))
    assert values_at(plan, plan.facts, "intake", OFFICERS, TODAY, against=False)["current_overdue"] == "yes"


def test_what_does_not_fit_the_product_is_known_as_such() -> None:
    assert is_clamped(plan_2012(loan_2012("A_SUBMITTED", amount="99999")))
    assert not is_clamped(plan_2012(loan_2012("A_SUBMITTED", amount="5000")))


def test_an_expense_carries_the_way_of_its_round() -> None:
    plan = expense_plan(case_of("Declaration SUBMITTED by EMPLOYEE", amount="100"))
    facts = {**plan.facts, "unit_kind": "institute", "charged_to": "project"}
    values = values_at(plan, facts, "declaration", (), TODAY, against=False)
    assert (values["unit_kind"], values["charged_to"], values["amount"]) == ("institute", "project", Decimal(800))
    assert values["budget_number"]


def test_a_refusal_always_has_a_reason() -> None:
    for plan in (plan_2012(loan_2012("A_SUBMITTED")), expense_plan(case_of("Payment Handled", amount="1"))):
        assert opinion_at(plan, "final_approval", against=True).strip()
