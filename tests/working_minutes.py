"""A second way to working time: every minute by itself. Slow, plain, and independent of the code it judges. For tests only."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from app.kernel.working_time import Calendar, is_working_day

BEIJING = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(date(2024, 12, 1), date(2027, 2, 1))


@st.composite
def hours(draw: st.DrawFn) -> tuple[tuple[time, time], ...]:
    """One to three sessions, in order and apart."""
    edges = sorted(draw(st.lists(st.integers(0, 1439), min_size=2, max_size=6, unique=True)))
    times = [time(n // 60, n % 60) for n in edges[: len(edges) // 2 * 2]]
    return tuple(zip(times[::2], times[1::2], strict=True))


CALENDARS = st.builds(Calendar, st.dictionaries(DAYS, st.booleans(), max_size=40), hours())


def counted(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Of every minute between two moments: is the bank open in it?"""
    minute, total = start, 0
    while minute < end:
        local = minute.astimezone(BEIJING)
        works = calendar.own.get(local.date(), is_working_day(local.date()))
        total += works and any(opens <= local.time() < closes for opens, closes in calendar.hours)
        minute += timedelta(minutes=1)
    return timedelta(minutes=total)
