"""Working time: bank days and hours, for deadlines.

Days off are weekends and Chinese public holidays, less make-up working days (package chinesecalendar); a year that the package
does not know yet counts Monday to Friday less the holidays that have a fixed date in the solar calendar.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar

OPENS, CLOSES = time(9), time(17)
# Month and day; State Council decree 795 of 2024, article 2.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
ISO = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?")


class BadDuration(ValueError):
    """The text is no ISO 8601 duration of days, hours and minutes."""


@cache
def is_working_day(day: date) -> bool:
    """Whether the bank works on `day`."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS


def parse_duration(text: str) -> tuple[int, timedelta]:
    """Working days and working hours of "P2D", "PT8H", "P1DT4H"; raises BadDuration."""
    match = ISO.fullmatch(text)
    if not match or not any(match.groups()):
        raise BadDuration(f"{text!r} is no duration like P2D or PT8H.")
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return days, timedelta(hours=hours, minutes=minutes)


def add_working_time(start: datetime, duration: str, zone: str) -> datetime:
    """`start` (aware) plus so many working days (same time of day) and working hours (9 to 17); aware, in UTC."""
    days, rest = parse_duration(duration)
    moment = _opening(start.astimezone(ZoneInfo(zone)))
    for _ in range(days):
        moment = _next_day(moment)
    return _add_hours(moment, rest).astimezone(UTC)


def _opening(moment: datetime) -> datetime:
    """`moment`, or the next opening where the bank is closed then."""
    if not is_working_day(moment.date()) or moment.time() >= CLOSES:
        return _next_day(moment).replace(hour=OPENS.hour, minute=0, second=0, microsecond=0)
    if moment.time() < OPENS:
        return moment.replace(hour=OPENS.hour, minute=0, second=0, microsecond=0)
    return moment


def _next_day(moment: datetime) -> datetime:
    """The same time of day on the next working day."""
    moment += timedelta(days=1)
    while not is_working_day(moment.date()):
        moment += timedelta(days=1)
    return moment


def _add_hours(moment: datetime, rest: timedelta) -> datetime:
    while rest:
        left = moment.replace(hour=CLOSES.hour, minute=0, second=0, microsecond=0) - moment
        if rest <= left:
            return moment + rest
        rest -= left
        moment = _next_day(moment).replace(hour=OPENS.hour, minute=0, second=0, microsecond=0)
    return moment
