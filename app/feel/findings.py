"""What a check found: where, how grave, and a sentence in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.feel.messages import sentence


class Severity(StrEnum):
    """An error keeps a model from being used; a warning should be looked at."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """Where inside an element: rule (from 1) and column of a table, or the name of an entry; then where in its text."""

    row: int = 0
    column: str = ""
    entry: str = ""
    line: int = 0
    offset: int = 0

    def message(self, locale: str) -> str:
        """The place in words; empty for the element as a whole."""
        if self.row and self.column:
            return sentence("place_cell", locale, {"row": self.row, "column": self.column})
        if self.row:
            return sentence("place_row", locale, {"row": self.row})
        if self.column:
            return sentence("place_column", locale, {"column": self.column})
        return self.entry


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `element` is the id of the decision; `facts` are what the sentence names."""

    severity: Severity
    code: str
    element: str
    where: Place = field(default_factory=Place)
    facts: tuple[tuple[str, Any], ...] = ()

    @property
    def place(self) -> str:
        """The place in English, empty for the element as a whole."""
        return self.where.message("en")

    def message(self, locale: str = "en") -> str:
        """The whole sentence: place and what is wrong."""
        facts = {name: value.message(locale) if hasattr(value, "message") else value for name, value in self.facts}
        text = sentence(self.code, locale, facts)
        if self.where.line:
            text = sentence("at", locale, {"line": self.where.line, "column": self.where.offset, "text": text})
        place = self.where.message(locale)
        return sentence("in_place", locale, {"place": place, "text": text}) if place else text


def finding(severity: Severity, code: str, element: str, where: Place | None = None, **facts: Any) -> Finding:
    """A finding from keyword facts."""
    return Finding(severity, code, element, where or Place(), tuple(facts.items()))
