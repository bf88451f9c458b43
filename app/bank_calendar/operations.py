"""Changing the calendar: own days and opening hours, each change with its reason in the audit.

A change is a value. What it would do is asked first (`foresee`), then the same change is carried out (`apply`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.audit import operations as audit
from app.bank_calendar import queries, rules
from app.bank_calendar.models import OpeningHours, OwnDay
from app.bank_calendar.rules import BadList, Day
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Forbidden, Refusal
from app.kernel.working_time import Calendar
from app.web.access import Permission

LOCK = 7207


@dataclass(frozen=True)
class Change:
    """Days to set (a day set before is set anew), days to take out (by date and branch key), sessions to open (None: as before)."""

    days: tuple[Day, ...] = ()
    removed: tuple[tuple[date, str], ...] = ()
    sessions: tuple[str, ...] | None = None


def foresee(change: Change) -> dict[int | None, Calendar]:
    """The calendars after the change, by branch; writes nothing. Raises BadList, BadHours or Refusal (nothing would change)."""
    ids = _branch_ids(change)
    hours = rules.read_hours(change.sessions or queries.hours_row().sessions)
    days = {(line.row.branch_id, line.row.day): line.row.works for line in queries.own_days()}
    gone = {(ids[branch], day) for day, branch in change.removed}
    set_ = {(ids[day.branch], day.day): day.works for day in change.days}
    if not set_ and not gone & days.keys() and change.sessions is None:
        raise Refusal("Nothing would change.")
    left = {key: works for key, works in days.items() if key not in gone} | set_
    return queries.calendars(((branch, day, works) for (branch, day), works in left.items()), hours)


def apply(*, change: Change, person: Person, now: datetime) -> dict[int | None, Calendar]:
    """Write the change; returns the calendars as they are then. Raises Forbidden and what `foresee` raises."""
    if not person.may(Permission.CALENDAR_MANAGE):
        raise Forbidden("Only administrators may change the bank's calendar.")
    # Two administrators at once: the second sees what the first has done.
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    after, ids = foresee(change), _branch_ids(change)
    for day, branch in change.removed:
        session.execute(delete(OwnDay).where(OwnDay.day == day, OwnDay.branch_id.is_not_distinct_from(ids[branch])))
    for entered in change.days:
        _set(entered, ids[entered.branch], person, now)
    row = session.get_one(OpeningHours, 1)
    row.changed_at, row.settled_at = now, None
    if change.sessions is not None:
        row.sessions = rules.write_hours(rules.read_hours(change.sessions))
    _audit(change, person, now)
    session.flush()
    queries.forget()
    return after


def _set(entered: Day, branch_id: int | None, person: Person, now: datetime) -> None:
    values = {"works": entered.works, "reason": entered.reason, "set_by": person.id, "set_at": now}
    statement = insert(OwnDay).values(day=entered.day, branch_id=branch_id, **values)
    session.execute(statement.on_conflict_do_update(constraint="uq_own_day_day", set_=values))


def _audit(change: Change, person: Person, now: datetime) -> None:
    detail: dict[str, Sequence[object] | None] = {
        "set": [[d.day.isoformat(), "working" if d.works else "closed", d.branch, d.reason] for d in change.days],
        "removed": [[day.isoformat(), branch] for day, branch in change.removed],
        "sessions": change.sessions,
    }
    audit.record(
        chain="system",
        verb="change_calendar",
        object_type="bank_calendar",
        object_id=1,
        actor=person.actor,
        now=now,
        detail={name: value for name, value in detail.items() if value},
    )


def _branch_ids(change: Change) -> Mapping[str, int | None]:
    """The ids of the branches that the change names; "" is the whole bank. Raises BadList."""
    known: dict[str, int | None] = {"": None} | {branch.key: branch.id for branch in queries.branches()}
    for key in (*(day.branch for day in change.days), *(branch for _, branch in change.removed)):
        if key not in known:
            raise BadList("There is no branch “{given}”.", given=key[:40])
    return known
