"""A text in the languages of the house, and which of them a reader gets."""

from __future__ import annotations

from collections.abc import Mapping

LOCALES = ("en", "zh_Hans", "zh_Hant")

Texts = Mapping[str, str]

# A Chinese reader would rather read the other script than English.
_FALLBACKS = {"zh_Hans": ("zh_Hant", "en"), "zh_Hant": ("zh_Hans", "en"), "en": ("zh_Hans", "zh_Hant")}


def pick(texts: Texts | str, locale: str) -> str:
    """The text for a reader of `locale`, else the nearest language there is, else ""."""
    if isinstance(texts, str):
        return texts
    for language in (locale, *_FALLBACKS.get(locale, LOCALES)):
        if texts.get(language):
            return texts[language]
    return next(iter(texts.values()), "")
