"""A vote that closes at a time: its clock counts working time, and stands still with its case and for the customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from app.bank_calendar import operations, queries
from app.bank_calendar.operations import Change
from app.bank_calendar.rules import Day
from app.kernel import db
from app.kernel.db import session
from app.kernel.working_time import Calendar
from app.workflow import instances
from app.workflow.clocks import due_dates
from app.workflow.committees import ballots
from app.workflow.moves import waiting
from tests.integration.workflow.committee import FIVE, Board
from tests.integration.workflow.test_committees import GROUP

A = "agree"
TIMED = f'{GROUP} close="time" after="P2D"'
HOUR = timedelta(hours=1)


@pytest.fixture
def board(bank, staff) -> Iterator[Callable[..., Board]]:
    """A function: a rule → a case before its board; everything is rolled back afterwards."""
    yield lambda rule=TIMED, **more: Board(staff, rule, **more)
    db.session.rollback()
    db.session.remove()
    queries.forget()


@pytest.fixture
def timed(board) -> Board:
    """A vote with a quorum, opened on Monday 2 March 2026, half past nine in the morning and a minute."""
    case = board()
    case.cast_all(FIVE, A, A, A)
    return case


def closes(case: Board) -> datetime | None:
    session.flush()
    session.expire_all()
    return case.rounds()[0].closes_at


def is_due(case: Board, at: datetime) -> bool:
    return ballots.next_due(at) == case.last_board().id


def test_its_time_is_working_time(timed):
    opened = timed.rounds()[0].opened_at
    assert closes(timed) == Calendar().shift(opened, timedelta(hours=16)) == opened + timedelta(days=2)
    assert not is_due(timed, opened + timedelta(days=2) - timedelta(seconds=1))
    assert is_due(timed, opened + timedelta(days=2))


def test_a_make_up_saturday_counts_and_a_holiday_does_not(board):
    """Spring Festival 2026: free from 15 to 23 February, worked on Saturday 14 and Saturday 28."""
    case = board(report=False)
    case.now = datetime(2026, 2, 13, 7, tzinfo=UTC)
    case.report()
    assert closes(case) == case.now.replace(day=24)


def test_it_stands_still_while_the_case_is_suspended(timed):
    chief, had = timed.person("jiangshan"), closes(timed) - timed.now
    instances.suspend(instance_id=timed.case.id, reason="核查", person=chief, now=timed.now)
    assert closes(timed) is None
    assert not is_due(timed, timed.now + timedelta(days=30))
    timed.now += timedelta(days=7)
    instances.resume(instance_id=timed.case.id, reason="完", person=chief, now=timed.now)
    assert closes(timed) == timed.now + had
    assert is_due(timed, timed.now + had)


def test_it_stands_still_while_the_customer_is_waited_for_and_ballots_close_nothing(timed):
    chief, had = timed.person("jiangshan"), closes(timed) - timed.now
    waiting.wait(task_id=timed.task().id, reason="等客户说明", person=chief, now=timed.now)
    assert closes(timed) is None
    timed.cast("shiyun", A)
    assert timed.stations == ["board"], "its time is not over"
    timed.now = timed.now.replace(day=9)
    waiting.go_on(task_id=timed.task().id, reason="已说明", person=chief, now=timed.now)
    assert closes(timed) == timed.now + had


def test_suspended_and_waiting_at_once_it_goes_on_when_both_are_over(timed):
    chief, had = timed.person("jiangshan"), closes(timed) - timed.now
    waiting.wait(task_id=timed.task().id, reason="等客户说明", person=chief, now=timed.now)
    instances.suspend(instance_id=timed.case.id, reason="核查", person=chief, now=timed.now + HOUR)
    instances.resume(instance_id=timed.case.id, reason="完", person=chief, now=timed.now + 2 * HOUR)
    assert closes(timed) is None
    waiting.go_on(task_id=timed.task().id, reason="已说明", person=chief, now=timed.now + 3 * HOUR)
    assert closes(timed) == timed.now + 3 * HOUR + had


def test_a_clock_that_has_rung_does_not_begin_again(board):
    case = board(f'{TIMED} quorum="3"')
    case.cast_all(FIVE, A, A)
    case.now += timedelta(days=4)
    assert not ballots.close_in_time(task_id=case.task().id, now=case.now)
    chief = case.person("jiangshan")
    instances.suspend(instance_id=case.case.id, reason="核查", person=chief, now=case.later())
    instances.resume(instance_id=case.case.id, reason="完", person=chief, now=case.later())
    assert closes(case) is None
    case.cast("lvbin", A)
    assert case.last_board().outcome == "approve"


def test_a_day_that_the_bank_closes_moves_it_and_is_foreseen(timed):
    before = closes(timed)
    change = Change((Day(date(2026, 3, 3), works=False, branch="", reason="台风"),))
    moves = {move.number: move for move in due_dates.foresee(operations.foresee(change)).examples}
    assert (moves[timed.case.number].before, moves[timed.case.number].after) == (before, before + timedelta(days=1))
    assert closes(timed) == before, "looking changes nothing"
    due_dates.lay_out_anew(operations.foresee(change))
    assert closes(timed) == before + timedelta(days=1)


def test_one_that_stands_still_is_not_laid_out(timed):
    chief = timed.person("jiangshan")
    instances.suspend(instance_id=timed.case.id, reason="核查", person=chief, now=timed.now)
    session.flush()
    change = Change((Day(date(2026, 3, 3), works=False, branch="", reason="台风"),))
    due_dates.lay_out_anew(operations.foresee(change))
    assert closes(timed) is None
