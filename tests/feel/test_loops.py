"""`for`, `some`, `every`, functions and contexts: everything with names of its own."""

from __future__ import annotations

import pytest

from tests.feel.kit import ev, refusal


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("for i in [1, 2] return i * 10", [10, 20]),
        ("for i in 1..3 return i", [1, 2, 3]),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in 1..1 return i", [1]),
        ("for i in (1..4) return i", [2, 3]),
        ("for i in [1..3] return i", [1, 2, 3]),
        ("for i in 1..2, j in i..2 return [i, j]", [[1, 1], [1, 2], [2, 2]]),
        ("for i in [1, 2], j in [] return i", []),
        ('for d in @"2024-02-28"..@"2024-03-01" return d.day', [28, 29, 1]),
        ('for d in @"2024-03-01"..@"2024-02-28" return d.day', [1, 29, 28]),
        ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", [1, 1, 2, 6, 24]),
        ("for i in 5 return i", [5]),
        ('for i in "ab" return i', ["ab"]),
        ("for i in null return i", None),
        ('for i in 1.."a" return i', None),
        ("for i in [] return i", []),
        ("(for i in 1..3 return i)[2]", 2),
        ("sum(for i in rows return i.x)", 6),
        ("for x in rows, y in x.parts return y", [1, 2]),
        ("for i in [1, 2] return for j in [3] return i + j", [[4], [5]]),
        ("some i in [1, 2] satisfies i > 1", True),
        ("some i in [1, 2] satisfies i > 2", False),
        ("some i in [1, null] satisfies i > 2", None),
        ("some i in [] satisfies true", False),
        ("some i in null satisfies true", None),
        ("every i in [1, 2] satisfies i > 0", True),
        ("every i in [1, 2] satisfies i > 1", False),
        ("every i in [null, 1] satisfies i > 2", False),
        ("every i in [1, null] satisfies i > 0", None),
        ("every i in [] satisfies false", True),
        ("some i in [1, 2], j in [2, 3] satisfies i = j", True),
        ("every i in [1], j in [2] satisfies i < j and j < 3", True),
    ],
)
def test_loops(text: str, wanted: object) -> None:
    rows = [{"x": 2, "parts": [1]}, {"x": 4, "parts": [2]}]
    assert ev(text, {"rows": rows}) == wanted


def test_a_loop_variable_hides_an_outer_name_and_only_inside() -> None:
    assert ev("[x, for x in [1] return x, x]", {"x": 9}) == [9, [1], 9]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(function(x) x + 1)(2)", 3),
        ("{f: function(x, y) x - y, r: f(5, 1)}.r", 4),
        ("{f: function(x, y) x - y, r: f(y: 1, x: 5)}.r", 4),
        ("{f: function(x, y) x - y, r: f(y: 1, z: 5)}.r", None),
        ("{f: function(x) x, r: f()}.r", None),
        ("{f: function(x) x, r: f(1, 2)}.r", None),
        ("{f: function(x: number) x, r: f(1)}.r", 1),
        ('{f: function(x: number) x, r: f("a")}.r', None),
        ("{f: function(x: number) x, r: f([1])}.r", 1),
        ("{f: function(x: list<number>) x, r: f(1)}.r", [1]),
        ("{f: function(g) g(3), r: f(function(x) x * 2)}.r", 6),
        ("{n: 2, f: function(x) x * n, r: f(3)}.r", 6),
        ('{f: function(first name: string) first name, r: f(first name: "Li")}.r', "Li"),
        ("{f: abs, r: f(-1)}.r", 1),
        ("[function(x) x][1](7)", 7),
        ("{add: function(x) function(y) x + y, r: add(1)(2)}.r", 3),
        ("sort([1, 3, 2], function(a, b) a > b)", [3, 2, 1]),
        ("5(1)", None),
        ("nothing(1)", None),
        ("function(x) x", "function"),
    ],
)
def test_functions(text: str, wanted: object) -> None:
    assert ev(text) == wanted


def test_a_function_in_a_loop_keeps_the_value_of_its_own_turn() -> None:
    text = "{fs: for i in [1, 2] return function() i, r: [fs[1](), fs[2]()]}.r"
    assert ev(text) == [1, 2]


def test_code_outside_of_feel_is_never_run() -> None:
    java = '{java: {class: "java.lang.Runtime", method signature: "exec(java.lang.String)"}}'
    assert ev(f'{{f: function(x) external {java}, r: f("id")}}.r') is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{}", {}),
        ("{a: 1, b: a + 1}", {"a": 1, "b": 2}),
        ('{"a b": 1}.a b', 1),
        ("{a b: 1, c: a b + 1}.c", 2),
        ("{a+b: 1}.a+b", 1),
        ("{a: {b: {c: 1}}}.a.b.c", 1),
        ("{a: 1}.b", None),
        ("[{a: 1}, {a: 2}, {b: 3}].a", [1, 2, None]),
        ("{if: 1}.if", 1),
        ("{a: b, b: 1}.a", None),
        ("null.a", None),
        ("1.a", None),
        ('get value({a: 1}, "a")', 1),
        ('get value({a: 1}, "b")', None),
        ('get value({a: {b: 1}}, ["a", "b"])', 1),
        ('get value({a: 1}, ["a", "b"])', None),
        ("get value({a: 1}, [])", None),
        ("get entries({a: 1})", [{"key": "a", "value": 1}]),
        ("get entries([])", None),
        ('context([{key: "a", value: 1}])', {"a": 1}),
        ('context([{key: "a", value: 1}, {key: "a", value: 2}])', None),
        ('context([{key: "a"}])', None),
        ("context([1])", None),
        ('context put({a: 1}, "b", 2)', {"a": 1, "b": 2}),
        ('context put({a: 1}, "a", null)', {"a": None}),
        ('context put({a: {b: 1}}, ["a", "b"], 2)', {"a": {"b": 2}}),
        ('context put({a: {}}, ["a", "b", "c"], 2)', {"a": {"b": {"c": 2}}}),
        ('context put({a: 1}, ["a", "b"], 2)', None),
        ("context put({}, [], 2)", None),
        ("context merge([{a: 1}, {a: 2, b: 3}])", {"a": 2, "b": 3}),
        ("context merge([{a: 1}, null])", None),
        ("is defined({a: 1}.a)", True),
        ("is defined({a: 1}.b)", False),
        ("get or else({a: 1}.b, 5)", 5),
        ("get or else({a: 1}.a, 5)", 1),
        ('is blank(" ")', True),
    ],
)
def test_contexts(text: str, wanted: object) -> None:
    assert ev(text) == wanted


def test_changing_a_context_leaves_the_old_one_as_it_was() -> None:
    assert ev('{a: {x: 1}, b: context put(a, "x", 2), r: a.x}.r') == 1


def test_a_key_that_stands_twice_is_refused() -> None:
    assert refusal("{a: 1, a: 2}").code == "twice"
