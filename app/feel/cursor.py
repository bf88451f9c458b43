"""The reading head of the parser: the tokens, the names in scope, the free names found, and the counting of bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from app.feel.errors import FeelError
from app.feel.lexer import KEYWORDS, Kind, Token, place, tokenize
from app.feel.limits import MAX_NESTING, MAX_NODES
from app.feel.names import NameIndex, join
from app.feel.nodes import Node
from app.feel.values import well_formed

SUM = 4


class Grammar(Protocol):
    """The parser's own entry, handed to the cursor so that inner forms can call it."""

    def __call__(self, cursor: Cursor, level: int = ...) -> Node:
        """An expression whose operators bind at least as tightly as `level`."""


class Cursor:
    """Where the parser stands. `free` are variables certainly read, `maybe` those that may be members or built-ins."""

    def __init__(
        self, text: str, known: NameIndex, members: NameIndex, builtins: NameIndex, expression: Grammar
    ) -> None:
        self._expression = expression
        self.text = well_formed(text)
        self.tokens = tokenize(self.text)
        self.at = 0
        self.known = known
        self.members = members
        self.builtins = builtins
        self.locals: list[NameIndex] = []
        self.filters = 0
        self.nodes = 0
        self.nesting = 0
        self.free: set[str] = set()
        self.maybe: set[str] = set()

    @property
    def token(self) -> Token:
        """The token under the head."""
        return self.tokens[self.at]

    def sign(self, *signs: str) -> bool:
        """Whether the head is at one of these signs."""
        token = self.tokens[self.at]
        return token.kind is Kind.SIGN and token.text in signs

    def word(self, *words: str) -> bool:
        """Whether the head is at one of these words."""
        token = self.tokens[self.at]
        return token.kind is Kind.WORD and token.text in words

    def follows(self, text: str) -> bool:
        """Whether the token after the head has this text."""
        return self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].text == text

    def take(self) -> Token:
        """The token under the head; the head moves on."""
        token = self.tokens[self.at]
        self.at += 1
        return token

    def skip(self, text: str) -> bool:
        """Move over a sign or word if it is there."""
        token = self.tokens[self.at]
        if token.text != text or token.kind not in (Kind.SIGN, Kind.WORD):
            return False
        self.at += 1
        return True

    def expect(self, *texts: str) -> Token:
        """Move over one of these signs or words, or raise FeelError `expected`."""
        token = self.tokens[self.at]
        if token.text not in texts or token.kind not in (Kind.SIGN, Kind.WORD):
            raise self.error("expected", wanted=" / ".join(texts))
        self.at += 1
        return token

    def error(self, code: str, at: int | None = None, **facts: object) -> FeelError:
        """An error at the head, or at an offset of the text."""
        token = self.token
        line, column = place(self.text, token.start if at is None else at)
        if code in ("expected", "unexpected") and token.kind is Kind.END:
            code = "unfinished" if code == "unexpected" else "expected_at_end"
        return FeelError(code, line=line, column=column, found=token.text, **facts)

    def count(self) -> int:
        """Count one node; answers the offset of the head."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.error("nodes", limit=MAX_NODES)
        return self.tokens[self.at].start

    def inner(self) -> Node:
        """A whole expression inside another one."""
        return self._expression(self)

    def inner_sum(self) -> Node:
        """An endpoint: an expression without comparison and logic."""
        return self._expression(self, SUM)

    def deepen(self) -> None:
        """Enter one level of nesting; the caller takes it back."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.error("nesting", limit=MAX_NESTING)

    @contextmanager
    def scope(self, names: Iterable[str]) -> Iterator[None]:
        """Local names for the inner text."""
        self.locals.append(NameIndex(names))
        yield
        self.locals.pop()

    @contextmanager
    def filtering(self) -> Iterator[None]:
        """Inside a filter, where unknown names may be members of the element."""
        self.filters += 1
        with self.scope(["item"]):
            yield
        self.filters -= 1

    def at_known_name(self) -> bool:
        """Whether a known name of several words begins here, even one that begins like a keyword."""
        return self._known_name() is not None

    def variable(self) -> str:
        """The name under the head, the longest known one first; records what it reads."""
        found = self._known_name()
        if found is None and self.token.text in KEYWORDS:
            raise self.error("unexpected")
        name, self.at = found or self._single()
        if not any(name in scope for scope in self.locals):
            self._read(name)
        return name

    def member(self) -> str:
        """The name after a dot."""
        if self.token.kind is not Kind.WORD:
            raise self.error("expected_name")
        found = self.members.longest(self.tokens, self.at)
        name, self.at = found or join(self.tokens, self.at)
        return name

    def learn_member(self, name: str) -> None:
        """A key of a context in this text, so that a path can name it even with signs in it."""
        if not name.isidentifier() and name not in self.members:
            self.members = NameIndex(self.members.names | {name})

    def name(self) -> str:
        """A new name: of a loop variable."""
        if self.token.kind is not Kind.WORD:
            raise self.error("expected_name")
        name, self.at = join(self.tokens, self.at)
        return name

    def name_until(self, *ends: str) -> str:
        """A new name that may hold signs and keywords: everything up to one of the ends."""
        first = self.at
        while not self.sign(*ends):
            if self.token.kind not in (Kind.WORD, Kind.SIGN, Kind.NUMBER) or self.sign("{", "}", "[", "]", "(", '"'):
                raise self.error("expected", wanted=" / ".join(ends))
            self.at += 1
        if first == self.at or self.tokens[first].kind is not Kind.WORD:
            raise self.error("expected_name", at=self.tokens[first].start)
        if self.at == first + 1:
            return self.tokens[first].text
        return " ".join(self.text[self.tokens[first].start : self.tokens[self.at - 1].end].split())

    def _known_name(self) -> tuple[str, int] | None:
        best: tuple[str, int] | None = None
        for index in (*reversed(self.locals), self.known, self.members, self.builtins):
            found = index.longest(self.tokens, self.at)
            if found and (best is None or found[1] > best[1]):
                best = found
        return best

    def _single(self) -> tuple[str, int]:
        text = self.token.text
        following = self.tokens[self.at + 1]
        if following.kind is not Kind.WORD or text in self.known or any(text in scope for scope in self.locals):
            return text, self.at + 1
        return join(self.tokens, self.at)

    def _read(self, name: str) -> None:
        uncertain = self.filters > 0 or name in self.builtins
        (self.maybe if uncertain and name not in self.known else self.free).add(name)
