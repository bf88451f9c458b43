"""Cells of decision tables."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.feel.kit import cell, refusal


@pytest.mark.parametrize(
    ("text", "accepted", "refused"),
    [
        ("-", [1, "a", None, []], []),
        ("5", [5, 5.0], [6, "5", None]),
        ("-5", [-5], [5]),
        ('"A"', ["A"], ["a", None, 1]),
        ('"A", "B"', ["A", "B"], ["C", None]),
        ('not("A", "B")', ["C"], ["A", "B"]),
        ("< 5", [4, -1], [5, None, "4"]),
        (">= 5, < 0", [5, -1], [0, 4]),
        ("[1..5]", [1, 5], [0, 6, None]),
        ("(1..5)", [2], [1, 5]),
        ("]1..5[", [2], [1, 5]),
        ("[1..5], [10..15)", [3, 10], [7, 15]),
        ("not([1..5])", [0, 6], [3]),
        ("not(< 5)", [5], [4]),
        ("= 5", [5], [4]),
        ("!= 5", [4], [5]),
        ("true", [True], [False, None]),
        ("null", [None], [1]),
        ("not(null)", [1], [None]),
        ("> limit", [11], [10]),
        ("limit", [10], [11]),
        ("allowed", ["x", "y"], ["z"]),
        ("band", [1, 3], [4]),
        ("? > 5", [6], [5]),
        ("? > 5 and ? < 10", [7], [5, 10]),
        ('contains(?, "loan")', ["a loan"], ["a lone"]),
        ('not(contains(?, "x"))', ["a"], ["x"]),
        ("? in allowed", ["x"], ["z"]),
        ("odd(?)", [3], [4]),
        ('date("2024-02-29")', [datetime.date(2024, 2, 29)], [datetime.date(2024, 3, 1)]),
        ('< date("2024-02-29")', [datetime.date(2024, 2, 28)], [datetime.date(2024, 2, 29)]),
        ('[@"2024-01-01"..@"2024-12-31"]', [datetime.date(2024, 6, 1)], [datetime.date(2025, 1, 1)]),
        ("limit > 5", [1, "anything"], []),
        ("limit > 50", [], [1, "anything"]),
        ("limit * 2", [20], [10]),
        ('"A" , "B"', ["B"], []),
        ("[1, 2, 3]", [2, [1, 2, 3]], [4]),
        ("loan-to-value", [0.8], [0.7]),
    ],
)
def test_a_cell_accepts_what_it_says(text: str, accepted: list[Any], refused: list[Any]) -> None:
    context = {"limit": 10, "allowed": ["x", "y"], "band": [1, 2, 3], "loan-to-value": 0.8}
    for value in accepted:
        assert cell(text, value, context) is True, value
    for value in refused:
        assert cell(text, value, context) is not True, value


def test_a_list_of_texts_matches_where_spiffworkflow_never_did() -> None:
    assert cell('"A","B"', "B") is True
    assert cell("[18..65]", 65) is True


@pytest.mark.parametrize("text", ["5,", ", 5", "not(5", "> ", "A B C D (", "== 5", "> > 5", "5 6", "-, 5"])
def test_a_cell_that_can_not_be_read_is_refused_with_its_place(text: str) -> None:
    error = refusal(text, unary=True)
    assert error.line == 1
    assert error.column >= 1


def test_two_equal_signs_are_named_as_the_mistake_they_are() -> None:
    assert refusal("== 5", unary=True).code == "double_equals"
    assert refusal("a == 5").code == "double_equals"
