"""The task the reader has before him: its form, its buttons, the papers it asks for, and where it can be sent back to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup

from app.documents import access
from app.documents import queries as documents
from app.documents.queries import Panel
from app.identity import queries as people
from app.identity.rules import Mandate, Person
from app.inbox.case_page import Open
from app.inbox.words import Due, Moment, due, moment
from app.web.i18n import text_of
from app.workflow import asked_documents, cases, forms, registry, rules, user_tasks
from app.workflow.assigning import picking
from app.workflow.clocks import clock_words
from app.workflow.deploying import explanations
from app.workflow.deploying.definitions import Loaded
from app.workflow.models import CaseEvent, ProcessInstance, TaskState, UserTask
from app.workflow.moves import returns
from app.workflow.recording import context_of
from app.workflow.rules import Verb


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
    next_link: str = ""
    waiting: str = ""
    escalated: Moment | None = None
    because: str = ""
    acting_for: str | None = None
    whom: tuple[str, ...] = ()
    kept_away: tuple[explanations.KeptAway, ...] = ()
    own_bar: str = ""


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
    in_branches: bool = False


def task_view(page: Open) -> TaskView | None:
    """The task before the reader, if there is one."""
    task = page.task
    if task is None or task.state != TaskState.OPEN:
        return None
    sent = _return_event(page, task)
    group = next((g for g in people.groups() if g.id == task.candidate_group_id), None)
    mandate = mandate_for(page.person, page.case, task)
    principal = mandate.principal_id if mandate else None
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
        next_link=clock_words.what_comes_next(task, page.loaded.step(task.element_id), page.case),
        waiting=_waiting_reason(page, task) if task.waiting_since else "",
        escalated=moment(task.escalated_at, page.now),
        because=explanations.because(task, page.person, principal_id=principal),
        acting_for=mandate.principal if mandate else None,
        whom=tuple(explanations.whom(task)),
        kept_away=tuple(explanations.kept_away(task)),
        own_bar=explanations.reason(task, page.person.id),
    )


def note_opened(page: Open) -> None:
    """Where the process counts that as a reason against taking back: whoever holds the task has opened it now."""
    task = page.task
    if task is None or task.assignee_id != page.person.id or task.opened_at is not None:
        return
    if page.loaded.compiled.customs.withdraw == "opened":
        user_tasks.note_opened(task.id, page.now)


def _waiting_reason(page: Open, task: UserTask) -> str:
    """What the customer was asked for; of a station that begins with waiting, that it does."""
    asked = [e for e in page.events if e.verb == Verb.WAIT and e.task_id == task.id]
    return (asked[-1].comment or "") if asked else gettext("This station begins when the customer has come.")


def mandate_for(person: Person, case: ProcessInstance, task: UserTask) -> Mandate | None:
    """In whose place the reader would do or claim the task; None where he does it in his own right."""
    verb = Verb.CLAIM if task.assignee_id is None else Verb.COMPLETE
    return rules.acting_for(verb, person, case, task) if not task.is_vote else None


def choosers(page: Open) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The stations ahead whose holder the reader picks: element id, name, who may be picked."""
    if page.task is None or page.task.is_vote:
        return []
    found = picking.choosers(page.loaded.compiled, page.task.element_id, page.case, page.now)
    return [(c.element_id, text_of(c.station), [(u.username, u.name) for u in c.people]) for c in found]


def form_of(page: Open) -> forms.Form | None:
    """The form of the reader's task; without one, the form of the first station, to read."""
    element = page.task.element_id if page.task else next(iter(page.loaded.compiled.steps))
    key = page.loaded.step(element).form
    return page.loaded.form(key) if key else None


def known_values(page: Open, form: forms.Form) -> dict[str, Any]:
    """What is known of the case, by the form's field keys."""
    return cases.form_values(form, page.known)


def rendered_form(page: Open, values: Mapping[str, Any], errors: Mapping[str, str], *, disabled: bool) -> Markup | None:
    """The form's HTML."""
    form = form_of(page)
    if form is None:
        return None
    return forms.render(
        form,
        values,
        errors=errors,
        options=registry.options_in(context_of(page.case, page.person.actor, page.now)),
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
    if task is None or not rules.may(Verb.SEND_BACK, page.person, page.case, task, page.setting):
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
        in_branches=len(page.case.stations) > 1,
    )


def field_names(loaded: Loaded, element_id: str, keys: Collection[str]) -> list[str]:
    """What fields of a station's form are called, each once."""
    form = loaded.form(loaded.step(element_id).form or "")
    return list(dict.fromkeys(text_of(form.fields[key].label) for key in keys))


def documents_panel(page: Open, form: forms.Form | None, values: Mapping[str, Any]) -> Panel:
    """The documents of the case, those the reader's station asks for first, and whether he may add to them.

    `values`: what stands in the task's form now, by which some papers are asked for and others not.
    """
    element = page.task.element_id if page.task else None
    entered = cases.routing_values(page.loaded, form, forms.from_json(form, values)) if form else {}
    variables = {**page.case.variables, **{name: value for name, value in entered.items() if value not in (None, "")}}
    asked = asked_documents.asked(page.loaded.step(element), variables) if element else ()
    return documents.panel(
        "case",
        page.case.id,
        element_id=element,
        required=[d.type for d in asked if d.required],
        optional=[d.type for d in asked if not d.required],
        may_add=access.may_add(page.person, "case", page.case.id, element),
    )


def _return_event(page: Open, task: UserTask) -> CaseEvent | None:
    if task.returned_from is None:
        return None
    sent = [e for e in page.events if e.detail.get("returned_from") and e.detail.get("to") == task.element_id]
    return sent[-1] if sent else None
