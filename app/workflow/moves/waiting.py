"""Waiting for the customer: a task's clock stands still while he is asked for something, and goes on when he has answered."""

from __future__ import annotations

import uuid
from datetime import datetime

from app.bank_calendar import queries as bank_calendar
from app.identity.rules import Person
from app.kernel.errors import Conflict, Forbidden, Refusal
from app.workflow import cases, recording, rules
from app.workflow.cases import Held
from app.workflow.clocks import case_clocks, deadlines
from app.workflow.committees import closing
from app.workflow.models import UserTask
from app.workflow.recording import Act
from app.workflow.rules import Verb


class NotWaiting(Conflict):
    """The task waits already, or no longer."""


def wait(*, task_id: uuid.UUID, reason: str, person: Person, now: datetime) -> UserTask:
    """Let the task wait for the customer: its clock stops with what is left, its chain too.

    Raises NotWaiting where it waits already, Forbidden, TaskGone, Refusal (no reason).
    """
    held = _held(task_id, Verb.WAIT, reason, person)
    task = held.the_task
    calendar = bank_calendar.calendar(held.case.branch_id)
    deadlines.stop(task, calendar, now)
    closing.stop([task], calendar, now)
    task.waiting_since = now
    step = case_clocks.turn(held.case, held.open, held.loaded, now)
    recording.record(held.case, Act(Verb.WAIT, person.actor, now, task, comment=reason), step)
    return task


def go_on(*, task_id: uuid.UUID, reason: str, person: Person, now: datetime) -> UserTask:
    """The customer has answered: the clock goes on with exactly the working time that was left."""
    held = _held(task_id, Verb.CONTINUE, reason, person)
    task = held.the_task
    since, task.waiting_since = task.waiting_since, None
    calendar = bank_calendar.calendar(held.case.branch_id)
    deadlines.go(task, calendar, now)
    closing.go([task], calendar, now)
    detail = {"since": since.isoformat() if since else None}
    step = case_clocks.turn(held.case, held.open, held.loaded, now)
    recording.record(held.case, Act(Verb.CONTINUE, person.actor, now, task, comment=reason, detail=detail), step)
    return task


def _held(task_id: uuid.UUID, verb: Verb, reason: str, person: Person) -> Held:
    held = cases.hold_task_of(task_id, person)
    task = held.the_task
    if not rules.MOVES[verb].who & rules.relations(person, held.case, task):
        raise Forbidden("Only the holder of the task or a supervisor may do this.")
    if verb == Verb.WAIT and task.waiting_since is not None:
        raise NotWaiting("This task is waiting for the customer already.")
    if verb == Verb.CONTINUE and task.waiting_since is None:
        raise NotWaiting("This task is not waiting for the customer.")
    if not reason.strip():
        raise Refusal("Please give a reason.")
    return held
