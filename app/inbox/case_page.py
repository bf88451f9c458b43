"""One case as the page shows it: head, form, opinions, documents, diagram marks, history."""

from __future__ import annotations

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
from app.inbox.lists import outcome_label, process_names, vote_words
from app.inbox.words import Due, Moment, due, moment, money, station, status
from app.web.i18n import text_of
from app.workflow import cases, definitions, engine, forms, queries, registry, returns, rules, user_tasks
from app.workflow.definitions import Loaded
from app.workflow.models import CaseEvent, ProcessInstance, TaskState, UserTask
from app.workflow.rules import Verb


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
class VoteView:
    """How a vote stands, as far as the reader may see."""

    electorate: int
    voted: int
    quorum: int
    needed: int
    choices: list[tuple[str, str, str]]
    mine: str | None
    members: list[tuple[str, bool, str | None, str | None]]


@dataclass(frozen=True)
class SendBackView:
    """Where the case can be sent back to, and how."""

    targets: list[tuple[str, str, str, Moment | None]]
    reasons: list[tuple[str, str]]
    modes: list[tuple[str, str]]
    default_mode: str


@dataclass(frozen=True)
class Item:
    """One line of the opinions beside the form."""

    title: str
    state: str
    when: Moment | None = None
    person: str = ""
    note: str = ""
    opinion: str = ""
    outcome: str = ""
    outcome_kind: str = "neutral"
    ballots: list[tuple[str, str, str]] = field(default_factory=list)
    void: bool = False


@dataclass(frozen=True)
class Event:
    """One line of the history."""

    at: Moment | None
    verb: str
    person: str
    station: str
    detail: str
    comment: str
    changes: list[tuple[str, str, str]]


@dataclass
class Open:
    """A case with everything a page of it needs, read once."""

    case: ProcessInstance
    person: Person
    now: datetime
    loaded: Loaded
    tasks: Sequence[UserTask]
    users: dict[int, User]
    task: UserTask | None = None

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
    tasks = queries.tasks_of(case.id)
    ids = {
        case.started_by,
        *(t.assignee_id for t in tasks),
        *(t.completed_by for t in tasks),
        *(t.draft_by for t in tasks),
    }
    voters = {user_id for t in tasks for user_id in t.elector_ids}
    found = people.users(i for i in ids | voters if i)
    chosen = task or _own_task(tasks, person, case)
    return Open(case, person, now, definitions.load(case.definition_id), tasks, found, chosen)


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
    """The whole application to read: the fields of every form this case has passed, each once."""
    shown: dict[str, list[tuple[str, Any]]] = {}
    seen: set[str] = set()
    known = cases.values_of(page.case, page.person.actor, page.now)
    visited = [t.element_id for t in page.tasks] or [next(iter(page.loaded.compiled.steps))]
    for element_id in dict.fromkeys(visited):
        key = page.loaded.step(element_id).form if element_id in page.loaded.compiled.steps else None
        if key is None:
            continue
        form = page.loaded.form(key)
        for part in forms.plain(form, cases.form_values(form, known), str(get_locale()), registry.options):
            fresh = [(label, value) for label, value in part.pairs if label and label not in seen and _says(value)]
            seen |= {label for label, _ in fresh}
            if fresh:
                shown.setdefault(part.title, []).extend(fresh)
    return list(shown.items())


def _says(value: str | forms.PlainTable) -> bool:
    return bool(value if isinstance(value, str) else value.rows)


def buttons(page: Open) -> list[Button]:
    """The outcomes of the reader's task."""
    if page.task is None:
        return []
    outcomes = page.loaded.step(page.task.element_id).outcomes
    made = [Button(o.id, o.kind, text_of(o.label), o.opinion_required) for o in outcomes]
    return made or [Button("completed", "neutral", gettext("Complete"), opinion_required=False)]


def vote_view(page: Open) -> VoteView | None:
    """The vote before the reader."""
    task = page.task
    if task is None or not task.is_vote:
        return None
    tally = user_tasks.tally_of(page.loaded.step(task.element_id), task)
    cast = {b.voter_id: b for b in queries.ballots_of([task.id]) if b.void_at is None}
    words = ballot_words()
    return VoteView(
        electorate=tally.electorate,
        voted=tally.voted,
        quorum=tally.quorum_needed,
        needed=tally.yes_needed,
        choices=[(key, words[key], kind) for key, kind in CHOICE_KINDS],
        mine=cast[page.person.id].choice if page.person.id in cast else None,
        members=[
            (
                page.name(i),
                i in cast,
                words[cast[i].choice] if i in cast else None,
                cast[i].opinion if i in cast else None,
            )
            for i in task.elector_ids
        ],
    )


CHOICE_KINDS = (("agree", "approve"), ("conditional", "approve"), ("disagree", "refuse"), ("abstain", "neutral"))


def ballot_words() -> dict[str, str]:
    """What may stand on a ballot."""
    return {
        "agree": gettext("Agree"),
        "conditional": gettext("Agree with conditions"),
        "disagree": gettext("Disagree"),
        "abstain": gettext("Abstain"),
    }


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


def timeline(page: Open) -> list[Item]:
    """Done, running and predicted stations with opinions."""
    items = [_visit(page, task) for task in page.tasks if not (task.state == TaskState.CANCELLED and not task.is_vote)]
    if page.case.state not in rules.LIVE:
        return items
    ahead = dict.fromkeys(e for station_id in page.case.stations for e in page.loaded.compiled.ahead(station_id))
    return items + [Item(page.station(e), "predicted") for e in ahead if e not in page.case.stations]


def history(page: Open) -> list[Event]:
    """Every act on the case, newest last, with every value entered."""
    by_id = {task.id: task for task in page.tasks}
    last: dict[str, Any] = {}
    return [_event(page, event, by_id, last) for event in queries.events_of(page.case.id)]


def marks(page: Open) -> dict[str, dict[str, Any]]:
    """What the diagram shows at each element: done, running or returned, who, when, opinion."""
    found: dict[str, dict[str, Any]] = {}
    for event in queries.events_of(page.case.id):
        for element in event.passed:
            found[element] = {"state": "done", "count": found.get(element, {}).get("count", 0) + 1}
    for task in page.tasks:
        item = _visit(page, task)
        state = "returned" if task.superseded_at or item.state == "returned" else item.state
        previous = found.get(task.element_id, {}).get("count", 0)
        found[task.element_id] = {
            "state": state,
            "count": previous + 1 if task.state != TaskState.OPEN else max(1, previous),
            "who": item.person,
            "when": item.when.absolute if item.when else "",
            "opinion": item.opinion,
            "outcome": item.outcome,
        }
    return found


def required_documents(page: Open) -> list[tuple[str, str, bool, bool]]:
    """The documents the reader's station asks for: key, name, present, required."""
    wanted: Sequence[engine.Document] = page.loaded.step(page.task.element_id).documents if page.task else ()
    if not wanted:
        return []
    missing = set(documents.missing_types("case", page.case.id, [d.type for d in wanted]))
    return [(d.type, text_of(document_types.label(d.type)), d.type not in missing, d.required) for d in wanted]


def _own_task(tasks: Sequence[UserTask], person: Person, case: ProcessInstance) -> UserTask | None:
    """The open task of the case that concerns the reader most: held, to vote, to claim."""
    live = [t for t in tasks if t.state == TaskState.OPEN]
    for verb in (Verb.COMPLETE, Verb.VOTE, Verb.CLAIM, Verb.REASSIGN):
        for task in live:
            if rules.may(verb, person, case, task):
                return task
    return None


def _return_event(page: Open, task: UserTask) -> CaseEvent | None:
    if task.returned_from is None:
        return None
    sent = [
        e for e in queries.events_of(page.case.id) if e.verb == "send_back" and e.detail.get("to") == task.element_id
    ]
    return sent[-1] if sent else None


def _visit(page: Open, task: UserTask) -> Item:
    title = page.station(task.element_id)
    if task.round > 1:
        title = gettext("%(station)s (round %(n)s)", station=title, n=task.round)
    if task.state == TaskState.OPEN:
        holder = page.name(task.assignee_id) if task.assignee_id else ""
        return Item(title, "running", moment(task.created_at, page.now), holder, ballots=_ballots(page, task))
    kinds = {o.id: o.kind for o in page.loaded.step(task.element_id).outcomes}
    kind = kinds.get(
        task.outcome or "", {"refuse": "refuse", "approve": "approve", "conditional": "approve"}.get(task.outcome or "")
    )
    cancelled = task.state == TaskState.CANCELLED
    return Item(
        title=title,
        state="returned" if cancelled or task.superseded_at else "refused" if kind == "refuse" else "done",
        when=moment(task.completed_at, page.now),
        person="" if task.is_vote else page.name(task.completed_by) if task.completed_by else "",
        note=gettext("void by a return") if task.superseded_at else "",
        opinion=task.opinion or "",
        outcome=outcome_label(task),
        outcome_kind={"refuse": "danger", "approve": "ok"}.get(kind or "", "neutral"),
        ballots=_ballots(page, task),
        void=task.superseded_at is not None,
    )


def _ballots(page: Open, task: UserTask) -> list[tuple[str, str, str]]:
    if not task.is_vote:
        return []
    words = ballot_words()
    return [
        (page.name(b.voter_id), words[b.choice], b.opinion or "")
        for b in queries.ballots_of([task.id])
        if not b.void_at
    ]


def _event(page: Open, event: CaseEvent, tasks: dict[Any, UserTask], last: dict[str, Any]) -> Event:
    task = tasks.get(event.task_id)
    changes = _changes(page, task, last) if event.verb == "complete" and task else []
    return Event(
        at=moment(event.at, page.now),
        verb=verb_words().get(event.verb, event.verb),
        person=page.name(event.actor_id),
        station=page.station(event.element_id) if event.element_id else "",
        detail=_detail(page, event, task),
        comment=event.comment or (task.opinion or "" if task and event.verb == "complete" else ""),
        changes=changes,
    )


def _changes(page: Open, task: UserTask, last: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The values this step entered or changed: label, old, new."""
    key, submitted = page.loaded.step(task.element_id).form, task.submitted
    if not key or not submitted:
        return []
    form = page.loaded.form(key)
    old, new = _readings(form, {k: last[k] for k in submitted if k in last}), _readings(form, submitted)
    last.update(submitted)
    return [(label, old.get(label, ""), text) for label, text in new.items() if text and old.get(label, "") != text]


def _readings(form: forms.Form, stored: dict[str, Any]) -> dict[str, str]:
    """Stored values as texts by label; a table as one line per row."""
    found = {}
    typed = forms.from_json(form, {k: v for k, v in stored.items() if k in form.fields})
    for section in forms.plain(form, typed, str(get_locale()), registry.options):
        for label, value in section.pairs:
            found[label] = value if isinstance(value, str) else "; ".join(" · ".join(row) for row in value.rows)
    return found


def _detail(page: Open, event: CaseEvent, task: UserTask | None) -> str:
    detail = event.detail
    if event.verb == "send_back":
        return gettext("to %(station)s", station=page.station(detail["to"]))
    if event.verb == "reassign":
        return gettext("to %(name)s", name=page.name(detail.get("to_user")))
    if event.verb == "close_vote":
        words = ballot_words()
        counts = ", ".join(f"{words[key]} {n}" for key, n in detail["counts"].items() if n)
        return f"{vote_words().get(detail['outcome'], detail['outcome'])} ({counts})"
    label = outcome_label(task) if task and event.verb == "complete" else ""
    return f"{label} {step_by_step()}".strip() if detail.get("straight_refused") else label


def step_by_step() -> str:
    """Why a case does not come straight back to who returned it."""
    return gettext("A value that decides the way has changed, so the case goes step by step.")


def verb_words() -> dict[str, str]:
    """The acts of a history in the reader's language."""
    return {
        "start": gettext("Started"),
        "claim": gettext("Claimed"),
        "release": gettext("Released"),
        "complete": gettext("Completed"),
        "vote": gettext("Voted"),
        "close_vote": gettext("Vote closed"),
        "send_back": gettext("Sent back"),
        "reassign": gettext("Reassigned"),
        "suspend": gettext("Suspended"),
        "resume": gettext("Resumed"),
        "cancel": gettext("Terminated"),
        "withdraw": gettext("Withdrawn"),
        "retry": gettext("Tried again"),
        "timer": gettext("Timer"),
        "message": gettext("Message received"),
        "copy": gettext("Copied"),
    }


def print_url(case: ProcessInstance) -> str:
    """The address of the printed form."""
    return url_for("inbox.print_case", case_id=case.id)
