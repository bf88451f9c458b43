"""Dealing tasks out within a group: to who has the least to do, or in turn.

The group's memberships are locked until the act ends. Of two tasks that open at the same moment the second one therefore sees what
the first was given, and nobody gets two while others get none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import func, select

from app.identity.models import Membership
from app.kernel.db import session
from app.workflow.models import TaskState, UserTask

Order = Callable[[int, int], tuple[int, int]]


def least_loaded(load: int, turn: int) -> tuple[int, int]:
    """The order of members by what they have to do; of equals who has waited longest comes first."""
    return load, turn


def in_turn(load: int, turn: int) -> tuple[int, int]:
    """The order of members by when they were given a task last."""
    return turn, 0


def deal(group_id: int, eligible: Sequence[int], order: Order) -> int | None:
    """The member whose turn it is by `order`, who thereby has had it; None where nobody is eligible."""
    if not eligible:
        return None
    members = select(Membership).where(Membership.group_id == group_id).order_by(Membership.user_id)
    locked = members.with_for_update(key_share=True).execution_options(populate_existing=True)
    turns = {member.user_id: member for member in session.scalars(locked)}
    still = [user_id for user_id in eligible if user_id in turns]
    if not still:
        return None
    load = _open_tasks_of(still)
    chosen = min(still, key=lambda i: (*order(load.get(i, 0), turns[i].turn), i))
    turns[chosen].turn = max(member.turn for member in turns.values()) + 1
    return chosen


def _open_tasks_of(user_ids: Sequence[int]) -> dict[int, int]:
    """How many open tasks each has, with what this act has opened and closed and not yet written."""
    held = select(UserTask.assignee_id, func.count()).where(
        UserTask.state == TaskState.OPEN, UserTask.assignee_id.in_(user_ids)
    )
    load = {row[0] or 0: row[1] for row in session.execute(held.group_by(UserTask.assignee_id))}
    for row in (*session.new, *session.dirty):
        if isinstance(row, UserTask) and row.assignee_id is not None and row.assignee_id in user_ids:
            is_new, is_open = row in session.new, row.state == TaskState.OPEN
            load[row.assignee_id] = load.get(row.assignee_id, 0) + (is_new and is_open) - (not is_new and not is_open)
    return load
