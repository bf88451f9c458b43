"""Ranges, `in`, `between`, and the functions that relate points and ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feel.kit import ev, refusal

RANGES = st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans(), st.booleans()).filter(lambda r: r[0] < r[1])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 in [1..5]", True),
        ("1 in (1..5]", False),
        ("1 in ]1..5]", False),
        ("5 in [1..5)", False),
        ("5 in [1..5[", False),
        ("3 in [1..5]", True),
        ('"b" in ["a".."c"]', True),
        ('@"2024-02-15" in [@"2024-02-01"..@"2024-02-29"]', True),
        ("null in [1..5]", None),
        ('"a" in [1..5]', None),
        ("1 in [null..5]", None),
        ("1 in < 5", True),
        ("5 in <= 5", True),
        ("5 in > 5", False),
        ("1 in (1, 2)", True),
        ("3 in (1, 2)", False),
        ("3 in (< 2, [3..4])", True),
        ("1 in 1", True),
        ("1 in [1, 2]", True),
        ("3 in [[1..2], [3..4]]", True),
        ("[1] in [[1], [2]]", True),
        ("10 in (= 10)", True),
        ("10 in (!= 10)", False),
        ("2 between 1 and 3", True),
        ("1 between 1 and 3", True),
        ("4 between 1 and 3", False),
        ("2 between 3 and 1", False),
        ("null between 1 and 3", None),
        ("2 between null and 3", None),
        ('2 between "a" and 3', None),
        ("1 + 1 between 1 and 3 and true", True),
        ("not(1 in (2, 3))", True),
    ],
)
def test_membership(text: str, wanted: object) -> None:
    assert ev(text) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[1..5].start", 1),
        ("[1..5).end", 5),
        ("[1..5).end included", False),
        ("]1..5].start included", False),
        ("(< 10).end", 10),
        ("(< 10).start", None),
        ("(>= 10).start included", True),
        ("[1..5] = [1..5]", True),
        ("[1..5] = [1..5)", False),
        ("(< 10) = (null..10)", False),
        ("[1..5] instance of range<number>", True),
        ("[1..5] instance of range<string>", False),
        ('[1.."a"]', None),
        ("[a..b].end", 9),
        ("[rows[1]..rows[2]].end", 8),
    ],
)
def test_ranges_are_values_with_parts(text: str, wanted: object) -> None:
    assert ev(text, {"a": 1, "b": 9, "rows": [7, 8]}) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('range("[1..3]") = [1..3]', True),
        ('range("(1..3[") = (1..3)', True),
        ('range("[\\"a\\"..\\"c\\"]") = ["a".."c"]', True),
        ('range("[date(\\"2024-01-01\\")..@\\"2024-02-01\\"]").end', "2024-02-01"),
        ('range("[3..1]")', None),
        ('range("[1..")', None),
        ('range("[..2]")', None),
        ('range("[1..\\"b\\"]")', None),
        ('range("[a..b]")', None),
        ('range("[1+1..3]")', None),
        ('range("")', None),
    ],
)
def test_a_range_from_text_has_literal_ends_only(text: str, wanted: object) -> None:
    assert ev(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("before(1, 10)", True),
        ("before(10, 1)", False),
        ("before(1, [1..10])", False),
        ("before(1, (1..10])", True),
        ("before([1..5), [5..10])", True),
        ("after(10, [1..10))", True),
        ("after(10, [1..10])", False),
        ("meets([1..5], [5..10])", True),
        ("meets([1..5), [5..10])", False),
        ("met by([5..10], [1..5])", True),
        ("overlaps([1..5], [3..8])", True),
        ("overlaps([1..5], [5..8])", True),
        ("overlaps([1..5], (5..8])", False),
        ("overlaps([1..5], [6..8])", False),
        ("overlaps before([1..5], [3..8])", True),
        ("overlaps before([3..8], [1..5])", False),
        ("overlaps after([3..8], [1..5])", True),
        ("overlaps after([1..5], [3..8])", False),
        ("finishes(10, [1..10])", True),
        ("finishes(10, [1..10))", False),
        ("finishes([5..10], [1..10])", True),
        ("finished by([1..10], [5..10])", True),
        ("includes([1..10], 5)", True),
        ("includes([1..10], [4..6])", True),
        ("includes((1..10], 1)", False),
        ("includes((1..10), [1..10])", False),
        ("during(5, [1..10])", True),
        ("during([4..6], [1..10])", True),
        ("starts(1, [1..10])", True),
        ("starts([1..5], [1..10])", True),
        ("starts([1..5], (1..10])", False),
        ("started by([1..10], 1)", True),
        ("coincides(5, 5)", True),
        ("coincides([1..5], [1..5])", True),
        ("coincides([1..5], [1..5))", False),
        ('before(1, "a")', None),
        ("before(1)", None),
        ("during(1, 2)", None),
        ('before(@"2024-01-01", @"2024-01-02")', True),
    ],
)
def test_relations_of_points_and_ranges(text: str, wanted: object) -> None:
    assert ev(text) is wanted


def _text(interval: tuple[int, int, bool, bool]) -> str:
    low, high, low_in, high_in = interval
    return f"{'[' if low_in else '('}{low}..{high}{']' if high_in else ')'}"


def _points(interval: tuple[int, int, bool, bool]) -> set[float]:
    """The multiples of a half that a range holds: enough to tell all ranges with whole ends apart."""
    low, high, low_in, high_in = interval
    halves = [n / 2 for n in range(-2, 16)]
    return {p for p in halves if (low < p or (p == low and low_in)) and (p < high or (p == high and high_in))}


@given(RANGES, RANGES)
def test_the_relations_agree_with_sets_of_points(first: tuple, second: tuple) -> None:
    a, b = _text(first), _text(second)
    one, other = _points(first), _points(second)
    assert ev(f"overlaps({a}, {b})") is bool(one & other)
    assert ev(f"before({a}, {b})") is (max(one) < min(other))
    assert ev(f"after({a}, {b})") is (min(one) > max(other))
    assert ev(f"includes({a}, {b})") is (one >= other)
    assert ev(f"during({a}, {b})") is (one <= other)
    assert ev(f"coincides({a}, {b})") is (one == other)
    assert ev(f"starts({a}, {b})") is (one <= other and min(one) == min(other) and first[2] == second[2])
    assert ev(f"overlaps before({a}, {b})") is ev(f"overlaps after({b}, {a})")


@pytest.mark.parametrize("text", ["[1..]", "[..5]", "[1..5", "1..5", "]1, 2["])
def test_half_a_range_is_refused(text: str) -> None:
    assert refusal(text).line == 1
