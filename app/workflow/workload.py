"""Who has how much: open tasks per station, per person and per pool."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.identity.models import Group, User
from app.kernel.db import session
from app.workflow.models import TaskState, UserTask


def station_counts(process_key: str, definition_id: uuid.UUID | None = None) -> dict[str, int]:
    """How many open tasks each station of a process has."""
    statement = select(UserTask.element_id, func.count()).where(
        UserTask.state == TaskState.OPEN, UserTask.process_key == process_key
    )
    if definition_id is not None:
        statement = statement.where(UserTask.definition_id == definition_id)
    rows = session.execute(statement.group_by(UserTask.element_id))
    return {row[0]: row[1] for row in rows}


def load_per_person(now: datetime) -> Sequence[Any]:
    """Who holds how much: person, open tasks, overdue tasks, the oldest."""
    overdue = func.count().filter(UserTask.due_at < now)
    statement = (
        select(
            User.id,
            User.name,
            User.username,
            func.count().label("open"),
            overdue.label("overdue"),
            func.min(UserTask.created_at).label("oldest"),
        )
        .join(User, User.id == UserTask.assignee_id)
        .where(UserTask.state == TaskState.OPEN)
        .group_by(User.id)
        .order_by(func.count().desc(), User.id)
    )
    return session.execute(statement).all()


def load_per_pool(now: datetime) -> Sequence[Any]:
    """What lies unclaimed in which pool: group, open tasks, overdue tasks, the oldest."""
    overdue = func.count().filter(UserTask.due_at < now)
    statement = (
        select(
            Group.id,
            Group.key,
            Group.name,
            func.count().label("open"),
            overdue.label("overdue"),
            func.min(UserTask.created_at).label("oldest"),
        )
        .join(Group, Group.id == UserTask.candidate_group_id)
        .where(UserTask.state == TaskState.OPEN, UserTask.assignee_id.is_(None))
        .group_by(Group.id)
        .order_by(func.count().desc(), Group.id)
    )
    return session.execute(statement).all()
