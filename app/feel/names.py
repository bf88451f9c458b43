"""Names with spaces and signs: which of the next tokens belong to one name (DMN 1.3 clause 10.3.1.4).

A name that is known wins, the longest first; a word that is not known takes the following words with it, because
two words side by side can mean nothing else. Signs inside a known name (`loan-to-value`) count only when they are
written as in the name, without blanks around them, so that `loan - to` stays a subtraction.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.feel.errors import FeelError
from app.feel.lexer import KEYWORDS, Kind, Token, tokenize

_Shape = tuple[tuple[str, bool], ...]


class NameIndex:
    """Known names, found by their first word."""

    __slots__ = ("_shapes", "names")

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._shapes: dict[str, list[tuple[_Shape, str]]] = {}
        for name in sorted(self.names, key=len, reverse=True):
            self._add(name)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def longest(self, tokens: list[Token], at: int) -> tuple[str, int] | None:
        """The longest known name of several tokens that starts at `at`, and the index after it."""
        for shape, name in self._shapes.get(tokens[at].text, ()):
            if _matches(shape, tokens, at):
                return name, at + len(shape)
        return None

    def _add(self, name: str) -> None:
        if name.isidentifier():
            return
        tokens = _split(name)
        if len(tokens) < 2:
            return
        shape = tuple((token.text, i > 0 and tokens[i - 1].end == token.start) for i, token in enumerate(tokens))
        self._shapes.setdefault(tokens[0].text, []).append((shape, name))


def join(tokens: list[Token], at: int) -> tuple[str, int]:
    """The words from `at` on up to a keyword or sign, as one name, and the index after it."""
    end = at + 1
    while tokens[end].kind is Kind.WORD and tokens[end].text not in KEYWORDS:
        end += 1
    return " ".join(token.text for token in tokens[at:end]), end


def normal(name: str) -> str:
    """A name with every run of white space as one blank."""
    return " ".join(name.split())


def _split(name: str) -> list[Token]:
    try:
        tokens = tokenize(name)[:-1]
    except FeelError:
        return []
    return tokens if tokens and tokens[0].kind is Kind.WORD else []


def _matches(shape: _Shape, tokens: list[Token], at: int) -> bool:
    if at + len(shape) >= len(tokens):
        return False
    for i, (text, adjacent) in enumerate(shape):
        token = tokens[at + i]
        if token.text != text or token.kind not in (Kind.WORD, Kind.SIGN, Kind.NUMBER):
            return False
        if i and adjacent != (tokens[at + i - 1].end == token.start):
            return False
    return True
