"""Which fields stay hidden: by key and by record value, never by label."""

from __future__ import annotations

from app.workflow import forms
from app.workflow.forms import Access, Field, FieldType
from app.workflow.hiding import hidden_by

LABEL = {"en": "Note", "zh_Hans": "备注", "zh_Hant": "備註"}


def form(**access: Access | tuple[Access, str]) -> forms.Form:
    """A form of fields that all carry the same label; a pair gives the record value bound to."""
    fields = {}
    for key, given in access.items():
        way, bind = given if isinstance(given, tuple) else (given, None)
        fields[key] = Field(key, FieldType.TEXTFIELD, LABEL, way, bind=bind)
    return forms.Form("test/form", LABEL, (), fields=fields)


def test_what_the_only_station_hides_is_hidden_and_what_it_shows_is_not():
    hidden = hidden_by([form(salary=Access.HIDDEN, purpose=Access.READ)])
    assert hidden.keys == {"salary"}


def test_a_station_that_does_not_know_the_field_does_not_show_it_either():
    assert hidden_by([form(salary=Access.HIDDEN), form(purpose=Access.READ)]).keys == {"salary"}


def test_what_one_of_the_stations_shows_is_seen():
    assert hidden_by([form(salary=Access.HIDDEN), form(salary=Access.EDIT)]).keys == frozenset()


def test_a_field_with_the_same_label_is_not_hidden():
    hidden = hidden_by([form(salary=Access.HIDDEN, purpose=Access.READ)])
    assert not hidden.covers(Field("purpose", FieldType.TEXTFIELD, LABEL))


def test_the_same_record_value_under_another_key_is_hidden_too():
    hidden = hidden_by([form(phone=(Access.HIDDEN, "customer.phone"))])
    assert hidden.covers(Field("mobile", FieldType.PHONE, LABEL, bind="customer.phone"))
    assert not hidden.covers(Field("mobile", FieldType.PHONE, LABEL, bind="guarantor.phone"))


def test_a_hidden_record_value_is_hidden_as_a_routing_variable():
    assert hidden_by([form(income=(Access.HIDDEN, "application.monthly_income"))]).names == {"income", "monthly_income"}


def test_without_a_station_nothing_is_hidden():
    assert hidden_by([]).names == frozenset()
