"""The clock of a task, held against a second one that counts working minutes, over any order of stops, jumps and changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.working_time import Calendar
from app.workflow.clocks import deadlines
from app.workflow.engine import Link, Step
from app.workflow.models import UserTask
from tests.working_minutes import CALENDARS, counted

STATE, MINUTE, HOUR = Calendar(), timedelta(minutes=1), timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)  # ten o'clock in Beijing
CHAIN = (
    Link("remind", "PT4H", before=True),
    Link("remind", "PT0M"),
    Link("superior", "PT8H"),
    Link("deputy", "P2D"),
    Link("supervisor", "P3D"),
)


@dataclass
class Row:
    """The columns of a task's clock, without a database."""

    due_left: timedelta | None = None
    due_from: datetime | None = None
    due_at: datetime | None = None
    chain_left: timedelta | None = None
    chain_at: datetime | None = None
    chain_done: int = 0
    waiting_since: datetime | None = None
    fired: list[tuple[int, datetime]] = field(default_factory=list)


def step(due: str | None = "P2D", chain: tuple[Link, ...] = CHAIN, waits: str | None = None) -> Step:
    return Step("review", "loan", {}, due=due, deadline=chain, waits=waits)


def opened(at: datetime = MONDAY, calendar: Calendar = STATE, **more: Any) -> UserTask:
    row = cast(UserTask, Row())
    deadlines.begin(row, step(**more), calendar, at)
    return row


def ring(row: UserTask, now: datetime, calendar: Calendar = STATE) -> bool:
    """What the ticker does: one link, if one is due."""
    if row.chain_at is None or row.chain_at > now:
        return False
    deadlines.carried_out(row, step(), calendar, now)
    return True


def test_a_task_is_due_after_so_much_working_time_and_first_reminded_before() -> None:
    row = opened()
    assert row.due_at == MONDAY + timedelta(days=2)
    assert row.chain_at == MONDAY + timedelta(days=1, hours=4)
    assert (row.due_left, row.chain_left, row.chain_done) == (16 * HOUR, 12 * HOUR, 0)


def test_a_station_without_a_due_time_has_no_clock() -> None:
    row = opened(due=None, chain=())
    assert (row.due_at, row.due_left, row.due_from, row.chain_at) == (None, None, None, None)
    deadlines.stop(row, STATE, MONDAY + HOUR)
    deadlines.go(row, STATE, MONDAY + HOUR)
    assert (row.due_at, row.due_from) == (None, None)
    assert deadlines.left(row, STATE, MONDAY) is None


def test_a_station_that_waits_for_the_customer_begins_with_its_clock_still() -> None:
    row = opened(waits="customer")
    assert (row.waiting_since, row.due_at, row.chain_at, row.due_left) == (MONDAY, None, None, 16 * HOUR)
    row.waiting_since = None
    deadlines.go(row, STATE, MONDAY + timedelta(days=7))
    assert row.due_at == MONDAY + timedelta(days=9)


def test_a_clock_that_stands_still_keeps_what_was_left_to_the_microsecond() -> None:
    row, odd = opened(), timedelta(hours=3, seconds=17, microseconds=123457)
    deadlines.stop(row, STATE, MONDAY + odd)
    assert (row.due_left, row.chain_left) == (16 * HOUR - odd, 12 * HOUR - odd)
    assert (row.due_at, row.chain_at, row.due_from) == (None, None, None)
    again = MONDAY + timedelta(days=14)
    deadlines.go(row, STATE, again)
    assert row.due_at is not None
    assert STATE.between(again, row.due_at) == 16 * HOUR - odd


def test_stopping_twice_and_starting_twice_is_as_once() -> None:
    row = opened()
    deadlines.stop(row, STATE, MONDAY + HOUR)
    deadlines.stop(row, STATE, MONDAY + 3 * HOUR)
    assert row.due_left == 15 * HOUR
    deadlines.go(row, STATE, MONDAY + 4 * HOUR)
    deadlines.go(row, STATE, MONDAY + 6 * HOUR)
    assert row.due_from == MONDAY + 4 * HOUR


def test_an_overdue_task_that_waits_is_overdue_by_as_much_when_it_goes_on() -> None:
    row = opened()
    late = MONDAY + timedelta(days=2, hours=3)
    deadlines.stop(row, STATE, late)
    assert row.due_left == -3 * HOUR
    deadlines.go(row, STATE, late + timedelta(days=1))
    assert row.due_at == MONDAY + timedelta(days=3)
    assert deadlines.left(row, STATE, late + timedelta(days=1)) == -3 * HOUR


def test_a_task_that_waits_does_not_go_on_because_its_case_is_resumed() -> None:
    row = opened()
    row.waiting_since = MONDAY
    deadlines.stop(row, STATE, MONDAY + HOUR)
    deadlines.go(row, STATE, MONDAY + 5 * HOUR)
    assert row.due_at is None


def test_the_links_come_one_after_the_other_at_their_delays() -> None:
    row, came = opened(), []
    now = MONDAY
    while row.chain_at is not None:
        now = row.chain_at
        assert ring(row, now)
        came.append(STATE.between(MONDAY, now) - 16 * HOUR)
    assert came == [-4 * HOUR, timedelta(), 8 * HOUR, 16 * HOUR, 24 * HOUR]
    assert (row.chain_done, row.chain_left) == (5, None)


def test_links_missed_while_nobody_looked_keep_their_distance_instead_of_coming_at_once() -> None:
    row, now = opened(), MONDAY + timedelta(days=28)
    came = []
    for minute in range(60 * 24 * 10):
        if ring(row, now + minute * MINUTE):
            came.append(now + minute * MINUTE)
    gaps = [STATE.between(one, two) for one, two in pairwise(came)]
    assert gaps == [4 * HOUR, 8 * HOUR, 8 * HOUR, 8 * HOUR]


def test_a_wall_clock_that_jumps_forth_and_back_rings_nothing_twice() -> None:
    row, rung = opened(), 0
    ahead, behind = MONDAY + timedelta(days=1, hours=4, minutes=1), MONDAY - timedelta(days=3)
    for now in (ahead, ahead, behind, MONDAY, behind, ahead, behind, ahead + MINUTE):
        rung += ring(row, now)
    assert (rung, row.chain_done) == (1, 1)
    assert row.chain_at == MONDAY + timedelta(days=2)


def test_stopping_while_the_wall_clock_stands_before_the_beginning_takes_nothing_away() -> None:
    row = opened()
    deadlines.stop(row, STATE, MONDAY - timedelta(days=1))
    assert row.due_left == 16 * HOUR


def test_a_new_holiday_moves_the_deadline_and_the_chain_and_takes_no_time_away() -> None:
    row, closed = opened(), Calendar({(MONDAY + timedelta(days=1)).date(): False})
    deadlines.lay_out(row, closed)
    assert row.due_at == MONDAY + timedelta(days=3)
    assert row.chain_at == MONDAY + timedelta(days=2, hours=4)
    assert deadlines.left(row, closed, MONDAY + timedelta(days=2)) == 8 * HOUR


Act = tuple[str, int]
ACTS = st.lists(st.tuples(st.sampled_from(["stop", "go", "pass", "pass"]), st.integers(0, 2500)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.just(STATE), CALENDARS), st.integers(0, 500_000), ACTS)
def test_what_is_left_is_what_a_clock_that_counts_running_minutes_says(
    calendar: Calendar, begin: int, acts: list[Act]
) -> None:
    """The oracle keeps no moments: it adds the working minutes of every stretch in which the clock ran."""
    now = datetime(2025, 6, 1, tzinfo=UTC) + begin * MINUTE
    row, runs, ran = opened(now, calendar), True, timedelta()
    for verb, minutes in acts:
        if verb == "stop":
            deadlines.stop(row, calendar, now)
            runs = False
        elif verb == "go":
            deadlines.go(row, calendar, now)
            runs = True
        else:
            ran += counted(calendar, now, now + minutes * MINUTE) if runs else timedelta()
            now += minutes * MINUTE
        assert deadlines.left(row, calendar, now) == calendar.work("P2D") - ran
    assert (row.due_at is None) is not runs


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-4000, 9000), min_size=1, max_size=80))
def test_no_link_ever_comes_twice_nor_before_the_one_ahead_of_it_however_the_clock_jumps(steps: list[int]) -> None:
    row, now, numbers = opened(), MONDAY, []
    for minutes in steps:
        now += minutes * MINUTE
        before = row.chain_done
        if ring(row, now):
            numbers.append(before)
    assert numbers == list(range(len(numbers)))


@settings(max_examples=40, deadline=None)
@given(ACTS)
def test_a_clock_that_stops_never_comes_to_a_link_earlier_than_one_that_runs_on(acts: list[Act]) -> None:
    stopping, running, now = opened(), opened(), MONDAY
    for verb, minutes in acts:
        if verb == "pass":
            now += minutes * MINUTE
        else:
            (deadlines.stop if verb == "stop" else deadlines.go)(stopping, STATE, now)
        while ring(running, now):
            pass
        while ring(stopping, now):
            pass
        assert stopping.chain_done <= running.chain_done


@pytest.mark.parametrize("done", [0, 1, 4, 5])
def test_the_next_link_is_the_first_that_has_not_been_carried_out(done: int) -> None:
    row = opened()
    row.chain_done = done
    assert deadlines.next_link(row, step()) == (CHAIN[done] if done < 5 else None)
