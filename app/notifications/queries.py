"""The notices of a person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.kernel.db import session
from app.notifications.models import Notice

PAGE = 50


def notices(user_id: int, *, before: int | None = None, limit: int = PAGE) -> Sequence[Notice]:
    """The newest notices first; `before` is the id to go on from."""
    statement = select(Notice).where(Notice.user_id == user_id).order_by(Notice.id.desc()).limit(limit)
    return session.scalars(statement if before is None else statement.where(Notice.id < before)).all()
