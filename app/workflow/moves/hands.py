"""From hand to hand: transfer (转办), delegate (委派) and resolve.

Who transfers a task hands over the duty. Who delegates it asks for an opinion and keeps the duty: the task comes back to him,
whoever was asked in between, and only his own answer counts.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from app.identity.rules import Person
from app.kernel.errors import Refusal
from app.notifications import operations as notifications
from app.workflow import cases, recording, rights, rules
from app.workflow.assigning import addressing, standing
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.recording import Act
from app.workflow.rules import Verb


def transfer(*, task_id: uuid.UUID, to_username: str, reason: str, person: Person, now: datetime) -> UserTask:
    """Hand the duty over to somebody who may do the task and has not handed it over himself.

    Raises TaskGone, Forbidden, NotFound or Refusal (no reason, not among those who may, four eyes, back to who handed it on).
    """
    held = cases.hold_task_of(task_id, person)
    rights.must(Verb.TRANSFER, held, person)
    task, said = held.the_task, rights.reason_of(reason)
    target = _other(to_username, person, task)
    rights.may_take(target, task)
    if target.id in task.handed_by:
        raise Refusal("{name} has handed this task over already; it can't go back.", name=target.name)
    if held.step.moves.transfer_to == "pool" and rules.has_pool(task) and not rules.is_candidate(target, task):
        raise Refusal("{name} is not among those who may do this task.", name=target.name)
    if target.id in task.planned_ids:
        raise Refusal("{name} has a part in this task already.", name=target.name)
    actor, duty = standing.actor(Verb.TRANSFER, held, person, now), task.assignee_id or person.id
    task.handed_by = [*task.handed_by, duty]
    task.had_ids = _with(task.had_ids, duty)
    task.assignee_id, task.claimed_at = target.id, now
    _tell(held.case, task, target.id, "transferred", now)
    detail = {"from_user": duty, "to_user": target.id}
    recording.record(held.case, Act("transfer", actor, now, task, comment=said, detail=detail))
    return task


def delegate(*, task_id: uuid.UUID, to_username: str, reason: str, person: Person, now: datetime) -> UserTask:
    """Ask somebody for an opinion; who was asked himself may ask further. The task comes back by `resolve`."""
    held = cases.hold_task_of(task_id, person)
    rights.must(Verb.DELEGATE, held, person)
    task, said = held.the_task, rights.reason_of(reason)
    target = _other(to_username, person, task)
    rights.may_take(target, task)
    if target.id in task.owner_ids:
        raise Refusal("{name} waits for this opinion already.", name=target.name)
    actor, duty = standing.actor(Verb.DELEGATE, held, person, now), task.assignee_id or person.id
    task.owner_ids = [*task.owner_ids, duty]
    task.had_ids = _with(task.had_ids, duty, target.id)
    task.assignee_id, task.claimed_at = target.id, now
    _tell(held.case, task, target.id, "delegated", now)
    detail = {"from_user": duty, "to_user": target.id}
    recording.record(held.case, Act("delegate", actor, now, task, comment=said, detail=detail))
    return task


def resolve(*, task_id: uuid.UUID, opinion: str, person: Person, now: datetime) -> UserTask:
    """Give the opinion one was asked for; the task goes back to who asked, or to whoever asked him where he has left."""
    held = cases.hold_task_of(task_id, person)
    rights.must(Verb.RESOLVE, held, person)
    task = held.the_task
    if not opinion.strip():
        raise Refusal("Please give your opinion.")
    act = Act("resolve", standing.actor(Verb.RESOLVE, held, person, now), now, task, comment=opinion.strip())
    addressing.give_back(task, now)
    act.detail = {"to_user": task.assignee_id}
    if task.assignee_id is not None:
        _tell(held.case, task, task.assignee_id, "resolved", now)
    recording.record(held.case, act)
    return task


def _other(username: str, person: Person, task: UserTask) -> Person:
    target = rights.colleague(username)
    if target.id in (person.id, task.assignee_id):
        raise Refusal("The task is with you already.")
    return target


def _with(known: list[int], *more: int) -> list[int]:
    return list(dict.fromkeys([*known, *more]))


def _tell(case: ProcessInstance, task: UserTask, user_id: int, event: str, now: datetime) -> None:
    place = {"element": task.element_id, "definition": str(task.definition_id)}
    notifications.notify(user_ids=[user_id], event=event, case_id=case.id, now=now, params=place)
