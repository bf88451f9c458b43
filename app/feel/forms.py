"""The forms of FEEL that carry inner expressions: brackets, contexts, `if`, `for`, `some`, `every`, functions."""

from __future__ import annotations

from app.feel import nodes as n
from app.feel.cursor import Cursor
from app.feel.lexer import KEYWORDS, Kind
from app.feel.names import NameIndex

_TYPES = NameIndex(("date and time", "days and time duration", "years and months duration"))


def opening_bracket(cursor: Cursor) -> n.Node:
    """What begins with `(`, `[` or `]`: a parenthesis, a list or an interval."""
    at = cursor.count()
    opening = cursor.take().text
    if opening == "[" and cursor.skip("]"):
        return n.ListOf(at, ())
    first = cursor.inner()
    if cursor.sign(".."):
        return interval(cursor, first, at=at, included=opening == "[")
    if opening == "]":
        raise cursor.error("expected", wanted="..")
    if opening == "(":
        cursor.expect(")")
        return first
    items = [first]
    while cursor.skip(","):
        items.append(cursor.inner())
    cursor.expect("]")
    return n.ListOf(at, tuple(items))


def interval(cursor: Cursor, start: n.Node, *, at: int, included: bool) -> n.Node:
    """The rest of an interval, from its `..` on (grammar rules 8 to 12)."""
    cursor.expect("..")
    end = cursor.inner_sum()
    closing = cursor.expect(")", "]", "[").text
    return n.RangeOf(at, start, end, included, closing == "]")


def context(cursor: Cursor) -> n.Node:
    """`{key: value, "key": value}`"""
    at = cursor.count()
    cursor.expect("{")
    entries: list[tuple[str, n.Node]] = []
    with cursor.scope(()):
        while not cursor.skip("}"):
            if entries:
                cursor.expect(",")
            key = cursor.take().text if cursor.token.kind is Kind.STRING else cursor.name_until(":")
            cursor.learn_member(key)
            cursor.expect(":")
            entries.append((key, cursor.inner()))
            cursor.locals[-1] = NameIndex(name for name, _ in entries)
    if len({key for key, _ in entries}) < len(entries):
        raise cursor.error("twice", at=at)
    return n.ContextOf(at, tuple(entries))


def keyword_form(cursor: Cursor) -> n.Node:
    """What begins with `if`, `for`, `some`, `every` or `function`."""
    form = cursor.token.text
    if form == "if":
        return _if(cursor)
    if form == "function":
        return _function(cursor)
    at = cursor.count()
    cursor.take()
    end = "return" if form == "for" else "satisfies"
    depth = len(cursor.locals)
    iterators = _iterators(cursor)
    cursor.expect(end)
    if form == "for":
        cursor.locals.append(NameIndex(("partial",)))
    body = cursor.inner()
    del cursor.locals[depth:]
    return n.For(at, iterators, body) if form == "for" else n.Quantified(at, form == "every", iterators, body)


def type_text(cursor: Cursor) -> str:
    """A type after `instance of` or a parameter's colon, as written (grammar rules 51 to 55)."""
    first = cursor.token
    if first.kind is not Kind.WORD:
        raise cursor.error("expected_type")
    _type(cursor)
    return " ".join(cursor.text[first.start : cursor.tokens[cursor.at - 1].end].split())


def _if(cursor: Cursor) -> n.Node:
    at = cursor.count()
    cursor.expect("if")
    condition = cursor.inner()
    cursor.expect("then")
    then = cursor.inner()
    cursor.expect("else")
    return n.If(at, condition, then, cursor.inner())


def _iterators(cursor: Cursor) -> tuple[tuple[str, n.Node], ...]:
    iterators: list[tuple[str, n.Node]] = []
    while True:
        name = cursor.name()
        cursor.expect("in")
        iterators.append((name, _domain(cursor)))
        cursor.locals.append(NameIndex((name,)))
        if not cursor.skip(","):
            return tuple(iterators)


def _domain(cursor: Cursor) -> n.Node:
    at = cursor.count()
    first = cursor.inner()
    if not cursor.skip(".."):
        return first
    return n.RangeOf(at, first, cursor.inner(), True, True)


def _function(cursor: Cursor) -> n.Node:
    at = cursor.count()
    cursor.expect("function")
    cursor.expect("(")
    parameters: list[tuple[str, str | None]] = []
    while not cursor.skip(")"):
        if parameters:
            cursor.expect(",")
        name = cursor.name_until(":", ",", ")")
        parameters.append((name, type_text(cursor) if cursor.skip(":") else None))
    external = cursor.skip("external")
    with cursor.scope(name for name, _ in parameters):
        return n.Function(at, tuple(parameters), cursor.inner(), external)


def _type(cursor: Cursor) -> None:
    cursor.deepen()
    found = _TYPES.longest(cursor.tokens, cursor.at)
    if found:
        cursor.at = found[1]
    else:
        _type_name(cursor)
    if cursor.skip("<"):
        while not cursor.skip(">"):
            if cursor.token.kind is Kind.WORD and cursor.follows(":"):
                cursor.at += 2
            _type(cursor)
            if not cursor.sign(">"):
                cursor.expect(",")
        if cursor.skip("->"):
            _type(cursor)
    cursor.nesting -= 1


def _type_name(cursor: Cursor) -> None:
    if cursor.token.kind is not Kind.WORD:
        raise cursor.error("expected_type")
    cursor.take()
    while cursor.token.kind is Kind.WORD and cursor.token.text not in KEYWORDS:
        cursor.take()
    if cursor.sign(".") and cursor.tokens[cursor.at + 1].kind is Kind.WORD:
        cursor.take()
        _type_name(cursor)
