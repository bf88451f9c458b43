"""The panel offers what the checker knows, all of it and nothing else; what it sends becomes what the file says."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po
from werkzeug.datastructures import MultiDict

from app.studio.forms import form_acts, form_kinds, form_properties, form_views
from app.studio.forms.form_page import _TEXTS
from app.studio.forms.form_properties import Input, properties_of
from app.workflow import forms
from config import ROOT
from tests.form_files import component, file_of, three

KINDS = [kind.name for kind in form_kinds.KINDS]
VALUES = {
    Input.TEXTS: three("Text"),
    Input.LONG_TEXTS: three("Text"),
    Input.LINE: "[a-z]+",
    Input.EXPRESSION: "true",
    Input.FLAG: True,
    Input.INTEGER: 3,
    Input.DECIMAL: "3",
    Input.DAY: "today",
    Input.SOURCE: "products",
    Input.BIND: "customer.name",
    Input.CHOICES: [{"value": "a", "label": three("A")}],
}


def known_to_the_checker(kind, *, column):
    """The properties that the checker reads of a component, taken from what it says of one that it does not."""
    one = {
        **form_kinds.blank(kind, "one"),
        "zzzzzz": 1,
        "validate": {**form_kinds.blank(kind, "one").get("validate", {}), "qqqqqq": 1},
    }
    around = component("table", "around", columns=[one]) if column else one
    said = [f.mend["en"] for f in forms.check(file_of(around)) if f.code == "unknown_property"]
    return [set(re.findall(r"\w+", text.partition(":")[2])) for text in said]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_component_is_right_as_it_is(kind):
    assert forms.check(file_of(form_kinds.blank(kind, "one"))) == ()


@pytest.mark.parametrize("column", [False, True], ids=["field", "column"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_panel_offers_exactly_the_properties_that_the_checker_knows(kind, column):
    if column and kind in ("section", "text", "table"):
        pytest.skip("no column")
    offered = {one.name for one in properties_of(kind, column=column)}
    own = {name for name in offered if "." not in name}
    inside = {name.removeprefix("validate.") for name in offered if "." in name}
    known = known_to_the_checker(kind, column=column)
    structural = {"type", "key", "components", "columns", "validate"}
    if kind in ("section", "text"):
        assert own == known[0] - structural
    else:
        assert [inside, own] == [known[0], known[1] - structural]


@pytest.mark.parametrize("kind", KINDS)
def test_every_legal_value_of_every_property_passes_the_checker(kind):
    one = form_kinds.blank(kind, "one")
    for offered in properties_of(kind):
        value = list(offered.words[:1]) if offered.input is Input.WORDS else VALUES[offered.input]
        if offered.name in ("validate.max", "validate.min") and kind == "number":
            value = "3"
        if offered.name == "filter":
            value = 'option.value != "none"'
        outer, _, inner = offered.name.rpartition(".")
        (one.setdefault(outer, {}) if outer else one)[inner] = value
    assert [f for f in forms.check(file_of(one)) if f.severity == "error"] == []


def test_what_the_panel_sends_becomes_what_the_file_says():
    posted = MultiDict(
        {
            "act": "change",
            "at": "0",
            "key": "cost",
            "label.en": "Cost",
            "decimals": "2",
            "validate.min": "0",
            "unit.zh_Hans": "元",
            "validate.required": "true",
            "validate.required.sent": "1",
            "visible": " other = 1 ",
        }
    )
    form = {"components": [{"type": "number", "key": "one", "label": three("One")}]}
    made = form_acts.apply(form, posted, ()).document["components"][0]
    assert made == {
        "type": "number",
        "key": "cost",
        "label": {"en": "Cost"},
        "decimals": 2,
        "unit": {"zh_Hans": "元"},
        "validate": {"min": "0", "required": True},
        "visible": "other = 1",
    }


def test_a_value_of_the_wrong_kind_is_kept_so_that_the_checker_can_speak_of_it():
    form = {"components": [component("number", "one")]}
    made = form_acts.apply(form, MultiDict({"act": "change", "at": "0", "decimals": "many"}), ()).document
    assert made["components"][0]["decimals"] == "many"
    assert [f.code for f in forms.check(file_of(*made["components"]))] == ["wrong_value"]


def test_the_panel_of_a_component_that_nobody_touched_changes_nothing():
    section = {"type": "section", "key": "s", "label": "One text for all", "folded": False, "components": []}
    form = {"components": [section]}
    posted = MultiDict({"act": "change", "at": "0", "key": "s", "folded.sent": "1", "visible": ""})
    posted.update({f"label.{language}": "One text for all" for language in ("en", "zh_Hans", "zh_Hant")})
    assert form_acts.apply(form, posted, ()).document == form


def test_choices_are_written_moved_and_taken_away():
    form = {
        "components": [
            component(
                "select", "one", values=[{"value": "a", "label": three("A")}, {"value": "b", "label": three("B")}]
            )
        ]
    }
    rows = {"values.0.value": "a", "values.1.value": "b", "values.2.value": "c", "values.2.label.en": "C"}
    posted = MultiDict({"act": "change", "at": "0", **rows, "_choice": "up:1", "values.0.label.en": "A"})
    made = form_acts.apply(form, posted, ()).document["components"][0]["values"]
    assert [one["value"] for one in made] == ["b", "a", "c"]
    gone = form_acts.apply(form, MultiDict({**posted.to_dict(), "_choice": "remove:0"}), ()).document["components"][0][
        "values"
    ]
    assert [one["value"] for one in gone] == ["b", "c"]


@pytest.mark.parametrize(
    ("kind", "other"), [("textfield", "select"), ("select", "radio"), ("number", "textfield"), ("date", "table")]
)
def test_another_kind_of_field_keeps_what_it_can_and_is_right_as_it_is(kind, other):
    form = {"components": [{**form_kinds.blank(kind, "one"), "help": three("Help"), "visible": "true"}]}
    made = form_acts.apply(form, MultiDict({"act": "change", "at": "0", "type": other}), ()).document["components"]
    assert (made[0]["type"], made[0]["key"], made[0]["help"], made[0]["visible"]) == (
        other,
        "one",
        three("Help"),
        "true",
    )
    assert forms.check(file_of(*made)) == ()


@pytest.mark.parametrize("act", ["", "nothing", "add:nothing", "add_column:table", "move", "text"])
def test_what_the_designer_can_not_do_is_refused(act):
    with pytest.raises(form_acts.Refusal):
        form_acts.apply({"components": [component("table", "t")]}, MultiDict({"act": act, "at": "0"}), ())


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant"])
def test_every_word_of_the_panel_has_its_translation(locale):
    every = [one for kind in KINDS for column in (False, True) for one in properties_of(kind, column=column)]
    every += [*form_properties.FORM, *form_properties.RULE]
    said = {text for one in every for text in (one.label, one.help) if text}
    said |= {words for _, words, _ in form_views.VIEWS} | {words for _, words in _TEXTS} | {"Title", "Choice", "Rule"}
    known = set()
    for po in (ROOT / "app").glob(f"*/translations/{locale}/LC_MESSAGES/messages.po"):
        with po.open("rb") as file:
            known |= {m.id for m in read_po(file, locale=locale) if m.id and m.string}
    assert said - known == set()
