"""What people do with their tasks: claim, release, save a draft, complete, and what supervisors do: reassign."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update

from app.audit.operations import Actor
from app.documents import queries as documents
from app.documents import types as document_types
from app.identity import operations as identity
from app.identity.rules import Person
from app.kernel.db import separate_transaction, session
from app.kernel.errors import Conflict, Refusal
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
from app.workflow.answers import Answer, InvalidSubmission, StaleScreen, check_screen, outcome_of, taken
from app.workflow.assigning import addressing, picking, standing
from app.workflow.cases import Held
from app.workflow.committees import conditions
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.moves import outside, returns, signing, skipping, straight
from app.workflow.recording import Act, context_of
from app.workflow.rules import Verb

__all__ = [
    "AlreadyClaimed",
    "Answer",
    "Done",
    "InvalidSubmission",
    "StaleScreen",
    "advance",
    "claim",
    "close",
    "complete",
    "decide",
    "note_opened",
    "note_visit",
    "reassign",
    "release",
    "save_draft",
]


class AlreadyClaimed(Conflict):
    """Somebody else was faster."""


@dataclass(frozen=True)
class Done:
    """A completed step: the task, the case, and the tasks that opened by it.

    changed: the values for which the case did not come straight back to who had returned it, but goes step by step.
    """

    task: UserTask
    case: ProcessInstance
    opened: tuple[UserTask, ...]
    changed: tuple[str, ...] = ()


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
    concerned = _but(person, task.assignee_id, *task.owner_ids)
    # Who had asked for an opinion is no longer waiting for one: whoever takes the task now decides it.
    task.assignee_id, task.claimed_at, task.owner_ids = None, None, []
    task.had_ids = list(dict.fromkeys([*task.had_ids, *concerned]))
    act = Act("release", actor, now, task)
    addressing.notify("task_reassigned", concerned, task, act)
    signing.new_holder(held, task, None, act)
    recording.record(held.case, act)
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

    Raises TaskGone, Forbidden, InvalidSubmission, StaleScreen, or Refusal (opinion, signature or papers missing, no such outcome).
    """
    if answer.signature:
        # Before the case is locked: a password is made to take its time.
        identity.check_signature(user_id=person.id, password=answer.signature, address=person.actor.address, now=now)
    held = cases.hold_task_of(task_id, person)
    rights.must(Verb.COMPLETE, held, person)
    actor = standing.actor(Verb.COMPLETE, held, person, now)
    # Written once, at the end of the act: none of the questions on the way is about what it changes.
    with session.no_autoflush:
        return _complete(held, answer, person, actor, now)


def _complete(held: Held, answer: Answer, person: Person, actor: Actor, now: datetime) -> Done:
    outcome = outcome_of(held.step, answer)
    form = _form(held)
    known = cases.values_of(held.case, actor, now) if form or answer.seen else {}
    shown = screens.shown(held.case, held.loaded, held.step, known) if known else {}
    check_screen(held, form, answer, shown)
    press = {"outcome": outcome.id, "returned": held.the_task.returned_from is not None}
    own = registry.options_in(context_of(held.case, actor, now))
    values = taken(form, answer, shown, press, person, own)
    routing = {**cases.routing_values(held.loaded, form, values), **_result(held, outcome.id)}
    _check_documents(held, {**held.case.variables, **routing}, person)
    if held.step.conditions == "met":
        conditions.must_be_met(held.case.id)
    detail: dict[str, Any] = {"outcome": outcome.id, **({"signed": True} if held.step.signature else {})}
    act = Act("complete", actor, now, held.the_task, comment=answer.opinion, detail=detail)
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


def decide(held: Held, outcome: str, answer: Answer, values: Mapping[str, Any], act: Act, *, who: Actor) -> Done:
    """End the step of a task whose answer was kept, in the name of `who` gave it; the values are in the case already."""
    form = _form(held)
    close(held, outcome, answer, values, act, who=who)
    known = cases.form_values(form, cases.values_of(held.case, act.actor, act.now)) if form else {}
    routing = {**cases.routing_values(held.loaded, form, known), **_result(held, outcome)}
    chosen = next((o for o in held.step.outcomes if o.id == outcome and o.then != "follow"), None)
    return _refuse(held, chosen, routing, act) if chosen is not None else advance(held, routing, act)


def reassign(*, task_id: uuid.UUID, to_username: str, reason: str, person: Person, now: datetime) -> UserTask:
    """A supervisor gives a task to somebody, or claims it for him; the new holder must be among those who may do it.

    Raises TaskGone, Forbidden, NotFound or Refusal (no reason, four eyes, not of the pool, has a part in the task already).
    """
    held = cases.hold_task_of(task_id, person)
    task = held.the_task
    rights.must(Verb.REASSIGN, held, person)
    reason = rights.reason_of(reason)
    if task.is_vote:
        raise Refusal("A vote has no single holder; it can't be reassigned.")
    target = rights.colleague(to_username)
    rights.may_take(target, task)
    rights.must_be_of_the_pool(target, held)
    if target.id in signing.part_in(held, task):
        raise Refusal("{name} has a part in this task already.", name=target.name)
    before, task.assignee_id, task.claimed_at, task.escalated_at = task.assignee_id, target.id, now, None
    waited, task.owner_ids = task.owner_ids, []
    # Who had it is told, and reads what he is told of.
    task.had_ids = list(dict.fromkeys([*task.had_ids, *_but(person, before, *waited)]))
    act = Act("reassign", person.actor, now, task, comment=reason, detail={"from_user": before, "to_user": target.id})
    signing.hand_on(held, task, before, target.id)
    signing.new_holder(held, task, target.id, act)
    addressing.notify("task_reassigned", _but(person, before, target.id, *waited), task, act)
    incidents.end_incidents(held.case, act.now, held.the_task.element_id)
    recording.record(held.case, act)
    return task


def _but(person: Person, *user_ids: int | None) -> list[int]:
    """These people, without who acts."""
    return [user_id for user_id in dict.fromkeys(user_ids) if user_id is not None and user_id != person.id]


def note_opened(task_id: uuid.UUID, now: datetime) -> None:
    """Somebody has the task before him; in its own transaction, for a page is only read."""
    with separate_transaction() as own:
        unopened = UserTask.id == task_id, UserTask.opened_at.is_(None)
        own.execute(update(UserTask).where(*unopened).values(opened_at=now))


def _form(held: Held) -> forms.Form | None:
    key = held.step.form
    return held.loaded.form(key) if key else None


def _check_documents(held: Held, variables: Mapping[str, Any], person: Person) -> None:
    required = asked_documents.required(held.step, variables)
    missing = documents.missing_types("case", held.case.id, required) if required else []
    if missing:
        names = "、".join(document_types.label(key)[person.language] for key in missing)
        raise Refusal("These documents are still missing: {types}.", types=names)


def close(
    held: Held, outcome: str, answer: Answer, values: Mapping[str, Any], act: Act, *, who: Actor | None = None
) -> None:
    """Write on the task what was decided, and by whom: who acts, but where the answer of somebody else was kept."""
    task, who = held.the_task, who or act.actor
    by = who.user_id
    assert by is not None
    task.state, task.completed_at, task.completed_by, task.outcome = TaskState.COMPLETED, act.now, by, outcome
    task.opinion = (answer.opinion or "").strip() or None
    task.submitted = forms.to_json(values) if values else None
    task.draft_cipher, task.draft_by = None, None
    task.seen_digest = bytes.fromhex(answer.seen) if answer.seen else None
    task.completed_for = who.for_id
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
    waiting = straight.waiting_for(case, task.element_id)
    lent = progress.services(case, act)
    if waiting is not None:
        step = straight.go_back(held, waiting, routing, act, lent)
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
    outside.check(held, target)
    act.detail = {**act.detail, "to": target, "returned_from": held.the_task.element_id, "cancels": "refused"}
    opened = returns.move(held, target, returns.STEP, act, variables=routing)
    return Done(held.the_task, held.case, tuple(opened))
