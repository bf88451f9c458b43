"""Requests taken against a form: only what the step may edit, typed, with the reason for everything refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from app.workflow import forms
from tests.form_files import INTAKE, component, filled, form_of, intake_files, options, three

TODAY = date(2026, 3, 2)


def read(form: forms.Form, posted: dict[str, str], before: dict[str, Any] | None = None) -> forms.Submission:
    """Take `posted` in English on 2 March 2026."""
    return forms.read(form, MultiDict(posted), values=before or {}, options=options, locale="en", today=TODAY)


def intake(
    posted: dict[str, str] | None = None, before: dict[str, Any] | None = None, **access: str
) -> forms.Submission:
    """Take a request with the intake form."""
    return read(forms.load(INTAKE, intake_files(**access)), filled() if posted is None else posted, before)


def test_a_complete_application_is_taken_with_its_types() -> None:
    submission = intake()
    assert submission.errors == {}
    assert submission.values["amount"] == Decimal("1200000.00")
    assert submission.values["needed_by"] == date(2031, 1, 15)
    assert submission.values["consent"] is True
    assert submission.values["phone"] == "+8613800138000"
    assert submission.values["purpose"] == "购房\n首套"
    assert submission.values["incomes"] == [
        {"source": "工资", "monthly": Decimal("18500.00"), "proven": True},
        {"source": "租金", "monthly": Decimal("3200.50"), "proven": False},
    ]


def test_a_calculated_value_is_worked_out_here_and_never_taken_from_the_request() -> None:
    submission = intake(filled() | {"total": "99999999"})
    assert submission.values["total"] == Decimal("21700.50")


@pytest.mark.parametrize("access", ["hidden", "read"])
def test_a_field_that_may_not_be_edited_keeps_its_value_whatever_is_posted(access: str) -> None:
    before = {"amount": Decimal("5000.00"), "total": Decimal("21700.50")}
    submission = intake(filled() | {"amount": "1"}, before, amount=access)
    assert submission.ok
    assert submission.values["amount"] == Decimal("5000.00")
    assert "amount" not in submission.changed


@pytest.mark.parametrize("access", ["hidden", "read"])
def test_a_table_that_may_not_be_edited_keeps_its_rows(access: str) -> None:
    before = {"incomes": [{"source": "old", "monthly": Decimal(90000), "proven": True}]}
    submission = intake(before=before, incomes=access)
    assert submission.values["incomes"] == before["incomes"]


def test_names_that_no_field_has_are_ignored() -> None:
    submission = intake(filled() | {"is_admin": "true", "incomes.0.bonus": "1", "__proto__": "x", "": "y"})
    assert submission.ok
    assert "is_admin" not in submission.values
    assert submission.values["incomes"][0].keys() == {"source", "monthly", "proven"}


def test_required_fields_that_are_empty_are_all_named() -> None:
    submission = intake(
        {"kind": "individual", "name": " ", "id_number": "", "product": "", "amount": "", "consent": ""}
    )
    assert submission.errors == {
        "name": "Please fill in.",
        "id_number": "Please fill in.",
        "product": "Please choose.",
        "amount": "Please fill in.",
        "consent": "Please confirm by ticking the box.",
    }


def test_access_can_make_a_field_required_on_one_step() -> None:
    posted = {key: value for key, value in filled().items() if key != "purpose"}
    assert intake(posted).ok
    assert intake(posted, purpose="required").errors == {"purpose": "Please fill in."}


def test_a_field_that_the_request_does_not_name_keeps_its_value() -> None:
    before = {"purpose": "as before", "term_months": Decimal(12)}
    posted = {key: value for key, value in filled().items() if key not in ("purpose", "term_months")}
    submission = intake(posted, before)
    assert submission.values["purpose"] == "as before"
    assert submission.values["term_months"] == Decimal(12)


def test_an_unticked_box_is_told_from_a_box_that_was_not_on_the_page() -> None:
    form = form_of(component("checkbox", "flag"))
    assert read(form, {"flag": ""}, {"flag": True}).values == {"flag": False}
    assert read(form, {}, {"flag": True}).values == {"flag": True}


def test_the_last_of_two_values_counts_because_a_ticked_box_sends_both() -> None:
    form = form_of(component("checkbox", "flag"))
    posted = MultiDict([("flag", ""), ("flag", "true")])
    submission = forms.read(form, posted, values={}, options=options, locale="en")
    assert submission.values == {"flag": True}


def test_a_field_that_the_conditions_hide_is_emptied_and_not_demanded() -> None:
    before = {"credit_code": "91110000600037341L"}
    submission = intake(filled() | {"credit_code": "91110000600037341L"}, before)
    assert submission.ok
    assert submission.values["credit_code"] is None
    assert "credit_code" in submission.changed


def test_a_mistake_in_a_field_that_the_conditions_hide_does_not_stand_in_the_way() -> None:
    assert intake(filled() | {"credit_code": "nonsense"}).ok


def test_a_field_that_appears_by_this_very_request_is_demanded() -> None:
    submission = intake(filled() | {"kind": "enterprise"})
    assert submission.errors == {"credit_code": "Please fill in."}
    assert submission.values["id_number"] is None


def test_hidden_fields_decide_conditions_on_the_server() -> None:
    posted = {key: value for key, value in filled().items() if key != "kind"}
    submission = intake(posted, {"kind": "individual"}, kind="hidden")
    assert submission.ok
    assert submission.values["id_number"] == "11010519000127893X"


def test_conditions_depend_on_conditions() -> None:
    form = form_of(
        component("checkbox", "one"),
        component("checkbox", "two", visible="one"),
        component("textfield", "three", visible="two", validate={"required": True}),
    )
    assert read(form, {"one": "true", "two": "true"}).errors == {"three": "Please fill in."}
    cleared = read(form, {"one": "", "two": "true", "three": "x"})
    assert cleared.values == {"one": False, "two": False, "three": None}


def test_a_section_that_is_not_visible_hides_its_fields() -> None:
    section = {
        "type": "section",
        "key": "more",
        "label": three("More"),
        "visible": "wanted",
        "components": [component("textfield", "detail", validate={"required": True})],
    }
    form = form_of(component("checkbox", "wanted"), section)
    assert read(form, {"wanted": ""}).ok
    assert read(form, {"wanted": "true"}).errors == {"detail": "Please fill in."}


def test_rows_left_blank_are_dropped_and_errors_name_the_rows_that_stay() -> None:
    posted = filled() | {
        "incomes.0.source": " ",
        "incomes.0.monthly": "",
        "incomes.0.proven": "",
        "incomes.1.monthly": "x",
    }
    submission = intake(posted)
    assert list(submission.errors) == ["incomes.0.monthly"]
    assert submission.shown["incomes"] == [{"source": "租金", "monthly": "x", "proven": False}]


def test_rows_come_in_the_order_of_their_numbers() -> None:
    posted = filled() | {"incomes.10.source": "third", "incomes.2.source": "second"}
    posted = {key: value for key, value in posted.items() if not key.startswith("incomes.0")}
    assert [row["source"] for row in intake(posted).values["incomes"]] == ["租金", "second", "third"]


def test_too_many_rows_are_refused_and_shown_again() -> None:
    posted = filled() | {f"incomes.{number}.source": "x" for number in range(4)}
    submission = intake(posted)
    assert submission.errors == {"incomes": "At most 3 rows, now 4."}
    assert len(submission.shown["incomes"]) == 4


def test_a_flood_of_rows_is_not_looked_at() -> None:
    posted = filled() | {f"incomes.{number}.source": "x" for number in range(5_000)}
    assert len(intake(posted).shown["incomes"]) == 501


@pytest.mark.parametrize(
    ("validate", "access", "sentence"),
    [({"minRows": 2}, "edit", "At least 2 rows, now 1."), ({"minRows": 1}, "edit", ""), ({}, "required", "")],
)
def test_a_table_has_at_least_its_rows(validate: dict[str, int], access: str, sentence: str) -> None:
    table = component("table", "rows", columns=[component("textfield", "name")], validate=validate)
    form = form_of(table, access={"rows": access})
    one = {"rows.rows": "1", "rows.0.name": "x"}
    assert read(form, one).errors == ({"rows": sentence} if sentence else {})
    assert not read(form, {"rows.rows": "0"}).ok


def test_all_rows_can_be_removed() -> None:
    posted = {key: value for key, value in filled().items() if not key.startswith("incomes.")}
    before = {"incomes": [{"source": "old", "monthly": None, "proven": False}]}
    assert intake(posted, before).values["incomes"] == before["incomes"]
    assert intake(posted | {"incomes.rows": "0"}, before).values["incomes"] == []


def test_a_refused_text_is_shown_again_as_typed_and_not_kept_as_value() -> None:
    submission = intake(filled() | {"amount": "1,2,3"})
    assert submission.values["amount"] is None
    assert submission.shown["amount"] == "1,2,3"
    assert not submission.ok


def test_a_rule_across_fields_is_told_at_its_field() -> None:
    submission = intake(filled() | {"amount": "450000000"})
    assert submission.errors == {"amount": "Too much for this income."}


def test_a_rule_waits_until_its_fields_are_in_order() -> None:
    assert intake(filled() | {"amount": "abc"}).errors.keys() == {"amount"}
    posted = filled() | {"incomes.0.monthly": "abc"}
    assert intake(posted).errors.keys() == {"incomes.0.monthly"}


def test_a_rule_on_fields_of_another_step_does_not_stop_this_one() -> None:
    before = {"amount": Decimal("450000000"), "incomes": [{"source": "x", "monthly": Decimal(1), "proven": True}]}
    assert intake(before=before, amount="read", incomes="read").ok
    assert intake(before=before, amount="read").errors == {"amount": "Too much for this income."}


def test_a_rule_whose_field_is_not_on_the_page_is_told_without_naming_it() -> None:
    rule = {"check": "a <= b", "field": "b", "message": three("Too much.")}
    form = form_of(component("number", "a"), component("number", "b"), rules=[rule], access={"b": "hidden"})
    assert read(form, {"a": "5"}, {"b": Decimal(4)}).errors == {"rule:1": "Too much."}


def test_a_rule_that_comes_out_as_nothing_although_all_is_filled_is_never_taken_for_a_yes() -> None:
    rule = {"check": "a > b", "message": three("No.")}
    form = form_of(component("number", "a"), component("textfield", "b"), rules=[rule])
    assert read(form, {"a": "5", "b": ""}).ok
    (sentence,) = read(form, {"a": "5", "b": "x"}).errors.values()
    assert "a > b" in sentence


def test_sentences_come_in_the_language_of_the_reader() -> None:
    form = form_of(component("number", "a"))
    sentences = {
        locale: forms.read(form, MultiDict({"a": "x"}), values={}, options=options, locale=locale).errors["a"]
        for locale in ("en", "zh_Hans", "zh_Hant", "fr")
    }
    assert sentences["zh_Hans"].startswith("不是数字")
    assert sentences["zh_Hant"].startswith("不是數字")
    assert sentences["fr"] == sentences["en"]


def test_only_what_differs_counts_as_changed() -> None:
    first = intake()
    again = intake(before=first.values)
    assert again.changed == frozenset()
    assert intake(filled() | {"term_months": "12"}, first.values).changed == {"term_months"}


def test_the_values_before_are_never_touched() -> None:
    before: dict[str, Any] = {"incomes": [{"source": "old", "monthly": None, "proven": False}]}
    intake(before=before)
    assert before == {"incomes": [{"source": "old", "monthly": None, "proven": False}]}


def test_a_draft_keeps_texts_as_typed_and_only_of_fields_that_may_be_edited() -> None:
    form = forms.load(INTAKE, intake_files(name="read", phone="hidden"))
    draft = forms.read_draft(form, MultiDict(filled() | {"amount": " 1,2 ", "x": "y"}))
    assert draft["amount"] == " 1,2 "
    assert draft["incomes"][1] == {"source": "租金", "monthly": "3200.5"}
    assert draft.keys().isdisjoint({"name", "phone", "x", "total"})


def test_a_draft_holds_nothing_that_no_store_takes() -> None:
    draft = forms.read_draft(form_of(component("textarea", "a")), MultiDict({"a": "x\x00\ud800y" + "z" * 30_000}))
    assert draft["a"].startswith("xyz")
    assert len(draft["a"]) == 20_000


def test_the_row_buttons_work_without_script() -> None:
    form = forms.load(INTAKE, intake_files())
    added = forms.read_draft(form, MultiDict(filled() | {"_add:incomes": "1"}))["incomes"]
    assert [row["source"] for row in added] == ["工资", "租金", ""]
    removed = forms.read_draft(form, MultiDict(filled() | {"_remove:incomes:0": "1"}))["incomes"]
    assert [row["source"] for row in removed] == ["租金"]


def test_a_full_table_takes_no_further_row() -> None:
    form = forms.load(INTAKE, intake_files())
    posted = MultiDict(filled() | {"incomes.2.source": "third", "_add:incomes": "1"})
    assert len(forms.read_draft(form, posted)["incomes"]) == 3


@pytest.mark.parametrize("button", ["_update", "_add:incomes", "_remove:incomes:1"])
def test_the_buttons_of_the_form_ask_only_for_the_page_again(button: str) -> None:
    assert forms.is_refresh(MultiDict(filled() | {button: "1"}))
    assert not forms.is_refresh(MultiDict(filled()))


def test_a_program_enters_values_as_a_browser_would() -> None:
    form = forms.load(INTAKE, intake_files())
    values = intake().values
    assert read(form, dict(forms.to_posted(form, values).items())).values == values
    assert read(form, dict(forms.to_posted(form, forms.to_json(values)).items())).values == values


def test_a_program_that_states_some_values_keeps_the_others() -> None:
    form = forms.load(INTAKE, intake_files())
    before = intake().values
    posted = forms.to_posted(form, {"term_months": 12, "consent": True, "stranger": 1}, before)
    submission = forms.read(form, posted, values=before, options=options, locale="en", today=TODAY)
    assert submission.ok
    assert submission.changed == {"term_months"}


@pytest.mark.parametrize("value", [1.5, [], {}, [1], "x" * 100, True, {"a": {"b": 1}}, None, float("nan")])
def test_a_program_may_send_anything_and_gets_a_sentence(value: Any) -> None:
    form = forms.load(INTAKE, intake_files())
    for key in form.fields:
        submission = forms.read(form, forms.to_posted(form, {key: value}), values={}, options=options, locale="en")
        assert not submission.ok


def with_a_rule(check: str) -> forms.Form:
    """An amount that may be left out, and a rule over it and the press."""
    return form_of(
        component("number", "amount"),
        access={"*": "edit"},
        rules=[{"check": check, "field": "amount", "message": three("No.")}],
    )


@pytest.mark.parametrize(
    ("press", "ok"), [({"outcome": "conditional"}, False), ({"outcome": "approve"}, True), ({}, True)]
)
def test_a_rule_may_ask_which_button_was_pressed(press: dict[str, Any], ok: bool) -> None:
    form = with_a_rule('outcome != "conditional" or amount != null')
    taken = forms.read(
        form, MultiDict({"amount": ""}), values={}, options=options, locale="en", today=TODAY, press=press
    )
    assert taken.ok is ok


@pytest.mark.parametrize(("returned", "ok"), [(True, False), (False, True)])
def test_a_rule_may_ask_whether_the_case_had_come_back(returned: bool, ok: bool) -> None:
    form = with_a_rule("not(returned) or amount != null")
    press = {"returned": returned}
    taken = forms.read(
        form, MultiDict({"amount": ""}), values={}, options=options, locale="en", today=TODAY, press=press
    )
    assert taken.ok is ok
