"""The limits of the bank stand in tables: every case gets an answer, the borders lie where the README says, and more risk never
means less care."""

from __future__ import annotations

from itertools import product as combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import feel
from tests.process.drawing import ROOT
from tests.process.tables import answer, ask, model

TABLES = sorted(path.stem for path in ROOT.glob("bpmn/*/*.dmn"))
RATINGS = "ABCDE"
RETAIL = ("consumer", "housing", "agriculture", "micro_business", "personal_business")
CORPORATE = ("working_capital", "fixed_assets", "supply_chain")
AUTHORITY = ["approvers_branch", "approvers_head_office", "approvers_president"]
CARE = ["pass", "manual", "refuse"]
MILLION = 1_000_000

amounts = st.integers(1, 1_000 * MILLION)
ratings = st.sampled_from(RATINGS)
products = st.sampled_from(RETAIL + CORPORATE)
SOUND = {
    "industry_restricted": "no",
    "current_overdue": "no",
    "overdue_count": 0,
    "customer_kind": "individual",
    "debt_ratio": 30,
    "amount": 300_000,
    "term_months": 36,
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_deploys_without_findings(name: str) -> None:
    assert model(name).findings == ()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_answers_nothing_when_an_input_is_missing(name: str) -> None:
    (decision,) = model(name).decisions.values()
    with pytest.raises(feel.FeelError):
        model(name).evaluate(decision.id, dict.fromkeys(decision.names), strict=True)


def authority(**case: Any) -> int:
    return AUTHORITY.index(answer("approval_authority", **case))


@pytest.mark.parametrize(
    ("product", "rating", "amount", "group"),
    [
        ("consumer", "A", 3 * MILLION, "approvers_branch"),
        ("consumer", "A", 3 * MILLION + 1, "approvers_head_office"),
        ("housing", "C", 20 * MILLION, "approvers_head_office"),
        ("housing", "C", 20 * MILLION + 1, "approvers_president"),
        ("agriculture", "B", 50_000, "approvers_branch"),
        ("personal_business", "B", 4 * MILLION, "approvers_head_office"),
        ("working_capital", "B", 5 * MILLION, "approvers_branch"),
        ("working_capital", "B", 5 * MILLION + 1, "approvers_head_office"),
        ("fixed_assets", "A", 30 * MILLION, "approvers_head_office"),
        ("fixed_assets", "A", 30 * MILLION + 1, "approvers_president"),
        ("working_capital", "C", MILLION, "approvers_branch"),
        ("working_capital", "C", 10 * MILLION, "approvers_head_office"),
        ("supply_chain", "C", 10 * MILLION + 1, "approvers_president"),
        ("consumer", "D", 10_000, "approvers_head_office"),
        ("working_capital", "D", 5 * MILLION + 1, "approvers_president"),
        ("consumer", "E", 10_000, "approvers_president"),
    ],
)
def test_the_authority_matrix_names_who_approves(product: str, rating: str, amount: int, group: str) -> None:
    assert answer("approval_authority", product=product, rating=rating, amount=amount) == group


@given(product=products, rating=ratings, amount=amounts)
def test_exactly_one_line_of_the_matrix_fits_any_case(product: str, rating: str, amount: int) -> None:
    assert len(ask("approval_authority", product=product, rating=rating, amount=amount).rules) == 1


@given(product=products, rating=ratings, less=amounts, more=amounts)
def test_a_larger_amount_never_lowers_the_authority(product: str, rating: str, less: int, more: int) -> None:
    small, large = sorted((less, more))
    assert authority(product=product, rating=rating, amount=small) <= authority(
        product=product, rating=rating, amount=large
    )


@given(product=products, one=ratings, other=ratings, amount=amounts)
def test_a_worse_rating_never_lowers_the_authority(product: str, one: str, other: str, amount: int) -> None:
    better, worse = sorted((one, other))
    assert authority(product=product, rating=better, amount=amount) <= authority(
        product=product, rating=worse, amount=amount
    )


@pytest.mark.parametrize(
    ("rating", "amount", "needed"),
    [
        ("A", 10 * MILLION, False),
        ("B", 10 * MILLION + 1, True),
        ("C", 3 * MILLION, False),
        ("C", 3 * MILLION + 1, True),
        ("D", 1_000, True),
        ("E", 1_000, True),
    ],
)
def test_the_risk_committee_is_skipped_below_an_amount_and_rating(rating: str, amount: int, needed: bool) -> None:
    assert answer("risk_committee_needed", rating=rating, amount=amount) is needed


@given(one=ratings, other=ratings, less=amounts, more=amounts)
def test_more_risk_never_skips_the_risk_committee(one: str, other: str, less: int, more: int) -> None:
    (better, worse), (small, large) = sorted((one, other)), sorted((less, more))
    easy = answer("risk_committee_needed", rating=better, amount=small)
    hard = answer("risk_committee_needed", rating=worse, amount=large)
    assert easy <= hard


def pre_check(**change: Any) -> dict[str, str]:
    return answer("pre_check", **(SOUND | change))


def test_a_sound_application_passes() -> None:
    assert pre_check() == {"result": "pass", "reason": "within_rules"}


@pytest.mark.parametrize(
    ("change", "result", "reason"),
    [
        ({"industry_restricted": "yes"}, "refuse", "restricted_industry"),
        ({"current_overdue": "yes"}, "refuse", "current_overdue"),
        ({"overdue_count": 7}, "refuse", "overdue_history"),
        ({"overdue_count": 6}, "manual", "overdue_history"),
        ({"overdue_count": 3}, "manual", "overdue_history"),
        ({"overdue_count": 2}, "pass", "within_rules"),
        ({"debt_ratio": 71}, "refuse", "debt_too_high"),
        ({"debt_ratio": 70}, "manual", "debt_high"),
        ({"debt_ratio": 55}, "pass", "within_rules"),
        ({"debt_ratio": 86, "customer_kind": "enterprise"}, "refuse", "debt_too_high"),
        ({"debt_ratio": 85, "customer_kind": "enterprise"}, "manual", "debt_high"),
        ({"debt_ratio": 70, "customer_kind": "enterprise"}, "pass", "within_rules"),
        ({"term_months": 361}, "refuse", "term_too_long"),
        ({"term_months": 360}, "pass", "within_rules"),
        ({"amount": 5 * MILLION + 1}, "manual", "large_amount"),
        ({"amount": 50 * MILLION, "customer_kind": "enterprise"}, "pass", "within_rules"),
        ({"amount": 50 * MILLION + 1, "customer_kind": "enterprise"}, "manual", "large_amount"),
    ],
)
def test_the_pre_check_judges_by_the_published_limits(change: dict[str, Any], result: str, reason: str) -> None:
    assert pre_check(**change) == {"result": result, "reason": reason}


@given(
    st.fixed_dictionaries(
        {
            "overdue_count": st.integers(0, 30),
            "debt_ratio": st.integers(0, 200),
            "amount": amounts,
            "term_months": st.integers(1, 400),
            "customer_kind": st.sampled_from(["individual", "enterprise"]),
        }
    ),
    st.sampled_from(["overdue_count", "debt_ratio", "amount", "term_months"]),
    st.integers(1, 500),
)
def test_a_worse_figure_never_improves_the_pre_check(case: dict[str, Any], figure: str, worse: int) -> None:
    before, after = pre_check(**case), pre_check(**(case | {figure: case[figure] + worse}))
    assert CARE.index(before["result"]) <= CARE.index(after["result"])


def test_every_reason_of_the_pre_check_is_worded_in_the_form() -> None:
    text = (ROOT / "forms" / "credit_application" / "_pre_check.form").read_text(encoding="utf-8")
    table = (ROOT / "bpmn" / "credit_application" / "pre_check.dmn").read_text(encoding="utf-8")
    for reason in ("restricted_industry", "current_overdue", "overdue_history", "debt_too_high", "debt_high"):
        assert f'"{reason}"' in table
        assert f'"value": "{reason}"' in text


@pytest.mark.parametrize(
    ("product", "kind", "amount", "line"),
    [
        ("agriculture", "individual", 50_000, "agriculture"),
        ("consumer", "individual", 50_000, "retail"),
        ("housing", "individual", 2 * MILLION, "retail"),
        ("micro_business", "enterprise", 2 * MILLION, "micro"),
        ("personal_business", "individual", 2 * MILLION, "micro"),
        ("working_capital", "enterprise", 10 * MILLION, "micro"),
        ("working_capital", "enterprise", 10 * MILLION + 1, "corporate"),
        ("fixed_assets", "enterprise", 80 * MILLION, "corporate"),
        ("something_new", "individual", 80 * MILLION, "micro"),
    ],
)
def test_the_suggested_line_follows_product_customer_and_amount(
    product: str, kind: str, amount: int, line: str
) -> None:
    assert answer("business_line_suggestion", product=product, customer_kind=kind, amount=amount) == line


@pytest.mark.parametrize(
    ("unit", "charged", "amount", "first", "budget_owner", "director"),
    [
        ("faculty", "department", 5_000, "administration", False, False),
        ("faculty", "department", 5_001, "administration", True, False),
        ("institute", "project", 10, "pre_approvers", True, False),
        ("small_unit", "department", 10, "none", False, False),
        ("small_unit", "project", 20_001, "none", True, True),
    ],
)
def test_the_expense_route_follows_unit_budget_and_amount(
    unit: str, charged: str, amount: int, first: str, budget_owner: bool, director: bool
) -> None:
    found = answer("expense_route", unit_kind=unit, charged_to=charged, amount=amount)
    assert found == {"first_check": first, "budget_owner": budget_owner, "director": director}


def test_every_expense_gets_exactly_one_route() -> None:
    cases = combinations(
        ("faculty", "institute", "small_unit"), ("department", "project"), (0, 1, 5_000, 5_001, 20_000, 20_001, MILLION)
    )
    for unit, charged, amount in cases:
        assert len(ask("expense_route", unit_kind=unit, charged_to=charged, amount=amount).rules) == 1
