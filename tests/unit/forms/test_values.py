"""One value at a time: what people type, what it becomes, and why it is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.workflow import forms
from app.workflow.forms.values import ValueRefused, for_input, for_reading, parse, to_date
from tests.form_files import component, form_of, options, three

TODAY = date(2026, 3, 2)


def field_of(kind: str, **more: Any) -> forms.Field:
    """The one field of a form."""
    return form_of(component(kind, "x", **more)).fields["x"]


def value_of(raw: str, kind: str, old: Any = None, **more: Any) -> Any:
    """What `raw` becomes in such a field."""
    field = field_of(kind, **more)
    return parse(field, raw, offered=[*field.choices, *options(field.source or "")], old=old, today=TODAY)


def reason(raw: str, kind: str, **more: Any) -> str:
    """The English reason why `raw` is refused."""
    with pytest.raises(ValueRefused) as refused:
        value_of(raw, kind, **more)
    assert all(refused.value.texts[locale] for locale in ("en", "zh_Hans", "zh_Hant"))
    return str(refused.value)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1234.56", "1234.56"),
        ("1,234,567.89", "1234567.89"),
        ("1 234 567", "1234567.00"),
        ("１２３４．５", "1234.50"),
        ("１，２３４．５", "1234.50"),
        ("一二三四", "1234.00"),
        ("二〇二六", "2026.00"),
        ("5万", "50000.00"),
        ("1.5億", "150000000.00"),
        ("120 万元", "1200000.00"),
        ("¥1,000.00", "1000.00"),
        ("￥1,000元", "1000.00"),
        ("-12.5", "-12.50"),
        ("－12.5", "-12.50"),
        ("+7", "7.00"),
        ("007", "7.00"),
        ("5.", "5.00"),
        ("1.500", "1.50"),
        ("-0", "0.00"),
        ("12 yuan", "12.00"),
        ("999999999999999999.99", "999999999999999999.99"),
    ],
)
def test_numbers_are_read_as_people_type_them(typed: str, amount: str) -> None:
    value = value_of(typed, "number", decimals=2, unit=three("yuan", "元", "元"))
    assert isinstance(value, Decimal)
    assert str(value) == amount


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("abc", "not a number"),
        ("1e5", "not a number"),
        ("NaN", "not a number"),
        ("Infinity", "not a number"),
        ("0x10", "not a number"),
        ("万", "not a number"),
        ("三十", "not a number"),
        ("1_000", "not a number"),
        ("--5", "not a number"),
        (".5", "not a number"),
        ("٣", "not a number"),
        ("1" * 61, "not a number"),
        ("1,5", "separators"),
        ("1,23,456", "separators"),
        ("1.234,56", "separators"),
        ("12 34", "separators"),
        ("1.2.3", "separators"),
        ("1.005", "2 digits"),
        ("1" + "0" * 18, "too large"),
        ("9999999999亿亿", "not a number"),
    ],
)
def test_what_is_no_clear_number_is_refused_and_never_guessed(typed: str, words: str) -> None:
    assert words in reason(typed, "number", decimals=2)


def test_a_number_without_decimals_takes_only_whole_ones() -> None:
    assert value_of("24", "number") == Decimal(24)
    assert value_of("24.0", "number") == Decimal(24)
    assert "whole" in reason("24.5", "number")


def test_the_unit_behind_a_number_is_not_part_of_it() -> None:
    rate = {"decimals": 4, "unit": three("%", "%", "%")}
    assert value_of("4.35%", "number", **rate) == Decimal("4.35")
    assert value_of("5万元", "number", unit=three("10k yuan", "万元", "萬元")) == Decimal(5)


def test_bounds_of_a_number_belong_to_it() -> None:
    bounds = {"validate": {"min": "1000", "max": "5000"}}
    assert [value_of(text, "number", **bounds) for text in ("1000", "5000")] == [1000, 5000]
    assert "1,000" in reason("999", "number", **bounds)
    assert "5,000" in reason("5001", "number", **bounds)


@pytest.mark.parametrize(
    "typed",
    ["2026-12-31", "2026/12/31", "2026.12.31", "20261231", "2026年12月31日", "２０２６-１２-３１", " 2026 - 12 - 31 "],
)
def test_dates_are_read_as_people_type_them(typed: str) -> None:
    assert value_of(typed, "date") == date(2026, 12, 31)


@pytest.mark.parametrize(
    "typed", ["31.12.2026", "2026-02-30", "26-12-31", "tomorrow", "0001-01-01", "9999-01-01", "2026-12"]
)
def test_what_is_no_date_is_refused(typed: str) -> None:
    assert "not a date" in reason(typed, "date")


def test_short_months_and_days_are_read() -> None:
    assert to_date("2026-3-2") == TODAY


def test_bounds_of_a_date_may_be_today() -> None:
    future = {"validate": {"min": "today"}}
    assert value_of("2026-03-02", "date", **future) == TODAY
    assert "2026-03-02" in reason("2026-03-01", "date", **future)
    assert "2026-03-02" in reason("2026-03-03", "date", validate={"max": "today"})


def test_text_is_kept_as_typed_but_for_blanks_around_it_and_line_ends() -> None:
    assert value_of("  王 小明\t ", "textfield") == "王 小明"
    assert value_of("a\r\nb\rc", "textarea") == "a\nb\nc"
    assert value_of("<b>&amp;</b>", "textfield") == "<b>&amp;</b>"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85x", "\ud800", "\u202e", "\u2066", "\ufffe"])
def test_characters_that_cannot_be_stored_or_shown_honestly_are_refused_by_name(character: str) -> None:
    words = reason(f"a{character}b", "textarea")
    assert f"U+{ord(character[0]):04X}" in words


def test_a_line_break_has_no_place_in_a_text_of_one_line() -> None:
    assert "U+000A" in reason("a\nb", "textfield")


def test_length_is_counted_in_characters() -> None:
    bounds = {"validate": {"minLength": 2, "maxLength": 4}}
    assert value_of("四个汉字", "textfield", **bounds) == "四个汉字"
    assert "At most 4 characters, now 5" in reason("五个汉字啊", "textfield", **bounds)
    assert "At least 2" in reason("a", "textfield", **bounds)
    assert value_of("", "textfield", **bounds) is None


def test_no_text_exceeds_the_limit_of_the_house() -> None:
    assert "At most 20000" in reason("x" * 20_001, "textarea", validate={"maxLength": 20_000})
    assert "At most 200" in reason("x" * 201, "textfield")


def test_a_pattern_must_fit_the_whole_text_and_may_bring_its_own_sentence() -> None:
    own = {"validate": {"pattern": "[A-Z]{2}[0-9]+", "message": three("Like AB12.")}}
    assert value_of("AB12", "textfield", **own) == "AB12"
    assert reason("AB12x", "textfield", **own) == "Like AB12."
    assert "form asked for" in reason("x", "textfield", validate={"pattern": "y"})


def test_a_pattern_cannot_be_made_to_hang() -> None:
    assert reason("a" * 199 + "!", "textfield", validate={"pattern": "(a+)+"})


def test_a_choice_must_be_offered_or_be_the_old_one() -> None:
    assert value_of("mortgage", "select", source="products") == "mortgage"
    assert "choose again" in reason("car", "select", source="products")
    assert value_of("car", "select", old="car", source="products") == "car"


def test_users_and_groups_are_chosen_from_their_sources() -> None:
    assert value_of("li.min", "user") == "li.min"
    assert value_of("market", "group") == "market"
    assert reason("li.min", "group")


def test_a_checkbox_is_ticked_or_not() -> None:
    assert value_of("true", "checkbox") is True
    assert value_of("", "checkbox") is False
    assert "ticked" in reason("on", "checkbox")


def test_identifiers_are_stored_in_one_form() -> None:
    assert value_of("１１０１０５19000127 893x", "idnumber") == "11010519000127893X"
    assert value_of("J100000027", "idnumber", kinds=["cn", "tw"]) == "J100000027"
    assert value_of("91110101ma01abcd5m", "creditcode") == "91110101MA01ABCD5M"
    assert value_of("138-0013-8000", "phone") == "+8613800138000"


def test_identifiers_are_refused_with_their_reason() -> None:
    assert "check digit" in reason("110105190001278930", "idnumber")
    assert reason("J100000027", "idnumber")
    assert "not accepted" in reason("+85251234567", "phone", regions=["CN"])
    assert "At most 60" in reason("1" * 61, "creditcode")


@pytest.mark.parametrize("kind", [k for k in forms.FieldType if k not in ("select", "radio", "checkbox", "table")])
def test_a_blank_is_no_value(kind: str) -> None:
    assert value_of(" \t　", kind) is None


def test_amounts_are_shown_with_separators_and_read_back_the_same() -> None:
    field = field_of("number", decimals=2)
    shown = for_input(field, Decimal("1234567.5"))
    assert shown == "1,234,567.50"
    assert parse(field, shown, offered=[], old=None, today=TODAY) == Decimal("1234567.5")


def test_digits_that_an_older_form_allowed_are_shown_and_not_rounded() -> None:
    assert for_input(field_of("number"), Decimal("4.35")) == "4.35"


def test_values_are_read_by_their_label_and_unit() -> None:
    rate = field_of("number", decimals=2, unit=three("yuan", "元", "元"))
    assert for_reading(rate, Decimal(5), [], "zh_Hans") == "5.00 元"
    assert for_reading(field_of("checkbox"), False, [], "zh_Hant") == "否"
    assert for_reading(field_of("phone"), "+8613800138000", [], "en") == "138 0013 8000"
    product = field_of("select", source="products")
    assert for_reading(product, "mortgage", options("products"), "en") == "个人住房贷款"
    assert for_reading(product, "gone", options("products"), "en") == "gone"
