"""The words of the import, three languages each, from `texts.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.workflow.importing.values import LANGUAGES, Texts

LONGEST_FACT = 600


def sentence(code: str, part: str = "what", /, **facts: object) -> Texts:
    """The words for `code` in every language; a fact may itself be a mapping from language to words."""
    entry = catalogue()[code]
    words: Any = entry if part == "what" else entry[part]
    return {language: _filled(words[language], language, facts) for language in LANGUAGES}


def kind_words(kind: str) -> Texts:
    """What an element of this kind is called; its own name where there is no word for it."""
    return sentence(f"kind_{kind}") if f"kind_{kind}" in catalogue() else plain(kind)


def plain(text: str) -> Texts:
    """The same in every language."""
    return dict.fromkeys(LANGUAGES, text)


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """All texts: code → language → words; questions have tables `title` and `help`."""
    return tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))


def _short(fact: str) -> str:
    return fact if len(fact) <= LONGEST_FACT else fact[:LONGEST_FACT] + "…"


def _filled(words: str, language: str, facts: Mapping[str, object]) -> str:
    # str.format would let a diagram's name reach attributes of objects; plain replacement can't.
    for name, fact in facts.items():
        fact = fact.get(language, "") if isinstance(fact, Mapping) else fact
        words = words.replace("{" + name + "}", _short(str(fact)))
    return words
