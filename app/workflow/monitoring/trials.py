"""A simulated staffing from question to answer: learn, foretell the last period and hold it against what happened, then look ahead.

What a run finds is JSON:
{"period": {"since", "until", "days"}, "cases_per_day", "ahead": {"since", "days"},
 "error": {"since", "until", "visits", "foretold_visits", "cases", "foretold_cases", "median_hours", "median_percent",
           "ninety_hours", "ninety_percent", "visits_percent", "knowing": the same five had the new cases been known,
           "stations": [{"station", "visits", "median", "ninety", "real_visits", "real_median", "real_ninety"}]},
 "stations": [{"station", "before": outlook, "after": outlook}]}
with times in working hours; an outlook is {"visits", "median", "ninety", "queue", "left"}.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from app.audit import operations as audit
from app.audit.operations import Actor
from app.bank_calendar import queries as bank_calendar
from app.jobs import Queue, enqueue, job
from app.kernel.clock import now as moment
from app.kernel.db import separate_transaction, session
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import new_id
from app.workflow import definitions
from app.workflow.monitoring import learning, questions, staffing
from app.workflow.monitoring.learning import Learnt, Period, Visit
from app.workflow.monitoring.models import StaffingRun
from app.workflow.monitoring.questions import Wanted
from app.workflow.monitoring.staffing import Change, Outlook

log = logging.getLogger("creditflow.monitoring")

JOB = "monitoring.staffing"
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
LONGEST_HISTORY = timedelta(days=365)
LEAST_VISITS = 20
HELD_BACK = 4
FAULT = "The simulation failed on our side. Begin it again, and tell the operators if it fails twice."


@dataclass(frozen=True)
class Asked:
    """What is asked. growth: arrivals in percent more (or less); absent: user ids; away and ahead: days of the calendar."""

    growth: int = 0
    absent: tuple[int, ...] = ()
    away: int = 7
    ahead: int = 28


class TooLittle(Refusal):
    """There is not enough history to learn from."""


def begin(*, process_key: str, asked: Asked, actor: Actor, now: datetime) -> StaffingRun:
    """Ask a worker for a simulated staffing; raises NotFound for a process that there is not."""
    definition = definitions.active(process_key)
    row = StaffingRun(
        id=new_id(), process_key=process_key, definition_id=definition.id, asked=asdict(asked), state=WAITING,
        begun_by=actor.user_id, begun_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        chain="system",
        verb="simulate_staffing",
        object_type="process_definition",
        object_id=definition.id,
        actor=actor,
        now=now,
        detail={"process": process_key, **asdict(asked)},
    )
    enqueue(name=JOB, args={"run": str(row.id)}, key=str(row.id))
    return row


def find(run_id: uuid.UUID | None) -> StaffingRun:
    """The run; raises NotFound."""
    row = session.get(StaffingRun, run_id) if run_id else None
    if row is None:
        raise NotFound("There is no such simulation.")
    return row


def newest(process_key: str) -> Sequence[StaffingRun]:
    """The last runs of a process, newest first."""
    statement = select(StaffingRun).where(StaffingRun.process_key == process_key)
    return session.scalars(statement.order_by(StaffingRun.begun_at.desc(), StaffingRun.id.desc()).limit(10)).all()


@job(JOB, queue=Queue.REPORT, tries=3)
def work(*, run: str, key: str) -> None:
    """Do it; progress and result are written beside the work."""
    row = find(uuid.UUID(run))
    if row.state in (DONE, FAILED):
        return
    run_id = row.id
    _note(run_id, state=RUNNING)
    asked = Asked(**{**row.asked, "absent": tuple(row.asked["absent"])})
    try:
        found = simulate(row.process_key, asked, moment(), lambda done, total: _note(run_id, done=done, total=total))
    except Refusal as refusal:
        _note(run_id, state=FAILED, fault=str(refusal)[:400], ended_at=moment())
    except Exception:
        log.exception("staffing %s failed", run_id)
        _note(run_id, state=FAILED, fault=FAULT, ended_at=moment())
    else:
        _note(run_id, state=DONE, found=found, ended_at=moment())


def _note(run_id: uuid.UUID, **values: Any) -> None:
    with separate_transaction() as beside:
        beside.execute(update(StaffingRun).where(StaffingRun.id == run_id).values(**values))


def simulate(process_key: str, asked: Asked, now: datetime, report: Callable[[int, int], None]) -> dict[str, Any]:
    """The whole of it; raises TooLittle where there is not enough to learn from."""
    span = questions.span(process_key)
    if span is None:
        raise TooLittle("Nothing has been counted of this process yet.")
    definition = definitions.load(definitions.active(process_key).id).compiled
    until = min(now, _midnight(span[1] + timedelta(days=1)))
    since = max(_midnight(span[0]), until - LONGEST_HISTORY)
    ahead = timedelta(days=asked.ahead)
    held_back = max(timedelta(days=1), min(ahead, (until - since) / HELD_BACK))
    parts = _Parts(report)
    error = _error(process_key, definition, Period(since, until - held_back), Period(until - held_back, until), parts)
    whole = Period(since, until)
    learnt = _learnt(process_key, whole, held_back)
    standing = list(learning.open_at(process_key, until).values())
    horizon = bank_calendar.calendar().between(now, now + ahead).total_seconds()
    away = bank_calendar.calendar().between(now, now + timedelta(days=asked.away)).total_seconds()
    before = staffing.play(definition, learnt, standing, horizon, Change(), parts.next())
    change = Change(1 + asked.growth / 100, frozenset(asked.absent), away)
    after = staffing.play(definition, learnt, standing, horizon, change, parts.next())
    return {
        "period": {"since": since.isoformat(), "until": until.isoformat(), "days": (until - since).days},
        "cases_per_day": learnt.rate * bank_calendar.calendar().day_length.total_seconds() / 3600,
        "ahead": {"since": now.isoformat(), "days": asked.ahead},
        "error": error,
        "stations": [
            {"station": key, "before": _outlook(before.get(key)), "after": _outlook(after.get(key))}
            for key in sorted({*before, *after})
        ],
    }


class _Parts:
    """Four plays one after the other as one bar."""

    def __init__(self, report: Callable[[int, int], None]) -> None:
        self.report, self.part = report, 0

    def next(self) -> Callable[[int, int], None]:
        """How the next play tells how far it is."""
        number, self.part = self.part, self.part + 1
        return lambda done, total: self.report(number * 100 + 100 * done // max(total, 1), 400)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(bank_calendar.calendar().zone)).astimezone(UTC)


def _learnt(process_key: str, period: Period, latest: timedelta) -> Learnt:
    """What a period teaches, and its latest part of how often cases come; raises TooLittle."""
    seen = learning.visits(process_key, period)
    if len(seen) < LEAST_VISITS:
        raise TooLittle("There are too few finished visits to learn from.")
    zone = ZoneInfo(bank_calendar.calendar().zone)
    last = (period.until - timedelta(seconds=1)).astimezone(zone).date()
    picture = questions.picture(Wanted(process_key, period.since.astimezone(zone).date(), last))
    recent = Period(max(period.since, period.until - latest), period.until)
    return learning.learn(seen, picture, learning.begun(process_key, recent), recent.seconds)


def _error(process_key: str, definition: Any, learn: Period, test: Period, parts: _Parts) -> dict[str, Any]:
    """The last period foretold from all before it, and what really happened in it."""
    learnt = _learnt(process_key, learn, test.until - test.since)
    standing = list(learning.open_at(process_key, test.since).values())
    foretold = staffing.play(definition, learnt, standing, test.seconds, Change(), parts.next())
    cases = learning.begun(process_key, test)
    known = replace(learnt, rate=cases * 3600 / max(test.seconds, 1.0))
    knowing = staffing.play(definition, known, standing, test.seconds, Change(), parts.next())
    real: dict[str, list[Visit]] = defaultdict(list)
    for visit in learning.visits(process_key, test):
        real[visit.station].append(visit)
    rows = [_held_against(key, foretold.get(key), real.get(key, [])) for key in sorted({*foretold, *real})]
    return {
        "since": test.since.isoformat(),
        "until": test.until.isoformat(),
        "learnt_from": learn.since.isoformat(),
        "visits": sum(row["real_visits"] for row in rows),
        "foretold_visits": sum(row["visits"] for row in rows),
        "cases": cases,
        "foretold_cases": learnt.rate * test.seconds / 3600,
        **_errors(rows),
        "knowing": _errors(
            [_held_against(key, knowing.get(key), real.get(key, [])) for key in sorted({*knowing, *real})]
        ),
        "stations": rows,
    }


def _held_against(station: str, foretold: Outlook | None, real: Sequence[Visit]) -> dict[str, Any]:
    import numpy

    times = [visit.whole / 3600 for visit in real]
    median, ninety = (float(q) for q in numpy.quantile(times, (0.5, 0.9))) if times else (None, None)
    return {
        "station": station,
        "visits": foretold.visits if foretold else 0.0,
        "median": foretold.median if foretold else None,
        "ninety": foretold.ninety if foretold else None,
        "real_visits": len(real),
        "real_median": median,
        "real_ninety": ninety,
    }


def _errors(rows: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """By how much the foretold differs, weighted by the real visits: medians and 90 % in hours and percent, visits in percent."""
    found: dict[str, float | None] = {}
    for name in ("median", "ninety"):
        both = [row for row in rows if row[name] is not None and row[f"real_{name}"] is not None]
        hours = sum(abs(row[name] - row[f"real_{name}"]) * row["real_visits"] for row in both)
        whole = sum(row[f"real_{name}"] * row["real_visits"] for row in both)
        number = sum(row["real_visits"] for row in both)
        found[f"{name}_hours"] = hours / number if number else None
        found[f"{name}_percent"] = 100 * hours / whole if whole else None
    visits = sum(row["real_visits"] for row in rows)
    apart = sum(abs(row["visits"] - row["real_visits"]) for row in rows)
    found["visits_percent"] = 100 * apart / visits if visits else None
    return found


def _outlook(one: Outlook | None) -> dict[str, Any]:
    return asdict(one or Outlook(0.0, None, None, 0.0, 0.0))
