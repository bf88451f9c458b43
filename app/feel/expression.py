"""The public face of one expression: parse once, evaluate often.

`parse` keeps the last thousand expressions by text and known names; an `Expression` is immutable and may be
shared by threads, because each evaluation has a `Run` and a `Scope` of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.feel import loops, matching  # noqa: F401  (they register their nodes with the compiler)
from app.feel.builtins import BUILTINS
from app.feel.compiler import Code, Setting, compile_node
from app.feel.cursor import Cursor
from app.feel.errors import FeelError
from app.feel.limits import Run, Scope
from app.feel.names import NameIndex
from app.feel.nodes import Node
from app.feel.parser import expression, parse_expression, parse_unary_tests
from app.feel.types import Type
from app.feel.values import to_feel

_BUILTIN_NAMES = NameIndex(BUILTINS)
_NOTHING = NameIndex(())


class Expression:
    """A FEEL expression or, with `unary`, the unary tests of a table cell. Made by `parse`.

    `names` are the variables it reads; `reads` holds besides what may turn out to be one: names inside filters, which
    may be members of the element, and names of built-ins. `tree` is its syntax tree.
    """

    __slots__ = ("_code", "names", "reads", "text", "tree")

    def __init__(self, text: str, tree: Node, code: Code, names: frozenset[str], reads: frozenset[str]) -> None:
        self.text = text
        self.tree = tree
        self.names = names
        self._code = code
        self.reads = reads

    def evaluate(self, context: Mapping[str, Any], *, now: datetime | None = None) -> Any:
        """The FEEL value for these variables; null is None. Unary tests read the value under test from `?`.

        Values may be FEEL's or plain Python; `now` is what `now()` and `today()` answer. Raises FeelError when a
        bound is broken or a variable holds what FEEL can't.
        """
        values = {name: to_feel(context[name]) for name in self.reads if name in context}
        return self.run(Scope(values, Run(now=now)))

    def run(self, scope: Scope) -> Any:
        """The value within a scope that is already FEEL's; for decisions, which share one run."""
        try:
            return self._code(scope)
        except RecursionError:
            raise FeelError("nesting_run") from None


def parse(text: str, *, names: Iterable[str] = (), unary: bool = False) -> Expression:
    """The expression of a text; raises FeelError with line and column where it can't be read.

    `names` are the variables known at this place, needed for names with signs or keywords in them (DMN 1.3 clause
    10.3.1.4); other names are taken word by word.
    """
    return _parse(text, names if isinstance(names, frozenset) else frozenset(names), unary)


def parse_with(
    text: str,
    *,
    names: frozenset[str],
    members: NameIndex = _NOTHING,
    types: dict[str, Type] | None = None,
    unary: bool = False,
) -> Expression:
    """Like `parse`, with the member names and types of a decision model; not cached."""
    cursor = Cursor(text, NameIndex(names), members, _BUILTIN_NAMES, expression)
    try:
        tree = parse_unary_tests(cursor) if unary else parse_expression(cursor)
        code = compile_node(tree, Setting(types or {}))
    except RecursionError:
        raise FeelError("nesting_run") from None
    free = frozenset(cursor.free)
    reads = free | cursor.maybe | ({"?"} if unary else set())
    return Expression(text, tree, code, free - {"?"}, frozenset(reads))


@lru_cache(maxsize=1024)
def _parse(text: str, names: frozenset[str], unary: bool) -> Expression:
    return parse_with(text, names=names, unary=unary)
