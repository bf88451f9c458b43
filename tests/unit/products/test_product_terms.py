"""A whole product as a value: exact as JSON, checked as a whole, compared with another; and what a form says of it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from app.products import entry
from app.products.operations import InvalidProduct
from app.products.terms import Terms, changed, faults, filled, from_json, to_json

LINES, PAPERS = ("retail",), ("id_card", "income_proof")
CAR = Terms(
    name={"en": "Car loan", "zh_Hans": "购车贷款", "zh_Hant": "購車貸款"},
    summary={},
    business_line="retail",
    customer_kind="individual",
    min_amount=Decimal("1000.10"),
    max_amount=Decimal("500000.00"),
    min_term_months=3,
    max_term_months=60,
    repayment_methods=("equal_instalment",),
    guarantee_kinds=("credit", "mortgage"),
    required_documents=("id_card",),
)
SAID = {
    "name_zh_Hans": "购车贷款",
    "business_line": "retail",
    "customer_kind": "individual",
    "min_amount": "1,000.10",
    "max_amount": "50万",
    "min_term_months": "3",
    "max_term_months": "60",
    "repayment_methods": "equal_instalment",
    "guarantee_kinds": "credit",
}
TODAY = date(2026, 3, 2)


def said(**more: str | list[str]) -> MultiDict:
    return MultiDict({**SAID, **more})


def wrong(posted: MultiDict) -> dict[str, str]:
    """The sentences of the form by field."""
    check = lambda terms: {fault.field: fault for fault in faults(terms, LINES, PAPERS)}
    with pytest.raises(InvalidProduct) as refused:
        entry.read(posted, check, TODAY)
    return {field: str(getattr(one, "text", one)) for field, one in refused.value.faults.items()}


def test_terms_survive_json_to_the_cent() -> None:
    kept = to_json(CAR)
    assert (kept["min_amount"], kept["max_amount"]) == ("1000.10", "500000.00")
    assert from_json(kept) == CAR


def test_a_whole_product_has_no_faults() -> None:
    assert faults(CAR, LINES, PAPERS) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": {}}, "name"),
        ({"name": {"en": "x" * 81}}, "name"),
        ({"summary": {"en": "x" * 201}}, "summary"),
        ({"business_line": "corporate"}, "business_line"),
        ({"customer_kind": "pet"}, "customer_kind"),
        ({"min_amount": Decimal(0)}, "min_amount"),
        ({"max_amount": Decimal("1000.09")}, "max_amount"),
        ({"max_amount": Decimal(10) ** 12}, "max_amount"),
        ({"min_term_months": 0}, "min_term_months"),
        ({"max_term_months": 2}, "max_term_months"),
        ({"max_term_months": 361}, "max_term_months"),
        ({"repayment_methods": ()}, "repayment_methods"),
        ({"repayment_methods": ("barter",)}, "repayment_methods"),
        ({"guarantee_kinds": ()}, "guarantee_kinds"),
        ({"required_documents": ("selfie",)}, "required_documents"),
    ],
)
def test_each_fault_is_found_at_its_field(change: dict, field: str) -> None:
    assert [fault.field for fault in faults(replace(CAR, **change), LINES, PAPERS)] == [field]


def test_one_amount_may_be_smallest_and_largest() -> None:
    assert faults(replace(CAR, max_amount=CAR.min_amount), LINES, PAPERS) == []


def test_what_changed_is_named_in_the_order_of_the_fields() -> None:
    assert changed(CAR, replace(CAR, max_term_months=72, business_line="micro")) == ["business_line", "max_term_months"]
    assert changed(CAR, replace(CAR, max_amount=Decimal(500000))) == []
    assert changed(CAR, replace(CAR, guarantee_kinds=("mortgage", "credit"))) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"zh_Hans": "贷"}, {"en": "贷", "zh_Hans": "贷", "zh_Hant": "贷"}),
        ({"zh_Hant": "貸", "en": "Loan"}, {"en": "Loan", "zh_Hans": "貸", "zh_Hant": "貸"}),
        ({"zh_Hans": "  "}, {}),
    ],
)
def test_a_text_left_empty_is_filled_from_the_nearest_language(given: dict, expected: dict) -> None:
    assert filled(given) == expected


def test_the_form_is_read_exactly() -> None:
    terms = entry.read(said(), lambda _terms: {}, TODAY)
    assert (terms.min_amount, terms.max_amount, terms.max_term_months) == (Decimal("1000.10"), Decimal(500000), 60)
    assert terms.name == {"en": "购车贷款", "zh_Hans": "购车贷款", "zh_Hant": "购车贷款"}


def test_everybody_is_said_by_a_word_of_its_own() -> None:
    assert entry.read(said(customer_kind="both"), lambda _terms: {}, TODAY).customer_kind is None
    assert "customer_kind" in wrong(said(customer_kind=""))


def test_boxes_are_kept_in_the_order_of_the_page_and_once() -> None:
    posted = said(repayment_methods=["bullet", "equal_instalment", "bullet"])
    assert entry.read(posted, lambda _terms: {}, TODAY).repayment_methods == ("equal_instalment", "bullet")


def test_everything_wrong_is_said_at_once() -> None:
    found = wrong(said(min_amount="x", max_amount="1.001", max_term_months="", name_zh_Hans="", guarantee_kinds=[]))
    assert set(found) == {"name", "min_amount", "max_amount", "max_term_months", "guarantee_kinds"}


def test_an_amount_with_a_third_decimal_is_refused_not_rounded() -> None:
    assert "decimal" in wrong(said(max_amount="1.005"))["max_amount"]


def test_the_form_shows_what_it_was_told() -> None:
    assert entry.read(entry.shown(CAR), lambda _terms: {}, TODAY) == CAR
