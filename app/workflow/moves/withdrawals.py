"""Taking back: what one has just done oneself (撤回), and, as the initiator, the whole case into one's draft (撤销).

What was taken back stays on record. Both are moves of the case to a station it has passed, so the same rules of branches hold.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, Refusal
from app.workflow import cases, engine, recording, rights
from app.workflow.cases import Held
from app.workflow.models import CaseEvent, CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.moves import outside, returns, signing
from app.workflow.recording import Act
from app.workflow.rules import Verb

# Touching a task without working on it: none of these keeps the one before from taking his act back.
PASSIVE = frozenset({"claim", "release", "urge", "comment", "copy", "reassign", "ask_confirmation", "decline"})
HOUSE_LIMIT = "pre_committee_review"


def withdraw(*, instance_id: uuid.UUID, reason: str, person: Person, now: datetime) -> ProcessInstance:
    """Take back what one did last, until a direct successor has acted or saved a draft.

    Raises NotFound, Forbidden, Conflict (somebody has gone on, a vote was closed, something was written outside) or Refusal.
    """
    held = _held(instance_id, Verb.WITHDRAW, person)
    said, waiting = rights.reason_of(reason), _answered(held, person)
    if waiting is not None:
        return _take_answer_back(held, waiting, Act("withdraw", person.actor, now, waiting, comment=said))
    visit = last_of(held.case, person)
    if visit is None:
        raise Refusal("You have done nothing in this case that could be taken back.")
    since = _events_since(visit)
    refusal = barrier(held, visit, since)
    if refusal is not None:
        raise refusal
    act = Act("withdraw", person.actor, now, visit, comment=said)
    act.detail = {"to": visit.element_id, "cancels": "withdrawn", "withdrawn_from": held.case.stations}
    mode = returns.STRAIGHT if _came_straight(visit, since) else returns.STEP
    if visit.completed_at is not None and _moved_the_case(visit, since):
        returns.stands_again(held.case, visit.completed_at)
    opened = returns.move(held, visit.element_id, mode, act)
    for task in opened:
        if task.element_id == visit.element_id:
            task.draft = {"values": {}, "opinion": visit.opinion}
    return held.case


def recall(*, instance_id: uuid.UUID, reason: str, person: Person, now: datetime) -> ProcessInstance:
    """The initiator takes his case back into his draft, until the station the analyst marks (by default the review before the
    committee). Raises as `withdraw`."""
    held = _held(instance_id, Verb.RECALL, person)
    said, target = rights.reason_of(reason), _first(held)
    _check_recall(held)
    outside.check(held, target)
    held.case.returns = []
    act = Act("recall", person.actor, now, comment=said, detail={"to": target, "cancels": "recalled"})
    returns.move(held, target, returns.STEP, act)
    return held.case


def may_withdraw(case: ProcessInstance, person: Person) -> bool:
    """Whether a page should offer it; asks what `withdraw` asks, without the lock."""
    if case.state != CaseState.ACTIVE:
        return False
    held = Held(case, list(cases.open_tasks(case.id)), cases.definitions.load(case.definition_id))
    waiting, visit = _answered(held, person), last_of(case, person)
    if waiting is not None:
        return _answer_barrier(held, waiting) is None
    return visit is not None and barrier(held, visit, _events_since(visit)) is None


def _answered(held: Held, person: Person) -> UserTask | None:
    """The task whose answer, the person's own, is kept while those after him are asked."""
    own = (task for task in held.open if task.stage == signing.AFTER and task.assignee_id == person.id)
    return next((task for task in own if (who := signing.who_answered(task)) and who.user_id == person.id), None)


def _answer_barrier(held: Held, task: UserTask) -> Refusal | None:
    """Why an answer that waits can't be taken back: the process forbids it, or one of those asked after it has begun."""
    if (
        held.loaded.compiled.customs.withdraw == "never"
        or Verb.WITHDRAW in held.loaded.step(task.element_id).moves.barred
    ):
        return Forbidden("The process does not allow taking this step back.")
    rows = signing.rows_of(held, task)
    opened = held.loaded.compiled.customs.withdraw == "opened" and any(row.opened_at is not None for row in rows)
    if opened or len(rows) < len(signing.asked_since(task)) or any(row.owner_ids for row in rows):
        return Conflict("Somebody after you has acted; this step can't be taken back any more.")
    return None


def _take_answer_back(held: Held, task: UserTask, act: Act) -> ProcessInstance:
    """The answer is a draft again; whom it had brought in is told, and is asked after the next one."""
    refusal = _answer_barrier(held, task)
    if refusal is not None:
        raise refusal
    again = signing.asked_since(task)
    signing.end_round(held, task, act, "withdrawn")
    task.planned_ids = [*task.planned_ids, *again]
    act.detail = {"to": task.element_id, "withdrawn_from": list(held.case.stations)}
    recording.record(held.case, act)
    return held.case


def last_of(case: ProcessInstance, person: Person) -> UserTask | None:
    """The newest step the person has completed in this case and that still stands."""
    statement = select(UserTask).where(
        UserTask.instance_id == case.id,
        UserTask.completed_by == person.id,
        UserTask.state == TaskState.COMPLETED,
        UserTask.superseded_at.is_(None),
        UserTask.parent_id.is_(None),
    )
    newest = UserTask.completed_at.desc(), UserTask.id.desc()
    return session.scalars(statement.order_by(*newest).limit(1)).first()


def may_recall(case: ProcessInstance) -> bool:
    """Whether a page should offer it to the initiator."""
    held = Held(case, list(cases.open_tasks(case.id)), cases.definitions.load(case.definition_id))
    try:
        _check_recall(held)
        _first(held)
    except Refusal:
        return False
    return True


def barrier(held: Held, visit: UserTask, since: Sequence[CaseEvent]) -> Refusal | None:
    """Why the visit can't be taken back any more, after what has happened `since`; None where it can."""
    customs, step = held.loaded.compiled.customs, held.loaded.compiled.steps.get(visit.element_id)
    if step is None:
        return Conflict("The case has gone on; this step can't be taken back any more.")
    if customs.withdraw == "never" or Verb.WITHDRAW in step.moves.barred:
        return Forbidden("The process does not allow taking this step back.")
    held.task = _successor(held, visit)
    try:
        price = engine.rewind_price(
            held.loaded.compiled,
            held.case.blob,
            visit.element_id,
            from_task=held.task.engine_id if held.task is not None else None,
        )
    except engine.EngineError:
        return Conflict("The case has gone on; this step can't be taken back any more.")
    gone = [task for task in held.open if task.engine_id in price.cancelled]
    return _gone_on(held, visit, {visit.element_id, *price.region}, since) or _touched(gone, since, customs)


def _gone_on(held: Held, visit: UserTask, again: set[str], since: Sequence[CaseEvent]) -> Refusal | None:
    """What has happened since that can't be undone: a step after it, a vote, something outside."""
    later = select(UserTask.id).where(
        UserTask.instance_id == held.case.id,
        UserTask.state == TaskState.COMPLETED,
        UserTask.completed_at > visit.completed_at,
        UserTask.element_id.in_(again),
        UserTask.superseded_at.is_(None),
    )
    if any(event.verb == "close_vote" for event in since):
        return Conflict("A vote has been closed since; what it rests on can't be taken back.")
    written = held.loaded.compiled.outside.keys() & {element for event in since for element in event.passed}
    if written or visit.element_id in held.loaded.compiled.outside:
        return Conflict("The case has written to the outside world since; this step can't be taken back.")
    if session.scalar(later.limit(1)) is not None:
        return Conflict("Somebody after you has acted; this step can't be taken back any more.")
    return None


def _touched(gone: list[UserTask], since: Sequence[CaseEvent], customs: engine.Customs) -> Refusal | None:
    """Whether one of those whose task would be taken away has worked on it."""
    ids = {task.id for task in gone}
    acted = any(event.task_id in ids and event.verb not in PASSIVE for event in since)
    if acted or any(task.draft_cipher is not None for task in gone):
        return Conflict("Somebody after you has begun to work on it; this step can't be taken back any more.")
    if customs.withdraw == "opened" and any(task.opened_at is not None for task in gone):
        return Conflict("Somebody after you has opened the task; this step can't be taken back any more.")
    return None


def _events_since(visit: UserTask) -> Sequence[CaseEvent]:
    """What has happened to the case since the visit ended, its own end with it."""
    statement = select(CaseEvent).where(CaseEvent.instance_id == visit.instance_id, CaseEvent.at >= visit.completed_at)
    return session.scalars(statement.order_by(CaseEvent.seq)).all()


def _successor(held: Held, visit: UserTask) -> UserTask | None:
    """An open task that came of the visit, else any: the engine asks from where the case is moved."""
    mine = [task for task in held.open if task.cause_id == visit.id]
    return next(iter([*mine, *held.open]), None)


def _came_straight(visit: UserTask, since: Sequence[CaseEvent]) -> bool:
    """Whether the step sent the case straight back to whoever had returned it; then it does so again."""
    own = [event for event in since if event.task_id == visit.id and event.verb == "complete"]
    return bool(own) and "straight_to" in own[-1].detail


def _moved_the_case(visit: UserTask, since: Sequence[CaseEvent]) -> bool:
    """Whether the step was a refusal that led the case back, and so made void what lay between."""
    return any(event.at == visit.completed_at and event.detail.get("cancels") == "refused" for event in since)


def _first(held: Held) -> str:
    """The station of the initiator's draft: the first the case has passed, if it was his."""
    passed = UserTask.instance_id == held.case.id, UserTask.state == TaskState.COMPLETED, UserTask.parent_id.is_(None)
    first = session.scalars(select(UserTask).where(*passed).order_by(UserTask.completed_at).limit(1)).first()
    if first is None or first.element_id in held.case.stations:
        raise Refusal("The case is still at its first station.")
    return first.element_id


def _check_recall(held: Held) -> None:
    limit, steps = held.loaded.compiled.customs.recall, held.loaded.compiled.steps
    if limit == "never":
        raise Forbidden("The process does not allow the initiator to recall a case.")
    if limit == "always":
        return
    limits = {limit} if limit else {HOUSE_LIMIT} & steps.keys() or {s.element_id for s in steps.values() if s.vote}
    come = select(UserTask.id).where(
        UserTask.instance_id == held.case.id,
        UserTask.element_id.in_(limits),
        UserTask.state.in_([TaskState.OPEN, TaskState.COMPLETED]),
        UserTask.superseded_at.is_(None),
    )
    if session.scalar(come.limit(1)) is not None:
        raise Conflict("The case has come too far to be recalled; ask whoever holds it to send it back.")


def _held(instance_id: uuid.UUID, verb: Verb, person: Person) -> Held:
    held = cases.hold_case_of(instance_id, person)
    rights.must_on_case(verb, held, person)
    cases.must_be(held.case, CaseState.ACTIVE)
    return held
