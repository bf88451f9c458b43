"""The big list of naughty strings through every kind of text field: refused with a sentence, or round-tripped and escaped."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from lxml import html
from werkzeug.datastructures import MultiDict

from app.workflow import forms
from tests.form_files import component, form_of, options

KINDS = [kind for kind in forms.FieldType if kind is not forms.FieldType.TABLE]


@cache
def _naughty(folder: Path) -> tuple[str, ...]:
    return tuple(json.loads((folder / "inputs" / "big-list-of-naughty-strings.json").read_text(encoding="utf-8")))


def _form() -> forms.Form:
    plain = [
        component(kind, f"a_{kind}", **({"source": "products"} if kind in ("select", "radio") else {}))
        for kind in KINDS
    ]
    columns = [
        component(kind, kind, **({"source": "products"} if kind in ("select", "radio") else {})) for kind in KINDS
    ]
    return form_of(*plain, component("table", "rows", columns=columns))


@pytest.mark.parametrize("locale", ["en", "zh_Hans", "zh_Hant"])
def test_every_naughty_string_is_refused_with_a_sentence_or_comes_back_as_it_was(shared: Path, locale: str) -> None:
    form = _form()
    texts = _naughty(shared)
    assert len(texts) > 500
    for text in texts:
        posted = MultiDict({f"a_{kind}": text for kind in KINDS} | {f"rows.0.{kind}": text for kind in KINDS})
        posted["rows.rows"] = "1"
        submission = forms.read(form, posted, values={}, options=options, locale=locale)
        assert all(submission.errors.values())
        if "a_textarea" not in submission.errors:
            assert submission.values["a_textarea"] == (text.replace("\r\n", "\n").strip() or None)
        stored = json.loads(json.dumps(forms.to_json(submission.values)))
        assert forms.from_json(form, stored) == submission.values


def test_every_naughty_string_is_escaped_on_the_page(shared: Path) -> None:
    form = _form()
    for text in _naughty(shared):
        posted = MultiDict({f"a_{kind}": text for kind in KINDS} | {f"rows.0.{kind}": text for kind in KINDS})
        posted["rows.rows"] = "1"
        draft = forms.read_draft(form, posted)
        page = str(forms.render(form, draft, options=options, locale="en", errors={"a_textfield": text}))
        tree = html.fragment_fromstring(page)
        allowed = {"div", "h2", "ul", "li", "a", "button", "label", "span", "input", "textarea", "select", "option"}
        allowed |= {"fieldset", "legend", "table", "thead", "tbody", "tr", "th", "td", "p"}
        assert {element.tag for element in tree.iter()} <= allowed
        assert not any(name.startswith("on") for element in tree.iter() for name in element.attrib)
        page.encode()


def test_every_naughty_string_as_a_name_in_the_request_is_ignored(shared: Path) -> None:
    form = _form()
    posted = MultiDict(dict.fromkeys(_naughty(shared), "x"))
    assert forms.read(form, posted, values={}, options=options, locale="en").changed == frozenset()
    assert forms.read_draft(form, posted) == {}


def test_every_naughty_string_as_an_expression_is_a_finding_or_harmless(shared: Path) -> None:
    for text in _naughty(shared):
        findings = forms.check({"test/form.form": json.dumps(_file_with(text)).encode()})
        assert all(finding.message["zh_Hans"] for finding in findings)


def _file_with(text: str) -> dict[str, object]:
    field = component("textfield", "a", visible=text, default=text, calculated=text, help=text, bind=text)
    rules = [{"check": text, "message": text, "field": text}]
    top = {"title": text, "include": [text], "access": {text: text}, "rules": rules}
    return {"schemaVersion": 1, "key": "test/form", "components": [field, {"type": text}], **top}
