"""Form files read and checked: what a form becomes, and what each mistake of an analyst is called."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.workflow import forms
from app.workflow.forms.finding_texts import FINDING_TEXTS
from tests.form_files import INTAKE, component, file_of, form_of, intake_files, three


def codes(*components: dict[str, Any], **top: Any) -> list[tuple[str, str]]:
    """(component, code) of all findings of a one-file deployment."""
    return [(finding.component, finding.code) for finding in forms.check(file_of(*components, **top))]


def test_a_complete_form_has_no_findings() -> None:
    assert forms.check(intake_files(), sources={"products", "users", "groups"}) == ()


def test_included_components_come_first_and_keep_their_sections() -> None:
    form = forms.load(INTAKE, intake_files())
    assert [section.key for section in form.sections] == ["customer", "loan", "income"]
    assert next(iter(form.fields)) == "kind"
    assert form.fields["name"].file == "credit/_customer.form"


def test_components_outside_of_sections_stand_in_an_anonymous_section_in_their_place() -> None:
    section = {"type": "section", "key": "inner", "label": three("Inner"), "components": [component("date", "day")]}
    form = form_of(component("textfield", "first"), section, component("textfield", "last"))
    assert [section.key for section in form.sections] == ["", "inner", ""]
    assert list(form.fields) == ["first", "day", "last"]


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        ({}, "edit"),
        ({"*": "read"}, "read"),
        ({"*": "read", "loan": "edit"}, "edit"),
        ({"*": "read", "loan": "edit", "amount": "hidden"}, "hidden"),
        ({"amount": "required"}, "required"),
    ],
)
def test_access_is_that_of_the_field_else_of_its_section_else_of_all(access: dict[str, str], expected: str) -> None:
    section = {"type": "section", "key": "loan", "label": three("Loan"), "components": [component("number", "amount")]}
    assert form_of(section, access=access).fields["amount"].access == expected


def test_columns_have_the_access_of_their_table() -> None:
    table = component("table", "rows", columns=[component("textfield", "name", validate={"required": True})])
    assert not form_of(table, access={"*": "read"}).fields["rows"].columns[0].required
    assert form_of(table, access={"*": "required"}).fields["rows"].columns[0].required


def test_a_mandatory_field_is_only_demanded_where_it_may_be_edited() -> None:
    field = component("textfield", "name", validate={"required": True})
    assert form_of(field).fields["name"].required
    assert not form_of(field, access={"name": "read"}).fields["name"].required


def test_a_shared_part_knows_neither_access_nor_the_names_of_the_including_form() -> None:
    part = file_of(component("number", "extra", visible="kind = 1"), key="test/_part", access={"*": "read"})
    step = file_of(component("number", "kind"), include=["test/_part"])
    findings = forms.check({**part, **step})
    assert [(finding.severity, finding.code) for finding in findings] == [("warning", "part_access")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property"),
        (b"[]", "expected"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b"\xff\xfe", "decode"),
        (b"[" * 100_000, "recursion"),
    ],
)
def test_a_file_that_is_no_json_object_is_a_finding(content: bytes, words: str) -> None:
    (finding,) = forms.check({"test/form.form": content})
    assert finding.code == "unreadable"
    assert words in finding.message["en"]


def test_a_file_beyond_the_size_limit_is_not_even_parsed() -> None:
    (finding,) = forms.check({"test/form.form": b" " * 256_001})
    assert finding.code == "too_large"


def test_a_byte_order_mark_is_tolerated() -> None:
    files = {name: b"\xef\xbb\xbf" + content for name, content in file_of(component("date", "day")).items()}
    assert forms.check(files) == ()


WRONG_COMPONENTS = [
    (component("textbox", "a"), "unknown_type"),
    (component("textfield", "A-1"), "bad_key"),
    (component("textfield", "a" * 61), "bad_key"),
    (component("textfield", "_a"), "bad_key"),
    (component("textfield", "outcome"), "reserved_key"),
    ({"type": "textfield", "label": three("A")}, "missing"),
    ({"type": "textfield", "key": "a"}, "missing"),
    (component("textfield", "a", decimals=2), "unknown_property"),
    (component("textfield", "a", validate={"maxlength": 3}), "unknown_property"),
    (component("textfield", "a", validate={"maxLength": 0}), "wrong_value"),
    (component("textfield", "a", validate={"maxLength": "3"}), "wrong_value"),
    (component("textfield", "a", validate={"pattern": "("}), "wrong_value"),
    (component("textfield", "a", validate={"pattern": r"(?=x)"}), "wrong_value"),
    (component("textfield", "a", validate=[]), "wrong_value"),
    (component("textfield", "a", validate={"required": "yes"}), "wrong_value"),
    (component("textfield", "a", validate={"minLength": 5, "maxLength": 4}), "empty_range"),
    (component("textfield", "a", help=["x"]), "wrong_value"),
    (component("number", "a", decimals=9), "wrong_value"),
    (component("number", "a", decimals=True), "wrong_value"),
    (component("number", "a", validate={"min": "lots"}), "wrong_value"),
    (component("number", "a", validate={"min": "NaN"}), "wrong_value"),
    (component("number", "a", validate={"min": "2", "max": "1"}), "empty_range"),
    (component("date", "a", validate={"min": "2026-02-30"}), "wrong_value"),
    (component("date", "a", validate={"min": "2027-01-01", "max": "2026-01-01"}), "empty_range"),
    (component("select", "a"), "no_choices"),
    (component("select", "a", values=[{"value": "x", "label": "X"}, {"value": "x", "label": "Y"}]), "duplicate_key"),
    (component("select", "a", values=[{"value": "x"}]), "missing"),
    (component("table", "a"), "missing"),
    (component("table", "a", columns=[component("table", "b")]), "bad_column"),
    (component("table", "a", columns=[component("date", "b"), component("date", "b")]), "duplicate_key"),
    (component("table", "a", columns=[component("date", "b", visible="true")]), "unknown_property"),
    (component("table", "a", columns=[component("date", "b")], validate={"maxRows": 501}), "wrong_value"),
    (component("idnumber", "a", kinds=["fr"]), "wrong_value"),
    (component("phone", "a", regions=[]), "wrong_value"),
    (component("textfield", "a", visible="a >"), "expression"),
    (component("textfield", "a", visible="nobody = 1"), "unknown_name"),
    (component("textfield", "a", default="nobody"), "unknown_name"),
    (component("textfield", "a", calculated="nobody"), "unknown_name"),
    (component("textfield", "a", visible='a = "x"'), "condition_circle"),
    (component("section", "a", components=[component("section", "b", components=[])]), "nested_section"),
    ({"type": "text"}, "missing"),
    (component("section", "a", components=[component("date", "b", visible="b != null")]), "condition_circle"),
]


@pytest.mark.parametrize(("wrong", "code"), WRONG_COMPONENTS)
def test_each_mistake_in_a_component_is_an_error_with_its_name(wrong: dict[str, Any], code: str) -> None:
    assert code in [found for _, found in codes(wrong)]
    with pytest.raises(forms.FormError) as refused:
        form_of(wrong)
    assert code in [finding.code for finding in refused.value.findings]


@pytest.mark.parametrize(
    ("top", "code"),
    [
        ({"acces": {}}, "unknown_property"),
        ({"access": {"nobody": "read"}}, "access_unknown"),
        ({"access": {"a": "write"}}, "wrong_value"),
        ({"access": {"a": ["edit"]}}, "wrong_value"),
        ({"access": "read"}, "wrong_value"),
        ({"schemaVersion": 2}, "wrong_value"),
        ({"include": ["test/_none"]}, "missing_include"),
        ({"include": ["test/form"]}, "include_circle"),
        ({"include": "test/_none"}, "wrong_value"),
        ({"components": {}}, "wrong_value"),
        ({"components": ["a"]}, "wrong_value"),
        ({"rules": [{"check": "a > 1"}]}, "missing"),
        ({"rules": [{"message": "x"}]}, "missing"),
        ({"rules": [{"check": "a >", "message": "x"}]}, "expression"),
        ({"rules": [{"check": "b > 1", "message": "x"}]}, "unknown_name"),
        ({"rules": [{"check": "a > 1", "message": "x", "field": "b"}]}, "field_unknown"),
        ({"title": None}, "missing"),
        ({"key": "test/form", "title": {"en": 5}}, "wrong_value"),
    ],
)
def test_each_mistake_in_a_file_is_an_error_with_its_name(top: dict[str, Any], code: str) -> None:
    content = json.loads(file_of(component("number", "a"))["test/form.form"]) | top
    findings = forms.check({"test/form.form": json.dumps(content).encode()})
    assert code in [finding.code for finding in findings if finding.severity == "error"]


def test_a_key_that_does_not_fit_the_file_name_is_found() -> None:
    (content,) = file_of(component("date", "day")).values()
    assert [finding.code for finding in forms.check({"test/other.form": content})] == ["wrong_key"]


def test_the_same_key_in_two_parts_is_found() -> None:
    part = file_of(component("date", "day"), key="test/_part")
    step = file_of(component("number", "day"), include=["test/_part"])
    assert ("day", "duplicate_key") in [(f.component, f.code) for f in forms.check({**part, **step})]


def test_circles_over_several_fields_and_their_sections_are_found() -> None:
    first = component("textfield", "first", visible='second = "x"')
    section = {
        "type": "section",
        "key": "late",
        "label": three("Late"),
        "visible": 'first = "y"',
        "components": [component("textfield", "second")],
    }
    assert codes(first, section) == [("first", "condition_circle"), ("second", "condition_circle")]


def test_includes_that_include_each_other_end() -> None:
    one = file_of(key="test/_one", include=["test/_two"])
    two = file_of(key="test/_two", include=["test/_one"])
    step = file_of(component("date", "day"), include=["test/_one"])
    assert "include_circle" in [finding.code for finding in forms.check({**one, **two, **step})]


def test_unknown_sources_and_binds_are_found_where_they_are_known() -> None:
    files = file_of(
        component("select", "product", source="produkts"),
        component("number", "amount", bind="application.amont"),
        component("table", "rows", columns=[component("user", "who")]),
    )
    assert forms.check(files) == ()
    findings = forms.check(files, sources={"products"}, binds=lambda process: {"application.amount"})
    assert sorted((f.component, f.code) for f in findings) == [
        ("", "unknown_bind"),
        ("product", "unknown_source"),
        ("rows.who", "unknown_source"),
    ]


def test_a_record_field_bound_twice_is_found() -> None:
    twice = (component("number", "a", bind="x.a"), component("number", "b", bind="x.a"))
    assert ("", "duplicate_bind") in codes(*twice)


def test_a_missing_translation_is_only_a_warning() -> None:
    field = {"type": "date", "key": "day", "label": {"en": "Day"}}
    (finding,) = forms.check(file_of(field))
    assert (finding.severity, finding.code) == ("warning", "untranslated")
    assert "zh_Hans, zh_Hant" in finding.message["en"]
    assert form_of(field).fields["day"].label["en"] == "Day"


COMPARED = (
    component("radio", "kind", values=[{"value": "person", "label": "P"}, {"value": "firm", "label": "F"}]),
    component("number", "amount"),
    component("date", "day"),
    component("checkbox", "flag"),
    component("select", "product", source="products"),
    component("table", "rows", columns=[component("textfield", "kind")]),
)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ('kind = "persn"', "unknown_choice"),
        ('"persn" = kind', "unknown_choice"),
        ('not(kind in ("firm", "persn"))', "unknown_choice"),
        ('amount > 5 and kind != "x"', "unknown_choice"),
        ("kind = 1", "wrong_literal"),
        ('amount > "5"', "wrong_literal"),
        ('if flag = "true" then true else false', "wrong_literal"),
        ('day > "2026-01-01"', "wrong_literal"),
        ('rows = "x"', "wrong_literal"),
        ("product = 5", "wrong_literal"),
        ('kind = "person"', ""),
        ('kind in ("firm", "person")', ""),
        ("kind = null", ""),
        ("amount >= 5.5", ""),
        ("flag = true", ""),
        ('day > @"2026-01-01"', ""),
        ('day > date("2026-01-01")', ""),
        ('product = "anything"', ""),
        ('count(rows[kind = "x"]) > 0', ""),
        ('some row in rows satisfies row.kind = "x"', ""),
    ],
)
def test_a_condition_that_compares_a_field_with_what_it_never_holds_is_found(condition: str, code: str) -> None:
    shown = component("textfield", "shown", visible=condition)
    assert [found for _, found in codes(*COMPARED, shown)] == ([code] if code else [])


def test_a_finding_guesses_what_was_meant() -> None:
    (finding,) = forms.check(file_of(component("number", "amount"), access={"amuont": "read"}))
    assert "(amount?)" in finding.mend["zh_Hans"]


def test_a_mistake_in_a_shared_part_is_told_once_and_at_its_file() -> None:
    part = file_of(component("textbox", "x"), key="test/_part")
    steps = {**file_of(include=["test/_part"]), **file_of(key="test/second", include=["test/_part"])}
    assert [(f.file, f.code) for f in forms.check({**part, **steps})] == [("test/_part.form", "unknown_type")]


def test_other_files_of_the_deployment_are_left_alone() -> None:
    assert forms.check({"credit.bpmn": b"<xml/>", "notes.txt": b"{"}) == ()


def test_all_findings_of_a_file_are_told_at_once() -> None:
    wrong = [component("textbox", "a"), component("textfield", "B"), component("select", "c")]
    assert codes(*wrong, acces={}) == [
        ("a", "unknown_type"),
        ("B", "bad_key"),
        ("c", "no_choices"),
        ("", "unknown_property"),
    ]


@pytest.mark.parametrize("code", FINDING_TEXTS)
def test_every_finding_is_written_in_three_languages(code: str) -> None:
    for texts in FINDING_TEXTS[code]:
        assert texts.keys() == {"en", "zh_Hans", "zh_Hant"}
        assert all(texts.values())


def test_values_are_split_by_where_they_live_and_joined_again() -> None:
    form = form_of(component("number", "amount", bind="application.amount"), component("textfield", "note"))
    values = {"amount": 5, "note": "x", "stranger": 1}
    assert form.split(values) == ({"application.amount": 5}, {"note": "x"})
    assert form.join(*form.split(values)) == {"amount": 5, "note": "x"}
