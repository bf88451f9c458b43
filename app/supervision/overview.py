"""The overview in the reader's words: tiles, ages, people, groups, stations, each with the address of its list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext

from app.kernel.db import session
from app.supervision import act_page, station_names, tables
from app.supervision.tables import LoadLine
from app.web.i18n import text_of
from app.workflow import engine
from app.workflow.deploying import definitions
from app.workflow.reach import Reach
from app.workflow.recording import ZONE
from app.workflow.watching import oversight, stuck, workload
from app.workflow.watching.stuck import Kind, Stuck

TOP = 8
FRESH = timedelta(seconds=10)
COUNTED = stuck.MOST


@dataclass(frozen=True)
class Tile:
    """One big number. `kind` colours it where it is not nought."""

    label: str
    number: str
    url: str
    kind: str = "neutral"


@dataclass(frozen=True)
class Bar:
    """One line of a chart: a number and its share of the largest, in per cent."""

    label: str
    number: int
    share: int
    url: str
    overdue: int = 0


@dataclass(frozen=True)
class Trouble:
    """One stuck case: what is wrong in a plain sentence, and what can be done about it (verbs, and the id each goes to)."""

    number: str
    title: str
    url: str
    kind: str
    what: str
    why: str
    since: str
    since_exact: str
    repairs: list[tuple[str, str, str]]
    moments_url: str


def tiles(figures: oversight.Figures, trouble: int, suspended: int) -> list[Tile]:
    """The numbers on top."""
    tasks, due = url_for("supervision.tasks"), figures.by_due
    return [
        Tile(gettext("Open tasks"), _number(figures.total), tasks, "info"),
        Tile(gettext("Overdue"), _number(due["overdue"]), url_for("supervision.tasks", due="overdue"), "danger"),
        Tile(gettext("Due today"), _number(due["today"]), url_for("supervision.tasks", due="today"), "warn"),
        Tile(gettext("Due next working day"), _number(due["tomorrow"]), url_for("supervision.tasks", due="tomorrow")),
        Tile(gettext("Stuck"), _many(trouble), url_for("supervision.stuck"), "danger"),
        Tile(gettext("Suspended"), _number(suspended), url_for("supervision.cases", state="suspended")),
    ]


def ageing(figures: oversight.Figures) -> list[Bar]:
    """How long the open tasks have waited, in working days."""
    words = dict(tables.age_words())
    most = max(figures.by_age.values(), default=0)
    return [
        Bar(words[key], number, _share(number, most), url_for("supervision.tasks", age=key))
        for key, number in figures.by_age.items()
    ]


def stations(rows: Sequence[Any]) -> list[Bar]:
    """Where the open tasks stand, the fullest first."""
    names = station_names.names()
    most = rows[0].open if rows else 0
    return [
        Bar(
            names.get((row.process_key, row.element_id), row.element_id),
            row.open,
            _share(row.open, most),
            url_for("supervision.tasks", process=row.process_key, station=row.element_id),
            row.overdue,
        )
        for row in rows
    ]


def persons(rows: Sequence[Any], now: datetime) -> list[LoadLine]:
    """Who holds how much, most first."""
    return [tables.load_row(row, row.name, "holder", now) for row in rows]


def pools(rows: Sequence[Any], now: datetime) -> list[LoadLine]:
    """What lies unclaimed in which pool, most first."""
    return [tables.load_row(row, text_of(row.name), "group", now) for row in rows]


def troubles(found: Sequence[Stuck], now: datetime) -> list[Trouble]:
    """Stuck cases as lines."""
    return [_trouble(row, now) for row in found]


def _trouble(row: Stuck, now: datetime) -> Trouble:
    case = row.case
    compiled = definitions.load(case.definition_id).compiled
    exact, ago = tables.moment_words(row.since, now)
    return Trouble(
        number=case.number,
        title=case.title or "",
        url=url_for("inbox.case", case_id=case.id),
        kind=row.kind,
        what=kind_words()[row.kind],
        why=_why(row, compiled),
        since=ago,
        since_exact=exact,
        repairs=[(verb, act_page.label(verb), subject) for verb, subject in repairs(row) if verb in act_page.OFFERED],
        moments_url=url_for("inbox.moments", case_id=case.id),
    )


def repairs(row: Stuck) -> list[tuple[str, str]]:
    """What can be done: verb and the id of what it goes to, the likeliest first."""
    case, task = str(row.case.id), str(row.task.id) if row.task else None
    open_ended = [(verb, case) for verb in ("jump", "terminate")]
    if row.kind in (Kind.HOLDER_GONE, Kind.KEPT_AWAY, Kind.NOBODY) and task:
        return [("look_again", case), ("reassign", task), ("send_back", task), *open_ended]
    if row.kind == Kind.VOTERS_GONE and task:
        return [("look_again", case), ("send_back", task), *open_ended]
    if row.kind == Kind.INCIDENT:
        return [("retry", case), *open_ended]
    return [("terminate", case)] if row.kind == Kind.UNREADABLE else open_ended


def kind_words() -> dict[str, str]:
    """What is wrong, in a few words."""
    return {
        Kind.NOTHING: gettext("Nothing goes on"),
        Kind.JOIN: gettext("A branch is missing"),
        Kind.UNREADABLE: gettext("State can't be read"),
        Kind.ROWS: gettext("Tasks do not fit the state"),
        Kind.HOLDER_GONE: gettext("Holder can't work on it"),
        Kind.KEPT_AWAY: gettext("Holder kept away by four eyes"),
        Kind.NOBODY: gettext("Nobody can take it"),
        Kind.VOTERS_GONE: gettext("No member left to vote"),
        Kind.INCIDENT: gettext("Stopped by an error"),
    }


def _why(row: Stuck, compiled: engine.Definition) -> str:
    """One plain sentence."""
    if row.words:
        return text_of(row.words)
    station = text_of(compiled.labels.get(row.element_id or "", row.element_id or ""))
    missing = "、".join(text_of(compiled.labels.get(way, way)) for way in row.missing)
    sentences = {
        Kind.NOTHING: gettext(
            "No task is open, and the case waits for no deadline and no message: nobody and nothing will move it."
        ),
        Kind.JOIN: gettext(
            "One branch waits at “%(station)s” for the branch from “%(missing)s”, in which nothing is open any more.",
            station=station,
            missing=missing,
        ),
        Kind.UNREADABLE: gettext("The stored state of the case is damaged. An earlier moment can be restored."),
        Kind.HOLDER_GONE: gettext(
            "The task “%(station)s” is with somebody who has left or may no longer work on cases.", station=station
        ),
        Kind.KEPT_AWAY: gettext(
            "The task “%(station)s” is with somebody who did an earlier step and may not do this one.", station=station
        ),
        Kind.NOBODY: gettext(
            "The task “%(station)s” lies in a pool in which nobody is who may take it.", station=station
        ),
        Kind.VOTERS_GONE: gettext(
            "The vote “%(station)s” waits for members of whom none can vote any more.", station=station
        ),
    }
    return sentences.get(row.kind, "")


def _share(number: int, most: int) -> int:
    return round(100 * number / most) if most else 0


def _number(number: int) -> str:
    return f"{number:,}"


def _many(number: int) -> str:
    return f"{number:,}" if number < COUNTED else f"{COUNTED}+"


@dataclass(frozen=True)
class Counted:
    """What the overview shows, counted at one moment."""

    at: datetime
    figures: oversight.Figures
    stations: Sequence[Any]
    persons: Sequence[Any]
    pools: Sequence[Any]
    trouble: int
    suspended: int


_kept: dict[tuple[str, Reach], Counted] = {}


def counted(now: datetime, reach: Reach, *, fresh: bool = False) -> Counted:
    """The numbers of the bank, or of some branches, counted at most every ten seconds by this process; the page says when.

    Counting a hundred thousand open tasks takes a tenth of a second of the database; a room full of heads of department who open
    the page at nine o'clock shall not ask for it once each.
    """
    place = str(session.get_bind().engine.url), reach
    found = _kept.get(place)
    if fresh or found is None or now - found.at > FRESH:
        for old in [key for key, one in _kept.items() if now - one.at > FRESH]:
            del _kept[old]
        found = _kept[place] = Counted(
            now,
            oversight.figures(now, ZONE, reach),
            oversight.stations(now, reach),
            workload.load_per_person(now, reach),
            workload.load_per_pool(now, reach),
            stuck.count(reach=reach),
            oversight.suspended(reach),
        )
    return found
