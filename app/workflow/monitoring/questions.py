"""What the pages of monitoring ask: a bounded number of statements over facts by day, whatever the bank has behind them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, case, exists, func, select

from app.identity.models import User
from app.kernel.db import session
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.models import UserTask
from app.workflow.monitoring.models import FactKind, MonitoringFact, MonitoringMark
from app.workflow.reach import Reach

SECONDS = (MonitoringFact.waited, MonitoringFact.held, MonitoringFact.waited_work, MonitoringFact.held_work)


@dataclass(frozen=True)
class Wanted:
    """Which facts: of a process, from `since` to `until` (both days belong to it), of a branch, a line, a version.

    reach: of these branches only.
    """

    process_key: str
    since: date
    until: date
    branch_id: int | None = None
    line: str = ""
    definition_id: uuid.UUID | None = None
    reach: Reach = None

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.until - self.since).days + 1


@dataclass(frozen=True)
class Station:
    """A station in a period. The times are seconds added up over `done` visits; opened: tasks that came."""

    done: int = 0
    opened: int = 0
    waited: int = 0
    held: int = 0
    waited_work: int = 0
    held_work: int = 0

    @property
    def growth(self) -> int:
        """By how much what lies there has grown."""
        return self.opened - self.done

    def mean(self, measure: str) -> float | None:
        """Hours per visit of a measure ("waited", "held", "total", each also with "_work"); None without a visit."""
        if not self.done:
            return None
        parts = ("waited", "held") if measure.startswith("total") else (measure.removesuffix("_work"),)
        ending = "_work" if measure.endswith("_work") else ""
        return float(sum(getattr(self, part + ending) for part in parts)) / self.done / 3600


@dataclass(frozen=True)
class Return:
    """How often a station sent cases back to another, for which reason."""

    station: str
    to: str
    reason: str
    number: int


@dataclass(frozen=True)
class Picture:
    """A period on the diagram: stations and how often each flow was taken, by id, returns, cases begun."""

    stations: Mapping[str, Station]
    flows: Mapping[str, int]
    returns: Sequence[Return]
    cases: int


def picture(wanted: Wanted) -> Picture:
    """All figures of a period, in one statement."""
    fact, detail = MonitoringFact, _detail().label("said")
    statement = (
        select(fact.kind, fact.place, detail, func.sum(fact.number), *(func.sum(column) for column in SECONDS))
        .where(*_conditions(wanted))
        .group_by(fact.kind, fact.place, detail)
    )
    stations: dict[str, Station] = defaultdict(Station)
    flows: dict[str, int] = {}
    returns, cases = [], 0
    for kind, place, said, number, *times in session.execute(statement):
        known = stations[place] if kind in (FactKind.DONE, FactKind.OPENED) else Station()
        if kind == FactKind.DONE:
            stations[place] = Station(int(number), known.opened, *map(int, times))
        elif kind == FactKind.OPENED:
            stations[place] = Station(known.done, int(number), *_times(known))
        elif kind == FactKind.FLOW:
            flows[place] = int(number)
        elif kind == FactKind.RETURN:
            to, _, reason = said.partition(" ")
            returns.append(Return(place, to, reason, int(number)))
        else:
            cases += int(number)
    return Picture(dict(stations), flows, sorted(returns, key=lambda one: -one.number), cases)


def _detail() -> ColumnElement[str]:
    """Returns are told apart by target and reason; everything else is added up."""
    return case((MonitoringFact.kind == FactKind.RETURN, MonitoringFact.detail), else_="")


def _times(station: Station) -> tuple[int, int, int, int]:
    return station.waited, station.held, station.waited_work, station.held_work


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    fact = MonitoringFact
    found = [fact.process_key == wanted.process_key, fact.day >= wanted.since, fact.day <= wanted.until]
    if wanted.branch_id is not None:
        found.append(fact.branch_id == wanted.branch_id)
    if wanted.reach is not None:
        found.append(fact.branch_id.in_(sorted(wanted.reach)))
    if wanted.line:
        found.append(fact.line == wanted.line)
    if wanted.definition_id is not None:
        found.append(fact.definition_id == wanted.definition_id)
    return found


def span(process_key: str, reach: Reach = None) -> tuple[date, date] | None:
    """The first and the last day of which there are facts; None where nothing has been counted."""
    fact = MonitoringFact
    mine = [fact.process_key == process_key]
    mine += [] if reach is None else [fact.branch_id.in_(sorted(reach))]
    first = session.scalar(select(fact.day).where(*mine).order_by(fact.day).limit(1))
    last = session.scalar(select(fact.day).where(*mine).order_by(fact.day.desc()).limit(1))
    return (first, last) if first is not None and last is not None else None


def counted_at() -> datetime | None:
    """When the record was counted up last; None before the first time."""
    return session.scalar(select(MonitoringMark.seen_at))


def versions(process_key: str) -> Sequence[ProcessDefinition]:
    """The newest versions of a process."""
    statement = select(ProcessDefinition).where(ProcessDefinition.key == process_key)
    return session.scalars(statement.order_by(ProcessDefinition.version.desc()).limit(30)).all()


def officers(process_key: str) -> Sequence[User]:
    """Who is active and has completed something in this process, by name; whoever works for nobody but others is not asked."""
    done = exists().where(UserTask.completed_by == User.id, UserTask.process_key == process_key)
    return session.scalars(select(User).where(User.active, done).order_by(User.name)).all()
