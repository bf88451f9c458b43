"""What there is to hand over of somebody who leaves, what each thing is called, and why it could not move."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.identity import queries as people
from app.identity import rules as identity_rules
from app.identity.models import Group, Membership, Substitution, User
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow.assigning import conflicts, standing
from app.workflow.models import ProcessInstance, TaskState, UserTask
from app.workflow.moves.move_models import Copy

OF_TASKS = frozenset({"task", "candidate", "vote"})


@dataclass(frozen=True)
class Item:
    """One thing to hand over: its kind (membership, headship, substitute, deputy, task, vote, copy), what it is, and why not."""

    kind: str
    ref: str
    name: str
    refusal: Refusal | None = None


def items(leaver_id: int) -> Iterator[Item]:
    """Everything he has, groups first: whoever is in them may do the tasks."""
    for group in session.scalars(
        select(Group).join(Membership).where(Membership.user_id == leaver_id).order_by(Group.id)
    ):
        yield Item("membership", str(group.id), "")
    for group in session.scalars(select(Group).where(Group.head_id == leaver_id).order_by(Group.id)):
        yield Item("headship", str(group.id), "")
    for kind, column in (("substitute", Substitution.principal_id), ("deputy", Substitution.deputy_id)):
        rows = select(Substitution.id).where(column == leaver_id, Substitution.ended_at.is_(None))
        yield from (Item(kind, str(row_id), "") for row_id in session.scalars(rows.order_by(Substitution.id)))
    held = select(UserTask.id).where(UserTask.state == TaskState.OPEN, UserTask.assignee_id == leaver_id)
    yield from (Item("task", str(task_id), "") for task_id in session.scalars(held.order_by(UserTask.id)))
    to_vote = (
        select(UserTask.id)
        .where(UserTask.state == TaskState.OPEN, func.cardinality(UserTask.candidate_user_ids) > 0)
        .where(UserTask.candidate_user_ids.contains([leaver_id]), UserTask.assignee_id.is_distinct_from(leaver_id))
    )
    for task_id, is_vote in session.execute(to_vote.add_columns(UserTask.is_vote).order_by(UserTask.id)):
        yield Item("vote" if is_vote else "candidate", str(task_id), "")
    unread = select(Copy.id).where(Copy.user_id == leaver_id, Copy.read_at.is_(None)).order_by(Copy.id)
    yield from (Item("copy", str(copy_id), "") for copy_id in session.scalars(unread))


def at_hand(found: Sequence[Item]) -> list[Any]:
    """The tasks of the items with their cases, read at once."""
    ids = [uuid.UUID(item.ref) for item in found if item.kind in OF_TASKS]
    both = select(UserTask, ProcessInstance).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    return list(session.execute(both.where(UserTask.id.in_(ids))).all()) if ids else []


def judged(item: Item, leaver: User, successor: User, now: datetime) -> Item:
    """The item with its name and, where it could not move, the reason."""
    refusal = None
    if item.kind in OF_TASKS:
        task = session.get_one(UserTask, uuid.UUID(item.ref))
        case = session.get_one(ProcessInstance, task.instance_id)
        refusal = task_refusal(item.kind, task, case, successor, now)
    elif item.kind == "deputy":
        refusal = deputy_refusal(session.get_one(Substitution, int(item.ref)), successor)
    return Item(item.kind, item.ref, name_of(item.kind, item.ref), refusal)


def task_refusal(kind: str, task: UserTask, case: ProcessInstance, to: User, now: datetime) -> Refusal | None:
    if kind == "vote":
        return Refusal("A ballot is personal and is not handed over.")
    if to.id in task.excluded_ids:
        return Refusal(standing.OF_ANOTHER[standing.code_of(task, to.id)], name=to.name)
    if to.id in conflicts.related(case, now):
        return Refusal(standing.OF_ANOTHER[conflicts.Code.RELATED], name=to.name)
    return None


def deputy_refusal(row: Substitution, to: User) -> Refusal | None:
    if row.principal_id == to.id:
        return Refusal("Nobody can be his own substitute.")
    links = select(Substitution.principal_id, Substitution.deputy_id).where(
        Substitution.ended_at.is_(None),
        Substitution.id != row.id,
        Substitution.from_at < row.until_at,
        Substitution.until_at > row.from_at,
    )
    if identity_rules.closes_circle(row.principal_id, to.id, [(r[0], r[1]) for r in session.execute(links)]):
        return Refusal("The substitutes would form a circle.")
    return None


def name_of(kind: str, ref: str) -> str:
    """What an item is called: the group, the case, the two people."""
    if kind in ("membership", "headship"):
        group = session.get(Group, int(ref))
        return str(group.name["zh_Hans"]) if group else ref
    if kind in ("substitute", "deputy"):
        row = session.get(Substitution, int(ref))
        names = people.users([row.principal_id, row.deputy_id]) if row else {}
        return f"{names[row.deputy_id].name} → {names[row.principal_id].name}" if row else ref
    if kind == "copy":
        copy = session.get(Copy, uuid.UUID(ref))
        case = session.get(ProcessInstance, copy.instance_id) if copy else None
    else:
        task = session.get(UserTask, uuid.UUID(ref))
        case = session.get(ProcessInstance, task.instance_id) if task else None
    return f"{case.number} {case.title or ''}".strip() if case else ref
