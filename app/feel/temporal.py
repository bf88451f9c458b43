"""Dates, times and durations of FEEL, exact and without Python's limit of year 9999.

A date is year, month, day of the proleptic Gregorian calendar (years of up to nine digits); a time has nanoseconds
and an optional zone, either an offset or a name of the IANA database; the two durations are whole nanoseconds
and whole months (DMN 1.3 clause 10.3.2.3). All are frozen values; arithmetic that leaves the range answers None.
"""

from __future__ import annotations

import datetime as python
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
DAY = 86_400 * SECOND
MAX_YEAR = 999_999_999
MAX_NANOSECONDS = 10**30
MAX_MONTHS = 12 * 10**12
_DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Zone:
    """An offset from UTC in seconds, or a named zone (then `offset` is unused)."""

    offset: int = 0
    name: str = ""

    def seconds_at(self, local: DateTime) -> int:
        """Offset in seconds that holds at a local date and time."""
        if not self.name:
            return self.offset
        moment = python.datetime(  # noqa: DTZ001  (local time, whose offset is being asked for)
            _equivalent_year(local.date), local.date.month, local.date.day, local.time.hour, local.time.minute
        )
        found = zone_info(self.name).utcoffset(moment)
        return int(found.total_seconds()) if found is not None else 0

    def seconds_at_utc(self, utc: DateTime) -> int:
        """Offset in seconds that holds at a moment of UTC."""
        if not self.name:
            return self.offset
        moment = python.datetime(
            _equivalent_year(utc.date), utc.date.month, utc.date.day, utc.time.hour, utc.time.minute, tzinfo=python.UTC
        )
        found = moment.astimezone(zone_info(self.name)).utcoffset()
        return int(found.total_seconds()) if found is not None else 0


@lru_cache(maxsize=512)
def zone_info(name: str) -> ZoneInfo:
    """The IANA zone of that name; raises ValueError or KeyError for an unknown one."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Date:
    """A calendar day."""

    year: int
    month: int
    day: int

    @property
    def ordinal(self) -> int:
        """Days since 1970-01-01."""
        year = self.year - (self.month <= 2)
        era, of_era = divmod(year, 400)
        of_year = (153 * ((self.month + 9) % 12) + 2) // 5 + self.day - 1
        return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468

    @property
    def weekday(self) -> int:
        """1 is Monday, 7 is Sunday."""
        return (self.ordinal + 3) % 7 + 1

    @property
    def key(self) -> int:
        """What dates are compared by."""
        return self.ordinal


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day, with a zone or local."""

    hour: int
    minute: int
    second: int
    nano: int = 0
    zone: Zone | None = None

    @property
    def nanoseconds(self) -> int:
        """Since midnight."""
        return ((self.hour * 60 + self.minute) * 60 + self.second) * SECOND + self.nano

    @property
    def offset(self) -> int | None:
        """Offset from UTC in seconds, None when local. A named zone counts by its winter time of 1970."""
        if self.zone is None:
            return None
        return self.zone.seconds_at(DateTime(Date(1970, 1, 1), self))

    @property
    def key(self) -> int:
        """What times are compared by; a local time is never compared with one that has a zone."""
        return self.nanoseconds - (self.offset or 0) * SECOND


@dataclass(frozen=True, slots=True)
class DateTime:
    """A day and a time of day."""

    date: Date
    time: Time

    @property
    def offset(self) -> int | None:
        """Offset from UTC in seconds at that moment, None when local."""
        return None if self.time.zone is None else self.time.zone.seconds_at(self)

    @property
    def nanoseconds(self) -> int:
        """Since 1970-01-01 on the local clock."""
        return self.date.ordinal * DAY + self.time.nanoseconds

    @property
    def key(self) -> int:
        """What moments are compared by: nanoseconds since 1970-01-01 UTC, or local."""
        return self.nanoseconds - (self.offset or 0) * SECOND


@dataclass(frozen=True, slots=True)
class Days:
    """A days and time duration, in nanoseconds."""

    nanoseconds: int

    @property
    def key(self) -> int:
        """What durations are compared by."""
        return self.nanoseconds


@dataclass(frozen=True, slots=True)
class Months:
    """A years and months duration, in months."""

    months: int

    @property
    def key(self) -> int:
        """What durations are compared by."""
        return self.months


UTC_ZONE = Zone(0)
MIDNIGHT = Time(0, 0, 0)
MIDNIGHT_UTC = Time(0, 0, 0, 0, UTC_ZONE)


def days_in_month(year: int, month: int) -> int:
    """Number of days of a month."""
    if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
        return 29
    return _DAYS[month]


def make_date(year: int, month: int, day: int) -> Date | None:
    """The date, or None where the calendar has none."""
    if abs(year) > MAX_YEAR or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        return None
    return Date(year, month, day)


def make_time(hour: int, minute: int, second: int, nano: int = 0, zone: Zone | None = None) -> Time | None:
    """The time of day, or None where the clock has none."""
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= nano < SECOND):
        return None
    return Time(hour, minute, second, nano, zone)


def date_of(ordinal: int) -> Date | None:
    """The date so many days after 1970-01-01."""
    era, of_era = divmod(ordinal + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    full_year = year + era * 400 + (month <= 2)
    return make_date(full_year, month, of_year - (153 * shifted + 2) // 5 + 1)


def time_of(nanoseconds: int, zone: Zone | None) -> Time:
    """The time of day so many nanoseconds after midnight, turning over at the end of the day."""
    seconds, nano = divmod(nanoseconds % DAY, SECOND)
    minutes, second = divmod(seconds, 60)
    return Time(minutes // 60, minutes % 60, second, nano, zone)


def moment_of(nanoseconds: int, zone: Zone | None) -> DateTime | None:
    """The local date and time so many nanoseconds after 1970-01-01."""
    days, rest = divmod(nanoseconds, DAY)
    date = date_of(days)
    return None if date is None else DateTime(date, time_of(rest, zone))


def local_of(key: int, zone: Zone) -> DateTime | None:
    """The date and time on a zone's clock at so many nanoseconds after 1970-01-01 UTC."""
    utc = moment_of(key, UTC_ZONE)
    return None if utc is None else moment_of(key + zone.seconds_at_utc(utc) * SECOND, zone)


def add_months(date: Date, months: int) -> Date | None:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return make_date(year, month + 1, min(date.day, days_in_month(year, month + 1)))


def at_midnight(value: Date | DateTime) -> DateTime:
    """A date as the moment it begins, in UTC (DMN 1.3 clause 10.3.2.9.4, implicit conversion)."""
    return value if type(value) is DateTime else DateTime(value, MIDNIGHT_UTC)  # type: ignore[arg-type]


def make_days(nanoseconds: int) -> Days | None:
    """The duration, or None beyond any calendar."""
    return Days(nanoseconds) if abs(nanoseconds) <= MAX_NANOSECONDS else None


def make_months(months: int) -> Months | None:
    """The duration, or None beyond any calendar."""
    return Months(months) if abs(months) <= MAX_MONTHS else None


def months_between(start: Date | DateTime, end: Date | DateTime) -> Months:
    """Whole months from one moment to another, rounded towards zero."""
    first, last = _local(start), _local(end)
    months = (last.date.year - first.date.year) * 12 + last.date.month - first.date.month
    of_first = (first.date.day, first.time.nanoseconds)
    of_last = (last.date.day, last.time.nanoseconds)
    if months > 0 and of_last < of_first:
        months -= 1
    elif months < 0 and of_last > of_first:
        months += 1
    return Months(months)


def _local(value: Date | DateTime) -> DateTime:
    return value if type(value) is DateTime else DateTime(value, MIDNIGHT)  # type: ignore[arg-type]


def _equivalent_year(date: Date) -> int:
    """A year that Python's calendar knows, with the same calendar (it repeats every 400 years)."""
    return date.year if 1 < date.year < 9_999 else 2_000 + date.year % 400
