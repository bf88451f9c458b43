"""FEEL text to syntax tree: precedence climbing over the grammar of DMN 1.3 clause 10.3.1.2.

Loosest first: or, and, comparison (`= < between in instance of`), `+ -`, `* /`, `**`, unary minus, then paths, filters
and calls. Operators of one level associate to the left. The parser never goes back, so its time is linear.
"""

from __future__ import annotations

from app.feel import nodes as n
from app.feel.cursor import SUM, Cursor
from app.feel.forms import context, interval, keyword_form, opening_bracket, type_text
from app.feel.iso import parse_temporal
from app.feel.lexer import KEYWORDS, Kind
from app.feel.values import number

_OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER, _UNARY = 1, 2, 3, SUM, 5, 6, 7
_BINARY = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER}
_COMPARE = frozenset(("=", "!=", "<", "<=", ">", ">="))
_LEVELS = {**_BINARY, **dict.fromkeys(_COMPARE, _COMPARISON)}
_WORD_LEVELS = {"or": _OR, "and": _AND, "between": _COMPARISON, "in": _COMPARISON, "instance": _COMPARISON}
_CONSTANTS = {"true": True, "false": False, "null": None}
_FORMS = frozenset(("if", "for", "some", "every", "function"))
_ENDS_RANGE = frozenset(
    ("", ")", ",", "]", "}", ".", "=", "!=", "<", "<=", ">", ">=", "and", "or", "then", "else", "return")
)


def parse_expression(cursor: Cursor) -> n.Node:
    """The whole text as one expression."""
    node = expression(cursor)
    if cursor.token.kind is not Kind.END:
        raise cursor.error("unexpected")
    return node


def parse_unary_tests(cursor: Cursor) -> n.UnaryTests:
    """The whole text as a decision-table cell (grammar rules 13 to 17)."""
    tests = unary_tests(cursor)
    if cursor.token.kind is not Kind.END:
        raise cursor.error("unexpected")
    return tests


def unary_tests(cursor: Cursor) -> n.UnaryTests:
    """`-`, `not(tests)` or tests separated by commas."""
    at = cursor.count()
    if cursor.sign("-") and cursor.tokens[cursor.at + 1].kind is Kind.END:
        cursor.take()
        return n.UnaryTests(at, ())
    if _wholly_negated(cursor):
        cursor.at += 2
        tests = test_list(cursor)
        cursor.expect(")")
        return n.UnaryTests(at, tests, negated=True)
    return n.UnaryTests(at, test_list(cursor))


def test_list(cursor: Cursor) -> tuple[n.Node, ...]:
    """One or more tests separated by commas."""
    tests = [expression(cursor)]
    while cursor.skip(","):
        tests.append(expression(cursor))
    return tuple(tests)


def expression(cursor: Cursor, level: int = _OR) -> n.Node:
    """An expression whose operators bind at least as tightly as `level`."""
    cursor.deepen()
    left = _operand(cursor, level)
    while True:
        found = _level(cursor)
        if found < level:
            break
        left = _operator(cursor, left, found)
    cursor.nesting -= 1
    return left


def _wholly_negated(cursor: Cursor) -> bool:
    if not (cursor.word("not") and cursor.follows("(")) or "not" in cursor.known:
        return False
    depth = 0
    for i in range(cursor.at + 1, len(cursor.tokens)):
        token = cursor.tokens[i]
        if token.kind is Kind.SIGN and token.text in "([{":
            depth += 1
        elif token.kind is Kind.SIGN and token.text in ")]}":
            depth -= 1
            if depth == 0:
                return cursor.tokens[i + 1].kind is Kind.END
    return False


def _level(cursor: Cursor) -> int:
    token = cursor.token
    if token.kind is Kind.SIGN:
        return _LEVELS.get(token.text, 0)
    return _WORD_LEVELS.get(token.text, 0) if token.kind is Kind.WORD else 0


def _operator(cursor: Cursor, left: n.Node, level: int) -> n.Node:
    if level == _COMPARISON:
        return _comparison(cursor, left)
    at = cursor.count()
    operator = cursor.take().text
    if level > _COMPARISON:
        return n.Binary(at, operator, left, expression(cursor, level + 1))
    operands = [left, expression(cursor, level + 1)]
    while cursor.skip(operator):
        operands.append(expression(cursor, level + 1))
    return n.Logic(at, operator, tuple(operands))


def _comparison(cursor: Cursor, left: n.Node) -> n.Node:
    at = cursor.count()
    operator = cursor.take().text
    if operator == "between":
        low = expression(cursor, _SUM)
        cursor.expect("and")
        return n.Between(at, left, low, expression(cursor, _SUM))
    if operator == "in":
        return n.In(at, left, _in_tests(cursor))
    if operator == "instance":
        cursor.expect("of")
        return n.InstanceOf(at, left, type_text(cursor))
    _refuse_second_sign(cursor, operator)
    return n.Compare(at, operator, left, expression(cursor, _SUM))


def _refuse_second_sign(cursor: Cursor, operator: str) -> None:
    """`==` comes from other languages; taken apart it would mean something nobody intends."""
    if cursor.sign(*_COMPARE):
        raise cursor.error("double_equals" if operator == "=" and cursor.sign("=") else "unexpected")


def _in_tests(cursor: Cursor) -> tuple[n.Node, ...]:
    """What stands after `in`: one test, or several in parentheses; `(1..5)` is an interval."""
    if not cursor.sign("("):
        return (expression(cursor, _SUM),)
    opening = cursor.take()
    first = expression(cursor)
    if cursor.sign(".."):
        return (interval(cursor, first, included=False, at=opening.start),)
    tests = [first]
    while cursor.skip(","):
        tests.append(expression(cursor))
    cursor.expect(")")
    return (_postfix(cursor, tests[0]),) if len(tests) == 1 else tuple(tests)


def _operand(cursor: Cursor, level: int) -> n.Node:
    if cursor.sign("-"):
        at = cursor.count()
        cursor.take()
        return n.Negate(at, expression(cursor, _UNARY))
    if cursor.sign(*_COMPARE):
        at = cursor.count()
        operator = cursor.take().text
        _refuse_second_sign(cursor, operator)
        return n.Test(at, operator, expression(cursor, _SUM))
    return _postfix(cursor, _primary(cursor))


def _primary(cursor: Cursor) -> n.Node:
    token = cursor.token
    if token.kind is Kind.NUMBER:
        return _number(cursor)
    if token.kind is Kind.STRING:
        return n.Literal(cursor.count(), cursor.take().text)
    if token.kind is Kind.WORD:
        return _word(cursor)
    if cursor.sign("@"):
        return _at_literal(cursor)
    if cursor.sign("(", "[", "]"):
        return opening_bracket(cursor)
    if cursor.sign("{"):
        return context(cursor)
    raise cursor.error("single_quote" if cursor.sign("'") else "unexpected")


def _word(cursor: Cursor) -> n.Node:
    text = cursor.token.text
    plain = text in KEYWORDS and not cursor.at_known_name()
    if text in _CONSTANTS and plain:
        at = cursor.count()
        cursor.take()
        return n.Literal(at, _CONSTANTS[text])
    if text in _FORMS and plain:
        return keyword_form(cursor)
    at = cursor.count()
    return n.Name(at, cursor.variable())


def _number(cursor: Cursor) -> n.Node:
    at = cursor.count()
    value = number(cursor.token.text)
    if value is None:
        raise cursor.error("number_size")
    cursor.take()
    return n.Literal(at, value)


def _at_literal(cursor: Cursor) -> n.Node:
    at = cursor.count()
    cursor.take()
    if cursor.token.kind is not Kind.STRING:
        raise cursor.error("expected_text")
    return n.Literal(at, parse_temporal(cursor.take().text))


def _postfix(cursor: Cursor, node: n.Node) -> n.Node:
    while True:
        if cursor.sign("."):
            at = cursor.count()
            cursor.take()
            node = n.Path(at, node, cursor.member())
        elif cursor.sign("[") and not _closes_range(cursor):
            at = cursor.count()
            cursor.take()
            with cursor.filtering():
                node = n.Filter(at, node, expression(cursor))
            cursor.expect("]")
        elif cursor.sign("("):
            node = _call(cursor, node)
        else:
            return node


def _closes_range(cursor: Cursor) -> bool:
    return cursor.tokens[cursor.at + 1].text in _ENDS_RANGE and cursor.tokens[cursor.at + 1].kind is not Kind.STRING


def _call(cursor: Cursor, function: n.Node) -> n.Node:
    at = cursor.count()
    cursor.expect("(")
    if cursor.skip(")"):
        return n.Call(at, function, ())
    names: list[str] = []
    arguments: list[n.Node] = []
    named = _is_named(cursor)
    while True:
        if named:
            names.append(cursor.name_until(":"))
            cursor.expect(":")
        arguments.append(expression(cursor))
        if not cursor.skip(","):
            break
    cursor.expect(")")
    return n.Call(at, function, tuple(arguments), tuple(names))


def _is_named(cursor: Cursor) -> bool:
    at = cursor.at
    while cursor.tokens[at].kind is Kind.WORD:
        at += 1
    return at > cursor.at and cursor.tokens[at].text == ":" and cursor.tokens[at].kind is Kind.SIGN
