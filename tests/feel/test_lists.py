"""Lists and the built-ins on them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feel.kit import ev, refusal

NUMBERS = st.lists(st.integers(-1000, 1000), max_size=20)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("list contains([1, 2, null], null)", True),
        ("list contains([1, 2], 3)", False),
        ('list contains(["a"], "a")', True),
        ("list contains([[1]], [1])", True),
        ("list contains(null, 1)", None),
        ("count([1, 2, 3])", 3),
        ("count([])", 0),
        ("count([null])", 1),
        ("count(1)", 1),
        ("count(null)", None),
        ("min([3, 1, 2])", 1),
        ("min(3, 1, 2)", 1),
        ('max("a", "c", "b")', "c"),
        ('max([@"2024-01-01", @"2024-06-01"])', "2024-06-01"),
        ("min([])", None),
        ('min([1, "a"])', None),
        ("max([null])", None),
        ("max([1, null])", None),
        ("sum([1, 2.5])", 3.5),
        ("sum(1, 2)", 3),
        ('sum([@"P1D", @"P2D"])', "P3D"),
        ("sum([])", None),
        ('sum([1, "a"])', None),
        ("mean([1, 2, 6])", 3),
        ("mean([])", None),
        ("product([2, 3, 4])", 24),
        ("product(2, 3)", 6),
        ("median([8, 2, 5, 3, 4])", 4),
        ("median(6, 1, 2, 3)", 2.5),
        ("median([])", None),
        ("mode([6, 3, 9, 6, 6])", [6]),
        ("mode(6, 1, 9, 6, 1)", [1, 6]),
        ("mode([])", []),
        ("stddev([47])", None),
        ("decimal(stddev(2, 4, 7, 5), 6)", 2.081666),
        ("all([true, true])", True),
        ("all([true, null])", None),
        ("all([false, null])", False),
        ("all([])", True),
        ("all(true, false)", False),
        ("any([false, null])", None),
        ("any([true, null])", True),
        ("any([])", False),
        ("any(0)", None),
    ],
)
def test_questions_to_a_list(text: str, wanted: object) -> None:
    assert ev(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sublist([4, 5, 6], 1, 2)", [4, 5]),
        ("sublist([4, 5, 6], 2)", [5, 6]),
        ("sublist([4, 5, 6], -2, 1)", [5]),
        ("sublist([4, 5, 6], 0)", None),
        ("sublist([4, 5, 6], 2, 3)", None),
        ("append([1], 2, 3)", [1, 2, 3]),
        ("append(1, 2)", [1, 2]),
        ("append([1], null)", [1, None]),
        ("append([], [1])", [[1]]),
        ("concatenate([1, 2], [3])", [1, 2, 3]),
        ("concatenate([1], 2)", [1, 2]),
        ("insert before([1, 3], 1, 2)", [2, 1, 3]),
        ("insert before([1, 3], -1, 2)", [1, 2, 3]),
        ("insert before([1, 3], 5, 2)", None),
        ("remove([1, 2, 3], 2)", [1, 3]),
        ("remove([1, 2, 3], -1)", [1, 2]),
        ("remove([1, 2, 3], 4)", None),
        ("reverse([1, 2, 3])", [3, 2, 1]),
        ("index of([1, 2, 3, 2], 2)", [2, 4]),
        ("index of([1, null], null)", [2]),
        ("union([1, 2], [2, 3])", [1, 2, 3]),
        ("distinct values([1, 2, 1, null, null])", [1, 2, None]),
        ('distinct values([1, "1", true])', [1, "1", True]),
        ("flatten([[1, 2], [[3]], 4])", [1, 2, 3, 4]),
        ("list replace([2, 4, 7, 8], 3, 6)", [2, 4, 6, 8]),
        ("list replace([2, 4, 7, 8], -1, 6)", [2, 4, 7, 6]),
        ("list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5)", [5, 5, 7, 8]),
        ("list replace([2, 4], function(item, newItem) null, 5)", None),
        ("list replace(list: [2, 4], position: 1, newItem: 9)", [9, 4]),
        ("duplicate values([1, 2, 1, 3, 3])", [1, 3]),
        ("is empty([])", True),
    ],
)
def test_changing_a_list_makes_a_new_one(text: str, wanted: object) -> None:
    assert ev(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sort([3, 1, 2])", [1, 2, 3]),
        ("sort([3, 1, 2], function(x, y) x > y)", [3, 2, 1]),
        ("sort(list: [3, 1, 2], precedes: function(x, y) x < y)", [1, 2, 3]),
        ('sort(["b", "a"], function(x, y) x < y)', ["a", "b"]),
        ('sort([1, "a"])', None),
        ("sort([{n: 2}, {n: 1}], function(x, y) x.n < y.n)", [{"n": 1}, {"n": 2}]),
        ("sort([])", []),
        ("sort(null)", None),
    ],
)
def test_sorting(text: str, wanted: object) -> None:
    assert ev(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[1, 2, 3][1]", 1),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][0]", None),
        ("[1, 2, 3][4]", None),
        ("[1, 2, 3][1.5]", None),
        ("[1, 2, 3][item > 1]", [2, 3]),
        ("[1, 2, 3, 4][even(item)]", [2, 4]),
        ("[1, null, 3][item > 1]", [3]),
        ("[{a: 1}, {a: 2}][a > 1]", [{"a": 2}]),
        ("[{a: 1}, {a: 2}][item.a > 1]", [{"a": 2}]),
        ("[{a: 1}, {b: 2}][a = 1]", [{"a": 1}]),
        ("[{item: 1}, {item: 2}][item > 1]", [{"item": 2}]),
        ("[][1]", None),
        ("[][item > 1]", []),
        ("5[1]", 5),
        ("5[item > 3]", [5]),
        ("5[item > 9]", []),
        ("null[1]", None),
        ("[1, 2, 3][count([1, 2])]", 2),
        ("[[1, 2], [3]][1][2]", 2),
        ("[true, false][item]", [True]),
    ],
)
def test_filters(text: str, wanted: object) -> None:
    assert ev(text) == wanted


def test_a_filter_reads_outer_names_that_the_element_does_not_have() -> None:
    context = {"rows": [{"x": 1}, {"x": 5}], "limit": 3}
    assert ev("rows[x > limit]", context) == [{"x": 5}]
    assert ev("rows[x > limit].x", context) == [5]


def test_a_member_of_the_element_hides_an_outer_name() -> None:
    assert ev("rows[x = 1]", {"rows": [{"x": 1}, {"x": 2}], "x": 1}) == [{"x": 1}]


@given(NUMBERS)
def test_the_aggregates_agree_with_python(items: list[int]) -> None:
    context = {"l": items}
    assert ev("count(l)", context) == len(items)
    assert ev("sum(l)", context) == (sum(items) if items else None)
    assert ev("min(l)", context) == (min(items) if items else None)
    assert ev("max(l)", context) == (max(items) if items else None)
    assert ev("sort(l)", context) == sorted(items)
    assert ev("distinct values(l)", context) == list(dict.fromkeys(items))


@given(NUMBERS, st.integers(-25, 25))
def test_removing_what_was_inserted_gives_the_list_back(items: list[int], position: int) -> None:
    context = {"l": items, "p": position}
    inserted = ev("insert before(l, p, 0.5)", context)
    if position == 0 or abs(position) > len(items):
        assert inserted is None
    else:
        at = position if position > 0 else len(items) + position + 1
        assert ev("remove(l, p)", {"l": inserted, "p": at}) == items


@given(st.recursive(st.integers(0, 9), lambda inner: st.lists(inner, max_size=4), max_leaves=20))
def test_flattening_keeps_every_leaf_in_order(value: object) -> None:
    def leaves(part: object) -> list[object]:
        return [leaf for item in part for leaf in leaves(item)] if isinstance(part, list) else [part]

    assert ev("flatten(v)", {"v": value}) == leaves(value)


def test_a_list_that_holds_itself_many_times_is_measured_before_it_is_flattened() -> None:
    tens = "[{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}]"
    entries = ", ".join(f"{name}: {tens.format(inner)}" for name, inner in zip("abcdef", "1abcde", strict=True))
    assert refusal(f"flatten({{{entries}}}.f)").code in ("list_size", "steps")


def test_numbers_in_lists_stay_exact() -> None:
    assert ev("sum(l) = 0.6", {"l": [Decimal("0.1"), Decimal("0.2"), Decimal("0.3")]}) is True
