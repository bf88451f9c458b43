"""The life of an application and what its values may be."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.credit_applications import rules
from app.credit_applications.rules import ApplicationState as State
from app.credit_applications.rules import approval_faults, exposure, is_complete, is_open, may_become, whole_number

FINAL = [State.APPROVED, State.APPROVED_WITH_CONDITIONS, State.REFUSED, State.WITHDRAWN]


@dataclass
class SomeTerms:
    state: str
    amount: Decimal | None = None
    approved_amount: Decimal | None = None


def fields_at_fault(**values):
    return [fault.field for fault in approval_faults({"amount": Decimal(100000), **values})]


@pytest.mark.parametrize("state", FINAL)
def test_a_closed_application_goes_nowhere(state):
    assert not is_open(state)
    assert not any(may_become(state, wanted) for wanted in State)


def test_a_draft_is_not_approved_before_it_was_reviewed():
    assert is_open(State.DRAFT)
    assert not may_become(State.DRAFT, State.APPROVED)
    assert not may_become(State.DRAFT, State.APPROVED_WITH_CONDITIONS)
    assert may_become(State.DRAFT, State.IN_REVIEW)


@pytest.mark.parametrize("wanted", FINAL)
def test_a_review_may_end_in_every_way(wanted):
    assert may_become(State.IN_REVIEW, wanted)


def test_a_review_never_becomes_a_draft_again():
    assert not may_become(State.IN_REVIEW, State.DRAFT)


def test_every_state_has_its_transitions_and_its_words():
    assert set(rules.TRANSITIONS) == set(State)
    assert set(rules.STATES) == {str(state) for state in State}


def test_every_decision_of_the_diagram_closes_the_application():
    assert set(rules.DECISIONS) == {"approved", "conditional", "refused"}
    assert not any(is_open(state) for state in rules.DECISIONS.values())


def test_an_application_is_complete_with_amount_and_term():
    assert is_complete({"amount": Decimal(1), "term_months": 12})
    assert not is_complete({"amount": Decimal(1), "term_months": None})
    assert not is_complete({})


def test_exposure_adds_what_is_granted_and_what_is_asked_for():
    applications = [
        SomeTerms(State.APPROVED, Decimal(100), Decimal(80)),
        SomeTerms(State.APPROVED_WITH_CONDITIONS, Decimal(50), Decimal(50)),
        SomeTerms(State.IN_REVIEW, Decimal(30), Decimal(10)),
        SomeTerms(State.DRAFT, None),
        SomeTerms(State.REFUSED, Decimal(1000), Decimal(1000)),
        SomeTerms(State.WITHDRAWN, Decimal(1000)),
    ]
    found = exposure(applications)
    assert (found.granted, found.asked, found.total) == (Decimal(130), Decimal(30), Decimal(160))


def test_nobody_owes_nothing():
    assert exposure([]).total == 0


@given(st.lists(st.tuples(st.sampled_from(list(State)), st.decimals(0, 10**9, places=2)), max_size=20))
def test_exposure_does_not_depend_on_the_order(rows):
    applications = [SomeTerms(state, amount, amount) for state, amount in rows]
    assert exposure(applications) == exposure(reversed(applications))


@pytest.mark.parametrize("amount", [Decimal(0), Decimal("99999.99"), Decimal(100000)])
def test_at_most_what_was_asked_for_may_be_approved(amount):
    assert fields_at_fault(approved_amount=amount) == []


@pytest.mark.parametrize("amount", [Decimal("-0.01"), Decimal("100000.01")])
def test_more_than_was_asked_for_is_not_approved(amount):
    assert fields_at_fault(approved_amount=amount) == ["approved_amount"]


def test_nothing_is_approved_of_nothing():
    assert [f.field for f in approval_faults({"amount": None, "approved_amount": Decimal(1)})] == ["approved_amount"]


@pytest.mark.parametrize(
    ("months", "expected"), [(0, ["approved_term_months"]), (1, []), (360, []), (361, ["approved_term_months"])]
)
def test_an_approved_term_is_between_a_month_and_thirty_years(months, expected):
    assert fields_at_fault(approved_term_months=months) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("0", []), ("3.85", []), ("24", []), ("24.0001", ["approved_rate"]), ("-1", ["approved_rate"])],
)
def test_an_approved_rate_is_a_lawful_one(rate, expected):
    assert fields_at_fault(approved_rate=Decimal(rate)) == expected


@pytest.mark.parametrize(("rating", "expected"), [("A", []), ("E", []), ("F", ["rating"]), ("优良", ["rating"])])
def test_a_rating_is_one_of_the_five(rating, expected):
    assert fields_at_fault(rating=rating) == expected


def test_sentences_fill_their_places():
    for fault in approval_faults({"amount": Decimal(5), "approved_amount": Decimal(6), "approved_rate": Decimal(99)}):
        assert "{" not in fault.text.format(**fault.values)


@pytest.mark.parametrize(("value", "expected"), [(None, None), ("", None), ("12", 12), (Decimal("12.00"), 12), (7, 7)])
def test_months_are_whole_numbers(value, expected):
    assert whole_number(value) == expected


def test_half_a_month_is_refused():
    with pytest.raises(ValueError, match="whole"):
        whole_number(Decimal("1.5"))
