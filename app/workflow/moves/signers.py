"""Adding people to a task and taking them off again (加签, 减签), and what they answer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from app.audit.operations import Actor
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow import cases, progress, proofs, recording, rights, screens, user_tasks
from app.workflow.assigning import standing
from app.workflow.cases import Held
from app.workflow.committees import conditions
from app.workflow.models import TaskState, UserTask
from app.workflow.moves import signing
from app.workflow.moves.signing import AFTER, BEFORE, EXPERT
from app.workflow.recording import Act
from app.workflow.rules import Verb
from app.workflow.user_tasks import Answer, Done

AGREE, DISAGREE = "agree", "disagree"


def add_signer(
    *, task_id: uuid.UUID, usernames: Sequence[str], place: str, reason: str, person: Person, now: datetime
) -> UserTask:
    """Add people before or after one's own answer; in a vote, experts who give an opinion and have no ballot.

    Raises TaskGone, Forbidden, NotFound or Refusal (no reason, nobody named, asked already, four eyes).
    """
    held = cases.hold_task_of(task_id, person)
    rights.must(Verb.ADD_SIGNER, held, person)
    task, said = held.the_task, rights.reason_of(reason)
    added = [_new(user, task, person) for user in rights.colleagues(usernames)]
    where = _place(task, place)
    act = Act("add_signer", standing.actor(Verb.ADD_SIGNER, held, person, now), now, task, comment=said)
    act.detail = {"to": [user.id for user in added], "place": where}
    if where == AFTER and task.stage != AFTER:
        task.planned_ids = [*task.planned_ids, *(user.id for user in added)]
    else:
        signing.ask(held, task, [user.id for user in added], where, act)
    recording.record(held.case, act)
    return task


def remove_signer(
    *, task_id: uuid.UUID, usernames: Sequence[str], reason: str, person: Person, now: datetime
) -> UserTask:
    """Take people off who have not answered yet; where nobody is left to wait for, the task goes on."""
    held = cases.hold_task_of(task_id, person)
    rights.must(Verb.REMOVE_SIGNER, held, person)
    task, said = held.the_task, rights.reason_of(reason)
    gone = [_asked(user, task).id for user in rights.colleagues(usernames)]
    act = Act("remove_signer", person.actor, now, task, comment=said, detail={"to": gone})
    rows = [row for row in signing.rows_of(held, task) if row.assignee_id in gone]
    progress.cancel_tasks(rows, "signer_removed", act)
    task.planned_ids = [i for i in task.planned_ids if i not in gone]
    signing.recount(held, task)
    _go_on(held, task, act)
    return task


def answer(
    *, task_id: uuid.UUID, choice: str, opinion: str, person: Person, now: datetime, seen: str | None = None
) -> UserTask:
    """What an added person thinks. A refusal gives the task back to who added him, or decides it where the station says so.

    seen: the digest of what he had before him. Raises StaleScreen, Forbidden, or Refusal.
    """
    held = cases.hold_task_of(task_id, person)
    rights.must(Verb.ANSWER, held, person)
    row = held.the_task
    if choice not in (AGREE, DISAGREE):
        raise Refusal("Choose agree or disagree.")
    if not opinion.strip():
        raise Refusal("Please give your opinion.")
    task = next(other for other in held.open if other.id == row.parent_id)
    actor = standing.actor(Verb.ANSWER, held, person, now)
    screens.must_be_current(held, seen, actor, now)
    row.state, row.completed_at, row.completed_by, row.outcome = TaskState.COMPLETED, now, person.id, choice
    row.completed_for, row.opinion = actor.for_id, opinion.strip()
    row.seen_digest = bytes.fromhex(seen) if seen else None
    signing.recount(held, task)
    act = Act("answer", actor, now, row, detail={"choice": choice, "place": row.place})
    proofs.add_decision(act.proof, held.case, row)
    if choice == DISAGREE and row.place != EXPERT:
        _refused(held, task, row, act)
    else:
        _go_on(held, task, act)
    return row


def _refused(held: Held, task: UserTask, row: UserTask, act: Act) -> None:
    held.task = task
    refusal = next((o for o in held.step.outcomes if o.kind == "refuse"), None)
    signing.end_round(held, task, act)
    if held.step.moves.signers == "count" and refusal is not None:
        _decide(held, refusal.id, Answer(outcome=refusal.id, opinion=row.opinion), act, who=act.actor)
        return
    signing.tell_holder(held, task, act)
    recording.record(held.case, act)


def _go_on(held: Held, task: UserTask, act: Act) -> None:
    """The task is its holder's again, or the step ends, once nobody is waited for any more."""
    waited, held.task = task.stage, task
    if waited and not signing.rows_of(held, task):
        who = None if _is_held_up(held) else signing.who_answered(task)
        if waited == AFTER and who is not None:
            kept, task.stage = task.draft or {}, None
            said = Answer(kept["answer"]["outcome"], kept.get("opinion"), seen=kept["answer"]["seen"])
            _decide(held, said.outcome or "", said, act, who=who, values=kept.get("values"))
            return
        signing.end_round(held, task, act)
        signing.tell_holder(held, task, act)
    recording.record(held.case, act)


def _is_held_up(held: Held) -> bool:
    """Whether a condition was opened again after the holder had answered; then the task is his once more."""
    return held.step.conditions == "met" and bool(conditions.unmet(held.case.id))


def _decide(
    held: Held, outcome: str, said: Answer, act: Act, *, who: Actor, values: dict[str, object] | None = None
) -> Done:
    """End the step with the answer that was kept, or with the refusal of somebody whose word counts."""
    with session.no_autoflush:
        return user_tasks.decide(held, outcome, said, values or {}, act, who=who)


def _new(user: Person, task: UserTask, person: Person) -> Person:
    rights.may_take(user, task)
    if user.id in (person.id, task.assignee_id, *task.signer_ids, *task.planned_ids):
        raise Refusal("{name} has a part in this task already.", name=user.name)
    if user.id in task.elector_ids:
        raise Refusal("{name} has a ballot in this vote and needs no second voice.", name=user.name)
    return user


def _asked(user: Person, task: UserTask) -> Person:
    if user.id not in (*task.signer_ids, *task.planned_ids):
        raise Refusal("{name} has answered or was never asked.", name=user.name)
    return user


def _place(task: UserTask, place: str) -> str:
    if task.is_vote:
        return EXPERT
    if place not in (BEFORE, AFTER):
        raise Refusal("Choose whether they are asked before or after you.")
    if task.stage == AFTER and place == BEFORE:
        raise Refusal("You have answered already; only people after you can be added.")
    return place
