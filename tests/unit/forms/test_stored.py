"""Values as JSON and back, and the schema that documents what a step takes."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from werkzeug.datastructures import MultiDict

from app.workflow import forms
from tests.form_files import INTAKE, component, filled, form_of, intake_files, options

TODAY = date(2026, 3, 2)


def taken() -> dict[str, Any]:
    """Typed values of a complete intake."""
    form = forms.load(INTAKE, intake_files())
    return forms.read(form, MultiDict(filled()), values={}, options=options, locale="en", today=TODAY).values


def test_values_survive_json_with_their_types() -> None:
    form, values = forms.load(INTAKE, intake_files()), taken()
    stored = json.loads(json.dumps(forms.to_json(values)))
    assert stored["amount"] == "1200000.00"
    assert stored["needed_by"] == "2031-01-15"
    assert stored["incomes"][0]["monthly"] == "18500.00"
    assert forms.from_json(form, stored) == values


def test_values_of_other_forms_pass_untouched() -> None:
    form = form_of(component("number", "a"))
    assert forms.from_json(form, {"a": "1", "other": "1"}) == {"a": Decimal(1), "other": "1"}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999999999", "1_000", "１", "1,000", "", "0x1", "9" * 31, "--1"])
def test_a_stored_text_that_is_no_plain_number_stays_a_text(text: str) -> None:
    assert forms.from_json(form_of(component("number", "a")), {"a": text}) == {"a": text}


def test_numbers_that_json_wrote_as_numbers_become_exact() -> None:
    form = form_of(component("number", "a"), component("number", "b"), component("number", "c"))
    assert forms.from_json(form, {"a": 5, "b": 0.1, "c": True}) == {"a": Decimal(5), "b": Decimal("0.1"), "c": True}


@pytest.mark.parametrize("text", ["2026-02-30", "20260302", "soon", ""])
def test_a_stored_text_that_is_no_date_stays_a_text(text: str) -> None:
    assert forms.from_json(form_of(component("date", "a")), {"a": text}) == {"a": text}


def test_the_schema_accepts_what_the_form_takes_and_names_its_bounds() -> None:
    form = forms.load(INTAKE, intake_files(phone="hidden", officer="read"))
    schema = forms.json_schema(form)
    jsonschema_rs.meta.validate(schema)
    stored = {key: value for key, value in forms.to_json(taken()).items() if key != "phone"}
    assert jsonschema_rs.is_valid(schema, stored)
    assert not jsonschema_rs.is_valid(schema, stored | {"amount": "12.345"})
    assert not jsonschema_rs.is_valid(schema, stored | {"amount": 12.3})
    assert not jsonschema_rs.is_valid(schema, stored | {"kind": "charity"})
    assert not jsonschema_rs.is_valid(schema, stored | {"stranger": 1})
    assert not jsonschema_rs.is_valid(schema, {key: value for key, value in stored.items() if key != "amount"})


def test_the_schema_is_silent_about_hidden_fields_and_marks_those_that_may_not_be_written() -> None:
    properties = forms.json_schema(forms.load(INTAKE, intake_files(phone="hidden", officer="read")))["properties"]
    assert "phone" not in properties
    assert [key for key, schema in properties.items() if schema.get("readOnly")] == ["officer", "total"]


def test_a_field_that_a_condition_may_hide_is_not_required_by_the_schema() -> None:
    required = forms.json_schema(forms.load(INTAKE, intake_files()))["required"]
    assert "amount" in required
    assert "id_number" not in required
