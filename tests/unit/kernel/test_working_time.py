"""Working time: weekends, public holidays, make-up days, hours, own days; held against an oracle that counts minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.kernel.working_time import BadDuration, Calendar, is_known, is_working_day, parse_duration
from tests.working_minutes import BEIJING, CALENDARS, counted

STATE = Calendar()


def due(start: str, duration: str) -> str:
    moment = datetime.fromisoformat(start).replace(tzinfo=BEIJING)
    return add(moment, duration).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def add(start: datetime, duration: str, calendar: Calendar = STATE) -> datetime:
    return calendar.shift(start, calendar.work(duration))


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
        ("2026-03-07T11:00", "P1D", "2026-03-09 17:00"),
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
    assert add(begun, "P1D") == datetime(2026, 3, 3, 2, 30, tzinfo=UTC)
    assert add(begun.astimezone(BEIJING), "P1D").tzinfo is UTC


FIRST, SPAN = datetime(2025, 1, 1, tzinfo=UTC), timedelta(days=730)
MINUTES = st.integers(0, int(SPAN.total_seconds() // 60))
MOMENTS = MINUTES.map(lambda n: FIRST + timedelta(minutes=n))
EXACT = st.timedeltas(timedelta(0), SPAN).map(lambda passed: FIRST + passed)
WORK = st.integers(1, 60 * 40).map(lambda n: timedelta(minutes=n))


BOTH = st.one_of(st.just(STATE), CALENDARS)


@given(BOTH, MOMENTS, st.integers(0, 6000))
def test_working_time_is_what_counting_every_minute_gives(calendar, start, minutes) -> None:
    end = start + timedelta(minutes=minutes)
    assert calendar.between(start, end) == counted(calendar, start, end)
    assert calendar.between(end, start) == -counted(calendar, start, end)


@settings(max_examples=60)
@given(BOTH, MOMENTS, st.integers(1, 900))
def test_a_deadline_is_the_first_minute_after_so_many_working_minutes(calendar, start, minutes) -> None:
    end = calendar.shift(start, timedelta(minutes=minutes))
    assume(end - start < timedelta(days=12))
    assert counted(calendar, start, end) == timedelta(minutes=minutes)
    assert counted(calendar, start, end - timedelta(minutes=1)) < timedelta(minutes=minutes)


@settings(max_examples=60)
@given(BOTH, MOMENTS, st.integers(1, 900))
def test_what_is_overdue_by_so_many_minutes_was_due_at_the_first_moment_from_which_so_many_passed(
    calendar, end, minutes
) -> None:
    start = calendar.shift(end, -timedelta(minutes=minutes))
    assume(end - start < timedelta(days=12))
    assert counted(calendar, start, end) == timedelta(minutes=minutes)
    assert counted(calendar, start - timedelta(minutes=1), end) > timedelta(minutes=minutes)


@given(BOTH, EXACT, EXACT)
def test_going_on_from_any_moment_comes_to_the_same_deadline(calendar, one, two) -> None:
    start, between = sorted((one, two))
    work = calendar.between(start, between) + timedelta(hours=3, microseconds=1)
    passed = calendar.between(start, between)
    assert calendar.shift(start, work) == calendar.shift(between, work - passed)


@given(BOTH, EXACT, WORK)
def test_no_time_goes_between_a_moment_and_a_deadline(calendar, start, work) -> None:
    assert calendar.between(start, calendar.shift(start, work)) == work
    assert calendar.between(calendar.shift(start, -work), start) == work


@given(EXACT, st.integers(0, 10), st.integers(1, 40))
def test_a_deadline_never_lies_before_its_start_nor_outside_working_time(start, days, some) -> None:
    end = add(start, f"P{days}DT{some}H")
    local = end.astimezone(BEIJING)
    assert end >= start
    assert is_working_day(local.date())
    assert time(9) < local.time() <= time(17)


@given(BOTH, EXACT, EXACT, WORK)
def test_who_begins_later_is_never_due_earlier(calendar, one, two, work) -> None:
    early, late = sorted((one, two))
    assert calendar.shift(early, work) <= calendar.shift(late, work)


@given(EXACT, st.integers(1, 30), st.integers(1, 30))
def test_hours_add_up(start, first, second) -> None:
    assert add(start, f"PT{first + second}H") == add(add(start, f"PT{first}H"), f"PT{second}H")


def test_an_own_day_goes_before_what_the_state_says() -> None:
    flood, saturday = date(2026, 3, 3), date(2026, 3, 7)
    calendar = Calendar({flood: False, saturday: True})
    monday = datetime(2026, 3, 2, 10, tzinfo=BEIJING)
    assert add(monday, "P1D", calendar) == datetime(2026, 3, 4, 10, tzinfo=BEIJING)
    assert add(datetime(2026, 3, 6, 16, tzinfo=BEIJING), "PT2H", calendar) == datetime(2026, 3, 7, 10, tzinfo=BEIJING)


def test_a_break_at_noon_is_no_working_time_and_a_day_is_as_long_as_its_sessions() -> None:
    calendar = Calendar(hours=((time(8, 30), time(12)), (time(14), time(17, 30))))
    start = datetime(2026, 3, 2, 11, 30, tzinfo=BEIJING)
    assert calendar.day_length == timedelta(hours=7)
    assert add(start, "PT1H", calendar) == datetime(2026, 3, 2, 14, 30, tzinfo=BEIJING)
    assert add(start, "P1D", calendar) == datetime(2026, 3, 3, 11, 30, tzinfo=BEIJING)


def test_the_years_that_have_been_decreed_are_known() -> None:
    assert (is_known(2025), is_known(2026), is_known(2060), is_known(2003)) == (True, True, False, False)


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
