"""The way in and out: Python and JSON values to FEEL values and back."""

from __future__ import annotations

import datetime
import json
from collections import OrderedDict
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import feel
from app.feel.temporal import Date, DateTime, Days, Time, Zone
from app.feel.types import ANY, Type, coerce, conforms, parse_type
from app.feel.values import FeelFunction, Range, kind

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, None),
        (True, True),
        (1, Decimal(1)),
        (0.1, Decimal("0.1")),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("1.50"), Decimal("1.50")),
        (Decimal("NaN"), None),
        ("a", "a"),
        (Colour.RED, "red"),
        ((1, 2), [Decimal(1), Decimal(2)]),
        (OrderedDict(a=1), {"a": Decimal(1)}),
        ({1: 2}, {"1": Decimal(2)}),
        (datetime.date(2024, 2, 29), Date(2024, 2, 29)),
        (datetime.time(10, 30), Time(10, 30, 0)),
        (
            datetime.datetime(2024, 2, 29, 10, 30, tzinfo=datetime.UTC),
            DateTime(Date(2024, 2, 29), Time(10, 30, 0, 0, Zone(0))),
        ),
        (datetime.timedelta(days=1, microseconds=1), Days(86_400 * 10**9 + 1_000)),
    ],
)
def test_python_values_become_feel_values(value: object, wanted: object) -> None:
    found = feel.to_feel(value)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", lambda: 1, 1j, print])
def test_what_feel_can_not_hold_is_refused_by_name(value: object) -> None:
    with pytest.raises(feel.FeelError) as caught:
        feel.to_feel(value)
    assert caught.value.code == "input"
    assert type(value).__name__ in str(caught.value)


def test_inputs_are_bounded_in_size_and_depth() -> None:
    deep: list = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(feel.FeelError, match="too many or nested"):
        feel.to_feel(deep)
    with pytest.raises(feel.FeelError, match="too many or nested"):
        feel.to_feel([[0] * 1000] * 1000)
    with pytest.raises(feel.FeelError, match="too large"):
        feel.to_feel(10**100_000)
    loop: list = []
    loop.append(loop)
    with pytest.raises(feel.FeelError):
        feel.to_feel(loop)


def test_later_changes_of_the_input_do_not_reach_the_value() -> None:
    rows = [{"x": 1}]
    value = feel.to_feel(rows)
    rows[0]["x"] = 2
    rows.append({})
    assert value == [{"x": Decimal(1)}]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1", 1),
        ("1.50", 1.5),
        ("0.1", 0.1),
        ("1 / 3", "0." + "3" * 34),
        ("1e30", 10**30),
        ("1e100", "1E+100"),
        ("123456789012345678901234.5", "123456789012345678901234.5"),
        ('@"P1D"', "P1D"),
        ("[1..5)", "[1..5)"),
        ("function(x) x", "function"),
        ("[1, {a: null}]", [1, {"a": None}]),
    ],
)
def test_feel_values_become_what_json_holds_without_losing_a_digit(text: str, wanted: object) -> None:
    value = feel.from_feel(feel.parse(text).evaluate({}))
    assert value == wanted
    json.dumps(value)


@given(JSON)
def test_json_goes_in_and_comes_out_the_same(value: object) -> None:
    assert feel.from_feel(feel.to_feel(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15))
def test_a_decimal_comes_out_as_a_number_only_when_nothing_is_lost(value: Decimal) -> None:
    found = feel.from_feel(feel.to_feel(value))
    assert Decimal(repr(found) if isinstance(found, float) else found) == value


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "null"), (True, "boolean"), (Decimal(1), "number"), ([], "list"), ({}, "context"), (object(), "unknown")],
)
def test_every_value_has_a_kind(value: object, name: str) -> None:
    assert kind(value) == name


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("number", Type("number")),
        ("feel:string", Type("string")),
        ("dateTime", Type("date and time")),
        ("integer", Type("number")),
        ("list<string>", Type("list", item=Type("string"))),
        ("list<list<number>>", Type("list", item=Type("list", item=Type("number")))),
        ("range<date>", Type("range", item=Type("date"))),
        ("days and time duration", Type("days and time duration")),
        ("context<a: number, b: string>", Type("context", fields=(("a", Type("number")), ("b", Type("string"))))),
        ("function<number> -> string", Type("function", parameters=(Type("number"),), result=Type("string"))),
        ("", Type("unknown")),
        ("list<", Type("unknown")),
        ("nothing", Type("unknown")),
    ],
)
def test_types_are_read_from_their_names(text: str, wanted: Type) -> None:
    assert parse_type(text) == wanted


def _increment(arguments: list, run: object) -> object:
    return arguments[0] + 1


FUNCTION = FeelFunction(("x",), _increment, types=(Type("number"),))


@pytest.mark.parametrize(
    ("value", "type_name", "wanted"),
    [
        (Decimal(1), "number", Decimal(1)),
        (Decimal(1), "string", None),
        ([Decimal(1)], "number", Decimal(1)),
        ([Decimal(1), Decimal(2)], "number", None),
        (Decimal(1), "list<number>", [Decimal(1)]),
        ("a", "list<number>", None),
        (Date(2024, 1, 1), "date and time", DateTime(Date(2024, 1, 1), Time(0, 0, 0, 0, Zone(0)))),
        ({"a": Decimal(1)}, "context<a: number>", {"a": Decimal(1)}),
        ({"b": Decimal(1)}, "context<a: number>", None),
        (Range(Decimal(1), Decimal(2)), "range<number>", Range(Decimal(1), Decimal(2))),
        (Range("a", "b"), "range<number>", None),
        (FUNCTION, "function<number> -> number", FUNCTION),
        (FUNCTION, "function<string> -> number", None),
        (FUNCTION, "function<number, number> -> number", None),
        ("anything", "Any", "anything"),
        ("anything", "unheard of", "anything"),
        (None, "number", None),
    ],
)
def test_a_value_is_converted_to_a_type_or_becomes_null(value: object, type_name: str, wanted: object) -> None:
    assert coerce(value, parse_type(type_name)) == wanted


def test_null_belongs_to_every_type_and_everything_to_any() -> None:
    assert all(conforms(None, parse_type(name)) for name in ("number", "list<string>", "context<a: number>"))
    assert all(conforms(value, ANY) for value in (1, "a", [], {}))
