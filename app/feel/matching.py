"""Comparisons and unary tests: `=`, `<`, `between`, `in`, and the cells of decision tables (DMN 1.3 clause 10.3.2.7).

Comparing with a constant is by far the commonest thing an analyst writes, so it gets closures of its own.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.feel import nodes as n
from app.feel.compiler import Code, Setting, compile_node, compiles, mentions
from app.feel.limits import Run, Scope
from app.feel.operators import equal, order, within
from app.feel.values import Range

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_RANGES = {"<": (None, 0, False), "<=": (None, 0, True), ">": (0, None, False), ">=": (0, None, True)}


@compiles(n.Compare)
def _compare(node: n.Compare, setting: Setting) -> Code:
    left, right = compile_node(node.left, setting), compile_node(node.right, setting)
    if isinstance(node.right, n.Literal) and type(node.right.value) in (Decimal, str):
        return _against_constant(node.operator, left, node.right.value)
    if node.operator in _ORDERS:
        test = _ORDERS[node.operator]
        return lambda scope: _ordered(test, left(scope), right(scope))
    if node.operator == "=":
        return lambda scope: equal(left(scope), right(scope), scope.run)
    return lambda scope: _not(equal(left(scope), right(scope), scope.run))


def _against_constant(sign: str, left: Code, constant: Decimal | str) -> Code:
    wanted = type(constant)
    if sign in _ORDERS:
        test = _ORDERS[sign]

        def ordered(scope: Scope) -> bool | None:
            value = left(scope)
            return test(value, constant) if type(value) is wanted else None

        return ordered
    when_equal = sign == "="

    def same(scope: Scope) -> bool | None:
        value = left(scope)
        if type(value) is wanted:
            return (value == constant) is when_equal
        return not when_equal if value is None else None

    return same


@compiles(n.Between)
def _between(node: n.Between, setting: Setting) -> Code:
    operand = compile_node(node.operand, setting)
    low, high = compile_node(node.low, setting), compile_node(node.high, setting)

    def code(scope: Scope) -> bool | None:
        value, least, most = operand(scope), low(scope), high(scope)
        if value is None or least is None or most is None:
            return None
        return within(value, Range(least, most))

    return code


@compiles(n.In)
def _in(node: n.In, setting: Setting) -> Code:
    operand = compile_node(node.operand, setting)
    tests = [compile_test(test, setting) for test in node.tests]

    def code(scope: Scope) -> bool | None:
        value = operand(scope)
        return any_of(tests, value, scope)

    return code


Tester = Callable[[Any, Scope], bool | None]


def any_of(tests: list[Tester], value: Any, scope: Scope) -> bool | None:
    """Whether one of the tests holds, three-valued."""
    result: bool | None = False
    for test in tests:
        answer = test(value, scope)
        if answer is True:
            return True
        if answer is None:
            result = None
    return result


@compiles(n.Test)
def _test_value(node: n.Test, setting: Setting) -> Code:
    """A comparison standing alone, `(< 5)`: the range of what it accepts (DMN 1.4 grammar rule 7)."""
    operand = compile_node(node.operand, setting)
    if node.operator == "=":
        return lambda scope: _only(operand(scope))
    if node.operator == "!=":
        return lambda scope: None
    low, high, included = _RANGES[node.operator]

    def code(scope: Scope) -> Range | None:
        value = operand(scope)
        if value is None or type(value) in (list, dict):
            return None
        start, end = (None, value) if low is None else (value, None)
        return Range(start, end, low == 0 and included, high == 0 and included, unary=True)

    return code


def _only(value: Any) -> Range:
    return Range(value, value, unary=True)


@compiles(n.UnaryTests)
def _unary_tests(node: n.UnaryTests, setting: Setting) -> Code:
    test = compile_unary(node, setting)
    return lambda scope: test(scope.get("?"), scope)


def compile_unary(node: n.UnaryTests, setting: Setting) -> Tester:
    """All tests of a cell as one function of the value under test and the scope."""
    if not node.tests:
        return lambda value, scope: True
    tests = [compile_test(test, setting) for test in node.tests]
    if node.negated:
        return lambda value, scope: _not(any_of(tests, value, scope))
    if len(tests) == 1:
        return tests[0]
    return lambda value, scope: any_of(tests, value, scope)


def compile_test(node: n.Node, setting: Setting) -> Tester:
    """A positive unary test as a function of the value under test and the scope."""
    if isinstance(node, n.Test):
        return _comparison_test(node, setting)
    code = compile_node(node, setting)
    if isinstance(node, n.Literal):
        return _literal_test(node.value)
    if mentions(node, "?"):
        return lambda value, scope: _of_condition(value, code(scope), scope.run)
    if isinstance(node, n.RangeOf):
        return _range_test(node, code)
    plain = isinstance(node, n.Name | n.Path)
    return lambda value, scope: accepts(value, code(scope), scope.run, condition=not plain)


def _literal_test(constant: Any) -> Tester:
    wanted = type(constant)
    if wanted in (Decimal, str):

        def test(value: Any, scope: Scope) -> bool | None:
            if type(value) is wanted:
                return bool(value == constant)
            return accepts(value, constant, scope.run)

        return test
    return lambda value, scope: accepts(value, constant, scope.run)


def _range_test(node: n.RangeOf, code: Code) -> Tester:
    start, end = node.start, node.end
    if not isinstance(start, n.Literal) or not isinstance(end, n.Literal):
        return lambda value, scope: _in_range(value, code(scope))
    low, high = start.value, end.value
    if type(low) is not Decimal or type(high) is not Decimal:
        return lambda value, scope: _in_range(value, code(scope))
    above = operator.ge if node.start_included else operator.gt
    below = operator.le if node.end_included else operator.lt
    return lambda value, scope: above(value, low) and below(value, high) if type(value) is Decimal else None


def _comparison_test(node: n.Test, setting: Setting) -> Tester:
    operand = compile_node(node.operand, setting)
    if node.operator in _ORDERS:
        test = _ORDERS[node.operator]
        if isinstance(node.operand, n.Literal) and type(node.operand.value) is Decimal:
            constant = node.operand.value
            return lambda value, scope: test(value, constant) if type(value) is Decimal else None
        return lambda value, scope: _ordered(test, value, operand(scope))
    if node.operator == "=":
        return lambda value, scope: equal(value, operand(scope), scope.run)
    return lambda value, scope: _not(equal(value, operand(scope), scope.run))


def accepts(value: Any, test: Any, run: Run, *, condition: bool = False) -> bool | None:
    """Whether a value passes the value of a test: equals it, is in the list or range, or the test says true itself."""
    if type(test) is Range and type(value) is not Range:
        return _in_range(value, test)
    if type(test) is list:
        return _in_list(value, test, run)
    if condition and type(test) is bool and type(value) is not bool:
        return test
    return equal(value, test, run)


def _of_condition(value: Any, answer: Any, run: Run) -> bool | None:
    return answer if type(answer) is bool or answer is None else accepts(value, answer, run)


def _in_list(value: Any, tests: list[Any], run: Run) -> bool:
    run.spend(1 + len(tests))
    if type(value) is list and equal(value, tests, run):
        return True
    for test in tests:
        answer = within(value, test) if type(test) is Range and type(value) is not Range else equal(value, test, run)
        if answer is True:
            return True
    return False


def _in_range(value: Any, interval: Any) -> bool | None:
    if type(interval) is not Range:
        return None
    return None if value is None else within(value, interval)


def _ordered(test: Callable[[Any, Any], bool], left: Any, right: Any) -> bool | None:
    found = order(left, right)
    return None if found is None else test(found, 0)


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
