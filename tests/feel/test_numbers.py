"""Numbers: exact to 34 digits, and the built-ins on them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import feel
from tests.feel.kit import ev, refusal

MONEY = st.decimals(min_value=-(10**12), max_value=10**12, places=4)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1", 1),
        ("-1", -1),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1.2e3", 1200),
        ("1.23e-4", 0.000123),
        ("0.1 + 0.2", 0.3),
        ("1 / 3 * 3 = 1", False),
        ("decimal(1 / 3, 4)", 0.3333),
        ("100 * 1.1", 110),
        ("7 - 10", -3),
        ("2 ** 10", 1024),
        ("2 ** -1", 0.5),
        ("2 ** 0.5 > 1.41421356237309504880168872420969", True),
        ("-3 ** 2", 9),
        ("2 ** 3 ** 2", 64),
        ("10 - 2 - 3", 5),
        ("100 / 10 / 2", 5),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("--1", 1),
        ("1-1", 0),
        ("5 -3", 2),
    ],
)
def test_arithmetic_is_exact_and_binds_as_the_specification_says(text: str, wanted: object) -> None:
    assert ev(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0",
        "0 / 0",
        "0 ** -1",
        "(-8) ** (1 / 3)",
        "1e6000 * 1e6000",
        "-1e6144 * 10",
        "10 ** (10 ** 10)",
        "exp(99999)",
    ],
)
def test_what_has_no_number_is_null(text: str) -> None:
    assert ev(text) is None


@pytest.mark.parametrize(
    "text", ['1 + "a"', '"a" - 1', "true * 2", "null + 1", "1 - null", "[1] / 2", "{} ** 2", '-"a"']
)
def test_arithmetic_with_something_else_is_null(text: str) -> None:
    assert ev(text) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("decimal(1.5, 0)", 2),
        ("decimal(2.5, 0)", 2),
        ("decimal(1.115, 2)", 1.12),
        ("decimal(1234.5, -2)", 1200),
        ("floor(1.5)", 1),
        ("floor(-1.5)", -2),
        ("floor(-1.56, 1)", -1.6),
        ("ceiling(1.5)", 2),
        ("ceiling(-1.5)", -1),
        ("ceiling(-1.56, 1)", -1.5),
        ("round up(5.5, 0)", 6),
        ("round up(-5.5, 0)", -6),
        ("round up(1.121, 2)", 1.13),
        ("round down(5.5, 0)", 5),
        ("round down(-5.5, 0)", -5),
        ("round half up(5.5, 0)", 6),
        ("round half up(-5.5, 0)", -6),
        ("round half up(1.125, 2)", 1.13),
        ("round half down(5.5, 0)", 5),
        ("round half down(-5.5, 0)", -5),
        ("round half down(5.51, 0)", 6),
        ("abs(-10)", 10),
        ("abs(10)", 10),
        ("modulo(12, 5)", 2),
        ("modulo(-12, 5)", 3),
        ("modulo(12, -5)", -3),
        ("modulo(-12, -5)", -2),
        ("modulo(10.1, 4.5)", 1.1),
        ("modulo(10, 5)", 0),
        ("modulo(1, 0)", None),
        ("sqrt(16)", 4),
        ("sqrt(-1)", None),
        ("log(1)", 0),
        ("log(0)", None),
        ("exp(0)", 1),
        ("odd(5)", True),
        ("odd(2)", False),
        ("even(0)", True),
        ("even(-3)", False),
        ("even(2.5)", None),
        ("odd(1e40)", False),
        ("floor()", None),
        ("floor(null)", None),
        ('floor("1")', None),
        ("floor([1.5])", 1),
        ("decimal(1, 99999)", None),
        ("decimal(n: 1.26, scale: 1)", 1.3),
        ("decimal(scale: 1, n: 1.26)", 1.3),
        ("decimal(n: 1.26, places: 1)", None),
    ],
)
def test_functions_on_numbers(text: str, wanted: object) -> None:
    assert ev(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('number("1000.5")', 1000.5),
        ('number("-7")', -7),
        ('number("1 000,5", " ", ",")', 1000.5),
        ('number("1,000.5", ",", ".")', 1000.5),
        ('number("1.000.000", ".", null)', 1000000),
        ('number("1,5", null, ",")', 1.5),
        ('number("1,000", ",", ",")', None),
        ('number("1_000", "_", ".")', None),
        ('number("abc")', None),
        ('number("")', None),
        ('number("NaN")', None),
        ('number("Infinity")', None),
        ('number("1e5")', 100000),
        ("number(1)", None),
        ("number(null)", None),
    ],
)
def test_a_text_becomes_a_number_only_when_it_is_one(text: str, wanted: object) -> None:
    assert ev(text) == wanted


@given(MONEY, MONEY)
def test_sums_and_differences_of_money_are_exact(left: Decimal, right: Decimal) -> None:
    context = {"left": left, "right": right}
    assert feel.parse("left + right").evaluate(context) == left + right
    assert feel.parse("left - right").evaluate(context) == left - right
    assert feel.parse("(left + right) - right = left").evaluate(context) is True


@given(MONEY, st.integers(0, 4))
def test_rounding_half_up_never_moves_a_number_by_more_than_half_a_unit(value: Decimal, scale: int) -> None:
    rounded = feel.parse("round half up(value, scale)").evaluate({"value": value, "scale": scale})
    assert abs(rounded - value) * 2 <= Decimal(1).scaleb(-scale)
    assert rounded == rounded.quantize(Decimal(1).scaleb(-scale))


@given(st.integers(-(10**6), 10**6), st.integers(-1000, 1000).filter(bool))
def test_modulo_has_the_sign_of_the_divisor_as_in_python(dividend: int, divisor: int) -> None:
    assert ev("modulo(a, b)", {"a": dividend, "b": divisor}) == dividend % divisor


def test_a_loan_of_thirty_years_can_be_worked_out_month_by_month() -> None:
    text = "sum(for m in 1..360 return 1 / 1.0035 ** m)"
    found = feel.parse(text).evaluate({})
    wanted = (1 - Decimal("1.0035") ** -360) / Decimal("0.0035")
    assert abs(found - wanted) < Decimal("1e-20")


def test_a_number_keeps_34_digits() -> None:
    assert feel.parse("1 / 3").evaluate({}) == Decimal("0." + "3" * 34)


def test_a_literal_beyond_the_range_of_numbers_is_refused_with_its_place() -> None:
    error = refusal("1 + 1e99999")
    assert (error.code, error.line, error.column) == ("number_size", 1, 5)
