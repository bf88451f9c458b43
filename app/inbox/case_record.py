"""What has happened to a case, as the page shows it: opinions beside the form, marks on the diagram, the full history."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import get_locale, gettext

from app.inbox.case_page import Open
from app.inbox.lists import outcome_label, vote_words
from app.inbox.moves import verb_words
from app.inbox.words import Moment, ballot_words, moment
from app.web.i18n import text_of
from app.workflow import engine, forms, registry, rules
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.models import CaseEvent, TaskState, UserTask
from app.workflow.rules import Verb
from app.workflow.words import WORDS


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


def timeline(page: Open) -> list[Item]:
    """Done, running and predicted stations with opinions."""
    items = [_visit(page, task) for task in page.tasks if _shown(task)]
    if page.case.state not in rules.LIVE:
        return items
    compiled, variables = page.loaded.compiled, page.case.variables
    ahead = dict.fromkeys(e for here in page.case.stations for e in engine.predicted(compiled, here, variables))
    return items + [Item(page.station(e), "predicted") for e in ahead if e not in page.case.stations]


def history(page: Open) -> list[Event]:
    """Every act on the case, newest last, with every value entered."""
    by_id = {task.id: task for task in page.tasks}
    last: dict[str, Any] = {}
    words = verb_words()
    return [_event(page, event, words.get(event.verb, event.verb), by_id, last) for event in page.events]


def marks(page: Open) -> dict[str, dict[str, Any]]:
    """What the diagram shows at each element: done, running or returned, who, when, opinion."""
    found: dict[str, dict[str, Any]] = {}
    for event in page.events:
        for element in event.passed:
            found[element] = {"state": "done", "count": found.get(element, {}).get("count", 0) + 1}
    for task in page.tasks:
        if task.parent_id is not None:
            continue
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


def _visit(page: Open, task: UserTask) -> Item:
    title = page.station(task.element_id)
    if task.parent_id is not None:
        title = gettext("%(station)s (added person)", station=title)
    if task.round > 1:
        title = gettext("%(station)s (round %(n)s)", station=title, n=task.round)
    if task.state == TaskState.OPEN:
        holder = page.name(task.assignee_id) if task.assignee_id else ""
        return Item(title, "running", moment(task.created_at, page.now), holder, ballots=_ballots(page, task))
    kinds = {o.id: o.kind for o in definitions.load(task.definition_id).step(task.element_id).outcomes}
    kind = kinds.get(
        task.outcome or "", {"refuse": "refuse", "approve": "approve", "conditional": "approve"}.get(task.outcome or "")
    )
    cancelled = task.state == TaskState.CANCELLED
    return Item(
        title=title,
        state="returned" if cancelled or task.superseded_at else "refused" if kind == "refuse" else "done",
        when=moment(task.completed_at, page.now),
        person="" if task.is_vote or not task.completed_by else page.acting(task.completed_by, task.completed_for),
        note=_note(task),
        opinion=task.opinion or "",
        outcome=outcome_label(task),
        outcome_kind={"refuse": "danger", "approve": "ok"}.get(kind or "", "neutral"),
        ballots=_ballots(page, task),
        void=task.superseded_at is not None,
    )


def _note(task: UserTask) -> str:
    if task.cancel_reason == "skipped":
        return gettext("skipped; nobody decided")
    return gettext("void by a return") if task.superseded_at else ""


def _shown(task: UserTask) -> bool:
    """Whether a visit stands among the opinions: what was cancelled does not, but a vote, and a station that was skipped."""
    return task.state != TaskState.CANCELLED or task.is_vote or task.cancel_reason == "skipped"


def _ballots(page: Open, task: UserTask) -> list[tuple[str, str, str]]:
    """What the reader may know of the newest round: who said what, or only who has voted."""
    found = page.polls.get(task.id)
    if not found:
        return []
    words, poll = ballot_words(), found[-1]
    if poll.sight.ballots:
        return [(page.name(b.voter_id), words[b.choice], b.opinion or "") for b in poll.valid]
    return [(page.name(i), gettext("voted"), "") for i in sorted(poll.voted)]


def _event(page: Open, event: CaseEvent, done: str, tasks: dict[Any, UserTask], last: dict[str, Any]) -> Event:
    task = tasks.get(event.task_id)
    changes = _changes(page, task, last) if event.verb == "complete" and task else []
    return Event(
        at=moment(event.at, page.now),
        verb=done,
        person=page.acting(event.actor_id, event.for_id),
        station=page.station(event.element_id) if event.element_id else "",
        detail=_detail(page, event, task),
        comment=event.comment or (task.opinion or "" if task and event.verb == "complete" else ""),
        changes=changes,
    )


def _changes(page: Open, task: UserTask, last: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The values this step entered or changed: label, old, new."""
    key, submitted = definitions.load(task.definition_id).step(task.element_id).form, task.submitted
    if not key or not submitted:
        return []
    form = definitions.load(task.definition_id).form(key)
    told = {key: value for key, value in submitted.items() if key not in page.hidden.keys_of(form)}
    old, new = _readings(form, {k: last[k] for k in told if k in last}), _readings(form, told)
    last.update(submitted)
    return [
        (text_of(form.fields[key].label), old.get(key, ""), text)
        for key, text in new.items()
        if text and old.get(key, "") != text
    ]


def changes_of(page: Open, visit_id: uuid.UUID) -> list[tuple[str, str, str]]:
    """What one visit changed: label, before, afterwards."""
    by_id = {task.id: task for task in page.tasks}
    last: dict[str, Any] = {}
    for event in page.events:
        task = by_id.get(event.task_id) if event.task_id is not None else None
        found = _changes(page, task, last) if event.verb == "complete" and task else []
        if event.task_id == visit_id and event.verb == "complete":
            return found
    return []


def differences(page: Open, changes: Mapping[str, tuple[Any, Any]]) -> list[tuple[str, str, str]]:
    """Fields of the reader's form that differ from what was on his screen: label, before, now."""
    element = page.task.element_id if page.task else ""
    key = page.loaded.step(element).form if element else None
    if not key:
        return []
    form = page.loaded.form(key)
    old, new = (
        _readings(form, forms.to_json({k: pair[i] for k, pair in changes.items() if pair[i] is not None}))
        for i in (0, 1)
    )
    return [(text_of(form.fields[k].label), old.get(k, ""), new.get(k, "")) for k in changes if k in form.fields]


def _readings(form: forms.Form, stored: dict[str, Any]) -> dict[str, str]:
    """Stored values as texts by field key; a table as one line per row."""
    found: dict[str, str] = {}
    typed = forms.from_json(form, {k: v for k, v in stored.items() if k in form.fields})
    if not typed:
        return found
    for section in forms.plain(form, typed, str(get_locale()), registry.options):
        for key, _, value in section.items:
            found[key] = value if isinstance(value, str) else "; ".join(" · ".join(row) for row in value.rows)
    return found


def _detail(page: Open, event: CaseEvent, task: UserTask | None) -> str:
    detail = event.detail
    if event.verb == "send_back":
        return gettext("to %(station)s", station=page.station(detail["to"]))
    if event.verb in ("jump", "withdraw", "recall"):
        return gettext("to %(station)s", station=page.station(detail["to"]))
    if event.verb == "recuse":
        names = "、".join(page.name(i) for i in detail.get("recused", ()))
        return (
            gettext("kept away: %(names)s", names=names)
            if names
            else page.name(detail["member"])
            if "member" in detail
            else ""
        )
    if event.verb == "skip_same":
        return gettext("the same person did the step before")
    if event.verb in ("reassign", "hand_over", "transfer", "delegate", "resolve"):
        return gettext("to %(name)s", name=page.name(detail.get("to_user")))
    if isinstance(detail.get("to"), list):
        return "、".join(page.name(user_id) for user_id in detail["to"])
    if event.verb == "answer":
        return gettext("Agree") if detail["choice"] == "agree" else gettext("Disagree")
    if event.verb in ("ask_confirmation", "decline"):
        return gettext(WORDS[Verb(detail["verb"])].button)
    if event.verb == "close_vote":
        words = ballot_words()
        counts = ", ".join(f"{words[key]} {n}" for key, n in detail["counts"].items() if n)
        return f"{vote_words().get(detail['outcome'], detail['outcome'])} ({counts})"
    if event.verb == "hand_to_deputy" and detail.get("to_user") is None:
        return gettext("nobody may take it; the supervisors were told")
    if event.verb == "hand_to_deputy":
        return gettext("to %(name)s", name=page.name(detail["to_user"]))
    if "told" in detail:
        return gettext("to %(name)s", name="、".join(page.name(user_id) for user_id in detail["told"]))
    label = outcome_label(task) if task and event.verb == "complete" else ""
    if detail.get("signed"):
        label = gettext("%(outcome)s, signed with the password", outcome=label)
    refused = [name for name in detail.get("straight_refused", ()) if name not in page.hidden.names]
    return f"{label} {step_by_step(refused, page.loaded)}".strip() if detail.get("straight_refused") else label


def step_by_step(changed: Collection[str], loaded: Loaded) -> str:
    """Why a case does not come straight back to who returned it: the values that have changed, as the forms call them."""
    if list(changed) == ["branches"]:
        return gettext("The branches beside it have moved on, so the case goes step by step.")
    if labels := _labels(changed, loaded):
        return gettext(
            "What decides the way has changed (%(values)s), so the case goes step by step.", values="、".join(labels)
        )
    return gettext("A value that decides the way has changed, so the case goes step by step.")


def _labels(names: Collection[str], loaded: Loaded) -> list[str]:
    """What the forms call these routing variables, each once."""
    keys = dict.fromkeys(step.form for step in loaded.compiled.steps.values() if step.form)
    fields = [field for key in keys for field in loaded.form(key).fields.values()]
    named = {name: [f for f in fields if name in (f.key, (f.bind or f.key).rpartition(".")[2])] for name in names}
    return list(dict.fromkeys(text_of(found[0].label) for found in named.values() if found))
