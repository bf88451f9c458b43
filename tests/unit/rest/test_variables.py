"""Values as variables and back, without a bank."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workflow import forms
from app.workflow.api.operation import BadRequest
from app.workflow.api.variables import Variable, VariableType, entered, of_form, read_only, variable
from tests.integration.rest import small_loan

FORM = forms.load("small_loan/apply", small_loan.files())
REVIEW = forms.load("small_loan/review", small_loan.files())
AMOUNTS = st.decimals(min_value=Decimal("-1e15"), max_value=Decimal("1e15"), places=2)


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        (None, "Null", None),
        (True, "Boolean", True),
        (7, "Integer", 7),
        (2**31, "Long", 2**31),
        (-(2**31), "Integer", -(2**31)),
        (Decimal("1E+3"), "String", "1000"),
        (Decimal("0.10"), "String", "0.10"),
        (date(2026, 5, 1), "String", "2026-05-01"),
        ("文字", "String", "文字"),
        (0.5, "Double", 0.5),
        ([{"cost": Decimal("1.50"), "on": date(2026, 5, 1)}], "Json", '[{"cost":"1.50","on":"2026-05-01"}]'),
    ],
)
def test_each_kind_of_value_has_its_type(value, kind, written):
    found = variable(value)
    assert (found.type, found.value) == (VariableType(kind), written)


@given(AMOUNTS)
def test_an_amount_comes_back_to_the_cent(amount):
    told = variable(amount)
    assert entered(FORM, {"amount": told}) == {"amount": told.value}
    assert Decimal(told.value) == amount
    assert entered(FORM, {"amount": Variable(value=amount)}) == {"amount": amount}


@given(st.lists(st.fixed_dictionaries({"item": st.text(max_size=5), "cost": AMOUNTS}), max_size=4))
def test_a_table_comes_back_row_by_row(rows):
    back = entered(FORM, {"parts": variable(rows)})["parts"]
    assert [(row["item"], Decimal(row["cost"])) for row in back] == [(row["item"], row["cost"]) for row in rows]


@pytest.mark.parametrize(
    ("given_value", "day"),
    [
        ("2026-05-01", "2026-05-01"),
        ("2026-05-01T00:00:00.000+0800", "2026-05-01"),
        ("2026-05-01T23:59:59Z", "2026-05-01"),
        ("2026-05-01T00:00", "2026-05-01T00:00"),
        ("next week", "next week"),
    ],
)
def test_a_date_is_taken_for_its_day_and_what_is_none_is_left_to_the_form(given_value, day):
    assert entered(FORM, {"wanted_on": Variable(value=given_value)}) == {"wanted_on": day}


@pytest.mark.parametrize("value", [Decimal("1e400"), Decimal("1e-400"), Decimal("NaN"), 10**50, float("inf")])
def test_numbers_beyond_all_measure_are_refused_before_anything_prints_them(value):
    with pytest.raises(BadRequest):
        entered(FORM, {"amount": Variable(value=value)})


def test_hidden_fields_are_neither_told_nor_taken():
    assert "margin" not in of_form(FORM, {"margin": "2%"})
    with pytest.raises(BadRequest):
        entered(FORM, {"margin": Variable(value="2%")})


def test_fields_that_a_step_only_shows_are_named():
    given_values = {"amount": Variable(value="1"), "margin": Variable(value="2")}
    assert read_only(REVIEW, given_values) == ["amount"]
    assert read_only(FORM, given_values) == ["margin"]


def test_a_null_empties_a_field():
    assert entered(FORM, {"purpose": Variable(value=None), "urgent": Variable(type=VariableType.NULL)}) == {
        "purpose": None,
        "urgent": None,
    }
