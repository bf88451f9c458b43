"""What history says about a process: how often cases come, which way they take, who works where, how long it takes.

All times are working seconds (the bank's opening hours), so nights and holidays need no further thought. Learnt from the visits
that ended in a period:

- A station is a **pool** where most visits were claimed: work is the time from the claim to the end. It is somebody's **own**
  where tasks are given to a person: there the quickest quarter shows how long the work itself takes, the rest is his rhythm.
  A **vote** takes the time it took; nobody is busy with it.
- **Habit** is the waiting that no queue explains: the real arrivals and works are played through as many officers as there
  were, and what they would have waited then is taken off the waiting there really was.
"""

from __future__ import annotations

import heapq
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select

from app.bank_calendar import queries as bank_calendar
from app.kernel.db import session
from app.workflow.models import CaseEvent, ProcessInstance, UserTask
from app.workflow.monitoring.counting import times_of
from app.workflow.monitoring.questions import Picture

MOST_VISITS = 50_000
QUICKEST = 4
RETURNED, SKIPPED = "returned", "skipped"


class Mode(StrEnum):
    """How a station gets its work done."""

    POOL = "pool"
    OWN = "own"
    VOTE = "vote"


@dataclass(frozen=True)
class Visit:
    """A visit that ended. waited and held in working seconds; moments in working seconds since the beginning of the period."""

    station: str
    came: float
    ended: float
    waited: float
    held: float
    officer: int | None
    claimed: bool
    is_vote: bool
    cancelled: str

    @property
    def whole(self) -> float:
        """From coming to ending."""
        return self.waited + self.held


@dataclass(frozen=True)
class Place:
    """A station as learnt. officers: who worked here and how often; works and habits: samples of equal length, pairs."""

    mode: Mode
    officers: Mapping[int, int]
    works: Sequence[float]
    habits: Sequence[float]
    returns: Mapping[str, float] = field(default_factory=dict)
    dropped: float = 0.0


@dataclass(frozen=True)
class Learnt:
    """A process as learnt. rate: cases begun per working hour; flows: how often each line was taken."""

    rate: float
    places: Mapping[str, Place]
    flows: Mapping[str, int]


@dataclass(frozen=True)
class Period:
    """A stretch of time, aware UTC."""

    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        """Its working time."""
        return bank_calendar.calendar().between(self.since, self.until).total_seconds()


def visits(process_key: str, period: Period) -> list[Visit]:
    """The visits of a process that ended in the period, the newest `MOST_VISITS` of them, in the order in which they came."""
    columns = (
        UserTask.element_id, UserTask.created_at, UserTask.claimed_at, UserTask.completed_at, UserTask.completed_by,
        UserTask.assignee_id, UserTask.is_vote, UserTask.cancel_reason, ProcessInstance.branch_id,
    )  # fmt: skip
    statement = (
        select(*columns)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.process_key == process_key, UserTask.parent_id.is_(None))
        .where(UserTask.completed_at >= period.since, UserTask.completed_at < period.until)
        .order_by(UserTask.completed_at.desc())
        .limit(MOST_VISITS)
    )
    calendar = bank_calendar.calendar()
    found = []
    for row in session.execute(statement):
        _, _, waited, held = times_of(row)
        came = calendar.between(period.since, row.created_at).total_seconds()
        found.append(_visit(row, came, float(waited), float(held)))
    return sorted(found, key=lambda visit: visit.came)


def _visit(row: Any, came: float, waited: float, held: float) -> Visit:
    return Visit(
        station=row.element_id,
        came=came,
        ended=came + waited + held,
        waited=waited,
        held=held,
        officer=row.completed_by or row.assignee_id,
        claimed=row.claimed_at is not None,
        is_vote=row.is_vote,
        cancelled=row.cancel_reason or "",
    )


def open_at(process_key: str, moment: datetime) -> dict[uuid.UUID, list[str]]:
    """The stations at which each live case stood at that moment."""
    statement = select(UserTask.instance_id, UserTask.element_id).where(
        UserTask.process_key == process_key,
        UserTask.parent_id.is_(None),
        UserTask.created_at < moment,
        or_(UserTask.completed_at.is_(None), UserTask.completed_at >= moment),
    )
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.instance_id].append(row.element_id)
    return found


def begun(process_key: str, period: Period) -> int:
    """How many cases began in the period."""
    statement = (
        select(func.count())
        .select_from(CaseEvent)
        .join(ProcessInstance, ProcessInstance.id == CaseEvent.instance_id)
        .where(CaseEvent.verb == "start", CaseEvent.at >= period.since, CaseEvent.at < period.until)
    )
    return session.scalar(statement.where(ProcessInstance.process_key == process_key)) or 0


def learn(seen: Sequence[Visit], picture: Picture, cases: int, seconds: float) -> Learnt:
    """What a period teaches. picture: its ways and returns; cases: how many began within so many working seconds."""
    by_station: dict[str, list[Visit]] = defaultdict(list)
    for visit in seen:
        by_station[visit.station].append(visit)
    places = {station: _place(mine, _targets(picture, station)) for station, mine in by_station.items()}
    return Learnt(cases / max(seconds / 3600, 1.0), places, picture.flows)


def _targets(picture: Picture, station: str) -> Counter[str]:
    targets: Counter[str] = Counter()
    for one in picture.returns:
        if one.station == station and one.to:
            targets[one.to] += one.number
    return targets


def _place(mine: Sequence[Visit], targets: Counter[str]) -> Place:
    officers = Counter(visit.officer for visit in mine if visit.officer is not None)
    done = [visit for visit in mine if not visit.cancelled] or list(mine)
    mode = _mode(mine)
    works, habits = _times(mode, done, len(officers))
    number = len(mine)
    lost = sum(1 for visit in mine if visit.cancelled not in ("", RETURNED, SKIPPED))
    returned = sum(1 for visit in mine if visit.cancelled == RETURNED)
    whole = sum(targets.values())
    returns = {to: returned / number * times / whole for to, times in targets.items()}
    return Place(mode, officers, works, habits, returns, lost / number)


def _mode(mine: Iterable[Visit]) -> Mode:
    seen = list(mine)
    if sum(visit.is_vote for visit in seen) * 2 > len(seen):
        return Mode.VOTE
    return Mode.POOL if sum(visit.claimed for visit in seen) * 2 > len(seen) else Mode.OWN


def _times(mode: Mode, done: Sequence[Visit], officers: int) -> tuple[list[float], list[float]]:
    """The works and the habits of the visits, in pairs."""
    if mode is Mode.VOTE or not officers:
        return [0.0] * len(done), [visit.whole for visit in done]
    if mode is Mode.OWN:
        usual = sorted(visit.whole for visit in done)[len(done) // QUICKEST]
        works = [min(visit.whole, usual) for visit in done]
        return works, [visit.whole - work for visit, work in zip(done, works, strict=True)]
    works = [visit.held for visit in done]
    queued = queueing([visit.came for visit in done], works, officers)
    return works, [max(0.0, visit.waited - wait) for visit, wait in zip(done, queued, strict=True)]


def queueing(came: Sequence[float], works: Sequence[float], officers: int) -> list[float]:
    """How long each would wait if so many officers took them in the order in which they came and did nothing else."""
    free = [0.0] * max(officers, 1)
    heapq.heapify(free)
    waits = []
    for moment, work in zip(came, works, strict=True):
        begins = max(moment, heapq.heappop(free))
        heapq.heappush(free, begins + work)
        waits.append(begins - moment)
    return waits
