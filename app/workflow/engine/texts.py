"""The words of the engine: every finding, incident and refusal in three languages.

Code names a finding by its code and gives the facts; the words stand in `texts.toml` beside this file, so that
somebody who writes no Python can better them. `{…}` in a text is replaced by the fact of that name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from app.workflow.engine.values import LANGUAGES, Finding, Severity, Spot, Texts

_QUOTES = {"zh_Hans": ("“", "”", "、"), "zh_Hant": ("「", "」", "、"), "en": ("“", "”", ", ")}


def sentence(code: str, part: str = "what", /, **facts: object) -> dict[str, str]:
    """The words for `code` in every language. `part` is `what` (what is wrong) or `mend` (how to mend it).

    A fact may itself be a mapping from language to words.
    """
    entry = catalogue()[code].get(part, {})
    return {language: _filled(entry.get(language, ""), language, facts) for language in LANGUAGES}


@cache
def catalogue() -> dict[str, dict[str, dict[str, str]]]:
    """All texts: code → what/mend → language → words."""
    return tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))


def _filled(words: str, language: str, facts: Mapping[str, object]) -> str:
    # str.format would let a diagram's name reach attributes of objects; plain replacement can't.
    for name, fact in facts.items():
        fact = fact.get(language, "") if isinstance(fact, Mapping) else fact
        words = words.replace("{" + name + "}", str(fact))
    return words


class Findings:
    """Collects the findings of one file; `named` gives the drawn names of elements for the sentences."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.named: dict[str, Texts] = {}
        self._found: list[Finding] = []

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._found)

    def error(self, code: str, element: str | None = None, /, **facts: Any) -> None:
        self._add(Severity.ERROR, code, element, facts)

    def at(self, severity: Severity, code: str, element: str | None, spot: Spot, /, **facts: Any) -> None:
        """Note a finding with its place inside a decision."""
        self._add(severity, code, element, facts, spot)

    def warning(self, code: str, element: str | None = None, /, **facts: Any) -> None:
        self._add(Severity.WARNING, code, element, facts)

    def clear(self) -> None:
        """Forget what was found; the names stay."""
        self._found.clear()

    def called(self, element: str) -> Texts:
        """An element as people know it, in quotes."""
        return self.listed([element])

    def listed(self, elements: Sequence[str]) -> Texts:
        """Some elements as people know them, in quotes, one after the other."""
        return {
            language: stop.join(
                f"{left}{self.named.get(element, {}).get(language, element)}{right}" for element in elements
            )
            for language, (left, right, stop) in _QUOTES.items()
        }

    @property
    def errors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self._found)

    def _add(
        self, severity: Severity, code: str, element: str | None, facts: dict[str, Any], spot: Spot | None = None
    ) -> None:
        what, mend = (sentence(code, part, **facts) for part in ("what", "mend"))
        for language in LANGUAGES:
            where = self._where(element, language)
            what[language] = what[language].replace("{where}", where)
            mend[language] = mend[language].replace("{where}", where)
        self._found.append(Finding(severity, self.file, element, code, what, mend, spot))

    def _where(self, element: str | None, language: str) -> str:
        if element is None:
            return self.file
        name = self.named.get(element, {}).get(language, element)
        return element if name == element else f"“{name}” ({element})"
