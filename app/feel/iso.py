"""ISO 8601 texts to temporal values and back, as XML Schema writes them (DMN 1.3 clauses 10.3.2.3 and 10.3.4.1)."""

from __future__ import annotations

import re

from app.feel.temporal import (
    DAY,
    MIDNIGHT,
    SECOND,
    Date,
    DateTime,
    Days,
    Months,
    Time,
    Zone,
    make_date,
    make_days,
    make_months,
    make_time,
    zone_info,
)

Temporal = Date | Time | DateTime | Days | Months

_DATE = re.compile(r"(-?)([1-9][0-9]{4,8}|[0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,30}))?"
    r"(?:(Z)|([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?|@([A-Za-z][A-Za-z0-9_+\-/]{0,60}))?"
)
_DURATION = re.compile(
    r"(-?)P(?:([0-9]{1,18})D)?(?:T(?:([0-9]{1,18})H)?(?:([0-9]{1,18})M)?(?:([0-9]{1,18})(?:\.([0-9]{0,30}))?S)?)?"
)
_MONTHS = re.compile(r"(-?)P(?:([0-9]{1,18})Y)?(?:([0-9]{1,18})M)?")
_MAX_OFFSET = 18 * 3_600


def parse_date(text: str) -> Date | None:
    """`2024-02-29`; None for anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    sign, year, month, day = match.groups()
    return make_date(-int(year) if sign else int(year), int(month), int(day))


def parse_time(text: str) -> Time | None:
    """`10:30:00`, with fraction, `Z`, offset or `@Asia/Shanghai`; None for anything else."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second, fraction = match.group(1, 2, 3, 4)
    nano = int((fraction or "0")[:9].ljust(9, "0"))
    zone = _zone(match)
    if zone is None and match.group(5, 6, 10) != (None, None, None):
        return None
    return make_time(int(hour), int(minute), int(second), nano, zone)


def parse_date_time(text: str) -> DateTime | None:
    """`2024-02-29T10:30:00Z`; a bare date is its midnight, without zone."""
    day, separator, clock = text.partition("T")
    date = parse_date(day)
    time = parse_time(clock) if separator else MIDNIGHT
    return None if date is None or time is None else DateTime(date, time)


def parse_duration(text: str) -> Days | Months | None:
    """`P1DT2H` or `P1Y2M`; None for anything else, also for a mixture of the two."""
    match = _DURATION.fullmatch(text)
    if match is not None and not text.endswith(("P", "T")):
        return _days(match)
    match = _MONTHS.fullmatch(text)
    if match is None or text.endswith("P"):
        return None
    sign, years, months = match.groups()
    total = int(years or 0) * 12 + int(months or 0)
    return make_months(-total if sign else total)


def parse_temporal(text: str) -> Temporal | None:
    """Whatever an @-literal may hold (DMN 1.3 grammar rule 66)."""
    return (
        parse_date(text) or parse_time(text) or (parse_date_time(text) if "T" in text else None) or parse_duration(text)
    )


def format_temporal(value: Temporal) -> str:
    """The text that parses back to the same value."""
    if isinstance(value, Date):
        return f"{'-' if value.year < 0 else ''}{abs(value.year):04d}-{value.month:02d}-{value.day:02d}"
    if isinstance(value, Time):
        return _format_time(value)
    if isinstance(value, DateTime):
        return f"{format_temporal(value.date)}T{_format_time(value.time)}"
    return _format_days(value) if isinstance(value, Days) else _format_months(value)


def zone_named(name: str) -> Zone | None:
    """The named zone if the IANA database has it."""
    try:
        zone_info(name)
    except (ValueError, KeyError, OSError):
        return None
    return Zone(0, name)


def _zone(match: re.Match[str]) -> Zone | None:
    zulu, sign, hours, minutes, seconds, name = match.group(5, 6, 7, 8, 9, 10)
    if zulu:
        return Zone(0)
    if name:
        return zone_named(name)
    if not sign:
        return None
    offset = int(hours) * 3_600 + int(minutes) * 60 + int(seconds or 0)
    if offset > _MAX_OFFSET or int(minutes) > 59 or int(seconds or 0) > 59:
        return None
    return Zone(-offset if sign == "-" else offset)


def _days(match: re.Match[str]) -> Days | None:
    sign, days, hours, minutes, seconds, fraction = match.groups()
    whole = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    total = whole * SECOND + int((fraction or "0")[:9].ljust(9, "0"))
    return make_days(-total if sign else total)


def _fraction(nano: int) -> str:
    return f".{nano:09d}".rstrip("0") if nano else ""


def _format_time(value: Time) -> str:
    clock = f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}{_fraction(value.nano)}"
    if value.zone is None:
        return clock
    if value.zone.name:
        return f"{clock}@{value.zone.name}"
    return clock + format_offset(value.zone.offset)


def format_offset(offset: int) -> str:
    """`Z`, `+08:00` or `-02:45:55`."""
    if offset == 0:
        return "Z"
    minutes, second = divmod(abs(offset), 60)
    text = f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{second:02d}" if second else text


def _format_days(value: Days) -> str:
    total = abs(value.nanoseconds)
    days, rest = divmod(total, DAY)
    seconds, nano = divmod(rest, SECOND)
    clock = f"{seconds // 3_600}H" if seconds >= 3_600 else ""
    clock += f"{seconds // 60 % 60}M" if seconds // 60 % 60 else ""
    clock += f"{seconds % 60}{_fraction(nano)}S" if seconds % 60 or nano else ""
    if not total:
        return "PT0S"
    return f"{'-' if value.nanoseconds < 0 else ''}P{f'{days}D' if days else ''}{'T' + clock if clock else ''}"


def _format_months(value: Months) -> str:
    years, months = divmod(abs(value.months), 12)
    if not value.months:
        return "P0M"
    return f"{'-' if value.months < 0 else ''}P{f'{years}Y' if years else ''}{f'{months}M' if months else ''}"
