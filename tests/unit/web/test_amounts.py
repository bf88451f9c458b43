"""Amounts in the capitals of bank paper."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.amounts import capitals

DIGITS = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1000}
EXAMPLES = {
    "0": "零元整",
    "0.05": "伍分",
    "0.50": "伍角整",
    "1": "壹元整",
    "10": "壹拾元整",
    "107000.53": "壹拾万柒仟元伍角叁分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "325.04": "叁佰贰拾伍元零肆分",
    "6007.14": "陆仟零柒元壹角肆分",
    "100000005": "壹亿零伍元整",
    "2005000000": "贰拾亿零伍佰万元整",
    "10200030004005": "壹拾万贰仟亿叁仟万肆仟零伍元整",
}


@pytest.mark.parametrize(("amount", "words"), EXAMPLES.items())
def test_amounts_are_written_as_on_a_cheque(amount: str, words: str) -> None:
    assert capitals(Decimal(amount)) == words


@given(st.decimals(min_value=0, max_value="9999999999999.99", places=2))
def test_reading_the_capitals_back_gives_the_amount(amount: Decimal) -> None:
    assert read(capitals(amount)) == amount


@given(st.decimals(min_value=0, max_value="9999999999999.99", places=2))
def test_no_two_zeros_stand_beside_each_other_and_none_before_a_unit(amount: Decimal) -> None:
    words = capitals(amount).removeprefix("零元")
    assert "零零" not in words
    assert not any(f"零{unit}" in words for unit in "万亿元角分整")


def test_text_with_separators_is_read_as_it_stands_in_a_list() -> None:
    assert capitals("1,200,000.50") == "壹佰贰拾万元伍角整"


@pytest.mark.parametrize("nothing", [None, "", Decimal(-1), Decimal(10) ** 16])
def test_nothing_negative_or_beyond_all_banks_has_no_capitals(nothing: Decimal | str | None) -> None:
    assert capitals(nothing) == ""


def read(words: str) -> Decimal:
    """The amount that capitals say; written apart from the code that it checks."""
    yuan, _, rest = words.removesuffix("整").rpartition("元")
    cents = 0
    for unit, size in (("角", 10), ("分", 1)):
        if unit in rest:
            cents += DIGITS[rest[rest.index(unit) - 1]] * size
    return Decimal(whole(yuan)) + Decimal(cents) / 100


def whole(words: str) -> int:
    """A whole number from its capitals."""
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if unit in words:
            high, _, low = words.rpartition(unit)
            return whole(high) * size + whole(low)
    total, digit = 0, 0
    for character in words:
        if character in DIGITS:
            digit = DIGITS[character]
        else:
            total, digit = total + digit * PLACES[character], 0
    return total + digit
