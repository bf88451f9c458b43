"""The inbox's five lists as the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext

from app.identity.rules import Person
from app.inbox.words import Due, Moment, due, moment, money, station, status
from app.kernel.paging import Page
from app.web.i18n import text_of
from app.workflow import definitions, rules, worklists
from app.workflow.models import Copy, ProcessInstance, UserTask
from app.workflow.worklists import Filter, TaskRow

TABS = ("todo", "pool", "done", "started", "copied")
ICONS = {"todo": "inbox", "pool": "users-round", "done": "circle-check", "started": "send", "copied": "copy"}
SAVED = "inbox_view"


@dataclass(frozen=True)
class Row:
    """One line of a list."""

    id: str
    url: str
    number: str
    title: str
    process: str
    amount: str
    station: str
    holder: str | None
    pool: str | None
    age: Moment | None
    due: Due
    status: str
    outcome: str = ""
    round: int = 1
    returned: bool = False
    is_vote: bool = False
    can_claim: bool = False
    unread: bool = False
    incident: bool = False


def rows_of(tab: str, person: Person, filter: Filter, now: datetime) -> Page[Row]:
    """The rows of a tab."""
    readers: dict[str, Callable[[], Page[Any]]] = {
        "todo": lambda: worklists.todo(person, filter, now=now),
        "pool": lambda: worklists.pool(person, filter, now=now),
        "done": lambda: worklists.done(person, filter),
        "started": lambda: worklists.started(person, filter),
        "copied": lambda: worklists.copied(person, filter),
    }
    found = readers[tab]()
    names = process_names()
    return Page([_row(raw, person, names, now) for raw in found.rows], found.following)


def tabs(active: str, counts: dict[str, int]) -> list[tuple[str, str, bool, int | None, str]]:
    """The tabs with their counts."""
    labels = {
        "todo": gettext("To do"),
        "pool": gettext("My groups"),
        "done": gettext("Done by me"),
        "started": gettext("Started by me"),
        "copied": gettext("Copied to me"),
    }
    return [(url_for("inbox.list", tab=tab), labels[tab], tab == active, counts.get(tab), ICONS[tab]) for tab in TABS]


def process_names() -> dict[str, str]:
    """The processes there are, by key."""
    return {row.key: text_of(row.name) for row in definitions.actives()}


def station_names(process_key: str) -> list[tuple[str, str]]:
    """The stations of a process, or of all of them, for the filter."""
    chosen = [row for row in definitions.actives() if not process_key or row.key == process_key]
    steps = [step for row in chosen for step in definitions.load(row.id).compiled.steps.values()]
    return [(step.element_id, text_of(step.name)) for step in steps]


def _row(raw: Any, person: Person, names: dict[str, str], now: datetime) -> Row:
    if isinstance(raw, TaskRow):
        return _task_row(raw, person, names, now)
    case, copy = raw if isinstance(raw, tuple) else (raw, None)
    return case_row(case, names, now, copy)


def _task_row(raw: TaskRow, person: Person, names: dict[str, str], now: datetime) -> Row:
    task, case = raw.task, raw.case
    return Row(
        id=str(task.id),
        url=url_for("inbox.task", task_id=task.id),
        number=case.number,
        title=case.title or "",
        process=names.get(case.process_key, case.process_key),
        amount=money(case.amount),
        station=station(task.definition_id, task.element_id),
        holder=raw.holder,
        pool=text_of(raw.pool) if raw.pool else None,
        age=moment(task.completed_at or task.created_at, now),
        due=due(task, case, now) if task.state == "open" else Due("none"),
        status=status(case),
        outcome=outcome_label(task),
        round=task.round,
        returned=task.returned_from is not None,
        is_vote=task.is_vote,
        can_claim=rules.may(rules.Verb.CLAIM, person, case, task),
        incident=case.has_incident,
    )


def case_row(case: ProcessInstance, names: dict[str, str], now: datetime, copy: Copy | None = None) -> Row:
    """A case as a line."""
    return Row(
        id=str(case.id),
        url=url_for("inbox.case", case_id=case.id),
        number=case.number,
        title=case.title or "",
        process=names.get(case.process_key, case.process_key),
        amount=money(case.amount),
        station="、".join(station(case.definition_id, element) for element in case.stations),
        holder=None,
        pool=None,
        age=moment(copy.at if copy else case.started_at, now),
        due=Due("none"),
        status=status(case),
        unread=copy is not None and copy.read_at is None,
        incident=case.has_incident,
    )


def outcome_label(task: UserTask) -> str:
    """The button that was pressed, in the reader's language."""
    if not task.outcome:
        return ""
    steps = definitions.load(task.definition_id).compiled.steps
    outcomes: Sequence[Any] = steps[task.element_id].outcomes if task.element_id in steps else ()
    return next(
        (text_of(o.label) for o in outcomes if o.id == task.outcome), vote_words().get(task.outcome, task.outcome)
    )


def vote_words() -> dict[str, str]:
    """Results of votes and of steps without buttons."""
    return {
        "approve": gettext("Approved"),
        "conditional": gettext("Approved with conditions"),
        "refuse": gettext("Refused"),
        "completed": gettext("Done"),
    }
