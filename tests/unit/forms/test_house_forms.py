"""The forms that the house ships: without findings, drawn in every language, and silent about nothing they require."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
from lxml import html
from werkzeug.datastructures import MultiDict

from app.workflow import forms
from tests.form_files import three

SHELF = Path(__file__).parents[3] / "forms"
KEYS = sorted(
    str(path.relative_to(SHELF).with_suffix("")) for path in SHELF.rglob("*.form") if not path.name.startswith("_")
)


@cache
def shelf() -> dict[str, bytes]:
    """All form files as a deployment has them."""
    return {str(path.relative_to(SHELF)): path.read_bytes() for path in SHELF.rglob("*.form")}


def options(source: str) -> list[forms.Choice]:
    """Two choices, whatever is asked for."""
    return [forms.Choice(value, three(f"{source} {value}")) for value in ("one", "two")]


def test_no_form_has_a_finding_and_none_lacks_a_translation() -> None:
    assert forms.check(shelf()) == ()


@pytest.mark.parametrize("key", KEYS)
def test_a_form_is_drawn_in_every_language_without_words_of_another(key: str) -> None:
    form = forms.load(key, shelf())
    pages = {
        locale: html.fragment_fromstring(str(forms.render(form, {}, options=options, locale=locale))).text_content()
        for locale in ("en", "zh_Hans", "zh_Hant")
    }
    assert pages["zh_Hans"] != pages["zh_Hant"] != pages["en"]
    assert not any("\u4e00" <= character <= "\u9fff" for character in pages["en"].replace("（繁）", ""))


@pytest.mark.parametrize("key", KEYS)
def test_an_empty_submission_is_answered_by_the_required_fields_and_shown_again(key: str) -> None:
    form = forms.load(key, shelf())
    posted = forms.to_posted(form, dict.fromkeys(form.fields))
    submission = forms.read(form, posted, values={}, options=options, locale="zh_Hans")
    demanded = {key for key, field in form.fields.items() if field.required and field.visible is None}
    always = {key for key in demanded if form.section_of[key].visible is None}
    assert always <= {path.partition(".")[0] for path in submission.errors}
    page = forms.render(form, submission.shown, errors=submission.errors, options=options, locale="zh_Hans")
    assert page.count("<li>") == len(submission.errors)


@pytest.mark.parametrize("key", KEYS)
def test_a_draft_of_every_field_comes_back_from_storage(key: str) -> None:
    form = forms.load(key, shelf())
    posted = MultiDict(dict.fromkeys(form.fields, "草稿 <1>"))
    for name, field in form.fields.items():
        if field.columns:
            posted[f"{name}.rows"] = "1"
            posted.update({f"{name}.0.{column.key}": "草稿 <1>" for column in field.columns})
    draft = json.loads(json.dumps(forms.read_draft(form, posted)))
    page = forms.render(form, draft, options=options, locale="en")
    assert "草稿 <1>" not in page
    assert forms.plain(form, draft, "en", options) or not form.fields


@pytest.mark.parametrize("key", KEYS)
def test_the_schema_of_a_form_is_a_schema(key: str) -> None:
    jsonschema_rs.meta.validate(forms.json_schema(forms.load(key, shelf())))
