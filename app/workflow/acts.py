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
from app.workflow import copies, instances, repairs, restoring, returns, user_tasks
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.rules import Verb
from app.workflow.user_tasks import Answer


@dataclass(frozen=True)
class Given:
    """What somebody says with a verb: what its line of the table asks for; the rest stays empty.

    people: user names; one where the verb asks for a person. values: what is entered in the step's form, by field key.
    note: an opinion, a ballot's reason, a word to those who get a copy.
    """

    reason: str = ""
    reason_code: str = ""
    people: tuple[str, ...] = ()
    target: str = ""
    mode: str | None = None
    redo_branches: bool = False
    outcome: str | None = None
    note: str = ""
    values: Mapping[str, Any] | None = None

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
    return user_tasks.vote(task_id=task_id, choice=choice, opinion=given.note or None, person=person, now=now).case


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


def _reassign(task_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return _case_of(
        user_tasks.reassign(task_id=task_id, to_username=given.person, reason=given.reason, person=person, now=now)
    )


def _copy(case_id: uuid.UUID, given: Given, person: Person, now: datetime) -> ProcessInstance:
    return copies.copy_to(instance_id=case_id, usernames=given.people, person=person, now=now)


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
    Verb.SEND_BACK: _send_back,
    Verb.RELEASE: _release,
    Verb.REASSIGN: _reassign,
    Verb.COPY: _copy,
    Verb.SUSPEND: _on_case(instances.suspend),
    Verb.RESUME: _on_case(instances.resume),
    Verb.RETRY: _retry,
    Verb.LOOK_AGAIN: _on_case(repairs.look_again),
    Verb.RESTORE: _restore,
    Verb.GIVE_UP: _on_case(instances.give_up),
    Verb.TERMINATE: _on_case(instances.terminate),
}
