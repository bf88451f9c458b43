"""What a product allows, and the lists that forms choose from."""

from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from app.products.catalogue import DEMO_PRODUCTS
from app.products.rules import (
    CUSTOMER_KINDS,
    GUARANTEE_KINDS,
    INDUSTRIES,
    REPAYMENT_METHODS,
    CustomerKind,
    GuaranteeKind,
    RepaymentMethod,
    Wish,
    wish_faults,
)

LANGUAGES = {"en", "zh_Hans", "zh_Hant"}


@dataclass
class AnOffer:
    customer_kind: str | None = "individual"
    min_amount: Decimal = Decimal("1000.00")
    max_amount: Decimal = Decimal("500000.00")
    min_term_months: int = 3
    max_term_months: int = 84
    repayment_methods: list[str] = field(default_factory=lambda: ["equal_instalment"])
    guarantee_kinds: list[str] = field(default_factory=lambda: ["credit", "mortgage"])


FITTING = Wish("individual", Decimal("80000"), 24, "equal_instalment", "credit")


def fields_at_fault(wish, offer=None):
    return [fault.field for fault in wish_faults(offer or AnOffer(), wish)]


def test_a_wish_within_the_limits_fits():
    assert wish_faults(AnOffer(), FITTING) == []


def test_what_is_not_said_yet_is_not_judged():
    assert wish_faults(AnOffer(), Wish()) == []


@pytest.mark.parametrize("amount", ["1000", "1000.00", "500000", "500000.00"])
def test_both_limits_of_the_amount_are_inside(amount):
    assert fields_at_fault(Wish(amount=Decimal(amount))) == []


@pytest.mark.parametrize("amount", ["0", "-1", "999.99", "500000.01", "1E+12"])
def test_an_amount_outside_the_limits_is_at_fault(amount):
    assert fields_at_fault(Wish(amount=Decimal(amount))) == ["amount"]


@pytest.mark.parametrize(("months", "expected"), [(2, ["term_months"]), (3, []), (84, []), (85, ["term_months"])])
def test_both_limits_of_the_term_are_inside(months, expected):
    assert fields_at_fault(Wish(term_months=months)) == expected


def test_the_sentence_about_the_amount_names_the_field_and_both_limits():
    fault = wish_faults(AnOffer(), Wish(amount=Decimal("1")))[0]
    assert fault.text.format(**fault.values) == "Amount: this product is given from 1,000.00 to 500,000.00 yuan."


def test_a_product_for_individuals_is_not_for_enterprises():
    fault = wish_faults(AnOffer(), Wish("enterprise"))[0]
    assert (fault.field, fault.text) == ("product", "Product: this one is for individuals only.")


def test_a_product_for_enterprises_is_not_for_individuals():
    fault = wish_faults(AnOffer(customer_kind="enterprise"), Wish("individual"))[0]
    assert fault.text == "Product: this one is for enterprises only."


@pytest.mark.parametrize("kind", list(CustomerKind))
def test_a_product_without_a_kind_is_for_everybody(kind):
    assert wish_faults(AnOffer(customer_kind=None), Wish(kind)) == []


def test_ways_to_repay_and_guarantees_must_be_among_those_of_the_product():
    assert fields_at_fault(Wish(repayment_method="bullet", guarantee="pledge")) == ["repayment_method", "guarantee"]


def test_all_faults_are_told_at_once_in_the_order_of_the_form():
    wish = Wish("enterprise", Decimal(1), 1, "bullet", "pledge")
    assert fields_at_fault(wish) == ["product", "amount", "term_months", "repayment_method", "guarantee"]


@pytest.mark.parametrize(
    ("words", "values"),
    [(CUSTOMER_KINDS, CustomerKind), (REPAYMENT_METHODS, RepaymentMethod), (GUARANTEE_KINDS, GuaranteeKind)],
)
def test_every_value_of_a_list_has_words(words, values):
    assert set(words) == {str(value) for value in values}


@pytest.mark.parametrize("words", [CUSTOMER_KINDS, REPAYMENT_METHODS, GUARANTEE_KINDS, INDUSTRIES])
def test_every_word_is_there_in_three_languages(words):
    assert all(set(label) == LANGUAGES and all(label.values()) for label in words.values())


def test_industries_are_the_twenty_sections_of_the_standard_and_other():
    letters = [label["en"].split()[0] for key, label in INDUSTRIES.items() if key != "other"]
    assert letters == list("ABCDEFGHIJKLMNOPQRST")


def test_keys_of_the_demo_products_are_unique():
    keys = [product["key"] for product in DEMO_PRODUCTS]
    assert len(keys) == len(set(keys)) == 8


@pytest.mark.parametrize("product", DEMO_PRODUCTS, ids=lambda product: product["key"])
def test_a_demo_product_is_whole(product):
    assert set(product["name"]) == set(product["summary"]) == LANGUAGES
    assert 0 < product["min_amount"] < product["max_amount"]
    assert 0 < product["min_term_months"] < product["max_term_months"] <= 360
    assert set(product["repayment_methods"]) <= set(RepaymentMethod)
    assert set(product["guarantee_kinds"]) <= set(GuaranteeKind)
    assert product["business_line"] in {"corporate", "micro", "retail", "agriculture"}
    assert product["required_documents"][0] == "id_card"


def test_a_working_capital_loan_runs_at_most_three_years():
    # Measures for the Administration of Working Capital Loans (2024), art. 13, apart from special cases.
    product = next(p for p in DEMO_PRODUCTS if p["key"] == "working_capital")
    assert product["max_term_months"] == 36
