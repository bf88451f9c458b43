"""Working time: how long the bank has been open between two moments, and when so much of it will have passed.

One measure for everything: the time in which the bank is open. A working day is as long as its opening hours, so two
working days from Monday ten o'clock end on Wednesday at ten, and a deadline that stood still goes on with exactly the time
it had left. Everything here is pure; the calendar is a value that the caller brings.

Days off are weekends and Chinese public holidays, less make-up working days (package chinesecalendar), and what the bank
has set for itself. A year that the package does not know yet counts Monday to Friday less the holidays that have a fixed
date in the solar calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from zoneinfo import ZoneInfo

import chinese_calendar
from chinese_calendar.constants import holidays

OPENS, CLOSES = time(9), time(17)
LAST_KNOWN_YEAR = max(holidays).year
# Month and day; State Council decree 795 of 2024, article 2.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
ISO = re.compile(r"P(?:(\d{1,3})W|(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?)")
WEEK = 5  # working days
DAY, NOTHING = timedelta(days=1), timedelta()

Hours = tuple[tuple[time, time], ...]


class BadDuration(ValueError):
    """The text is no ISO 8601 duration of weeks, or of days, hours and minutes."""


@cache
def is_working_day(day: date) -> bool:
    """Whether the state says that `day` is worked."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS


def is_known(year: int) -> bool:
    """Whether the holidays of the year have been decreed and are in the package."""
    return min(holidays).year <= year <= LAST_KNOWN_YEAR


@cache
def holiday_name(day: date) -> str | None:
    """The holiday a day is free for, in the package's English ("Spring Festival"), None on every other day."""
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return None
    return str(name) if off and name else None


def parse_duration(text: str) -> tuple[int, timedelta]:
    """Working days and working hours of "P2D", "PT8H", "P1DT4H", "P1W" (five working days); raises BadDuration."""
    match = ISO.fullmatch(text)
    if not match or not any(match.groups()):
        raise BadDuration(f"{text!r} is no duration like P2D or PT8H.")
    weeks, days, hours, minutes = (int(part or 0) for part in match.groups())
    return weeks * WEEK + days, timedelta(hours=hours, minutes=minutes)


@dataclass(frozen=True)
class Calendar:
    """When the bank works.

    own: the days on which it differs from the state's calendar, true where it works. hours: when it is open on a working
    day, in order and apart from each other. zone: IANA name.
    """

    own: Mapping[date, bool] = field(default_factory=dict, hash=False)
    hours: Hours = ((OPENS, CLOSES),)
    zone: str = "Asia/Shanghai"

    @cached_property
    def day_length(self) -> timedelta:
        """How long a working day is."""
        return sum((_length(opens, closes) for opens, closes in self.hours), NOTHING)

    def is_working_day(self, day: date) -> bool:
        """Whether the bank works on `day`: as it says itself, else as the state says."""
        own = self.own.get(day)
        return is_working_day(day) if own is None else own

    def work(self, duration: str) -> timedelta:
        """The working time that "P2D" or "PT8H" stands for; raises BadDuration."""
        days, rest = parse_duration(duration)
        return days * self.day_length + rest

    def shift(self, moment: datetime, work: timedelta) -> datetime:
        """The moment (aware, UTC) that lies so much working time after `moment`, or before it where `work` is negative.

        Of several such moments the earliest: what is due at closing time is not due the next morning.
        """
        if not work:
            return moment.astimezone(UTC)
        found = self._forward(self._local(moment), work) if work > NOTHING else self._back(self._local(moment), -work)
        return found.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`; negative where `end` lies before `start`."""
        if end < start:
            return -self.between(end, start)
        first, last = self._local(start), self._local(end)
        total, day = NOTHING, first.date()
        while day <= last.date():
            for opens, closes in self._sessions(day):
                total += max(NOTHING, min(last, closes) - max(first, opens))
            day += DAY
        return total

    def _forward(self, moment: datetime, left: timedelta) -> datetime:
        day = moment.date()
        while True:
            for opens, closes in self._sessions(day):
                begin = max(moment, opens)
                if left <= closes - begin:
                    return begin + left
                left -= max(NOTHING, closes - begin)
            day += DAY

    def _back(self, moment: datetime, left: timedelta) -> datetime:
        day = moment.date()
        while True:
            for opens, closes in reversed([*self._sessions(day)]):
                end = min(moment, closes)
                # At the opening itself the session before is looked at: its end is the earlier moment of the two.
                if left < end - opens:
                    return end - left
                left -= max(NOTHING, end - opens)
                if not left:
                    return self._closed_before(opens)
            day -= DAY

    def _closed_before(self, opening: datetime) -> datetime:
        """The end of the session before the one that opens then."""
        day = opening.date()
        while True:
            ended = [closes for _, closes in self._sessions(day) if closes < opening]
            if ended:
                return ended[-1]
            day -= DAY

    def _sessions(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """When the bank is open on a day, in its own time of day."""
        if self.is_working_day(day):
            for opens, closes in self.hours:
                yield datetime.combine(day, opens), datetime.combine(day, closes)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


def _length(opens: time, closes: time) -> timedelta:
    return datetime.combine(date.min, closes) - datetime.combine(date.min, opens)
