"""Choices that depend on the other entries: what is offered, what is refused, what is found wrong at deployment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from app.workflow import forms
from tests.form_files import component, file_of, form_of, three

OFFICERS = {"hanmei": ["retail"], "chenjie": ["corporate"], "weina": ["corporate", "micro"]}
OF_THE_LINE = "list contains(option.lines, line)"
FACTS = {"officers": frozenset({"lines"})}


def line(**more: Any) -> dict[str, Any]:
    values = [{"value": key, "label": three(key)} for key in ("retail", "corporate", "micro")]
    return component("select", "line", values=values, **more)


def officer(filter: str = OF_THE_LINE, kind: str = "select", **more: Any) -> dict[str, Any]:
    return component(kind, "officer", source="officers", filter=filter, **more)


def offer(source: str) -> Sequence[forms.Option]:
    if source != "officers":
        return []
    return [forms.Choice(name, three(name.title()), {"lines": lines}) for name, lines in OFFICERS.items()]


def read(form: forms.Form, posted: dict[str, str], before: dict[str, Any] | None = None) -> forms.Submission:
    return forms.read(form, MultiDict(posted), values=before or {}, options=offer, locale="en")


def html(form: forms.Form, values: dict[str, Any], locale: str = "en", **more: Any) -> str:
    return str(forms.render(form, values, options=offer, locale=locale, **more))


def found(*components: dict[str, Any], sources: Any = FACTS) -> list[tuple[str, str]]:
    said = forms.check(file_of(*components), sources=sources)
    return [(finding.component, finding.code) for finding in said]


def test_only_the_choices_that_go_with_the_other_entries_are_offered() -> None:
    form = form_of(line(), officer())
    page = html(form, {"line": "corporate"})
    assert 'value="chenjie"' in page
    assert 'value="weina"' in page
    assert "hanmei" not in page


def test_before_the_other_entry_is_there_nothing_is_offered_and_the_page_says_why() -> None:
    page = html(form_of(line(), officer()), {})
    assert "chenjie" not in page
    assert "Nothing to choose from yet. It depends on: Line." in page


def test_the_field_that_others_depend_on_asks_for_the_page_again() -> None:
    page = html(form_of(line(), officer()), {}, refresh="/again")
    chooser, _, rest = page.partition('name="officer"')
    assert chooser.count('hx-post="/again"') == 1
    assert "hx-post" not in rest.partition("</select>")[0]


def test_without_script_a_button_does_the_same() -> None:
    assert 'name="_update"' in html(form_of(line(), officer()), {}).partition("<noscript>")[2]


@pytest.mark.parametrize("kind", ["select", "radio", "user"])
def test_a_choice_that_does_not_go_with_the_other_entries_is_refused(kind: str) -> None:
    form = form_of(line(), officer(kind=kind))
    assert read(form, {"line": "retail", "officer": "hanmei"}).ok
    refused = read(form, {"line": "retail", "officer": "chenjie"})
    assert refused.errors == {"officer": "This does not go with the other entries; please choose again."}
    assert refused.values["officer"] is None


def test_a_choice_made_before_is_refused_when_what_it_depends_on_has_changed() -> None:
    form = form_of(line(), officer())
    assert "officer" in read(form, {"line": "corporate"}, {"line": "retail", "officer": "hanmei"}).errors


def test_a_choice_of_an_earlier_step_is_refused_though_this_step_only_reads_what_it_depends_on() -> None:
    form = form_of(line(), officer(), access={"*": "read", "officer": "required"})
    before = {"line": "corporate", "officer": "hanmei"}
    assert "officer" in read(form, {"officer": "hanmei"}, before).errors
    assert read(form, {"officer": "weina", "line": "retail"}, before).ok


def test_somebody_the_source_no_longer_has_may_stay_where_he_was_chosen_before() -> None:
    form = form_of(line(), officer())
    assert read(form, {"line": "retail", "officer": "left"}, {"line": "retail", "officer": "left"}).ok


def test_the_page_names_the_choice_that_is_gone_and_leaves_the_field_empty() -> None:
    page = html(form_of(line(), officer()), {"line": "corporate", "officer": "hanmei"})
    assert "“Hanmei” no longer goes with the other entries." in page
    assert 'value="hanmei"' not in page


def test_for_reading_the_choice_is_shown_by_its_label_whatever_the_filter_says() -> None:
    page = html(form_of(line(), officer()), {"line": "corporate", "officer": "hanmei"}, disabled=True)
    assert "Hanmei" in page


def test_what_is_wrong_with_the_other_entry_is_said_once() -> None:
    form = form_of(line(validate={"required": True}), officer())
    assert set(read(form, {"line": "nonsense", "officer": "hanmei"}).errors) == {"line"}


def test_choices_written_in_the_form_are_filtered_by_their_value() -> None:
    both = [{"value": key, "label": three(key)} for key in ("mortgage", "credit")]
    form = form_of(
        component("number", "amount"),
        component("select", "kind", values=both, filter='amount <= 1000 or option.value = "mortgage"'),
    )
    assert read(form, {"amount": "1000", "kind": "credit"}).ok
    assert set(read(form, {"amount": "1001", "kind": "credit"}).errors) == {"kind"}


def test_a_field_may_be_called_like_a_function_of_the_language() -> None:
    form = form_of(
        component("select", "product", values=[{"value": "retail", "label": three("Retail")}]),
        officer("list contains(option.lines, product)"),
    )
    assert read(form, {"product": "retail", "officer": "hanmei"}).ok
    assert set(read(form, {"product": "retail", "officer": "chenjie"}).errors) == {"officer"}
    assert "data-refreshes" in html(form, {}).partition('name="officer"')[0]


def test_a_right_filter_has_no_findings() -> None:
    assert found(line(), officer()) == []
    assert found(line(), officer("some x in option.lines satisfies x = line")) == []


@pytest.mark.parametrize(
    ("components", "wrong"),
    [
        ((line(), officer("line =")), ("officer", "expression")),
        ((line(), officer('line = "retail"')), ("officer", "filter_of_nothing")),
        ((line(), officer("list contains(option.branch, line)")), ("officer", "unknown_fact")),
        ((line(), officer("list contains(option.lines, lien)")), ("officer", "unknown_name")),
        ((line(), officer("option.value != officer")), ("officer", "condition_circle")),
        ((line(), component("textfield", "option"), officer()), ("option", "reserved_key")),
        ((line(), component("textfield", "name", filter=OF_THE_LINE)), ("name", "unknown_property")),
    ],
)
def test_a_filter_that_can_never_work_is_found_at_deployment(
    components: tuple[dict[str, Any], ...], wrong: tuple[str, str]
) -> None:
    assert wrong in found(*components)


def test_a_column_of_a_table_has_no_filter() -> None:
    table = component("table", "people", columns=[officer()])
    assert ("people.officer", "unknown_property") in found(line(), table)
