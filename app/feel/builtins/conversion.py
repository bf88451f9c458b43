"""Built-in functions that make values: date, time, number, string, duration, range, not (DMN 1.3 clause 10.3.4.1)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from app.feel.builtins.registry import builtin
from app.feel.errors import FeelError
from app.feel.iso import format_temporal, parse_date, parse_date_time, parse_duration, parse_time, zone_named
from app.feel.limits import MAX_STRING, MAX_VALUE_DEPTH, Run
from app.feel.literal_range import parse_range
from app.feel.temporal import (
    MIDNIGHT_UTC,
    SECOND,
    Date,
    DateTime,
    Days,
    Months,
    Time,
    Zone,
    local_of,
    make_date,
    make_time,
)
from app.feel.values import FeelFunction, Range, number, number_text

_MAX_PART = 10**10
_PARTS = "year: number, month: number, day: number, hour: number, minute: number, second: number"


@builtin("not", "negand: any")
def negation(negand: Any) -> bool | None:
    """Three-valued: null for what is not boolean."""
    return not negand if type(negand) is bool else None


@builtin("date", "from: string")
def date_from_text(text: str) -> Date | None:
    """`date("2024-02-29")`"""
    return parse_date(text)


@builtin("date", "from: moment")
def date_from_moment(moment: Date | DateTime) -> Date:
    """The day of a moment."""
    return moment.date if isinstance(moment, DateTime) else moment


@builtin("date", "year: number, month: number, day: number")
def date_from_parts(year: Decimal, month: Decimal, day: Decimal) -> Date | None:
    """`date(2024, 2, 29)`"""
    return make_date(int(year), int(month), int(day)) if _sane(year, month, day) else None


@builtin("time", "from: string")
def time_from_text(text: str) -> Time | None:
    """`time("10:30:00+08:00")`"""
    return parse_time(text)


@builtin("time", "from: temporal")
def time_from_moment(moment: Date | DateTime | Time) -> Time:
    """The time of day of a moment; of a date midnight in UTC."""
    if isinstance(moment, Date):
        return MIDNIGHT_UTC
    return moment.time if isinstance(moment, DateTime) else moment


@builtin("time", "hour: number, minute: number, second: number, [offset: days and time duration]")
def time_from_parts(hour: Decimal, minute: Decimal, second: Decimal, offset: Days | None = None) -> Time | None:
    """`time(10, 30, 0, duration("PT8H"))`"""
    if not _sane(hour, minute, second):
        return None
    zone = None if offset is None else _zone(offset)
    if offset is not None and zone is None:
        return None
    nano = int((second - int(second)) * SECOND)
    return make_time(int(hour), int(minute), int(second), nano, zone)


@builtin("date and time", "from: string")
def date_time_from_text(text: str) -> DateTime | None:
    """`date and time("2024-02-29T10:30:00@Asia/Shanghai")`"""
    return parse_date_time(text)


@builtin("date and time", "from: moment")
def date_time_from_moment(moment: Date | DateTime) -> DateTime:
    """A date as its midnight in UTC."""
    return moment if isinstance(moment, DateTime) else DateTime(moment, MIDNIGHT_UTC)


@builtin("date and time", "date: moment, time: time")
def date_time_from_both(date: Date | DateTime, time: Time) -> DateTime:
    """A day and a time of day."""
    return DateTime(date_from_moment(date), time)


@builtin("date and time", "date: date and time, timezone: string")
def date_time_in_zone(moment: DateTime, timezone: str) -> DateTime | None:
    """The same moment on the clock of another zone."""
    zone = zone_named(timezone)
    if zone is None or moment.offset is None:
        return None
    return local_of(moment.key, zone)


@builtin(
    "date and time",
    f"{_PARTS}, [offset: days and time duration]",
)
def date_time_from_parts(
    year: Decimal,
    month: Decimal,
    day: Decimal,
    hour: Decimal,
    minute: Decimal,
    second: Decimal,
    offset: Days | None = None,
) -> DateTime | None:
    """All parts as numbers."""
    date, time = date_from_parts(year, month, day), time_from_parts(hour, minute, second, offset)
    return None if date is None or time is None else DateTime(date, time)


@builtin(
    "date and time",
    f"{_PARTS}, timezone: string",
)
def date_time_from_parts_in_zone(
    year: Decimal, month: Decimal, day: Decimal, hour: Decimal, minute: Decimal, second: Decimal, timezone: str
) -> DateTime | None:
    """All parts as numbers, and the name of a zone."""
    local, zone = date_time_from_parts(year, month, day, hour, minute, second), zone_named(timezone)
    if local is None or zone is None:
        return None
    clock = local.time
    return DateTime(local.date, Time(clock.hour, clock.minute, clock.second, clock.nano, zone))


@builtin("duration", "from: string")
def duration(text: str) -> Days | Months | None:
    """`duration("P1DT2H")` or `duration("P1Y2M")`"""
    return parse_duration(text)


@builtin("number", "from: string")
def number_from_text(text: str) -> Decimal | None:
    """The number in plain digits."""
    return number(text) if _NUMBER.fullmatch(text) else None


@builtin("number", "from: string, grouping separator: string?, decimal separator: string?")
def number_with_separators(text: str, grouping: str | None, decimal: str | None) -> Decimal | None:
    """A number written with separators: grouping blank, comma or full stop, decimal full stop or comma."""
    if grouping not in (None, " ", ",", ".") or decimal not in (None, ",", ".") or (grouping == decimal and grouping):
        return None
    plain = text.replace(grouping, "") if grouping else text
    return number_from_text(plain.replace(decimal, ".") if decimal else plain)


@builtin("string", "from: any", wants_run=True)
def string(run: Run, value: Any) -> str | None:
    """The value as text; null for null."""
    if value is None:
        return None
    if type(value) is str:
        return value
    pieces: list[str] = []
    _write(value, pieces, run, 0)
    text = "".join(pieces)
    if len(text) > MAX_STRING:
        raise FeelError("string_size", limit=MAX_STRING)
    return text


@builtin("range", "from: string")
def range_from_text(text: str) -> Range | None:
    """`range("[1..10)")`, with literal ends only (DMN 1.5)."""
    return parse_range(text)


_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def _sane(*parts: Decimal) -> bool:
    return all(abs(part) < _MAX_PART for part in parts)


def _zone(offset: Days) -> Zone | None:
    seconds = offset.nanoseconds // SECOND
    return Zone(seconds) if abs(seconds) <= 18 * 3_600 else None


def _write(value: Any, pieces: list[str], run: Run, depth: int) -> None:
    run.spend(1)
    if depth > MAX_VALUE_DEPTH:
        raise FeelError("value_depth")
    if type(value) is list:
        _write_parts("[", ((None, item) for item in value), "]", pieces, run, depth)
    elif type(value) is dict:
        _write_parts("{", value.items(), "}", pieces, run, depth)
    elif type(value) is Range:
        pieces.append("[" if value.start_included else "(")
        _write(value.start, pieces, run, depth + 1)
        pieces.append("..")
        _write(value.end, pieces, run, depth + 1)
        pieces.append("]" if value.end_included else ")")
    else:
        pieces.append(_scalar(value))


def _write_parts(opening: str, parts: Any, closing: str, pieces: list[str], run: Run, depth: int) -> None:
    pieces.append(opening)
    for i, (key, item) in enumerate(parts):
        pieces.append((", " if i else "") + ("" if key is None else f"{_key(key)}: "))
        _write(item, pieces, run, depth + 1)
    pieces.append(closing)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w ]+", key) else _quoted(key)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is str:
        return _quoted(value)
    if type(value) is Decimal:
        return number_text(value)
    return "function" if type(value) is FeelFunction else format_temporal(value)
