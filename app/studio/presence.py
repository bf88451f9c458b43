"""Who has a draft open: each editor says so every half minute, and is told who else does.

The table is UNLOGGED: what it holds is worth a minute, and a crash may forget it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert

from app.identity.models import User
from app.kernel.db import session
from app.studio.models import DraftPresence

FRESH = timedelta(seconds=60)
PAGE_LENGTH = 200


@dataclass(frozen=True)
class Other:
    """Somebody else who has the draft open: since when without a break, and on which page."""

    name: str
    since: datetime
    page: str


def note(*, draft_id: uuid.UUID, user_id: int, page: str, now: datetime) -> Sequence[Other]:
    """Note that a person has the draft open, and say who else has had it open within the last minute."""
    statement = insert(DraftPresence).values(
        draft_id=draft_id, user_id=user_id, page=page[:PAGE_LENGTH], since=now, seen_at=now
    )
    stays = case((DraftPresence.seen_at > now - FRESH, DraftPresence.since), else_=now)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["draft_id", "user_id"], set_={"page": page[:PAGE_LENGTH], "since": stays, "seen_at": now}
        )
    )
    return others(draft_id, user_id, now)


def others(draft_id: uuid.UUID, user_id: int, now: datetime) -> Sequence[Other]:
    """Who else has had the draft open within the last minute, the longest first."""
    statement = (
        select(User.name, DraftPresence.since, DraftPresence.page)
        .join(User, User.id == DraftPresence.user_id)
        .where(
            DraftPresence.draft_id == draft_id, DraftPresence.user_id != user_id, DraftPresence.seen_at > now - FRESH
        )
        .order_by(DraftPresence.since, User.id)
    )
    return [Other(*row) for row in session.execute(statement)]


def forget_old(now: datetime) -> None:
    """Take away what is long over."""
    session.execute(delete(DraftPresence).where(DraftPresence.seen_at < now - timedelta(days=1)))
