"""Forms of any shape under requests of any shape: what must hold whatever an analyst draws and whatever a client sends."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.workflow import forms
from tests.form_files import component, file_of, options

SCALARS = (
    "textfield",
    "textarea",
    "number",
    "date",
    "select",
    "radio",
    "checkbox",
    "idnumber",
    "creditcode",
    "phone",
    "user",
)
ACCESS = ("hidden", "read", "edit", "required")
KEYS = ("a", "b", "c", "d", "e")
TODAY = date(2026, 3, 2)
PROPERTIES = (
    *("type", "key", "label", "components", "columns", "values", "value", "validate", "access", "rules", "check"),
    *("include", "visible", "default", "calculated", "decimals", "unit", "source", "bind", "kinds", "regions", "text"),
)

texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "1,234.50", "2026-03-02", "true", "mortgage", "li.min", "5万", "138 0013 8000", "11010519000127893X"]
    ),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12).map(str),
    st.dates().map(str),
)


@st.composite
def components(draw: st.DrawFn, key: str, earlier: tuple[str, ...]) -> dict[str, Any]:
    """A component that may be visible by the components before it."""
    kind = draw(st.sampled_from([*SCALARS, "table"]))
    more: dict[str, Any] = {"validate": {"required": draw(st.booleans())}}
    if kind == "number":
        more["decimals"] = draw(st.integers(0, 4))
    if kind in ("select", "radio"):
        more["source"] = "products"
    if kind == "table":
        kinds = draw(st.lists(st.sampled_from(SCALARS), min_size=1, max_size=3))
        more["columns"] = [
            component(one, f"c{number}", **({"source": "products"} if one in ("select", "radio") else {}))
            for number, one in enumerate(kinds)
        ]
        more["validate"] = {"maxRows": draw(st.integers(1, 4))}
    if earlier and draw(st.booleans()):
        more["visible"] = draw(
            st.sampled_from(["{0} != null", "{0} = null", "{0} = {0}", 'string({0}) != "x"'])
        ).format(draw(st.sampled_from(earlier)))
    return component(kind, key, **more)


@st.composite
def loaded_forms(draw: st.DrawFn) -> forms.Form:
    """A form of up to five fields with any access."""
    keys = KEYS[: draw(st.integers(1, len(KEYS)))]
    drawn = [draw(components(key, keys[:number])) for number, key in enumerate(keys)]
    access = {key: draw(st.sampled_from(ACCESS)) for key in keys}
    return forms.load("test/form", file_of(*drawn, access=access))


@st.composite
def requests(draw: st.DrawFn, form: forms.Form) -> MultiDict[str, str]:
    """A request that names some of the fields, rows in any order, and some that do not exist."""
    names: list[str] = ["stranger", "_add:a", "a.b.c"]
    for key, field in form.fields.items():
        names.append(key)
        if field.columns:
            names.append(key + ".rows")
            names += [f"{key}.{row}.{column.key}" for row in (0, 1, 2, 3, 7) for column in field.columns]
    return MultiDict(draw(st.dictionaries(st.sampled_from(names), texts)))


def take(form: forms.Form, posted: MultiDict[str, str], before: dict[str, Any]) -> forms.Submission:
    return forms.read(form, posted, values=before, options=options, locale="zh_Hans", today=TODAY)


TYPES = {"number": Decimal, "date": date, "checkbox": bool, "table": list}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_values_have_their_types_and_errors_their_sentences(data: st.DataObject) -> None:
    form = data.draw(loaded_forms())
    submission = take(form, data.draw(requests(form)), {})
    assert submission.values.keys() == form.fields.keys()
    for key, value in submission.values.items():
        assert value is None or type(value) is TYPES.get(form.fields[key].type, str)
    assert all(submission.errors.values())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_a_step_may_not_edit_never_changes(data: st.DataObject) -> None:
    form = data.draw(loaded_forms())
    before = take(form, data.draw(requests(form)), {}).values
    submission = take(form, data.draw(requests(form)), before)
    for key, field in form.fields.items():
        if not field.editable:
            assert submission.values[key] == before[key]
            assert key not in submission.changed


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_taking_what_was_taken_changes_nothing(data: st.DataObject) -> None:
    form = data.draw(loaded_forms())
    first = take(form, data.draw(requests(form)), {})
    # What was refused was not taken: its value is empty, and a row of nothing but that is no row.
    assume(first.ok)
    again = take(form, forms.to_posted(form, first.values), first.values)
    assert again.values == first.values


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_values_survive_json(data: st.DataObject) -> None:
    form = data.draw(loaded_forms())
    values = take(form, data.draw(requests(form)), {}).values
    assert forms.from_json(form, json.loads(json.dumps(forms.to_json(values)))) == values


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_page_shows_whatever_was_typed_and_no_hidden_field(data: st.DataObject) -> None:
    form = data.draw(loaded_forms())
    posted = data.draw(requests(form))
    submission = take(form, posted, {})
    drafted = forms.read_draft(form, posted)
    for values in (submission.shown, {**submission.values, **drafted}):
        page = forms.render(form, values, errors=submission.errors, options=options, locale="en")
        for key, field in form.fields.items():
            if field.access is forms.Access.HIDDEN:
                assert f'name="{key}"' not in page
                assert f'id="field-{key}"' not in page
    assert len(forms.plain(form, submission.values, "en", options)) <= 1


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from([*SCALARS, "table", "section", "text"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(PROPERTIES) | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(json_values, st.dictionaries(st.sampled_from(PROPERTIES), json_values, max_size=3))
def test_any_json_is_checked_without_an_exception(content: Any, top: dict[str, Any]) -> None:
    whole = json.loads(file_of()["test/form.form"]) | {"components": [content]} | top
    for data in (content, whole, whole | {"components": [component("number", "a"), top | {"type": "table"}]}):
        findings = forms.check({"test/form.form": json.dumps(data).encode()})
        assert any(finding.severity == "error" for finding in findings) == _refused(data)


def _refused(content: Any) -> bool:
    try:
        forms.load("test/form", {"test/form.form": json.dumps(content).encode()})
    except forms.FormError:
        return True
    return False


@settings(max_examples=200, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**17), max_value=10**17))
def test_every_amount_is_shown_and_read_back_to_the_cent(amount: Decimal) -> None:
    form = forms.load("test/form", file_of(component("number", "a", decimals=2)))
    shown = forms.show(form, "a", amount, "en", options)
    assert take(form, MultiDict({"a": shown}), {}).values["a"] == amount


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40))
def test_a_text_is_kept_as_typed_or_refused_with_a_sentence(text: str) -> None:
    form = forms.load("test/form", file_of(component("textarea", "a")))
    submission = take(form, MultiDict({"a": text}), {})
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    assert submission.errors or submission.values["a"] == (plain or None)
