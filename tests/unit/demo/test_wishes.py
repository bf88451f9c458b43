"""What generated customers ask for fits the products and follows the profile."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from statistics import median

import pytest

from app.demo import profile
from app.demo.loan_answers import Loan
from app.demo.staff import STAFF
from app.demo.wishes import HIGHEST_UNSECURED, OTHERS, PRODUCTS, RETAIL, draw_loan
from app.products.rules import Wish, wish_faults

MANY = 1_000


@pytest.fixture(scope="module")
def loans() -> list[Loan]:
    measured = profile.load()
    return [draw_loan(measured, random.Random(n), n, overdue_now=False, weak=n % 2 == 0) for n in range(MANY)]


class Offer:
    """A product of the catalogue with attributes, as the rules read it."""

    def __init__(self, key: str) -> None:
        self.__dict__ = PRODUCTS[key]


def test_every_wish_is_one_that_the_product_covers(loans: list[Loan]) -> None:
    for loan in loans:
        wish = Wish(loan.customer.kind, loan.amount, loan.term_months, loan.repayment_method, loan.guarantee)
        assert wish_faults(Offer(loan.product), wish) == []


def test_nothing_unsecured_is_above_the_limit_of_the_form(loans: list[Loan]) -> None:
    assert all(loan.amount <= HIGHEST_UNSECURED for loan in loans if loan.guarantee == "credit")


def test_the_pre_check_would_let_all_of_them_pass(loans: list[Loan]) -> None:
    assert all(loan.debt_ratio <= 70 and loan.overdue_count <= 6 for loan in loans)


def test_officers_are_two_different_people_of_the_line(loans: list[Loan]) -> None:
    groups = {member.username: member.groups for member in STAFF}
    for loan in loans:
        assert loan.officer != loan.second_officer
        assert all(f"{loan.line}_officers" in groups[name] for name in (loan.officer, loan.second_officer))


def test_every_line_and_every_product_of_the_demo_is_asked_for(loans: list[Loan]) -> None:
    kinds = [*RETAIL.values(), *(kind for line in OTHERS.values() for kind in line)]
    assert {loan.product for loan in loans} == {kind.product for kind in kinds}
    assert min(Counter(loan.line for loan in loans).values()) > MANY * 0.1


def test_enterprises_only_ask_where_they_may(loans: list[Loan]) -> None:
    for loan in loans:
        if loan.customer.kind == "enterprise":
            assert loan.line in ("corporate", "micro")


def test_consumer_loans_have_the_median_of_the_log_in_yuan(loans: list[Loan]) -> None:
    amounts = [loan.amount for loan in loans if loan.product == "consumer"]
    assert Decimal(60_000) <= median(amounts) <= Decimal(100_000)


def test_purposes_have_the_shares_of_the_log(loans: list[Loan]) -> None:
    retail = [loan for loan in loans if loan.line == "retail"]
    cars = sum("车" in loan.purpose for loan in retail) / len(retail)
    assert cars == pytest.approx(profile.load().shares["purpose"].weights["car"], abs=0.06)


def test_the_weak_are_rated_worse(loans: list[Loan]) -> None:
    worst = Counter(n % 2 == 0 for n, loan in enumerate(loans) if loan.rating in "DE")
    assert worst[True] > worst[False]


def test_the_same_number_asks_for_the_same() -> None:
    measured = profile.load()
    one, two = (draw_loan(measured, random.Random(5), 5, overdue_now=False, weak=False) for _ in range(2))
    assert one == two
