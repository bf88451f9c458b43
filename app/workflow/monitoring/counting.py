"""The record counted up by day: whichever day an event falls on that nobody has looked at yet is counted anew, as a whole.

So the order in which things are written means nothing: a case that is entered with last month's dates is counted there. An event
may become visible a little after a younger one; the mark therefore stays behind, and what came after it is looked at again.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Row, String, cast, delete, func, insert, select

from app.bank_calendar import queries as bank_calendar
from app.kernel.db import session
from app.workflow.models import CaseEvent, ProcessInstance, UserTask
from app.workflow.monitoring.models import FactKind, MonitoringFact, MonitoringMark
from app.workflow.monitoring.ways import Ways, ways_of

BEHIND = timedelta(minutes=2)
DAYS = 14
LINE = "business_line"
Key = tuple[str, uuid.UUID, str, str, str, int | None, str]


@dataclass
class Sum:
    """What is added up under a key: how many, and the four times in seconds."""

    number: int = 0
    times: list[int] = field(default_factory=lambda: [0, 0, 0, 0])


def advance(*, now: datetime, done: set[date]) -> bool:
    """Count the next days on which something new fell; whether there are more. One worker at a time does so.

    done: the days counted in this run; they are not counted again in it, though what fell on them is younger than the mark.
    """
    mark = session.scalars(select(MonitoringMark).with_for_update(skip_locked=True)).first()
    if mark is None:
        return False
    days = ({date.fromisoformat(day) for day in mark.days} | _look(mark, now)) - done
    ordered = sorted(days, reverse=True)
    for day in ordered[:DAYS]:
        count_day(day)
        done.add(day)
    mark.days, mark.seen_at = [day.isoformat() for day in ordered[DAYS:]], now
    return bool(mark.days)


def _look(mark: MonitoringMark, now: datetime) -> set[date]:
    """The days of the events after the mark, which moves on as far as it is safe."""
    ripe = _id_at(now - BEHIND)
    local = func.timezone(bank_calendar.calendar().zone, CaseEvent.at)
    day = cast(local, Date)
    newest = func.max(cast(CaseEvent.id, String)).filter(CaseEvent.id < ripe)
    statement = select(day, newest).group_by(day)
    rows = session.execute(statement if mark.seen is None else statement.where(CaseEvent.id > mark.seen)).all()
    ids = [uuid.UUID(row[1]) for row in rows if row[1] is not None]
    mark.seen = max(ids, default=mark.seen)
    return {row[0] for row in rows}


def _id_at(moment: datetime) -> uuid.UUID:
    """The least id that could have been made at that moment (`kernel.ids`)."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def count_day(day: date) -> None:
    """Put the facts of a day in place of those that were there."""
    zone = ZoneInfo(bank_calendar.calendar().zone)
    since = datetime.combine(day, time(), zone).astimezone(UTC)
    until = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    sums: dict[Key, Sum] = defaultdict(Sum)
    _count_tasks(since, until, sums)
    _count_events(since, until, sums)
    session.execute(delete(MonitoringFact).where(MonitoringFact.day == day))
    if sums:
        session.execute(insert(MonitoringFact), [_row(day, key, value) for key, value in sums.items()])


def _row(day: date, key: Key, value: Sum) -> dict[str, Any]:
    names = ("process_key", "definition_id", "kind", "place", "detail", "branch_id", "line")
    times = ("waited", "held", "waited_work", "held_work")
    return {"day": day, **dict(zip(names, key, strict=True)), "number": value.number} | dict(
        zip(times, value.times, strict=True)
    )


def _count_tasks(since: datetime, until: datetime, sums: dict[Key, Sum]) -> None:
    """Visits that ended, with their times, and tasks that came; both are found by the events that made them."""
    columns = (
        UserTask.id, UserTask.process_key, UserTask.definition_id, UserTask.element_id, UserTask.outcome,
        UserTask.cancel_reason, UserTask.created_at, UserTask.claimed_at, UserTask.completed_at, UserTask.completed_by,
        UserTask.is_vote, UserTask.assignee_id, ProcessInstance.branch_id, ProcessInstance.variables[LINE].astext.label("line"),
    )  # fmt: skip
    joined = select(*columns).join(CaseEvent, CaseEvent.instance_id == UserTask.instance_id).join(
        ProcessInstance, ProcessInstance.id == UserTask.instance_id
    )  # fmt: skip
    in_time = (CaseEvent.at >= since, CaseEvent.at < until, UserTask.parent_id.is_(None))
    ended = joined.where(*in_time, UserTask.completed_at == CaseEvent.at).distinct()
    for row in session.execute(ended):
        seconds = times_of(row)
        total = sums[_key(row, FactKind.DONE, row.element_id, row.outcome or row.cancel_reason or "")]
        total.number += 1
        total.times = [old + new for old, new in zip(total.times, seconds, strict=True)]
    came = joined.where(*in_time, UserTask.created_at == CaseEvent.at).distinct()
    for row in session.execute(came):
        sums[_key(row, FactKind.OPENED, row.element_id, "")].number += 1


def _key(row: Row[Any], kind: FactKind, place: str, detail: str) -> Key:
    return row.process_key, row.definition_id, kind, place, detail[:200], row.branch_id, row.line or ""


def times_of(row: Any) -> tuple[int, int, int, int]:
    """Seconds waited and held by the clock, and the same in working time, of a visit that ended.

    Where nobody claimed it: a task that was given to somebody, and a vote, is held from the beginning; one that nobody ever
    had waited to the end.
    """
    had = row.claimed_at or (row.created_at if row.is_vote or row.assignee_id or row.completed_by else row.completed_at)
    had = min(max(had, row.created_at), row.completed_at)
    calendar = bank_calendar.calendar(row.branch_id)
    parts = ((row.created_at, had), (had, row.completed_at))
    wall = [int((end - start).total_seconds()) for start, end in parts]
    work = [int(calendar.between(start, end).total_seconds()) for start, end in parts]
    return wall[0], wall[1], work[0], work[1]


def _count_events(since: datetime, until: datetime, sums: dict[Key, Sum]) -> None:
    """Cases begun, ways taken, returns with their reasons."""
    statement = (
        select(
            CaseEvent.id, CaseEvent.verb, CaseEvent.element_id, CaseEvent.passed, CaseEvent.detail, CaseEvent.at,
            CaseEvent.instance_id, ProcessInstance.process_key, ProcessInstance.definition_id,
            ProcessInstance.branch_id, ProcessInstance.variables[LINE].astext.label("line"),
        )
        .join(ProcessInstance, ProcessInstance.id == CaseEvent.instance_id)
        .where(CaseEvent.at >= since, CaseEvent.at < until)
    )  # fmt: skip
    opened = _opened(since, until)
    ways: dict[uuid.UUID, Ways] = {}
    for row in session.execute(statement):
        if row.verb == "start":
            sums[_key(row, FactKind.CASE, row.process_key, "")].number += 1
        if row.verb == "send_back":
            detail = f"{row.detail.get('to', '')} {row.detail.get('reason', '')}".strip()
            sums[_key(row, FactKind.RETURN, row.element_id or "", detail)].number += 1
        elif row.passed:
            known = ways.setdefault(row.definition_id, ways_of(row.definition_id))
            for flow in known.taken(row.passed, opened.get((row.instance_id, row.at), ())):
                sums[_key(row, FactKind.FLOW, flow, "")].number += 1


def _opened(since: datetime, until: datetime) -> dict[tuple[uuid.UUID, datetime], list[str]]:
    """The stations that each act opened."""
    statement = (
        select(UserTask.instance_id, UserTask.created_at, UserTask.element_id)
        .join(CaseEvent, CaseEvent.instance_id == UserTask.instance_id)
        .where(CaseEvent.at >= since, CaseEvent.at < until, UserTask.created_at == CaseEvent.at)
        .distinct()
    )
    found: dict[tuple[uuid.UUID, datetime], list[str]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.instance_id, row.created_at].append(row.element_id)
    return found
