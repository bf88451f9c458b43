"""Who has how much: open tasks per station, per person and per pool."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.identity.models import Group, User
from app.kernel.db import session
from app.workflow.models import TaskState, UserTask
from app.workflow.reach import Reach, open_tasks_in


def station_counts(process_key: str, definition_id: uuid.UUID | None = None, reach: Reach = None) -> dict[str, int]:
    """How many open tasks each station of a process has."""
    statement = select(UserTask.element_id, func.count()).where(
        UserTask.state == TaskState.OPEN, UserTask.process_key == process_key, *open_tasks_in(reach)
    )
    if definition_id is not None:
        statement = statement.where(UserTask.definition_id == definition_id)
    rows = session.execute(statement.group_by(UserTask.element_id))
    return {row[0]: row[1] for row in rows}


def load_per_person(now: datetime, reach: Reach = None) -> Sequence[Any]:
    """Who holds how much: person, open tasks, overdue tasks, the oldest."""
    held = _summed(UserTask.assignee_id, now, *open_tasks_in(reach))
    statement = select(User.id, User.name, User.username, held.c.open, held.c.overdue, held.c.oldest)
    return session.execute(statement.join(held, held.c.owner == User.id).order_by(held.c.open.desc(), User.id)).all()


def load_per_pool(now: datetime, reach: Reach = None) -> Sequence[Any]:
    """What lies unclaimed in which pool: group, open tasks, overdue tasks, the oldest."""
    lying = _summed(UserTask.candidate_group_id, now, UserTask.assignee_id.is_(None), *open_tasks_in(reach))
    statement = select(Group.id, Group.key, Group.name, lying.c.open, lying.c.overdue, lying.c.oldest)
    return session.execute(
        statement.join(lying, lying.c.owner == Group.id).order_by(lying.c.open.desc(), Group.id)
    ).all()


def _summed(owner: InstrumentedAttribute[int | None], now: datetime, *conditions: ColumnElement[bool]) -> Subquery:
    """Open tasks per owner, added up before anything is joined: the indexes of open tasks hold all that is read here."""
    return (
        select(
            owner.label("owner"),
            func.count().label("open"),
            func.count().filter(UserTask.due_at < now).label("overdue"),
            func.min(UserTask.created_at).label("oldest"),
        )
        .where(UserTask.state == TaskState.OPEN, owner.is_not(None), *conditions)
        .group_by(owner)
        .subquery()
    )
