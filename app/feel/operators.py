"""Arithmetic, comparison and equality, with null for what does not fit (DMN 1.3 clauses 10.3.2.7 to 10.3.2.13)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from app.feel.errors import FeelError
from app.feel.limits import MAX_STRING, MAX_VALUE_DEPTH, Run
from app.feel.temporal import (
    DAY,
    MILLISECOND,
    Date,
    DateTime,
    Days,
    Months,
    Time,
    add_months,
    at_midnight,
    date_of,
    local_of,
    make_days,
    make_months,
    moment_of,
    time_of,
)
from app.feel.values import NUMBERS, FeelFunction, Range

ARITHMETIC_ERRORS = (InvalidOperation, DivisionByZero, Overflow)
_KEYED = (Date, DateTime, Days, Months, Time)


def add(left: Any, right: Any) -> Any:
    """`left + right`: numbers, strings, a moment and a duration in any order, two durations of one kind."""
    a, b = type(left), type(right)
    if a is Decimal and b is Decimal:
        return _number(NUMBERS.add, left, right)
    if a is str and b is str:
        if len(left) + len(right) > MAX_STRING:
            raise FeelError("string_size", limit=MAX_STRING)
        return left + right
    if b is Days or b is Months:
        return _shift(left, right, 1)
    return _shift(right, left, 1) if a is Days or a is Months else None


def subtract(left: Any, right: Any) -> Any:
    """`left - right`: numbers, two moments, a moment and a duration, two durations of one kind."""
    a, b = type(left), type(right)
    if a is Decimal and b is Decimal:
        return _number(NUMBERS.subtract, left, right)
    if b is Days or b is Months:
        return _shift(left, right, -1)
    if a is Time and b is Time:
        return make_days(left.key - right.key) if (left.zone is None) == (right.zone is None) else None
    if a in (Date, DateTime) and b in (Date, DateTime):
        return _moments_apart(left, right)
    return None


def multiply(left: Any, right: Any) -> Any:
    """`left * right`: numbers, or a duration and a number."""
    a, b = type(left), type(right)
    if a is Decimal and b is Decimal:
        return _number(NUMBERS.multiply, left, right)
    if b is Decimal and (a is Days or a is Months):
        return _scale(left, right, NUMBERS.multiply)
    return _scale(right, left, NUMBERS.multiply) if a is Decimal and (b is Days or b is Months) else None


def divide(left: Any, right: Any) -> Any:
    """`left / right`: numbers, a duration by a number, or two durations of one kind."""
    a, b = type(left), type(right)
    if a is Decimal and b is Decimal:
        return _number(NUMBERS.divide, left, right)
    if a is b and (a is Days or a is Months):
        return _number(NUMBERS.divide, Decimal(left.key), Decimal(right.key))
    return _scale(left, right, NUMBERS.divide) if b is Decimal and (a is Days or a is Months) else None


def power(left: Any, right: Any) -> Any:
    """`left ** right`, numbers only."""
    if type(left) is not Decimal or type(right) is not Decimal:
        return None
    raised = _number(NUMBERS.power, left, right)
    return raised if raised is not None and raised.is_finite() else None


def negate(value: Any) -> Any:
    """`-value`: a number or a duration."""
    if type(value) is Decimal:
        return NUMBERS.minus(value)
    if type(value) is Days:
        return Days(-value.nanoseconds)
    return Months(-value.months) if type(value) is Months else None


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "**": power,
}


def order(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 as `left` is less than, equal to or greater than `right`; None where they can't be compared."""
    kind = type(left)
    if kind is not type(right):
        return None
    if kind is Decimal or kind is str:
        return (left > right) - (left < right)
    if kind not in _KEYED or not _same_clock(left, right):
        return None
    return (left.key > right.key) - (left.key < right.key)


def equal(left: Any, right: Any, run: Run, depth: int = 0) -> bool | None:
    """Equality of clause 10.3.2.7: null for different kinds of value, element by element for lists and contexts."""
    kind = type(left)
    if left is None or right is None:
        return left is right
    if kind is not type(right):
        return None
    if kind is list or kind is dict:
        return _equal_parts(left, right, run, depth)
    if kind is Range:
        return _equal_ranges(left, right, run)
    if kind in _KEYED:
        return _same_clock(left, right) and _nearly(left, right)
    return left is right if kind is FeelFunction else left == right


def within(value: Any, interval: Range) -> bool | None:
    """Whether a range includes a value; null where they can't be compared."""
    low = 1 if interval.start is None and interval.unary else order(value, interval.start)
    high = -1 if interval.end is None and interval.unary else order(value, interval.end)
    if low is None or high is None:
        return None
    return (low > 0 or (low == 0 and interval.start_included)) and (high < 0 or (high == 0 and interval.end_included))


def _number(operation: Callable[[Decimal, Decimal], Decimal], left: Decimal, right: Decimal) -> Decimal | None:
    try:
        return operation(left, right)
    except ARITHMETIC_ERRORS:
        return None


def _shift(value: Any, duration: Days | Months, sign: int) -> Any:
    """A moment or duration moved by a duration."""
    kind = type(value)
    if type(duration) is Days:
        return _shift_days(value, duration.nanoseconds * sign)
    months = duration.months * sign  # type: ignore[union-attr]
    if kind is Months:
        return make_months(value.months + months)
    if kind is Date:
        return add_months(value, months)
    if kind is DateTime:
        date = add_months(value.date, months)
        return None if date is None else DateTime(date, value.time)
    return None


def _shift_days(value: Any, nanoseconds: int) -> Any:
    kind = type(value)
    if kind is Days:
        return make_days(value.nanoseconds + nanoseconds)
    if kind is Date:
        return date_of(value.ordinal + nanoseconds // DAY)
    if kind is Time:
        return time_of(value.nanoseconds + nanoseconds, value.zone)
    if kind is not DateTime:
        return None
    if value.time.zone is None:
        return moment_of(value.nanoseconds + nanoseconds, None)
    return local_of(value.key + nanoseconds, value.time.zone)


def _scale(duration: Days | Months, factor: Decimal, operation: Callable[[Decimal, Decimal], Decimal]) -> Any:
    scaled = _number(operation, Decimal(duration.key), factor)
    if scaled is None or scaled.adjusted() > 30:
        return None
    return make_days(int(scaled)) if type(duration) is Days else make_months(int(scaled))


def _moments_apart(left: Date | DateTime, right: Date | DateTime) -> Days | None:
    if type(left) is Date and type(right) is Date:
        return make_days((left.ordinal - right.ordinal) * DAY)
    first, second = at_midnight(left), at_midnight(right)
    return make_days(first.key - second.key) if _same_clock(first, second) else None


def _same_clock(left: Any, right: Any) -> bool:
    """Whether both have a zone or neither has; only then their keys compare."""
    if type(left) is Time:
        return (left.zone is None) == (right.zone is None)
    return type(left) is not DateTime or (left.time.zone is None) == (right.time.zone is None)


def _nearly(left: Any, right: Any) -> bool:
    """Times are equal to the millisecond, all else exactly (as the compatibility kit has it)."""
    if type(left) is Time or type(left) is DateTime:
        return bool(left.key // MILLISECOND == right.key // MILLISECOND)
    return bool(left.key == right.key)


def _equal_parts(left: Any, right: Any, run: Run, depth: int) -> bool | None:
    if left is right:
        return True
    if len(left) != len(right) or (type(left) is dict and left.keys() != right.keys()):
        return False
    if depth > MAX_VALUE_DEPTH:
        raise FeelError("value_depth")
    run.spend(1 + len(left))
    pairs = zip(left, right, strict=True) if type(left) is list else ((left[key], right[key]) for key in left)
    return all(equal(one, other, run, depth + 1) for one, other in pairs)


def _equal_ranges(left: Range, right: Range, run: Run) -> bool | None:
    ends = (left.start_included, left.end_included, left.unary)
    if ends != (right.start_included, right.end_included, right.unary):
        return False
    return bool(equal(left.start, right.start, run) and equal(left.end, right.end, run))
