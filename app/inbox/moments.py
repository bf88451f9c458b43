"""A case as it was at any moment, and who had it when, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import format_datetime, get_locale, gettext

from app.bank_calendar.queries import calendar
from app.inbox.case_page import Open
from app.inbox.case_record import verb_words
from app.inbox.words import Moment, moment
from app.web.i18n import text_of
from app.workflow import forms, registry, rules
from app.workflow.hiding import form_at
from app.workflow.models import CaseEvent, CaseState, TaskState
from app.workflow.moves import restoring
from app.workflow.rules import Verb
from app.workflow.watching import past
from app.workflow.watching.past import Past, Span, Stay, Visit

WIDTH, ROW, BAR, TICKS, LETTER = 1000, 40, 14, 5, 12


@dataclass(frozen=True)
class Line:
    """One act in the list of moments."""

    seq: int
    at: Moment | None
    what: str
    person: str
    station: str
    url: str
    shown: bool


@dataclass(frozen=True)
class Then:
    """The case at a moment: what had just happened, where it stood and with whom, and what was known."""

    seq: int
    last: int
    line: Line
    state: str
    holders: list[tuple[str, str]]
    marks: dict[str, dict[str, Any]]
    sections: list[tuple[str, list[forms.PlainItem]]]
    rewind_url: str | None


@dataclass(frozen=True)
class Stretch:
    """A stretch of time in words."""

    station: str
    who: str
    what: str
    kind: str
    since: Moment | None
    until: Moment | None
    calendar: str
    working: str


@dataclass(frozen=True)
class Bar:
    """A rectangle of the picture; places in its own units. name: who, where there is room for it."""

    x: float
    y: int
    width: float
    kind: str
    title: str
    name: str = ""


@dataclass(frozen=True)
class Strip:
    """The picture: a row per station, bars in it, marks of time below, and the height of the whole."""

    rows: list[tuple[str, int]]
    bars: list[Bar]
    ticks: list[tuple[float, str, str]]
    height: int


def lines(page: Open, shown: int) -> list[Line]:
    """Every act, oldest first."""
    return [_line(page, event, shown) for event in page.events]


def then(page: Open, seq: int) -> Then | None:
    """The case right after act number `seq`; None where there is none."""
    was = past.as_it_was(page.case, page.events, page.tasks, seq)
    if was is None:
        return None
    may = rules.may(Verb.RESTORE, page.person, page.case) and seq in _kept(page)
    return Then(
        seq=seq,
        last=page.events[-1].seq,
        line=_line(page, was.event, seq),
        state=state_words()[was.state],
        holders=[(page.station(visit.task.element_id), _holder(page, visit)) for visit in was.open],
        marks=marks(page, was),
        sections=sections(page, was),
        rewind_url=url_for("inbox.rewind", case_id=page.case.id, seq=seq) if may else None,
    )


def marks(page: Open, was: Past) -> dict[str, dict[str, Any]]:
    """What the diagram showed."""
    found: dict[str, dict[str, Any]] = {e: {"state": "done", "count": n} for e, n in was.passed.items()}
    for visit in was.visits:
        task = visit.task
        is_open, gone = visit.state == TaskState.OPEN, visit.void or visit.state == TaskState.CANCELLED
        previous = found.get(task.element_id, {}).get("count", 0)
        found[task.element_id] = {
            "state": "running" if is_open else "returned" if gone else "done",
            "count": max(1, previous) if is_open else previous + 1,
            "who": _holder(page, visit) if is_open else page.name(task.completed_by) if task.completed_by else "",
            "when": format_datetime(task.created_at if is_open else task.completed_at, "yyyy-MM-dd HH:mm"),
        }
    return around(page, found)


def around(page: Open, marks: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The marks with the call activities around what is open, so that the outer picture shows that something is inside."""
    owners = page.loaded.compiled.owners
    outer = {
        activity: {"state": mark["state"]}
        for element, mark in marks.items()
        if mark["state"] in ("running", "added", "removed")
        for scope in owners.get(element, ())[:1]
        for activity in scope
    }
    return {**outer, **{e: m for e, m in marks.items() if e not in outer or m["state"] != "done"}}


def diagrams(page: Open, marks: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Name and address of each diagram of the case, and whether something of interest is in it."""
    return [
        (
            text_of(process.name),
            url_for("inbox.diagram", case_id=page.case.id, process_id=process.id),
            any(node.id in marks for node in process.nodes),
        )
        for process in page.loaded.compiled.processes.values()
        if process.parent is None
    ]


def sections(page: Open, was: Past) -> list[tuple[str, list[forms.PlainItem]]]:
    """What had been entered by then, in the order of the forms; what is hidden from the reader stays hidden."""
    known = _known(page, was)
    shown: dict[str, list[forms.PlainItem]] = {}
    seen: set[str] = set()
    for form in _forms(page, was):
        values = {key: known[place] for key, field in form.fields.items() if (place := field.bind or key) in known}
        hidden = page.hidden.keys_of(form)
        for part in forms.plain(form, forms.from_json(form, values), str(get_locale()), registry.options):
            for item in part.items:
                place = form.fields[item.key].bind or item.key if item.key else ""
                if place in known and place not in seen and item.key not in hidden:
                    seen.add(place)
                    shown.setdefault(part.title, []).append(item)
    return list(shown.items())


def stretches(page: Open) -> list[Stretch]:
    """Who had it when, oldest first."""
    return [_stretch(page, span) for span in spans(page)]


def spans(page: Open) -> list[Span]:
    """The stretches themselves."""
    end = page.case.ended_at or page.now
    return past.spans(page.events, page.tasks, end)


def totals(page: Open) -> list[tuple[str, str, str, str]]:
    """How long in all by kind: kind, its words, calendar time, working time."""
    words = stay_words()
    found = spans(page)
    totalled = []
    for stay in Stay:
        mine = [span for span in found if span.stay == stay]
        if mine:
            calendar = sum((span.calendar for span in mine), timedelta())
            working = sum((_working(page, span) for span in mine), timedelta())
            totalled.append((str(stay), words[stay], duration(calendar), duration(working)))
    return totalled


def strip(page: Open) -> Strip | None:
    """The picture of who had it when; None where there is nothing to show."""
    found = spans(page)
    if not found:
        return None
    first, last = min(span.since for span in found), max(span.until for span in found)
    whole = max((last - first).total_seconds(), 1.0)
    stations = list(dict.fromkeys(span.element_id for span in found))
    place = {element: index * ROW for index, element in enumerate(stations)}
    bars = [_bar(page, span, first, whole, place[span.element_id]) for span in found]
    ticks = [_tick(first, whole, part / (TICKS - 1)) for part in range(TICKS)]
    rows = [(page.station(element), place[element]) for element in stations]
    return Strip(rows, bars, ticks, len(stations) * ROW + 24)


def stay_words() -> dict[Stay, str]:
    """What a task did while time passed."""
    return {
        Stay.POOL: gettext("In the pool"),
        Stay.HELD: gettext("With a person"),
        Stay.VOTE: gettext("In a vote"),
        Stay.WAITING: gettext("Waiting for the customer"),
        Stay.SUSPENDED: gettext("Suspended"),
    }


def state_words() -> dict[CaseState, str]:
    """States of a case."""
    return {
        CaseState.ACTIVE: gettext("In progress"),
        CaseState.SUSPENDED: gettext("Suspended"),
        CaseState.COMPLETED: gettext("Decided"),
        CaseState.CANCELLED: gettext("Terminated"),
        CaseState.WITHDRAWN: gettext("Withdrawn"),
    }


def duration(length: timedelta) -> str:
    """Hours and minutes, days where there are many: 3 d 4 h, 2 h 05 min."""
    minutes = int(length.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 72:
        return gettext("%(days)s d %(hours)s h", days=hours // 24, hours=hours % 24)
    return gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=f"{minutes:02d}")


def _kept(page: Open) -> frozenset[int]:
    """The moments to which the case can be rewound: all but those after which it stands as it does now."""
    kept = sorted(restoring.moments(page.case.id))
    return frozenset(e.seq for e in page.events if kept and kept[0] <= e.seq < kept[-1])


def _line(page: Open, event: CaseEvent, shown: int) -> Line:
    return Line(
        seq=event.seq,
        at=moment(event.at, page.now),
        what=verb_words().get(event.verb, event.verb),
        person=page.name(event.actor_id),
        station=page.station(event.element_id) if event.element_id else "",
        url=url_for("inbox.moments", case_id=page.case.id, at=event.seq),
        shown=event.seq == shown,
    )


def _holder(page: Open, visit: Visit) -> str:
    if visit.task.is_vote:
        return gettext("Vote")
    return page.name(visit.holder_id) if visit.holder_id else gettext("nobody yet")


def _forms(page: Open, was: Past) -> list[forms.Form]:
    elements = dict.fromkeys(visit.task.element_id for visit in was.visits)
    return [form for element in elements if (form := form_at(page.loaded, element)) is not None]


def _known(page: Open, was: Past) -> dict[str, Any]:
    """The last word on each value by then, by what it is bound to or its key."""
    known: dict[str, Any] = {}
    done = [visit.task for visit in was.visits if visit.state == TaskState.COMPLETED and visit.task.submitted]
    for task in sorted(done, key=lambda task: (task.completed_at, task.id)):
        form = form_at(page.loaded, task.element_id)
        for key, value in task.submitted.items():
            field = form.fields.get(key) if form else None
            known[(field.bind if field else None) or key] = value
    return known


def _stretch(page: Open, span: Span) -> Stretch:
    return Stretch(
        station=_title(page, span),
        who=page.name(span.user_id) if span.user_id else "",
        what=stay_words()[span.stay],
        kind=span.stay,
        since=moment(span.since, page.now),
        until=moment(span.until, page.now),
        calendar=duration(span.calendar),
        working=duration(_working(page, span)),
    )


def _working(page: Open, span: Span) -> timedelta:
    """How long by the calendar of the case's branch."""
    return calendar(page.case.branch_id).between(span.since, span.until)


def _title(page: Open, span: Span) -> str:
    name = page.station(span.element_id)
    return gettext("%(station)s (round %(n)s)", station=name, n=span.round) if span.round > 1 else name


def _bar(page: Open, span: Span, first: datetime, whole: float, y: int) -> Bar:
    x = WIDTH * (span.since - first).total_seconds() / whole
    width = max(2.0, WIDTH * span.calendar.total_seconds() / whole)
    who = page.name(span.user_id) if span.user_id else ""
    told = [_title(page, span), stay_words()[span.stay], who, duration(span.calendar)]
    shown = who if width > LETTER * (len(who) + 1) else ""
    return Bar(round(min(x, WIDTH - 2.0), 1), y + 18, round(width, 1), span.stay, " · ".join(filter(None, told)), shown)


def _tick(first: datetime, whole: float, share: float) -> tuple[float, str, str]:
    at = first + timedelta(seconds=whole * share)
    anchor = "start" if share == 0 else "end" if share == 1 else "middle"
    return round(WIDTH * share, 1), format_datetime(at, "MM-dd HH:mm"), anchor


def station_names(page: Open, elements: Sequence[str]) -> list[str]:
    """Names of stations, in order."""
    labels = page.loaded.compiled.labels
    return [text_of(labels.get(element, element)) for element in elements]
