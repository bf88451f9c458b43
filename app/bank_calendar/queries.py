"""The bank's calendar as a value, kept in memory for a while; and its own days for the page."""

from __future__ import annotations

import time as clock
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from app.bank_calendar import rules
from app.bank_calendar.models import OpeningHours, OwnDay
from app.identity.models import Branch, User
from app.kernel.db import session
from app.kernel.working_time import Calendar, Hours

# After a change every process goes by the new calendar within this time; deadlines laid out meanwhile are laid out again.
FRESH_SECONDS = 30.0


@dataclass
class _Known:
    """The calendar of each branch, read again every half minute."""

    calendars: dict[int | None, Calendar] = field(default_factory=dict)
    read_at: float = 0.0


_known = _Known()


def calendar(branch_id: int | None = None) -> Calendar:
    """The calendar that deadlines of this branch go by: the bank's own days, and over them the branch's."""
    known = _known.calendars
    if not known or clock.monotonic() - _known.read_at > FRESH_SECONDS:
        known = _known.calendars = read_all()
        _known.read_at = clock.monotonic()
    return known.get(branch_id) or known[None]


def forget() -> None:
    """Read again at the next question."""
    _known.calendars = {}


def read_all() -> dict[int | None, Calendar]:
    """The calendar of the whole bank (under None) and of every branch with days of its own, as the tables have them now."""
    rows = session.execute(
        select(OpeningHours.sessions, OwnDay.branch_id, OwnDay.day, OwnDay.works).outerjoin(OwnDay, OpeningHours.id > 0)
    ).all()
    days = [(row.branch_id, row.day, row.works) for row in rows if row.day is not None]
    return calendars(days, rules.read_hours(rows[0].sessions))


def calendars(days: Iterable[tuple[int | None, date, bool]], hours: Hours) -> dict[int | None, Calendar]:
    """The calendars that own days (branch, day, works) and hours make."""
    by_branch: dict[int | None, dict[date, bool]] = {None: {}}
    for branch_id, day, works in days:
        by_branch.setdefault(branch_id, {})[day] = works
    bank = by_branch[None]
    return {branch_id: Calendar({**bank, **own}, hours) for branch_id, own in by_branch.items()}


@dataclass(frozen=True)
class DayLine:
    """An own day with the names of its branch and of who set it."""

    row: OwnDay
    branch: Branch | None
    set_by: str | None


def own_days(year: int | None = None) -> Sequence[DayLine]:
    """The bank's own days, of one year or all, in order."""
    statement = select(OwnDay, Branch, User.name).outerjoin(Branch, Branch.id == OwnDay.branch_id)
    statement = statement.outerjoin(User, User.id == OwnDay.set_by).order_by(OwnDay.day, OwnDay.branch_id)
    if year is not None:
        statement = statement.where(OwnDay.day.between(date(year, 1, 1), date(year, 12, 31)))
    return [DayLine(*row) for row in session.execute(statement)]


def hours_row() -> OpeningHours:
    """The row of the bank's hours."""
    return session.get_one(OpeningHours, 1)


def branches() -> Sequence[Branch]:
    """The branches of the bank, by key."""
    return session.scalars(select(Branch).order_by(Branch.key)).all()
