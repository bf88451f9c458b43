"""What is wrong in an expression while somebody types it: each fault with its place in the text and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app import feel
from app.feel.lexer import Kind, Token, tokenize
from app.feel.types import Type, parse_type


@dataclass(frozen=True)
class Fault:
    """One fault: from `start` up to `end` (offsets in characters, from 0), severity and the sentence."""

    start: int
    end: int
    severity: str
    code: str
    message: str


def faults(text: str, names: Mapping[str, str | None], *, unary: bool, language: str) -> list[Fault]:
    """The faults of an expression, or of unary tests, that reads `names` (name → FEEL type, None or "Any": not known).

    Without any names, names are not checked: nothing is known about them.
    """
    types = {name: _type(kind) for name, kind in names.items()}
    found = feel.check(text, types=types, unary=unary)
    if not names:
        found = tuple(finding for finding in found if finding.code != "unknown_name")
    return [fault for finding in found for fault in _faults(text, finding, language)]


def _faults(text: str, finding: feel.Finding, language: str) -> Iterator[Fault]:
    facts = dict(finding.facts)
    reason = facts.get("reason")
    said = (str(finding.severity), finding.code)
    if isinstance(reason, feel.FeelError):
        yield Fault(*_span(text, reason.line, reason.column), *said, reason.message(language))
    elif finding.code == "unknown_name":
        spans = list(_places_of(text, str(facts["name"]))) or [(0, len(text))]
        yield from (Fault(*span, *said, finding.message(language)) for span in spans)
    else:
        yield Fault(*_span(text, finding.where.line, finding.where.offset), *said, finding.message(language))


def _span(text: str, line: int, column: int) -> tuple[int, int]:
    """The word or sign at a place; the whole text where no place is known."""
    if not line:
        return 0, len(text)
    start = sum(len(part) + 1 for part in text.split("\n")[: line - 1]) + column - 1
    start = max(0, min(start, len(text)))
    for token in _tokens(text):
        if token.start <= start < token.end:
            return start, token.end
    # At the end of a text that breaks off there is nothing to mark but the last sign.
    return (start, start + 1) if start < len(text) else (max(0, len(text) - 1), len(text))


def _places_of(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Where a name stands; its words may be parted by any blanks."""
    words = [token.text for token in _tokens(name)]
    tokens = list(_tokens(text))
    for i in range(len(tokens) - len(words) + 1):
        here = tokens[i : i + len(words)]
        if [token.text for token in here] == words and all(token.kind is not Kind.STRING for token in here):
            yield here[0].start, here[-1].end


def _tokens(text: str) -> Iterable[Token]:
    try:
        return [token for token in tokenize(text) if token.kind is not Kind.END]
    except feel.FeelError:
        return []


def _type(said: str | None) -> Type | None:
    found = parse_type(said) if said else None
    return None if found is None or found.kind in ("unknown", "Any") else _with_any_item(found)


def _with_any_item(found: Type) -> Type | None:
    """A list of which no more is known must not be held against what its items are used for."""
    return None if found.kind in ("list", "context") and found.item is None and not found.fields else found
