"""The notices of a person, his settings, and what has become of messages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, func, select

from app.identity.models import User
from app.kernel.db import session
from app.notifications.models import Delivery, Notice, NoticeSetting
from app.notifications.rules import State

PAGE = 50


def notices(user_id: int, *, before: int | None = None, limit: int = PAGE) -> Sequence[Notice]:
    """The newest notices first; `before` is the id to go on from."""
    statement = select(Notice).where(Notice.user_id == user_id).order_by(Notice.id.desc()).limit(limit)
    return session.scalars(statement if before is None else statement.where(Notice.id < before)).all()


def setting(user_id: int) -> NoticeSetting | None:
    """How a person wants to be told; None: as everybody by default."""
    return session.get(NoticeSetting, user_id)


def delivery_counts() -> dict[str, int]:
    """How many messages are in each state that is not the end of it."""
    unsent = select(Delivery.state, func.count()).where(Delivery.state != State.SENT).group_by(Delivery.state)
    return {row[0]: row[1] for row in session.execute(unsent)}


def deliveries(state: str, *, before: int | None = None, limit: int = PAGE) -> Sequence[Row[Delivery, Notice, str]]:
    """Messages in a state, newest first: the delivery, the notice's event and case, the user's name."""
    statement = (
        select(Delivery, Notice, User.name)
        .join(Notice, Notice.id == Delivery.notice_id)
        .join(User, User.id == Delivery.user_id)
        .where(Delivery.state == state)
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    return session.execute(statement if before is None else statement.where(Delivery.id < before)).all()
