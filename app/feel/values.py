"""What a FEEL value is in Python, and the way in and out.

null is None, boolean bool, number Decimal (34 digits), string str, list list, context dict; dates, times and
durations are the classes of `temporal.py`; ranges and functions are below (DMN 1.3 clause 10.3.2). Lists and
contexts are never changed once made, so values may share parts. `to_feel` copies a Python value in and bounds it;
`from_feel` makes what JSON can hold.
"""

from __future__ import annotations

import datetime as python
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from app.feel.errors import FeelError
from app.feel.iso import format_temporal
from app.feel.limits import MAX_INPUT_VALUES, MAX_VALUE_DEPTH, Run
from app.feel.temporal import Date, DateTime, Days, Months, Time, Zone

NUMBERS = Context(
    prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow]
)
ZERO, ONE = Decimal(0), Decimal(1)
_MAX_BITS = 21_000
_FORMATTING = 6  # writing a range, a moment or a fraction costs as much as so many plain values


@dataclass(frozen=True, slots=True)
class Range:
    """An interval. `unary` marks one made from a comparison, `(< 5)`: its missing end is open to infinity."""

    start: Any
    end: Any
    start_included: bool = True
    end_included: bool = True
    unary: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FeelFunction:
    """A function value: parameter names, their types (None for any) and the code. `variadic` takes any number."""

    parameters: tuple[str, ...]
    invoke: Callable[[list[Any], Run], Any]
    name: str = "function"
    types: tuple[Any, ...] = ()
    variadic: bool = False


KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    Date: "date",
    Time: "time",
    DateTime: "date and time",
    Days: "days and time duration",
    Months: "years and months duration",
    list: "list",
    dict: "context",
    Range: "range",
    FeelFunction: "function",
}
_ATOMS = frozenset((Date, Time, DateTime, Days, Months, Range, FeelFunction, type(None)))


def kind(value: Any) -> str:
    """The FEEL type of a value, `unknown` for what is none."""
    return KINDS.get(type(value), "unknown")


def to_feel(value: Any) -> Any:
    """A Python or JSON value as a FEEL value; raises FeelError for what FEEL can't hold or for too much of it."""
    if type(value) is bool or value is None:
        return value
    return _enter(value, [MAX_INPUT_VALUES], 0)


def from_feel(value: Any) -> Any:
    """A FEEL value as JSON can hold it: whole numbers int, others float where exact and text where not, dates ISO."""
    return _leave(value, [MAX_INPUT_VALUES], 0)


def well_formed(text: str) -> str:
    """The text with halves of surrogate pairs, which no encoding can write, joined or replaced."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def number_text(value: Decimal) -> str:
    """A number in plain digits, without trailing zeros."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def number(text: str) -> Decimal | None:
    """A number from digits, rounded to 34 of them; None beyond the range of numbers."""
    try:
        return NUMBERS.create_decimal(text)
    except (InvalidOperation, Overflow):
        return None


def _enter(value: Any, left: list[int], depth: int) -> Any:
    if isinstance(value, bool | int | float | Decimal):
        return value if type(value) is bool else _enter_number(value)
    if isinstance(value, str):
        return well_formed(str.__str__(value))
    if type(value) in _ATOMS:
        return value
    if isinstance(value, Mapping | list | tuple):
        return _enter_many(value, left, depth)
    return _enter_temporal(value)


def _enter_many(value: Any, left: list[int], depth: int) -> Any:
    left[0] -= len(value)
    if left[0] < 0 or depth > MAX_VALUE_DEPTH:
        raise FeelError("input_size")
    if isinstance(value, Mapping):
        return {well_formed(str(key)): _enter(item, left, depth + 1) for key, item in value.items()}
    return [_enter(item, left, depth + 1) for item in value]


def _enter_temporal(value: Any) -> Any:
    if isinstance(value, python.datetime):
        offset = value.utcoffset()
        clock = _enter_temporal(value.time())
        zone = None if offset is None else Zone(int(offset.total_seconds()))
        return DateTime(Date(value.year, value.month, value.day), replace(clock, zone=zone))
    if isinstance(value, python.date):
        return Date(value.year, value.month, value.day)
    if isinstance(value, python.time):
        offset = value.utcoffset()
        zone = None if offset is None else Zone(int(offset.total_seconds()))
        return Time(value.hour, value.minute, value.second, value.microsecond * 1_000, zone)
    if isinstance(value, python.timedelta):
        return Days((value.days * 86_400 + value.seconds) * 10**9 + value.microseconds * 1_000)
    raise FeelError("input", type=type(value).__name__)


def _enter_number(value: int | float | Decimal) -> Decimal | None:
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise FeelError("number_size")
    if not math.isfinite(value):
        return None
    return number(repr(value) if isinstance(value, float) else str(value))


def _leave(value: Any, left: list[int], depth: int) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth > MAX_VALUE_DEPTH:
        raise FeelError("value_size")
    if type(value) is Decimal:
        return _plain_number(value, left)
    if type(value) is list:
        return [_leave(item, left, depth + 1) for item in value]
    if type(value) is dict:
        return {key: _leave(item, left, depth + 1) for key, item in value.items()}
    if value is None or type(value) in (bool, str):
        return value
    left[0] -= _FORMATTING
    if type(value) is Range:
        return _range_text(value)
    return "function" if type(value) is FeelFunction else format_temporal(value)


def _plain_number(value: Decimal, left: list[int]) -> int | float | str:
    if value == value.to_integral_value():
        return int(value) if value.adjusted() < 40 else str(value)
    left[0] -= _FORMATTING
    near = float(value)
    return near if Decimal(repr(near)) == value else number_text(value)


def _range_text(value: Range) -> str:
    ends = (from_feel(value.start), from_feel(value.end))
    return f"{'[' if value.start_included else '('}{ends[0]}..{ends[1]}{']' if value.end_included else ')'}"
