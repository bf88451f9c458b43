"""The same request twice gives the same answer and one act.

A key belongs to one user, one route and one body. The answer is stored in the transaction of the act itself, after the act:
the usual request pays one statement. A repetition is found out when the act is refused (its task is gone) or when the key is
taken; what it did meanwhile is undone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert

from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow.models import IdempotencyKey

LONGEST = 64
KEPT = timedelta(hours=48)


class KeyReused(Refusal):
    """The key was used for another request."""


def once(
    *, user_id: int, key: str | None, route: str, body: bytes, now: datetime, act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The answer of `act`, carried out at most once per key; without a key it is simply carried out.

    Raises KeyReused where the key belongs to another route or body, or is too long.
    """
    if not key:
        return act()
    if len(key) > LONGEST:
        raise KeyReused("The idempotency key is longer than 64 characters.")
    mine = {"user_id": user_id, "key": key, "route": route, "body": hashlib.sha256(body).digest()}
    try:
        answer = act()
    except Refusal:
        with session.no_autoflush:
            before = _stored(mine)
        if before is None:
            raise
        session.rollback()
        return before
    if _keep(mine, answer, now):
        return answer
    session.rollback()
    return _stored(mine) or {}


def sweep(now: datetime) -> None:
    """Forget keys older than two days."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.at < now - KEPT))


# On the table, not on the class: the ORM has nothing to do with this row and would cost as much as the database.
KEYS = cast(Table, IdempotencyKey.__table__)
KEEP = insert(KEYS).on_conflict_do_nothing().returning(KEYS.c.key)


def _keep(mine: dict[str, Any], answer: dict[str, Any], now: datetime) -> bool:
    """Whether the key was free; waits for another request with the same key that is still at work."""
    # What the act wrote goes first; a statement on the table itself, unlike one on the class, does not see to that.
    session.flush()
    return session.scalar(KEEP, {**mine, "answer": answer, "at": now}) is not None


def _stored(mine: dict[str, Any]) -> dict[str, Any] | None:
    """The answer that was given under the key; raises KeyReused where it was given to another request."""
    statement = select(IdempotencyKey).where(
        IdempotencyKey.user_id == mine["user_id"], IdempotencyKey.key == mine["key"]
    )
    row = session.scalars(statement).first()
    if row is not None and (row.route != mine["route"] or row.body != mine["body"]):
        raise KeyReused("This idempotency key was already used for another request.")
    return row.answer if row is not None else None
