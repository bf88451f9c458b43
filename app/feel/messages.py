"""What the library says, in three languages: one entry a code, `{facts}` filled in by `sentence`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOCALES = ("en", "zh_Hans", "zh_Hant")

_SENTENCES: dict[str, tuple[str, str, str]] = {
    "at": ("line {line}, column {column}: {text}", "第 {line} 行第 {column} 列：{text}", "第 {line} 行第 {column} 欄：{text}"),
}


def sentence(code: str, locale: str, facts: Mapping[str, Any]) -> str:
    """The sentence of a code in a language; English for an unknown language."""
    texts = _SENTENCES.get(code)
    if texts is None:
        return code
    return texts[LOCALES.index(locale) if locale in LOCALES else 0].format_map(_Facts(facts))


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
