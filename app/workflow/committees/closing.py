"""The clock of a vote that closes at a time: working time that stands still with its case, and goes by the bank's calendar.

What counts is the working time left (`closes_left`) since the moment from which it runs (`closes_from`), as with the clock of a
task; `closes_at` is only where that ends by today's calendar. A clock that has rung has nothing of the three: from then on the
ballot that brings the quorum closes the vote.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.kernel.db import session
from app.kernel.working_time import Calendar
from app.workflow.committees.vote_models import RoundState, VoteRound
from app.workflow.models import ProcessInstance, UserTask

Calendars = Mapping[int | None, Calendar]


def wind_up(row: VoteRound, after: str | None, calendar: Calendar, now: datetime) -> None:
    """Begin the clock of a round that opens now; `after` is its working time, None: the round closes otherwise."""
    if after:
        row.closes_left = calendar.work(after)
        _run(row, calendar, now)


def stop(tasks: Sequence[UserTask], calendar: Calendar, now: datetime) -> None:
    """Let the clocks of these tasks' votes stand still and keep what is left."""
    for row in _rounds(tasks):
        if row.closes_left is not None and row.closes_from is not None:
            row.closes_left -= calendar.between(row.closes_from, max(now, row.closes_from))
            row.closes_from, row.closes_at = None, None


def go(tasks: Sequence[UserTask], calendar: Calendar, now: datetime) -> None:
    """Let them run on with what was left, but for those of votes that wait for the customer."""
    for row in _rounds([task for task in tasks if task.waiting_since is None]):
        if row.closes_left is not None and row.closes_from is None:
            _run(row, calendar, now)


def forget(row: VoteRound) -> None:
    """The clock has rung, or is no longer asked."""
    row.closes_left, row.closes_from, row.closes_at = None, None, None


def ring(row: VoteRound, now: datetime, *, stands: bool = False) -> None:
    """Let the worker close a round that is decided and that nobody can act on here; stands: when its case goes on again."""
    row.state, row.closes_left = RoundState.OPEN, timedelta()
    row.closes_from, row.closes_at = (None, None) if stands else (now, now)


def is_over(row: VoteRound, now: datetime) -> bool:
    """Whether the time of a round is over; one that stands still has some left."""
    if row.closes_left is None and row.closes_at is None:
        return True
    return row.closes_at is not None and row.closes_at <= now


@dataclass(frozen=True)
class Ring:
    """When a running clock of a vote ends, and when it ends by other calendars."""

    round_id: uuid.UUID
    number: str
    definition_id: uuid.UUID
    element_id: str
    before: datetime
    after: datetime


def rings(calendars: Calendars) -> Iterator[Ring]:
    """Every running clock as these calendars lay it out."""
    columns = (VoteRound.id, VoteRound.closes_at, VoteRound.closes_from, VoteRound.closes_left)
    of_case = (ProcessInstance.number, ProcessInstance.branch_id, UserTask.definition_id, UserTask.element_id)
    statement = (
        select(*columns, *of_case)
        .join(UserTask, UserTask.id == VoteRound.task_id)
        .join(ProcessInstance, ProcessInstance.id == VoteRound.instance_id)
        .where(VoteRound.state.in_((RoundState.OPEN, RoundState.TIE)), VoteRound.closes_at.is_not(None))
        .where(VoteRound.closes_from.is_not(None))
        .order_by(VoteRound.id)
    )
    for row in session.execute(statement):
        calendar = calendars.get(row.branch_id) or calendars[None]
        end = calendar.shift(row.closes_from, row.closes_left)
        yield Ring(row.id, row.number, row.definition_id, row.element_id, row.closes_at, end)


def lay_out_anew(calendars: Calendars) -> int:
    """Set when the running clocks end by these calendars; returns how many moved.

    One that was stopped or has rung meanwhile is left alone: whoever did it went by the newest calendar.
    """
    moved = [ring for ring in rings(calendars) if ring.before != ring.after]
    for ring in moved:
        same = (VoteRound.id == ring.round_id, VoteRound.closes_at == ring.before)
        session.execute(update(VoteRound).where(*same).values(closes_at=ring.after))
    return len(moved)


def _run(row: VoteRound, calendar: Calendar, now: datetime) -> None:
    assert row.closes_left is not None
    row.closes_from, row.closes_at = now, calendar.shift(now, row.closes_left)


def _rounds(tasks: Sequence[UserTask]) -> Sequence[VoteRound]:
    ids = [task.id for task in tasks if task.is_vote]
    wanted = (VoteRound.task_id.in_(ids), VoteRound.state.in_((RoundState.OPEN, RoundState.TIE)))
    return session.scalars(select(VoteRound).where(*wanted)).all() if ids else ()
