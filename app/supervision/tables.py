"""Rows of the supervisors' tables. Built on the workflow room alone; the staff's pages are a sibling and not looked at."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import format_datetime, format_decimal, format_timedelta, get_timezone, gettext

from app.kernel.db import session
from app.supervision.exports import Cell
from app.web.i18n import text_of
from app.workflow import engine, queries
from app.workflow.clocks.clock_words import NO_DUE, Due, due
from app.workflow.deploying import definitions, explanations
from app.workflow.models import CaseState, ProcessInstance
from app.workflow.reach import Reach
from app.workflow.watching import worklists
from app.workflow.watching.worklists import Filter, TaskRow

BLOCK = 500


@dataclass(frozen=True)
class Line:
    """One line of a table; cells are texts, `url` leads to the case."""

    id: str
    url: str
    number: str
    title: str
    process: str
    amount: str
    station: str
    holder: str
    started: str
    started_exact: str
    status: str
    due: Due = NO_DUE
    incident: bool = False
    escalated: bool = False
    why: str = ""


@dataclass(frozen=True)
class LoadLine:
    """How much one person or pool has."""

    name: str
    open: int
    overdue: int
    oldest: str
    url: str
    share: int


def processes() -> list[tuple[str, str]]:
    """The processes there are."""
    return [(row.key, text_of(row.name)) for row in definitions.actives()]


def case_rows(cases: Sequence[ProcessInstance], now: datetime) -> list[Line]:
    """Cases as lines, with the holders of their open tasks."""
    names = dict(processes())
    holders = queries.holders_of([case.id for case in cases])
    return [_case_line(case, names, holders.get(case.id, ()), now) for case in cases]


def task_rows(rows: Sequence[TaskRow], now: datetime) -> list[Line]:
    """Open tasks as lines."""
    names = dict(processes())
    return [_task_line(row, names, now) for row in rows]


def load_row(row: Any, name: str, argument: str, now: datetime) -> LoadLine:
    """A line of the workload page; `share` is the overdue part in per cent."""
    url = url_for("supervision.tasks", **({argument: row.id} if argument else {}))
    oldest = format_timedelta(now - row.oldest, granularity="hour", threshold=1.1)
    return LoadLine(name, row.open, row.overdue, oldest, url, round(100 * row.overdue / row.open))


def badges(compiled: engine.Definition, counts: Mapping[str, int], chosen: str = "") -> dict[str, dict[str, Any]]:
    """Numbers for the diagram: a station's own, and at a call activity the sum of what is open inside it.

    chosen: the one whose cases the table shows; it is marked.
    """
    found: dict[str, int] = {}
    for element, number in counts.items():
        for scope in compiled.owners.get(element, ((),)):
            for place in {*scope, element}:
                found[place] = found.get(place, 0) + number
            break
    note = gettext("open tasks")
    marks: dict[str, dict[str, Any]] = {
        e: {"state": "running", "badge": str(n), "note": f"{n} {note}"} for e, n in found.items()
    }
    if chosen:
        shown = {"state": "added", "badge": "0", "note": f"0 {note}", **marks.get(chosen, {})}
        marks[chosen] = {**shown, "state": "added", "kind": "ok"}
    return marks


def moment_words(at: datetime, now: datetime) -> tuple[str, str]:
    """A moment exactly, and in relation to now."""
    ago = format_timedelta(at - now, add_direction=True, granularity="minute", threshold=1.1)
    return format_datetime(at, "yyyy-MM-dd HH:mm"), ago


def age_words() -> list[tuple[str, str]]:
    """How long a task has waited, in working days: the filter's words."""
    return [
        ("0", gettext("Since today")),
        ("1", gettext("1 to 2 working days")),
        ("3", gettext("3 to 4 working days")),
        ("5", gettext("5 to 9 working days")),
        ("10", gettext("10 working days and more")),
    ]


def due_words() -> list[tuple[str, str]]:
    """Deadlines at risk: the filter's words."""
    return [
        ("overdue", gettext("Overdue")),
        ("today", gettext("Due today")),
        ("tomorrow", gettext("Due next working day")),
        ("escalated", gettext("With the supervisors")),
        ("waiting", gettext("Waiting for the customer")),
    ]


def header(list: str) -> list[str]:
    """The heads of a list's file."""
    last = [gettext("Waiting since"), gettext("Due")] if list == "tasks" else [gettext("Started"), gettext("Status")]
    columns = [gettext("Case number"), gettext("Case file"), gettext("Process"), gettext("Amount")]
    return [*columns, gettext("Station"), gettext("Holder"), *last]


def every_case(wanted: Filter, now: datetime, reach: Reach) -> Iterator[Sequence[Cell]]:
    """All cases that match, read page by page; for a file."""
    while True:
        found = worklists.all_cases(wanted, size=BLOCK, reach=reach)
        for case, line in zip(found.rows, case_rows(found.rows, now), strict=True):
            started = case.started_at.astimezone(get_timezone())
            words = status_words().get(line.status, line.status)
            yield line.number, line.title, line.process, case.amount, line.station, line.holder, started, words
        if not found.following:
            return
        wanted = replace(wanted, after=found.following)
        session.expunge_all()


def every_task(wanted: Filter, now: datetime, reach: Reach) -> Iterator[Sequence[Cell]]:
    """All open tasks that match, read page by page; for a file."""
    while True:
        found = worklists.all_open(wanted, now=now, size=BLOCK, reach=reach)
        for row, line in zip(found.rows, task_rows(found.rows, now), strict=True):
            since, due = row.task.created_at.astimezone(get_timezone()), row.task.due_at
            due = due.astimezone(get_timezone()) if due else None
            yield line.number, line.title, line.process, row.case.amount, line.station, line.holder, since, due
        if not found.following:
            return
        wanted = replace(wanted, after=found.following)
        session.expunge_all()


def status_words() -> dict[str, str]:
    """The stamps of cases in words."""
    return {
        "running": gettext("In approval"),
        "approved": gettext("Approved"),
        "conditional": gettext("Approved with conditions"),
        "refused": gettext("Refused"),
        "withdrawn": gettext("Withdrawn"),
        "suspended": gettext("Suspended"),
        "cancelled": gettext("Terminated"),
    }


def _case_line(case: ProcessInstance, names: Mapping[str, str], holders: Sequence[str], now: datetime) -> Line:
    return Line(
        id=str(case.id),
        url=url_for("inbox.case", case_id=case.id),
        number=case.number,
        title=case.title or "",
        process=names.get(case.process_key, case.process_key),
        amount="" if case.amount is None else format_decimal(case.amount, "#,##0.00"),
        station="、".join(station(case.definition_id, element) for element in case.stations),
        holder="、".join(holders),
        started=format_timedelta(case.started_at - now, add_direction=True, granularity="minute", threshold=1.1),
        started_exact=format_datetime(case.started_at, "yyyy-MM-dd HH:mm"),
        status=_status(case),
        incident=case.has_incident,
    )


def _task_line(row: TaskRow, names: Mapping[str, str], now: datetime) -> Line:
    task, case = row.task, row.case
    return Line(
        id=str(task.id),
        url=url_for("inbox.task", task_id=task.id),
        number=case.number,
        title=case.title or "",
        process=names.get(case.process_key, case.process_key),
        amount="" if case.amount is None else format_decimal(case.amount, "#,##0.00"),
        station=station(task.definition_id, task.element_id),
        holder=row.holder or _pool(row),
        started=format_timedelta(task.created_at - now, add_direction=True, granularity="minute", threshold=1.1),
        started_exact=format_datetime(task.created_at, "yyyy-MM-dd HH:mm"),
        status=_status(case),
        due=due(task, case, now),
        incident=case.has_incident,
        escalated=task.escalated_at is not None,
        why="；".join(explanations.whom(task)),
    )


def _pool(row: TaskRow) -> str:
    """Where a task lies that nobody holds."""
    if row.task.is_vote:
        return gettext("Vote")
    return gettext("Pool: %(name)s", name=text_of(row.pool)) if row.pool else ""


def station(definition_id: uuid.UUID, element_id: str) -> str:
    """The name of a station in the reader's language."""
    steps = definitions.load(definition_id).compiled.steps
    return text_of(steps[element_id].name) if element_id in steps else element_id


def _status(case: ProcessInstance) -> str:
    """The key of the stamp: the end the case reached, or its state."""
    if case.state == CaseState.COMPLETED:
        return definitions.load(case.definition_id).compiled.ends.get(case.outcome or "", "approved")
    return "running" if case.state == CaseState.ACTIVE else case.state
