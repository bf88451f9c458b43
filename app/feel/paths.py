"""`value.name`: members of contexts, of each context in a list, and the properties of temporal values and ranges.

DMN 1.3 clause 10.3.2.5 and table 65.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.feel.limits import Run
from app.feel.temporal import DAY, SECOND, Date, DateTime, Days, Months, Time
from app.feel.values import Range

_Property = Callable[[Any], Any]


def member(value: Any, name: str, run: Run) -> Any:
    """The member, null where there is none."""
    kind = type(value)
    if kind is dict:
        return value.get(name)
    if kind is list:
        run.spend(len(value))
        return [member(item, name, run) if type(item) is not list else None for item in value]
    found = _PROPERTIES.get(kind, {}).get(name)
    return None if found is None else found(value)


def whole_and_rest(total: int, unit: int) -> tuple[int, int]:
    """Division towards zero, so that -90 minutes is -1 hour and -30 minutes."""
    quotient = abs(total) // unit * (1 if total >= 0 else -1)
    return quotient, total - quotient * unit


def _whole(read: Callable[[Any], int]) -> _Property:
    return lambda value: Decimal(read(value))


def _offset(value: Time | DateTime) -> Days | None:
    return None if value.offset is None else Days(value.offset * SECOND)


def _zone_name(zone: Any) -> str | None:
    return zone.name if zone is not None and zone.name else None


def _part(unit: int, next_unit: int) -> _Property:
    """One component of a duration: of -P1DT2H the hours are -2."""
    return lambda value: Decimal(whole_and_rest(whole_and_rest(value.nanoseconds, next_unit)[1], unit)[0])


_DATE: dict[str, _Property] = {
    "year": _whole(lambda value: value.year),
    "month": _whole(lambda value: value.month),
    "day": _whole(lambda value: value.day),
    "weekday": _whole(lambda value: value.weekday),
}
_TIME: dict[str, _Property] = {
    "hour": _whole(lambda value: value.hour),
    "minute": _whole(lambda value: value.minute),
    "second": _whole(lambda value: value.second),
}


def _of(attribute: str, properties: dict[str, _Property]) -> dict[str, _Property]:
    def through(read: _Property) -> _Property:
        return lambda value: read(getattr(value, attribute))

    return {name: through(read) for name, read in properties.items()}


_PROPERTIES: dict[type, dict[str, _Property]] = {
    Date: _DATE,
    Time: {**_TIME, "time offset": _offset, "timezone": lambda value: _zone_name(value.zone)},
    DateTime: {
        **_of("date", _DATE),
        **_of("time", _TIME),
        "time offset": _offset,
        "timezone": lambda value: _zone_name(value.time.zone),
    },
    Days: {
        "days": _whole(lambda value: whole_and_rest(value.nanoseconds, DAY)[0]),
        "hours": _part(3_600 * SECOND, DAY),
        "minutes": _part(60 * SECOND, 3_600 * SECOND),
        "seconds": _part(SECOND, 60 * SECOND),
    },
    Months: {
        "years": _whole(lambda value: whole_and_rest(value.months, 12)[0]),
        "months": _whole(lambda value: whole_and_rest(value.months, 12)[1]),
    },
    Range: {
        "start": lambda value: value.start,
        "end": lambda value: value.end,
        "start included": lambda value: value.start_included,
        "end included": lambda value: value.end_included,
    },
}
