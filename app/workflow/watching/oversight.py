"""The figures a head of department opens in the morning: how old the open tasks are, which deadlines are at risk, what is where.

Every figure is counted in one pass over an index of open tasks that holds all columns asked for (`ix_user_task_assignee_open`,
`ix_user_task_element_open`); the rows themselves are never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select

from app.kernel.db import session
from app.kernel.working_time import is_working_day
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.reach import Reach, cases_in, open_tasks_in

AGES = (0, 1, 3, 5, 10)
DUES = ("overdue", "today", "tomorrow")


@dataclass(frozen=True)
class Span:
    """A range of moments; None is open."""

    since: datetime | None
    until: datetime | None

    def holds(self, column: Any) -> ColumnElement[bool]:
        """The condition that a column lies in it; the end is not part of it."""
        parts = [column >= self.since] if self.since else []
        return and_(*parts, *([column < self.until] if self.until else []))


@dataclass(frozen=True)
class Figures:
    """How many open tasks there are in all, by age (key of `ages`) and by deadline (key of `dues`)."""

    total: int
    by_age: dict[str, int]
    by_due: dict[str, int]


def ages(now: datetime, zone: str) -> dict[str, Span]:
    """What "waits since n working days" means today, youngest first: "0" is since today, "10" ten days ago or longer."""
    starts = [_days_back(now, days, zone) for days in AGES]
    ends = [None, *starts[:-1]]
    spans = [Span(start, end) for start, end in zip(starts, ends, strict=True)]
    last = spans[-1]
    return dict(zip(map(str, AGES), [*spans[:-1], Span(None, last.until)], strict=True))


def dues(now: datetime, zone: str) -> dict[str, Span]:
    """Deadlines at risk: past, later today, on the next working day."""
    here = now.astimezone(ZoneInfo(zone))
    midnight = datetime.combine(here.date(), time(), here.tzinfo) + timedelta(days=1)
    after = midnight
    while not is_working_day(after.date()):
        after += timedelta(days=1)
    spans = (Span(None, now), Span(now, midnight), Span(midnight, after + timedelta(days=1)))
    return dict(zip(DUES, spans, strict=True))


def figures(now: datetime, zone: str, reach: Reach = None) -> Figures:
    """All of them, in one pass; `reach`: of these branches only."""
    by_age = {f"age_{key}": span.holds(UserTask.created_at) for key, span in ages(now, zone).items()}
    by_due = {f"due_{key}": span.holds(UserTask.due_at) for key, span in dues(now, zone).items()}
    counted = [func.count().filter(holds).label(name) for name, holds in {**by_age, **by_due}.items()]
    here = UserTask.state == TaskState.OPEN, *open_tasks_in(reach)
    row = session.execute(select(func.count().label("total"), *counted).where(*here)).mappings().one()
    return Figures(
        row["total"],
        {name.removeprefix("age_"): row[name] for name in by_age},
        {name.removeprefix("due_"): row[name] for name in by_due},
    )


def stations(now: datetime, reach: Reach = None) -> Sequence[Any]:
    """Open and overdue tasks by process and station, the fullest first."""
    statement = (
        select(
            UserTask.process_key,
            UserTask.element_id,
            func.count().label("open"),
            func.count().filter(UserTask.due_at < now).label("overdue"),
        )
        .where(UserTask.state == TaskState.OPEN, *open_tasks_in(reach))
        .group_by(UserTask.process_key, UserTask.element_id)
    )
    return session.execute(statement.order_by(func.count().desc(), UserTask.element_id)).all()


def suspended(reach: Reach = None) -> int:
    """How many cases a supervisor has stopped."""
    stopped = ProcessInstance.state == CaseState.SUSPENDED
    return session.scalar(select(func.count()).where(stopped, *cases_in(reach))) or 0


def _days_back(now: datetime, days: int, zone: str) -> datetime:
    """The midnight with which the working day `days` before today began (0: today itself)."""
    here = now.astimezone(ZoneInfo(zone))
    day = here.date()
    for _ in range(days):
        day -= timedelta(days=1)
        while not is_working_day(day):
            day -= timedelta(days=1)
    return datetime.combine(day, time(), here.tzinfo)
