"""Built-in functions on dates and times (DMN 1.3 clauses 10.3.4.7 and 10.3.4.10).

Names of days and months are English.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.feel.builtins.registry import builtin
from app.feel.limits import Run
from app.feel.temporal import Date, DateTime, Days, Months, Time, Zone, days_in_month, months_between
from app.feel.values import FeelFunction, Range, to_feel

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@builtin("now", "", wants_run=True)
def now(run: Run) -> DateTime:
    """The moment of this evaluation, with its zone."""
    if run.moment is None:
        run.moment = to_feel(run.clock())
    moment: DateTime = run.moment
    return moment


@builtin("today", "", wants_run=True)
def today(run: Run) -> Date:
    """The day of this evaluation."""
    return now(run).date


@builtin("day of year", "date: moment")
def day_of_year(date: Date | DateTime) -> Decimal:
    """1 to 366."""
    day = _day(date)
    return Decimal(day.ordinal - Date(day.year, 1, 1).ordinal + 1)


@builtin("day of week", "date: moment")
def day_of_week(date: Date | DateTime) -> str:
    """The English name of the day."""
    return _DAYS[_day(date).weekday - 1]


@builtin("month of year", "date: moment")
def month_of_year(date: Date | DateTime) -> str:
    """The English name of the month."""
    return _MONTHS[_day(date).month - 1]


@builtin("week of year", "date: moment")
def week_of_year(date: Date | DateTime) -> Decimal:
    """The week of ISO 8601, 1 to 53."""
    day = _day(date)
    thursday = day.ordinal - day.weekday + 4
    year = day.year + (thursday >= Date(day.year + 1, 1, 1).ordinal) - (thursday < Date(day.year, 1, 1).ordinal)
    return Decimal((thursday - Date(year, 1, 1).ordinal) // 7 + 1)


@builtin("last day of month", "date: moment")
def last_day_of_month(date: Date | DateTime) -> Date:
    """The last day of the month (not in DMN; understood because Camunda 8 has it)."""
    day = _day(date)
    return Date(day.year, day.month, days_in_month(day.year, day.month))


@builtin("years and months duration", "from: moment, to: moment")
def years_and_months(start: Date | DateTime, end: Date | DateTime) -> Months:
    """Whole months between two days."""
    return months_between(start, end)


@builtin("is", "[value1: any], [value2: any]")
def is_same(left: Any = None, right: Any = None) -> bool:
    """Whether two values are the same element of the same type, zone included (clause 10.3.2.3)."""
    if type(left) is not type(right):
        return False
    if type(left) is Range or type(left) is FeelFunction or type(left) in (list, dict):
        return bool(left == right)
    if type(left) in (Time, DateTime):
        return _zone_key(left) == _zone_key(right) and _wall(left) == _wall(right)
    return bool(left == right) if type(left) not in (Days, Months) else left.key == right.key


def _day(date: Date | DateTime) -> Date:
    return date.date if isinstance(date, DateTime) else date


def _zone_key(value: Any) -> Any:
    zone: Zone | None = value.time.zone if isinstance(value, DateTime) else value.zone
    return None if zone is None else (zone.name or value.offset)


def _wall(value: Any) -> int:
    return int(value.nanoseconds)
