"""The inbox's five lists as the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for
from flask_babel import get_locale, gettext

from app.identity.rules import Person
from app.inbox.words import Due, Moment, ballot_words, due, moment, money, station, status
from app.kernel.paging import Page
from app.web.errors import translated
from app.web.i18n import text_of
from app.workflow import approving, forms, registry, rules
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.moves.move_models import Copy
from app.workflow.watching import list_address, worklists
from app.workflow.watching.worklists import Filter, TaskRow

TABS = ("todo", "pool", "done", "started", "copied")
ICONS = {"todo": "inbox", "pool": "users-round", "done": "circle-check", "started": "send", "copied": "copy"}
SAVED = "inbox_view"
TASK_TABS = ("todo", "pool")
FROM = "in"


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
    is_added: bool = False
    is_asked: bool = False
    waits: bool = False
    in_batch: bool = False
    can_claim: bool = False
    unread: bool = False
    incident: bool = False
    escalated: bool = False
    acting_for: str | None = None


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
    names, way = process_names(), way_back(tab, filter)
    return Page([_row(raw, person, names, now, way) for raw in found.rows], found.following)


def way_back(tab: str, filter: Filter) -> dict[str, Any]:
    """What the address of a task carries of the list it was opened from, so that the next task is the next of that list."""
    return {FROM: tab, **list_address.arguments(filter)} if tab in TASK_TABS else {}


def neighbours(task: UserTask, person: Person, now: datetime) -> tuple[str, str]:
    """The addresses of the tasks before and after this one in the list the reader came from; empty where there is none."""
    tab = request.args.get(FROM, "todo")
    if tab not in TASK_TABS or task.state != "open":
        return "", ""
    filter = list_address.wanted()
    way = way_back(tab, filter)
    before, after = worklists.neighbours(person, tab, filter, task, now=now)
    return (
        url_for("inbox.task", task_id=before, **way) if before else "",
        url_for("inbox.task", task_id=after, **way) if after else "",
    )


def sorts_of(tab: str) -> list[tuple[str, str]]:
    """The orders a list can be shown in; only open tasks have a deadline."""
    found = [("newest", gettext("Newest first")), ("oldest", gettext("Oldest first"))]
    return [*found, ("due", gettext("Due first"))] if tab in TASK_TABS else found


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


def _row(raw: Any, person: Person, names: dict[str, str], now: datetime, way: dict[str, Any]) -> Row:
    if isinstance(raw, TaskRow):
        return _task_row(raw, person, names, now, way)
    case, copy = raw if isinstance(raw, tuple) else (raw, None)
    return case_row(case, names, now, copy)


def _task_row(raw: TaskRow, person: Person, names: dict[str, str], now: datetime, way: dict[str, Any]) -> Row:
    task, case = raw.task, raw.case
    return Row(
        id=str(task.id),
        url=url_for("inbox.task", task_id=task.id, **way),
        number=case.number,
        title=case.title or "",
        process=names.get(case.process_key, case.process_key),
        amount=money(case.amount),
        station=station(task.definition_id, task.element_id),
        holder=raw.holder,
        pool=text_of(raw.pool) if raw.pool else None,
        age=moment(raw.done_at or task.created_at, now),
        due=due(task, case, now) if task.state == "open" else Due("none"),
        status=status(case),
        outcome=ballot_words()[raw.choice] if raw.choice else outcome_label(task),
        round=task.round,
        returned=task.returned_from is not None,
        is_vote=task.is_vote,
        is_added=task.parent_id is not None,
        is_asked=bool(task.owner_ids),
        waits=task.stage is not None,
        in_batch=approving.is_open(task, person, case),
        can_claim=rules.may(rules.Verb.CLAIM, person, case, task),
        incident=case.has_incident,
        escalated=task.escalated_at is not None and task.state == "open",
        acting_for=_acting_for(person, case, task),
    )


def _acting_for(person: Person, case: ProcessInstance, task: UserTask) -> str | None:
    """Whose task it is where the reader would do it as his deputy."""
    if not person.stands_for or task.state != "open" or task.is_vote:
        return None
    verb = rules.Verb.CLAIM if task.assignee_id is None else rules.Verb.COMPLETE
    mandate = rules.acting_for(verb, person, case, task)
    return mandate.principal if mandate else None


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


@dataclass(frozen=True)
class PreviewLine:
    """A row of the preview of approving many: what would be decided and entered (label and value), or why not."""

    id: str
    url: str
    number: str
    title: str
    amount: str
    station: str
    outcome: str
    seen: str
    refusal: str
    entered: list[tuple[str, str]]


def previews(found: Sequence[approving.Preview]) -> list[PreviewLine]:
    """The rows of the preview, in the reader's language."""
    return [
        PreviewLine(
            id=str(row.task.id),
            url=url_for("inbox.task", task_id=row.task.id),
            number=row.case.number,
            title=row.case.title or "",
            amount=money(row.case.amount),
            station=station(row.task.definition_id, row.task.element_id),
            outcome=text_of(row.outcome.label) if row.outcome else "",
            seen=row.seen,
            refusal=translated(row.refusal) if row.refusal else "",
            entered=_entered(row),
        )
        for row in found
    ]


def _entered(row: approving.Preview) -> list[tuple[str, str]]:
    """What would be filled in by itself, as a person reads it."""
    loaded, language = definitions.load(row.task.definition_id), str(get_locale())
    key = loaded.step(row.task.element_id).form
    form = loaded.form(key) if key else None
    if form is None:
        return []
    return [
        (text_of(form.fields[name].label), forms.show(form, name, stored, language, registry.options))
        for name, stored in forms.to_json(dict(row.entered)).items()
    ]


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
        "agree": gettext("Agree"),
        "disagree": gettext("Disagree"),
    }
