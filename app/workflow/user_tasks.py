"""What people do with their tasks: claim, release, save a draft, complete, and what supervisors do: reassign."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update
from werkzeug.datastructures import MultiDict

from app.audit.operations import Actor
from app.documents import queries as documents
from app.documents import types as document_types
from app.identity.rules import Person
from app.kernel.db import separate_transaction, session
from app.kernel.errors import Conflict, Refusal
from app.notifications import operations as notifications
from app.workflow import (
    asked_documents,
    cases,
    engine,
    forms,
    incidents,
    instances,
    progress,
    proofs,
    recording,
    registry,
    rights,
    rules,
    screens,
)
from app.workflow.assigning import addressing, picking, standing
from app.workflow.cases import Held
from app.workflow.committees import conditions
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.moves import returns, signing, skipping
from app.workflow.recording import Act, context_of
from app.workflow.rules import Verb


class AlreadyClaimed(Conflict):
    """Somebody else was faster."""


class InvalidSubmission(Refusal):
    """The form has errors; `submission` holds the values as entered and a sentence per field."""

    def __init__(self, submission: forms.Submission) -> None:
        self.submission = submission
        super().__init__("Please correct the marked fields.")


@dataclass(frozen=True)
class Done:
    """A completed step: the task, the case, and the tasks that opened by it.

    changed: the values for which the case did not come straight back to who had returned it, but goes step by step.
    """

    task: UserTask
    case: ProcessInstance
    opened: tuple[UserTask, ...]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What somebody hands in: the button pressed, his opinion, the form's fields (as posted, or as typed values from a program).

    seen: digest of the values that were on the screen, where the page sends it; screen: these values, as the page got them sealed.
    picks: whom he picked for stations that come next, user names by element id.
    """

    outcome: str | None = None
    opinion: str | None = None
    posted: MultiDict[str, str] | None = None
    values: Mapping[str, Any] | None = None
    seen: str | None = None
    screen: str | None = None
    picks: Mapping[str, str] = field(default_factory=dict)


def claim(*, task_id: uuid.UUID, person: Person, now: datetime) -> UserTask:
    """Take a task out of the pool. Raises AlreadyClaimed where somebody was faster."""
    held = cases.hold_task_of(task_id, person)
    task = held.the_task
    if task.assignee_id == person.id or rules.acting_for(Verb.COMPLETE, person, held.case, task):
        return task
    if task.assignee_id is not None:
        raise AlreadyClaimed("{name} has already claimed this task.", name=rights.name_of(task.assignee_id))
    rights.must(Verb.CLAIM, held, person)
    actor = standing.actor(Verb.CLAIM, held, person, now)
    # A deputy takes it for his principal: the duty stays his, whatever becomes of the substitution.
    task.assignee_id, task.claimed_at = actor.for_id or person.id, now
    incidents.end_incidents(held.case, now, task.element_id)
    recording.record(held.case, Act("claim", actor, now, task))
    return task


def release(*, task_id: uuid.UUID, person: Person, now: datetime) -> UserTask:
    """Give a task back to its pool; the draft stays for the next holder."""
    held = cases.hold_task_of(task_id, person)
    task = held.the_task
    rights.must(Verb.RELEASE, held, person)
    actor = standing.actor(Verb.RELEASE, held, person, now)
    if not task.candidate_group_ids and len(task.candidate_user_ids) < 2:
        raise Refusal(
            "This task was given to you by name; there is no pool to give it back to. Ask your supervisor to reassign it."
        )
    # Who had asked for an opinion is no longer waiting for one: whoever takes the task now decides it.
    task.assignee_id, task.claimed_at, task.owner_ids = None, None, []
    recording.record(held.case, Act("release", actor, now, task))
    return task


def save_draft(*, task_id: uuid.UUID, answer: Answer, person: Person, now: datetime) -> UserTask:
    """Keep what was entered so far, unchecked, for this task and whoever holds it next."""
    held = cases.hold_task_of(task_id, person)
    task = held.the_task
    rights.must(Verb.SAVE_DRAFT, held, person)
    standing.actor(Verb.SAVE_DRAFT, held, person, now)
    form = _form(held)
    values = forms.read_draft(form, answer.posted) if form and answer.posted is not None else dict(answer.values or {})
    task.draft = {"values": values, "opinion": answer.opinion}
    task.draft_by = person.id
    held.case.changed_at = now
    return task


def complete(*, task_id: uuid.UUID, answer: Answer, person: Person, now: datetime) -> Done:
    """Finish a task and let the case go on; one transaction from the check to the next holder.

    Raises TaskGone, Forbidden, InvalidSubmission, StaleScreen, or Refusal (opinion or documents missing, unknown outcome).
    """
    held = cases.hold_task_of(task_id, person)
    rights.must(Verb.COMPLETE, held, person)
    actor = standing.actor(Verb.COMPLETE, held, person, now)
    # Written once, at the end of the act: none of the questions on the way is about what it changes.
    with session.no_autoflush:
        return _complete(held, answer, person, actor, now)


def _complete(held: Held, answer: Answer, person: Person, actor: Actor, now: datetime) -> Done:
    outcome = _outcome(held.step, answer)
    form = _form(held)
    known = cases.values_of(held.case, actor, now) if form or answer.seen else {}
    shown = screens.shown(held.case, held.loaded, held.step, known) if known else {}
    _check_screen(held, form, answer, shown)
    press = {"outcome": outcome.id, "returned": held.the_task.returned_from is not None}
    own = registry.options_in(context_of(held.case, actor, now))
    values = _taken(form, answer, shown, press, person, own)
    routing = {**cases.routing_values(held.loaded, form, values), **_result(held, outcome.id)}
    _check_documents(held, {**held.case.variables, **routing}, person)
    if held.step.conditions == "met":
        conditions.must_be_met(held.case.id)
    act = Act("complete", actor, now, held.the_task, comment=answer.opinion, detail={"outcome": outcome.id})
    if form:
        cases.store_values(held.case, form, values, shown, actor, now)
    registry.check_answer(context_of(held.case, actor, now), held.the_task.element_id, outcome.id)
    picked = picking.note(held.loaded.compiled, held.the_task.element_id, held.case, answer.picks, now)
    if picked:
        act.detail = {**act.detail, "picked": picked}
    entered = {key: value for key, value in values.items() if form and form.fields[key].editable}
    act.proof = {"changed": proofs.of_changes(held.case, shown, entered)} if entered else {}
    if held.the_task.planned_ids:
        signing.pause(held, outcome.id, answer.opinion, answer.seen, entered, act)
        return Done(held.the_task, held.case, ())
    close(held, outcome.id, answer, entered, act)
    return _refuse(held, outcome, routing, act) if outcome.then != "follow" else advance(held, routing, act)


def decide(held: Held, outcome: str, answer: Answer, values: Mapping[str, Any], act: Act, *, by: int | None) -> Done:
    """End the step of a task whose answer was kept, in the name of `by`; the values are in the case already."""
    form = _form(held)
    close(held, outcome, answer, values, act, by=by)
    known = cases.form_values(form, cases.values_of(held.case, act.actor, act.now)) if form else {}
    routing = {**cases.routing_values(held.loaded, form, known), **_result(held, outcome)}
    chosen = next((o for o in held.step.outcomes if o.id == outcome and o.then != "follow"), None)
    return _refuse(held, chosen, routing, act) if chosen is not None else advance(held, routing, act)


def reassign(*, task_id: uuid.UUID, to_username: str, reason: str, person: Person, now: datetime) -> UserTask:
    """A supervisor gives a task to somebody; the new holder must be allowed to do it (four eyes)."""
    held = cases.hold_task_of(task_id, person)
    task = held.the_task
    rights.must(Verb.REASSIGN, held, person)
    reason = rights.reason_of(reason)
    if task.is_vote:
        raise Refusal("A vote has no single holder; it can't be reassigned.")
    target = rights.colleague(to_username)
    rights.may_take(target, task)
    before, task.assignee_id, task.claimed_at, task.escalated_at = task.assignee_id, target.id, now, None
    waited, task.owner_ids = task.owner_ids, []
    signing.hand_on(held, task, before, target.id)
    act = Act("reassign", person.actor, now, task, comment=reason, detail={"from_user": before, "to_user": target.id})
    notifications.notify(
        user_ids=[i for i in (before, target.id, *waited) if i and i != person.id],
        event="task_reassigned",
        case_id=held.case.id,
        now=now,
        params={"element": task.element_id, "definition": str(task.definition_id)},
    )
    incidents.end_incidents(held.case, act.now, held.the_task.element_id)
    recording.record(held.case, act)
    return task


def note_opened(task_id: uuid.UUID, now: datetime) -> None:
    """Somebody has the task before him; in its own transaction, for a page is only read."""
    with separate_transaction() as own:
        unopened = UserTask.id == task_id, UserTask.opened_at.is_(None)
        own.execute(update(UserTask).where(*unopened).values(opened_at=now))


def _form(held: Held) -> forms.Form | None:
    key = held.step.form
    return held.loaded.form(key) if key else None


def _outcome(step: engine.Step, answer: Answer) -> engine.Outcome:
    offered = step.outcomes or (engine.Outcome("completed", "neutral", {}),)
    chosen = next(
        (o for o in offered if o.id == answer.outcome),
        offered[0] if answer.outcome is None and len(offered) == 1 else None,
    )
    if chosen is None:
        raise Refusal("Choose one of the decisions of this step.")
    if chosen.opinion_required and not (answer.opinion or "").strip():
        raise Refusal("Please give your opinion or your reason.")
    return chosen


def _taken(
    form: forms.Form | None,
    answer: Answer,
    shown: Mapping[str, Any],
    press: Mapping[str, Any],
    person: Person,
    own: forms.OptionSource,
) -> dict[str, Any]:
    """The values this step may write, checked; `own`: the choices of this case. Raises InvalidSubmission."""
    if form is None:
        return {}
    posted = answer.posted if answer.posted is not None else forms.to_posted(form, {**shown, **(answer.values or {})})
    submission = forms.read(form, posted, values=shown, options=own, locale=person.language, press=press)
    if not submission.ok:
        raise InvalidSubmission(submission)
    return submission.values


def _check_screen(held: Held, form: forms.Form | None, answer: Answer, shown: Mapping[str, Any]) -> None:
    if not answer.seen or answer.seen == proofs.of_screen(held.case, shown):
        return
    before = cases.unsealed(form, answer.screen, held.the_task.id) if form is not None else None
    fields = form.fields if form is not None else {}
    visible = [key for key, field in fields.items() if field.access is not forms.Access.HIDDEN]
    differ = [key for key in visible if before is not None and before.get(key) != shown.get(key)]
    raise screens.StaleScreen({key: ((before or {}).get(key), shown.get(key)) for key in differ})


def _check_documents(held: Held, variables: Mapping[str, Any], person: Person) -> None:
    required = asked_documents.required(held.step, variables)
    missing = documents.missing_types("case", held.case.id, required) if required else []
    if missing:
        names = "、".join(document_types.label(key)[person.language] for key in missing)
        raise Refusal("These documents are still missing: {types}.", types=names)


def close(held: Held, outcome: str, answer: Answer, values: Mapping[str, Any], act: Act, by: int | None = None) -> None:
    """Write on the task what was decided, and by whom."""
    task, by = held.the_task, by or act.actor.user_id
    assert by is not None
    task.state, task.completed_at, task.completed_by, task.outcome = TaskState.COMPLETED, act.now, by, outcome
    task.opinion = (answer.opinion or "").strip() or None
    task.submitted = forms.to_json(values) if values else None
    task.draft_cipher, task.draft_by = None, None
    task.seen_digest = bytes.fromhex(answer.seen) if answer.seen else None
    task.completed_for = act.actor.for_id if by == act.actor.user_id else None
    proofs.add_decision(act.proof, held.case, task)
    # The principal last: what is done over again, or asked of who did it, is his.
    note_visit(held, [by, *([task.completed_for] if task.completed_for else [])], act)


def note_visit(held: Held, user_ids: list[int], act: Act) -> None:
    """Remember who did the step, and keep them away from the open tasks that must be in other hands."""
    case, element_id = held.case, held.the_task.element_id
    visit = case.visits.get(element_id, {"n": 1, "by": []})
    case.visits = {**case.visits, element_id: {**visit, "by": [i for i in visit["by"] if i not in user_ids] + user_ids}}
    steps = held.loaded.compiled.steps
    for other in held.open:
        if (
            other is not held.task
            and other.parent_id is None
            and element_id in rules.apart_from(other.element_id, steps)
        ):
            addressing.keep_away(case, other, user_ids, act)
            signing.leave_out(held, other, user_ids, act)


def _result(held: Held, outcome: str) -> dict[str, str]:
    return {f"{held.the_task.element_id}_result": outcome}


def advance(held: Held, routing: Mapping[str, Any], act: Act) -> Done:
    """Let the engine go on, straight back to whoever is waiting after a return, and write what came of it."""
    case, task = held.case, held.the_task
    waiting = returns.waiting_for(case, task.element_id)
    lent = progress.services(case, act)
    if waiting is not None:
        step = returns.go_back(held, waiting, routing, act, lent)
    else:
        step = engine.complete(
            held.loaded.compiled, case.blob, task.engine_id, dict(routing), now=act.now, services=lent
        )
    opened = progress.apply(case, held.open, held.loaded, step, act)
    returns.give_back_to_sender(case, opened, act)
    opened = skipping.skip_same(held, opened, act)
    return Done(task, case, tuple(opened), tuple(act.detail.get("straight_refused", ())))


def _refuse(held: Held, outcome: engine.Outcome, routing: Mapping[str, Any], act: Act) -> Done:
    """A refusal that the analyst sends elsewhere than along the drawn line: the end, or a station."""
    if outcome.then == "end":
        ends = held.loaded.compiled.ends
        refused = next((element_id for element_id, status in ends.items() if status == "refused"), "refused")
        instances.end(held, CaseState.COMPLETED, act, refused)
        return Done(held.the_task, held.case, ())
    target = returns.named(held, outcome.then)
    act.detail = {**act.detail, "to": target, "returned_from": held.the_task.element_id, "cancels": "refused"}
    opened = returns.move(held, target, returns.STEP, act, variables=routing)
    return Done(held.the_task, held.case, tuple(opened))
