"""One door for every verb of the table: `carry_out` finds the operation. Pages, REST and bulk acts all come through here.

Rights, states and reasons are checked by the operation itself, inside the lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.kernel.ids import parse_number
from app.workflow import instances, user_tasks
from app.workflow.committees import ballots
from app.workflow.committees.electorates import CONFLICT
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.moves import (
    comments,
    copies,
    detours,
    hands,
    reconsiderations,
    repairs,
    restoring,
    returns,
    signers,
    urging,
    waiting,
    withdrawals,
)
from app.workflow.rules import Verb
from app.workflow.user_tasks import Answer


@dataclass(frozen=True)
class Given:
    """What somebody says with a verb: what its line of the table asks for; the rest stays empty.

    people: user names; one where the verb asks for a person. values: what is entered in the step's form, by field key.
    note: an opinion, a ballot's reason, a comment, a word to those who get a copy. place: "before" or "after".
    seen: the digest of what was on the page, where a page sends it.
    """

    reason: str = ""
    reason_code: str = ""
    people: tuple[str, ...] = ()
    target: str = ""
    place: str = ""
    mode: str | None = None
    redo_branches: bool = False
    outcome: str | None = None
    note: str = ""
    values: Mapping[str, Any] | None = None
    seen: str | None = None

    @property
    def person(self) -> str:
        """The user name of the one person the verb asks for."""
        return self.people[0] if self.people else ""


Operation = Callable[[uuid.UUID, Given, Person, datetime], ProcessInstance]


def carry_out(*, verb: Verb, subject_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    """Do `verb` to the task or the case `subject_id`; returns the case. Raises whatever the operation refuses with."""
    return OPERATIONS[verb](subject_id, given, person, now)


def _case_of(task: UserTask) -> ProcessInstance:
    return session.get_one(ProcessInstance, task.instance_id)


def _claim(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return _case_of(user_tasks.claim(task_id=task_id, person=person, now=now))


def _release(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return _case_of(user_tasks.release(task_id=task_id, person=person, now=now))


def _save_draft(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    answer = Answer(opinion=given.note or None, values=given.values)
    return _case_of(user_tasks.save_draft(task_id=task_id, answer=answer, person=person, now=now))


def _complete(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    answer = Answer(outcome=given.outcome, opinion=given.note or None, values=given.values)
    return user_tasks.complete(task_id=task_id, answer=answer, person=person, now=now).case


def _vote(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    choice = given.outcome or ""
    return ballots.cast(task_id=task_id, choice=choice, opinion=given.note or None, person=person, now=now).case


def _recuse(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return ballots.recuse(task_id=task_id, why=CONFLICT, reason=given.reason, person=person, now=now).case


def _close_vote(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return ballots.close(task_id=task_id, person=person, now=now).case


def _reconsider(case_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return reconsiderations.ask(instance_id=case_id, facts=given.reason, person=person, now=now)


def _send_back(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return returns.send_back(
        task_id=task_id,
        target=given.target,
        reason_code=given.reason_code,
        reason=given.reason,
        mode=given.mode,
        redo_branches=given.redo_branches,
        person=person,
        now=now,
    )


def _answer(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    choice = given.outcome or ""
    return _case_of(
        signers.answer(task_id=task_id, choice=choice, opinion=given.note, seen=given.seen, person=person, now=now)
    )


def _resolve(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return _case_of(hands.resolve(task_id=task_id, opinion=given.note, person=person, now=now))


def _to_person(operation: Callable[..., UserTask]) -> Operation:
    """An operation that hands a task to somebody, for a reason."""

    def act(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
        task = operation(task_id=task_id, to_username=given.person, reason=given.reason, person=person, now=now)
        return _case_of(task)

    return act


def _add_signer(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    task = signers.add_signer(
        task_id=task_id, usernames=given.people, place=given.place, reason=given.reason, person=person, now=now
    )
    return _case_of(task)


def _remove_signer(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return _case_of(
        signers.remove_signer(task_id=task_id, usernames=given.people, reason=given.reason, person=person, now=now)
    )


def _skip(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return detours.skip(task_id=task_id, outcome=given.outcome, reason=given.reason, person=person, now=now)


def _jump(case_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return detours.jump(instance_id=case_id, target=given.target, reason=given.reason, person=person, now=now)


def _urge(case_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return urging.urge(instance_id=case_id, note=given.note, person=person, now=now)


def _comment(case_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return comments.comment(instance_id=case_id, text=given.note, person=person, now=now)


def _wait(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return _case_of(waiting.wait(task_id=task_id, reason=given.reason, person=person, now=now))


def _continue(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return _case_of(waiting.go_on(task_id=task_id, reason=given.reason, person=person, now=now))


def _copy(case_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return copies.copy_to(instance_id=case_id, usernames=given.people, note=given.note, person=person, now=now)


def _on_case(operation: Callable[..., ProcessInstance]) -> Operation:
    """An operation on a case that wants nothing but a reason."""

    def act(case_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
        return operation(instance_id=case_id, reason=given.reason, person=person, now=now)

    return act


def _retry(case_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return instances.retry(instance_id=case_id, person=person, now=now)


def _restore(case_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    seq = parse_number(given.target)
    if seq is None:
        raise Refusal("Choose the moment to which the case goes back.")
    return restoring.restore(instance_id=case_id, seq=seq, reason=given.reason, person=person, now=now)


OPERATIONS: Mapping[Verb, Operation] = {
    Verb.CLAIM: _claim,
    Verb.SAVE_DRAFT: _save_draft,
    Verb.COMPLETE: _complete,
    Verb.VOTE: _vote,
    Verb.RECUSE: _recuse,
    Verb.CLOSE_VOTE: _close_vote,
    Verb.RECONSIDER: _reconsider,
    Verb.ANSWER: _answer,
    Verb.RESOLVE: _resolve,
    Verb.TRANSFER: _to_person(hands.transfer),
    Verb.DELEGATE: _to_person(hands.delegate),
    Verb.ADD_SIGNER: _add_signer,
    Verb.REMOVE_SIGNER: _remove_signer,
    Verb.SEND_BACK: _send_back,
    Verb.RELEASE: _release,
    Verb.REASSIGN: _to_person(user_tasks.reassign),
    Verb.SKIP: _skip,
    Verb.WITHDRAW: _on_case(withdrawals.withdraw),
    Verb.WAIT: _wait,
    Verb.CONTINUE: _continue,
    Verb.COPY: _copy,
    Verb.COMMENT: _comment,
    Verb.URGE: _urge,
    Verb.RECALL: _on_case(withdrawals.recall),
    Verb.GIVE_UP: _on_case(instances.give_up),
    Verb.JUMP: _jump,
    Verb.SUSPEND: _on_case(instances.suspend),
    Verb.RESUME: _on_case(instances.resume),
    Verb.RETRY: _retry,
    Verb.LOOK_AGAIN: _on_case(repairs.look_again),
    Verb.RESTORE: _restore,
    Verb.TERMINATE: _on_case(instances.terminate),
}
