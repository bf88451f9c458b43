"""Deadlines in working time: weekends, public holidays, make-up days, hours, ends of months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.working_time import BadDuration, add_working_time, is_working_day, parse_duration

ZONE = "Asia/Shanghai"
BEIJING = ZoneInfo(ZONE)


def due(start: str, duration: str) -> str:
    moment = datetime.fromisoformat(start).replace(tzinfo=BEIJING)
    return add_working_time(moment, duration, ZONE).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("day", "works", "why"),
    [
        (date(2026, 3, 2), True, "a Monday"),
        (date(2026, 3, 7), False, "a Saturday"),
        (date(2026, 1, 1), False, "New Year"),
        (date(2026, 2, 17), False, "Spring Festival"),
        (date(2026, 2, 14), True, "a Saturday made up for Spring Festival"),
        (date(2026, 2, 28), True, "a Saturday made up for Spring Festival"),
        (date(2026, 10, 1), False, "National Day"),
        (date(2026, 10, 10), True, "a Saturday made up for National Day"),
    ],
)
def test_the_bank_works_on_the_days_that_the_state_says(day: date, works: bool, why: str) -> None:
    assert is_working_day(day) is works, why


def test_a_year_that_nobody_has_decreed_yet_counts_monday_to_friday_less_the_fixed_holidays() -> None:
    week = [date(2060, 1, day) for day in range(5, 12)]
    assert [is_working_day(day) for day in week] == [True] * 5 + [False] * 2
    assert not any(is_working_day(date(2060, month, day)) for month, day in ((1, 1), (5, 1), (10, 1), (10, 2)))


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-03-02T10:30", "P1D", "2026-03-03 10:30"),
        ("2026-03-06T15:00", "P1D", "2026-03-09 15:00"),
        ("2026-03-02T10:00", "PT4H", "2026-03-02 14:00"),
        ("2026-03-02T15:00", "PT4H", "2026-03-03 11:00"),
        ("2026-03-06T16:30", "PT1H", "2026-03-09 09:30"),
        ("2026-03-02T09:00", "PT8H", "2026-03-02 17:00"),
        ("2026-03-02T09:00", "PT16H", "2026-03-03 17:00"),
        ("2026-03-07T11:00", "P1D", "2026-03-10 09:00"),
        ("2026-03-02T18:00", "PT1H", "2026-03-03 10:00"),
        ("2026-03-02T17:00", "PT1H", "2026-03-03 10:00"),
        ("2026-03-02T07:00", "PT30M", "2026-03-02 09:30"),
        ("2026-02-13T10:00", "P1D", "2026-02-14 10:00"),
        ("2026-02-14T10:00", "P1D", "2026-02-24 10:00"),
        ("2026-02-14T16:00", "PT2H", "2026-02-24 10:00"),
        ("2026-09-30T11:00", "P2D", "2026-10-09 11:00"),
        ("2026-10-09T16:00", "PT4H", "2026-10-10 12:00"),
        ("2026-02-28T10:00", "P1D", "2026-03-02 10:00"),
        ("2026-03-31T10:00", "P1D", "2026-04-01 10:00"),
        ("2026-12-31T10:00", "P1DT2H", "2027-01-04 12:00"),
    ],
)
def test_a_deadline_skips_what_is_not_working_time(start: str, duration: str, end: str) -> None:
    assert due(start, duration) == end


def test_the_answer_is_in_utc_whatever_zone_the_start_had() -> None:
    begun = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
    assert add_working_time(begun, "P1D", ZONE) == datetime(2026, 3, 3, 2, 30, tzinfo=UTC)
    assert add_working_time(begun.astimezone(BEIJING), "P1D", ZONE).tzinfo is UTC


FIRST, SPAN = datetime(2025, 1, 1, tzinfo=UTC), timedelta(days=730)
MOMENTS = st.timedeltas(timedelta(0), SPAN).map(lambda passed: FIRST + passed)


@given(MOMENTS, st.integers(0, 10), st.integers(0, 40))
def test_a_deadline_never_lies_before_its_start_nor_outside_working_time(start, days, hours) -> None:
    end = add_working_time(start, f"P{days}DT{hours}H", ZONE)
    local = end.astimezone(BEIJING)
    assert end >= start
    assert is_working_day(local.date())
    assert timedelta(hours=9) <= timedelta(hours=local.hour, minutes=local.minute) <= timedelta(hours=17)


@given(MOMENTS, MOMENTS, st.sampled_from(["P1D", "PT4H", "P2DT3H", "PT90M"]))
def test_who_begins_later_is_never_due_earlier(one, two, duration) -> None:
    early, late = sorted((one, two))
    assert add_working_time(early, duration, ZONE) <= add_working_time(late, duration, ZONE)


@given(MOMENTS, st.integers(1, 30), st.integers(1, 30))
def test_hours_add_up(start, first, second) -> None:
    at_once = add_working_time(start, f"PT{first + second}H", ZONE)
    in_two = add_working_time(add_working_time(start, f"PT{first}H", ZONE), f"PT{second}H", ZONE)
    assert at_once == in_two


@pytest.mark.parametrize(
    ("text", "read"),
    [("P2D", (2, timedelta())), ("PT8H", (0, timedelta(hours=8))), ("P1DT4H30M", (1, timedelta(hours=4, minutes=30)))],
)
def test_durations_are_working_days_and_hours(text, read) -> None:
    assert parse_duration(text) == read


@pytest.mark.parametrize("text", ["", "P", "PT", "2D", "P1Y", "P-1D", "P1.5D", "PT1S", "P99999D", " P1D"])
def test_what_is_no_such_duration_is_refused(text: str) -> None:
    with pytest.raises(BadDuration):
        parse_duration(text)
