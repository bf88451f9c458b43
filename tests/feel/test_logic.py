"""Equality, comparison, three-valued logic, conditions."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feel.kit import ev

TRUTH = {"true": True, "false": False, "null": None}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("left", "right"), list(product(TRUTH, TRUTH)))
def test_and_and_or_are_three_valued(left: str, right: str) -> None:
    a, b = TRUTH[left], TRUTH[right]
    both = False if a is False or b is False else None if a is None or b is None else True
    either = True if a is True or b is True else None if a is None or b is None else False
    assert ev(f"{left} and {right}") is both
    assert ev(f"{left} or {right}") is either


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('false and "x"', False),
        ('true and "x"', None),
        ('true or "x"', True),
        ("false or 1", None),
        ("1 and 1", None),
        ("not(true)", False),
        ("not(null)", None),
        ('not("x")', None),
        ("true and true and false", False),
        ("false or false or true", True),
        ("true or false and false", True),
        ("not(true) or true", True),
    ],
)
def test_what_is_not_boolean_counts_as_null(text: str, wanted: object) -> None:
    assert ev(text) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 = 1.0", True),
        ("1 != 2", True),
        ('"a" = "a"', True),
        ('1 = "1"', None),
        ("true = 1", None),
        ("null = null", True),
        ("1 = null", False),
        ("1 != null", True),
        ("null != null", False),
        ("[] = null", False),
        ("[1, 2] = [1, 2]", True),
        ("[1, 2] = [2, 1]", False),
        ("[1] = [1, 1]", False),
        ("[1] = 1", None),
        ("{a: 1, b: 2} = {b: 2, a: 1}", True),
        ("{a: 1} = {a: 2}", False),
        ("{a: 1} = {b: 1}", False),
        ("1 < 2", True),
        ("2 <= 2", True),
        ('"a" < 1', None),
        ("null < 1", None),
        ("true > false", None),
        ("[1] < [2]", None),
        ("1 < 2 = true", True),
    ],
)
def test_equality_and_order(text: str, wanted: object) -> None:
    assert ev(text) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("if true then 1 else 2", 1),
        ("if false then 1 else 2", 2),
        ("if null then 1 else 2", 2),
        ('if "x" then 1 else 2', 2),
        ("if 1 > 0 then if 2 > 3 then 1 else 2 else 3", 2),
        ("1 + (if true then 2 else 3)", 3),
        ("[if true then 1 else 2, 3]", [1, 3]),
    ],
)
def test_if_takes_the_first_way_only_when_the_condition_is_true(text: str, wanted: object) -> None:
    assert ev(text) == wanted


def test_the_way_not_taken_is_not_evaluated() -> None:
    assert ev("if true then 1 else count(for i in 1..100000, j in 1..100000 return i)") == 1
    assert ev("false and count(for i in 1..100000, j in 1..100000 return i) = 1") is False


@given(VALUES, VALUES)
def test_equality_is_symmetric_and_everything_equals_itself(left: object, right: object) -> None:
    context = {"a": left, "b": right}
    assert ev("a = b", context) is ev("b = a", context)
    assert ev("a = a", context) is True
    if ev("a = b", context) is not None:
        assert ev("a != b", context) is (not ev("a = b", context))
