"""One case as the page shows it: head, form, opinions, documents, diagram marks, history."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup

from app.documents import queries as documents
from app.documents import types as document_types
from app.identity import queries as people
from app.identity.models import User
from app.identity.rules import Person
from app.inbox.lists import process_names
from app.inbox.words import Due, Moment, due, moment, money, station, status
from app.web.access import Permission
from app.web.i18n import text_of
from app.workflow import cases, conditions, definitions, engine, forms, polls, queries, registry, returns, rules
from app.workflow.definitions import Loaded
from app.workflow.models import CaseEvent, CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.rules import Verb

SUMMARY = 8


@dataclass(frozen=True)
class CaseHead:
    """The strip on top of a case."""

    id: str
    number: str
    title: str
    process: str
    status: str
    amount: str
    started_by: str
    started: Moment | None
    changed: Moment | None
    stations: list[str]
    holders: list[str]
    incident: str | None
    is_live: bool


@dataclass(frozen=True)
class TaskView:
    """The task the reader has before him."""

    id: str
    station: str
    round: int
    returned_by: str | None
    return_reason: str | None
    due: Due
    holder: str | None
    pool: str | None
    is_vote: bool
    draft_by: str | None
    help: str = ""


@dataclass(frozen=True)
class Button:
    """An outcome as a button."""

    id: str
    kind: str
    label: str
    opinion_required: bool


@dataclass(frozen=True)
class SendBackView:
    """Where the case can be sent back to, and how."""

    targets: list[tuple[str, str, str, Moment | None]]
    reasons: list[tuple[str, str]]
    modes: list[tuple[str, str]]
    default_mode: str


@dataclass
class Open:
    """A case with everything a page of it needs, read once."""

    case: ProcessInstance
    person: Person
    now: datetime
    loaded: Loaded
    tasks: Sequence[UserTask]
    events: Sequence[CaseEvent]
    users: dict[int, User]
    task: UserTask | None = None
    polls: Mapping[uuid.UUID, list[polls.Poll]] = field(default_factory=dict)

    def name(self, user_id: int | None) -> str:
        """The name of a person, or of the system."""
        if user_id is None:
            return gettext("System")
        return self.users[user_id].name if user_id in self.users else "?"

    def station(self, element_id: str) -> str:
        """The name of a station."""
        return station(self.case.definition_id, element_id)


def open_case(case: ProcessInstance, person: Person, now: datetime, task: UserTask | None = None) -> Open:
    """Read what the page needs."""
    tasks, events = queries.tasks_of(case.id), queries.events_of(case.id)
    ids = {
        case.started_by,
        *(e.actor_id for e in events),
        *(e.detail.get(key) for e in events for key in ("to_user", "member")),
    }
    for visit in tasks:
        ids |= {visit.assignee_id, visit.completed_by, visit.draft_by, *visit.elector_ids}
    ids |= conditions.people_of(case.id) if case.state != CaseState.ACTIVE or any(t.is_vote for t in tasks) else set()
    found = people.users(i for i in ids if i)
    chosen = task or _own_task(tasks, person, case)
    seen = polls.polls_of(tasks, person)
    return Open(case, person, now, definitions.load(case.definition_id), tasks, events, found, chosen, seen)


def head(page: Open) -> CaseHead:
    """The strip on top."""
    case = page.case
    live = [t for t in page.tasks if t.state == TaskState.OPEN]
    incidents = queries.incidents_of(case.id) if case.has_incident else []
    return CaseHead(
        id=str(case.id),
        number=case.number,
        title=case.title or "",
        process=process_names().get(case.process_key, case.process_key),
        status=status(case),
        amount=money(case.amount),
        started_by=page.name(case.started_by),
        started=moment(case.started_at, page.now),
        changed=moment(case.changed_at, page.now),
        stations=[page.station(element) for element in case.stations],
        holders=[page.name(t.assignee_id) for t in live if t.assignee_id],
        incident=text_of(incidents[0].message) if incidents else None,
        is_live=case.state in rules.LIVE,
    )


def task_view(page: Open) -> TaskView | None:
    """The task before the reader, if there is one."""
    task = page.task
    if task is None or task.state != TaskState.OPEN:
        return None
    sent = _return_event(page, task)
    group = next((g for g in people.groups() if g.id == task.candidate_group_id), None)
    return TaskView(
        id=str(task.id),
        station=page.station(task.element_id),
        round=task.round,
        returned_by=page.name(sent.actor_id) if sent else None,
        return_reason=sent.comment if sent else None,
        due=due(task, page.case, page.now),
        holder=page.name(task.assignee_id) if task.assignee_id else None,
        pool=text_of(group.name) if group else None,
        is_vote=task.is_vote,
        draft_by=page.name(task.draft_by) if task.draft_by else None,
    )


def form_of(page: Open) -> forms.Form | None:
    """The form of the reader's task; without one, the form of the first station, to read."""
    element = page.task.element_id if page.task else next(iter(page.loaded.compiled.steps))
    key = page.loaded.step(element).form
    return page.loaded.form(key) if key else None


def known_values(page: Open, form: forms.Form) -> dict[str, Any]:
    """What is known of the case, by the form's field keys."""
    return cases.form_values(form, cases.values_of(page.case, page.person.actor, page.now))


def rendered_form(page: Open, values: Mapping[str, Any], errors: Mapping[str, str], *, disabled: bool) -> Markup | None:
    """The form's HTML."""
    form = form_of(page)
    if form is None:
        return None
    return forms.render(
        form,
        values,
        errors=errors,
        options=registry.options,
        locale=str(get_locale()),
        disabled=disabled,
        refresh=url_for("inbox.refresh", task_id=page.task.id) if page.task and not disabled else "",
    )


def draft_values(page: Open, form: forms.Form, values: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Values with the draft laid over them, and the drafted opinion."""
    draft = page.task.draft if page.task else None
    if not draft:
        return values, ""
    return {**values, **draft["values"]}, draft.get("opinion") or ""


def sections(page: Open) -> list[tuple[str, list[tuple[str, Any]]]]:
    """The whole application to read: the fields of every form this case has passed, each once.

    What all of the reader's own stations hide from him stays hidden here too.
    """
    shown: dict[str, list[tuple[str, Any]]] = {}
    seen = hidden_labels(page)
    known = cases.values_of(page.case, page.person.actor, page.now)
    for form in _passed_forms(page):
        for part in forms.plain(form, cases.form_values(form, known), str(get_locale()), registry.options):
            fresh = [(label, value) for label, value in part.pairs if label and label not in seen and _says(value)]
            seen |= {label for label, _ in fresh}
            if fresh:
                shown.setdefault(part.title, []).extend(fresh)
    return list(shown.items())


def summary(page: Open) -> list[tuple[str, str]]:
    """The strip on top: the values the room names as telling, else the first ones of the first form."""
    binding = registry.binding_of(page.case.process_key)
    pairs = [(label, value) for _, found in sections(page) for label, value in found if isinstance(value, str)]
    if binding is None:
        return pairs[:SUMMARY]
    labels = {f.bind: text_of(f.label) for form in _passed_forms(page) for f in form.fields.values() if f.bind}
    by_label = dict(pairs)
    wanted = [labels[bind] for bind in binding.summary if bind in labels]
    return [(label, by_label[label]) for label in wanted if label in by_label]


def hidden_labels(page: Open) -> set[str]:
    """Labels of the fields that every station of the reader hides; none for the initiator and for those who oversee."""
    person, case = page.person, page.case
    if case.started_by == person.id or person.may(Permission.CASE_SEE_ALL):
        return set()
    mine = [task for task in page.tasks if _is_mine(task, person)]
    keys = [page.loaded.step(task.element_id).form for task in mine]
    hidden = [
        {text_of(f.label) for f in page.loaded.form(key).fields.values() if f.access is forms.Access.HIDDEN}
        for key in keys
        if key
    ]
    return set.intersection(*hidden) if hidden else set()


def _is_mine(task: UserTask, person: Person) -> bool:
    return person.id in (task.assignee_id, task.completed_by, *task.elector_ids) or rules.is_candidate(person, task)


def _passed_forms(page: Open) -> list[forms.Form]:
    """The forms of the stations the case has come to, in that order."""
    steps = page.loaded.compiled.steps
    visited = [task.element_id for task in page.tasks] or [next(iter(steps))]
    keys = [steps[element].form for element in dict.fromkeys(visited) if element in steps]
    return [page.loaded.form(key) for key in keys if key]


def _says(value: str | forms.PlainTable) -> bool:
    return bool(value if isinstance(value, str) else value.rows)


def buttons(page: Open) -> list[Button]:
    """The outcomes of the reader's task."""
    if page.task is None:
        return []
    outcomes = page.loaded.step(page.task.element_id).outcomes
    made = [Button(o.id, o.kind, text_of(o.label), o.opinion_required) for o in outcomes]
    return made or [Button("completed", "neutral", gettext("Complete"), opinion_required=False)]


def send_back_view(page: Open) -> SendBackView | None:
    """Where the reader may send the case back to."""
    task = page.task
    if task is None or not rules.may(Verb.SEND_BACK, page.person, page.case, task):
        return None
    oversees = rules.Who.SUPERVISOR in rules.relations(page.person, page.case, task)
    found = returns.targets(page.case, None if oversees else task, page.loaded.compiled)
    rule = page.loaded.step(task.element_id).send_back
    if not found or (rule.to == "none" and not oversees):
        return None
    words = {
        returns.STRAIGHT: gettext("Straight back to me afterwards"),
        returns.STEP: gettext("Step by step through the stations between"),
    }
    return SendBackView(
        targets=[(t.element_id, text_of(t.name), t.done_by, moment(t.done_at, page.now)) for t in found],
        reasons=[(code, text_of(texts)) for code, texts in returns.REASONS.items()],
        modes=[(mode, words[mode]) for mode in rule.modes if mode in words],
        default_mode=rule.default,
    )


def required_documents(page: Open) -> list[tuple[str, str, bool, bool]]:
    """The documents the reader's station asks for: key, name, present, required."""
    wanted: Sequence[engine.Document] = page.loaded.step(page.task.element_id).documents if page.task else ()
    if not wanted:
        return []
    missing = set(documents.missing_types("case", page.case.id, [d.type for d in wanted]))
    return [(d.type, text_of(document_types.label(d.type)), d.type not in missing, d.required) for d in wanted]


def print_url(case: ProcessInstance) -> str:
    """The address of the printed form."""
    return url_for("inbox.print_case", case_id=case.id)


def _own_task(tasks: Sequence[UserTask], person: Person, case: ProcessInstance) -> UserTask | None:
    """The open task of the case that concerns the reader most: held, to vote, to claim."""
    live = [t for t in tasks if t.state == TaskState.OPEN]
    for verb in (Verb.COMPLETE, Verb.VOTE, Verb.CLAIM, Verb.CLOSE_VOTE, Verb.REASSIGN):
        for task in live:
            if rules.may(verb, person, case, task):
                return task
    return None


def _return_event(page: Open, task: UserTask) -> CaseEvent | None:
    if task.returned_from is None:
        return None
    sent = [e for e in page.events if e.verb == "send_back" and e.detail.get("to") == task.element_id]
    return sent[-1] if sent else None
