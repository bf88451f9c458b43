"""The tasks of people who were added to a task (加签): how they are asked, and when the task they were added to goes on.

Before the holder's answer: his task waits for them, then is his again. After it: he answers, then they are asked, then the step
ends. In a vote they are experts: their opinion is heard and holds nothing up. Each of them has a task of his own of the same
visit, so that inbox, deadline, load and history are those of any task; the engine knows nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.audit.operations import Actor
from app.kernel.db import session
from app.kernel.ids import new_id
from app.notifications import operations as notifications
from app.workflow import forms, progress, recording
from app.workflow.cases import Held
from app.workflow.models import TaskState, UserTask
from app.workflow.recording import Act

BEFORE, AFTER, EXPERT = "before", "after", "expert"


def ask(held: Held, task: UserTask, user_ids: Iterable[int], place: str, act: Act) -> None:
    """Give each of these people a task beside `task`, which waits for them unless they are experts."""
    asked = list(user_ids)
    rows = [_row(task, user_id, place, act) for user_id in asked]
    session.add_all(rows)
    held.open.extend(rows)
    task.signer_ids = [*task.signer_ids, *asked]
    task.stage = place if place != EXPERT else None
    where = {"element": task.element_id, "definition": str(task.definition_id)}
    notifications.notify(user_ids=asked, event="signer_added", case_id=held.case.id, now=act.now, params=where)


def pause(held: Held, outcome: str, opinion: str | None, seen: str | None, values: Mapping[str, Any], act: Act) -> None:
    """The holder has answered; his answer is kept while those who come after him are asked."""
    task = held.the_task
    answer = {"outcome": outcome, "seen": seen, "holder": task.assignee_id, "at": act.now.isoformat()}
    answer |= {"by": act.actor.user_id, "for": act.actor.for_id}
    task.draft = {"values": forms.to_json(dict(values)), "opinion": opinion, "answer": answer}
    task.draft_by = act.actor.user_id
    planned, task.planned_ids = task.planned_ids, []
    act.verb = "answered"
    ask(held, task, planned, AFTER, act)
    recording.record(held.case, act)


def rows_of(held: Held, task: UserTask) -> list[UserTask]:
    """The open tasks of the people added to `task`."""
    return [row for row in held.open if row.parent_id == task.id and row.state == TaskState.OPEN]


def who_answered(task: UserTask) -> Actor | None:
    """Who gave the answer that is kept, and for whom; None where none is kept, or the task has changed hands since."""
    answer = (task.draft or {}).get("answer")
    if answer is None or answer.get("holder", task.assignee_id) != task.assignee_id:
        return None
    return Actor(user_id=answer.get("by", task.assignee_id), for_id=answer.get("for"))


def end_round(held: Held, task: UserTask, act: Act, why: str = "signer_refused") -> None:
    """Nobody is waited for any more; who was still asked is told. The task is its holder's again, his answer a draft.

    Whom the holder wants to ask after himself is still asked then.
    """
    progress.cancel_tasks(rows_of(held, task), why, act)
    task.signer_ids, task.stage = [], None
    if task.draft and "answer" in task.draft:
        task.draft = {name: value for name, value in task.draft.items() if name != "answer"}


def new_holder(held: Held, task: UserTask, user_id: int | None, act: Act) -> None:
    """The task changes hands. An answer that waits for those after it is nobody's any more: it becomes a draft, and they are
    asked again after the new holder's. Whoever gets the task is not asked about it beside that."""
    if task.stage == AFTER:
        again = asked_since(task)
        end_round(held, task, act, "answer_void")
        task.planned_ids = list(dict.fromkeys([*task.planned_ids, *again]))
    if user_id is not None:
        leave_out(held, task, [user_id], act)


def part_in(held: Held, row: UserTask) -> set[int]:
    """Who has a part already in the task that an added person's task belongs to."""
    task = next((task for task in held.open if task.id == row.parent_id), None)
    if task is None:
        return set()
    return {i for i in (task.assignee_id, *task.signer_ids, *task.planned_ids, *task.elector_ids) if i is not None}


def recount(held: Held, task: UserTask) -> bool:
    """Whom the task waits for, by the tasks that are open; whether there is anybody."""
    waited = rows_of(held, task)
    task.signer_ids = [row.assignee_id for row in waited if row.assignee_id is not None]
    return bool(waited)


def asked_since(task: UserTask) -> list[int]:
    """Who was asked after the answer that is kept, in the order in which they were."""
    at = (task.draft or {}).get("answer", {}).get("at")
    if at is None:
        return list(task.signer_ids)
    mine = UserTask.parent_id == task.id, UserTask.place == AFTER, UserTask.created_at >= datetime.fromisoformat(at)
    live = UserTask.state != TaskState.CANCELLED
    asked = session.scalars(select(UserTask.assignee_id).where(*mine, live).order_by(UserTask.id))
    return [user_id for user_id in asked if user_id is not None]


def leave_out(held: Held, task: UserTask, user_ids: Iterable[int], act: Act) -> None:
    """These people must keep away from the task now: they are not asked, and whose question is open need not answer it."""
    away = set(user_ids) & {*task.signer_ids, *task.planned_ids}
    if not away:
        return
    progress.cancel_tasks([row for row in rows_of(held, task) if row.assignee_id in away], "signer_removed", act)
    task.planned_ids = [i for i in task.planned_ids if i not in away]
    task.signer_ids = [i for i in task.signer_ids if i not in away]
    if task.stage and not task.signer_ids:
        end_round(held, task, act)
        tell_holder(held, task, act)


def tell_holder(held: Held, task: UserTask, act: Act) -> None:
    """The task is with its holder again."""
    if task.assignee_id is not None and task.assignee_id != act.actor.user_id:
        where = {"element": task.element_id, "definition": str(task.definition_id)}
        notifications.notify(
            user_ids=[task.assignee_id], event="signer_answered", case_id=held.case.id, now=act.now, params=where
        )


def hand_on(held: Held, row: UserTask, before: int | None, after: int) -> None:
    """An added person's task was given to somebody else; the task that waits knows whom it waits for."""
    parent = next((task for task in held.open if task.id == row.parent_id), None)
    if parent is not None:
        parent.signer_ids = [after if i == before else i for i in parent.signer_ids]


def _row(task: UserTask, user_id: int, place: str, act: Act) -> UserTask:
    return UserTask(
        id=new_id(),
        instance_id=task.instance_id,
        definition_id=task.definition_id,
        process_key=task.process_key,
        engine_id=task.engine_id,
        element_id=task.element_id,
        round=task.round,
        state=TaskState.OPEN,
        created_at=act.now,
        due_at=task.due_at,
        assignee_id=user_id,
        claimed_at=act.now,
        candidate_group_ids=[],
        candidate_user_ids=[user_id],
        excluded_ids=list(task.excluded_ids),
        elector_ids=[],
        is_vote=False,
        parent_id=task.id,
        place=place,
        owner_ids=[],
        handed_by=[],
        had_ids=[],
        signer_ids=[],
        planned_ids=[],
    )
