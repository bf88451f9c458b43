"""Questions about drafts: lists by state, how many there are, who changed them when."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from app.identity.models import User
from app.kernel.db import session
from app.studio.models import Draft, DraftState
from app.workflow.deploying.deployment_models import Deployment

MOST = 200


@dataclass(frozen=True)
class Row:
    """A draft in the list. revision: number of the newest one; by: who changed it last, None: the program."""

    id: uuid.UUID
    name: str
    title: str
    revision: int
    changed_at: datetime
    by: str | None


def rows(state: DraftState, query: str = "") -> Sequence[Row]:
    """The drafts in a state, the newest change first, at most 200; `query` is looked for in name, title and person."""
    statement = (
        select(Draft.id, Draft.name, Draft.title, Draft.revision, Draft.changed_at, User.name)
        .outerjoin(User, User.id == Draft.changed_by)
        .where(Draft.state == state)
        .order_by(Draft.changed_at.desc(), Draft.id)
        .limit(MOST)
    )
    if query:
        columns = (Draft.name, Draft.title, User.name)
        statement = statement.where(or_(*(column.icontains(query, autoescape=True) for column in columns)))
    return [Row(*row) for row in session.execute(statement)]


def counts() -> dict[str, int]:
    """How many drafts there are in each state."""
    statement = select(Draft.state, func.count()).group_by(Draft.state)
    return {row[0]: row[1] for row in session.execute(statement)}


def deployment_name(deployment_id: uuid.UUID) -> str:
    """What a deployment is called; a draft begun from it becomes one of the same name."""
    return session.scalar(select(Deployment.name).where(Deployment.id == deployment_id)) or ""
