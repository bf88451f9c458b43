"""A simulated staffing: learn, foretell the last period and hold it against what happened, then look ahead.

What a run finds is JSON:
{"period": {"since", "until", "days"}, "cases_per_day", "ahead": {"since", "days"},
 "error": {"since", "until", "visits", "foretold_visits", "cases", "foretold_cases", "median_hours", "median_percent",
           "ninety_hours", "ninety_percent", "visits_percent", "knowing": the same five had the new cases been known,
           "stations": [{"station", "visits", "median", "ninety", "real_visits", "real_median", "real_ninety"}]},
 "stations": [{"station", "before": outlook, "after": outlook}]}
with times in working hours; an outlook is {"visits", "median", "ninety", "queue", "left"}.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.bank_calendar import queries as bank_calendar
from app.kernel.errors import Refusal
from app.workflow.deploying import definitions
from app.workflow.monitoring import learning, questions, staffing
from app.workflow.monitoring.learning import Learnt, Period, Visit
from app.workflow.monitoring.questions import Wanted
from app.workflow.monitoring.staffing import Change, Outlook

LONGEST_HISTORY = timedelta(days=365)
LEAST_VISITS = 20
HELD_BACK = 4


@dataclass(frozen=True)
class Asked:
    """What is asked. growth: arrivals in percent more (or less); absent: user ids; away and ahead: days of the calendar."""

    growth: int = 0
    absent: tuple[int, ...] = ()
    away: int = 7
    ahead: int = 28


class TooLittle(Refusal):
    """There is not enough history to learn from."""


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
