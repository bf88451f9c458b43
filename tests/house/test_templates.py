"""Templates keep the strict policy (nothing inline, nothing evaluated); the catalogues of the rooms agree with each other."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from config import ROOT

APP = ROOT / "app"
TEMPLATES = sorted(APP.glob("*/templates/**/*.html"))
CHINESE = ("zh_Hans", "zh_Hant")
# Pages that leave the site as files, bring their own policy and may therefore bring their own style.
FILES = frozenset({"inbox/templates/inbox/dossier.html"})
FORBIDDEN = {
    "an event attribute": r"\son[a-z]+\s*=",
    "hx-on": r"hx-on",
    "a style attribute": r"\sstyle\s*=",
    "a style element": r"<style",
    "a script in the page": r"<script(?![^>]*(\ssrc=|application/json))",
    "a trigger filter": r"hx-trigger=\"[^\"]*\[",
    "evaluated values": r"(js:|javascript:)",
    "an unescaped value": r"\|\s*safe\b",
}


def name_of(path: Path) -> str:
    """The template as a test id."""
    return path.relative_to(APP).as_posix()


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_no_template_needs_what_the_content_policy_forbids(template: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = {what for what, pattern in FORBIDDEN.items() if re.search(pattern, text)}
    assert found - ({"a style element"} if name_of(template) in FILES else set()) == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_every_unsafe_form_carries_the_token_against_forgery(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", text, flags=re.DOTALL | re.IGNORECASE):
        assert re.search(r"csrf\(\)|csrf_token|upload_fields\(\)", form), form[:120]


@pytest.mark.parametrize("locale", CHINESE)
def test_a_text_means_the_same_in_every_room(locale: str) -> None:
    said = defaultdict(set)
    for po in APP.glob(f"*/translations/{locale}/LC_MESSAGES/messages.po"):
        for text, translation in catalogue(po.relative_to(APP).parts[0], locale).items():
            said[text].add(translation)
    assert {text: found for text, found in said.items() if len(found) > 1} == {}


@pytest.mark.parametrize("locale", CHINESE)
def test_translations_keep_the_placeholders_of_the_english_text(locale: str) -> None:
    holders = re.compile(r"%\(\w+\)s|\{\w+\}")
    for po in APP.glob(f"*/translations/{locale}/LC_MESSAGES/messages.po"):
        for text, translation in catalogue(po.relative_to(APP).parts[0], locale).items():
            assert set(holders.findall(translation)) == set(holders.findall(text)), text


def catalogue(room: str, locale: str) -> dict[str, str]:
    """A room's translations by English text."""
    po = APP / room / "translations" / locale / "LC_MESSAGES" / "messages.po"
    if not po.exists():
        return {}
    with po.open("rb") as file:
        found = [(m.id, m.string) for m in read_po(file, locale=locale) if m.id]
    return {first(text): first(translation) for text, translation in found}


def first(text: str | tuple[str, ...] | list[str]) -> str:
    """The singular of a text that has several forms."""
    return text if isinstance(text, str) else text[0]
