"""Leaving notices and marking them read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import update

from app.kernel.db import session
from app.notifications.models import Notice


def notify(
    *,
    user_ids: Iterable[int],
    event: str,
    case_id: uuid.UUID | None,
    now: datetime,
    params: dict[str, Any] | None = None,
) -> None:
    """One notice for each of the users, in the transaction of what happened. `params` hold no personal data."""
    session.add_all(
        Notice(user_id=user_id, event=event, case_id=case_id, params=params or {}, created_at=now)
        for user_id in dict.fromkeys(user_ids)
    )


def mark_read(*, user_id: int, now: datetime, notice_id: int | None = None) -> None:
    """Mark one notice, or all of them, as read; somebody else's stay untouched."""
    statement = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None)).values(read_at=now)
    session.execute(statement if notice_id is None else statement.where(Notice.id == notice_id))
