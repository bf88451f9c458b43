"""The same request twice gives the same answer and one act.

A key belongs to one user, one route and one body. The answer is stored in the transaction of the act itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
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
    digest = hashlib.sha256(body).digest()
    if not _take(user_id, key, route, digest, now):
        return _stored(user_id, key, route, digest)
    answer = act()
    mine = IdempotencyKey.user_id == user_id, IdempotencyKey.key == key
    session.execute(update(IdempotencyKey).where(*mine).values(answer=answer))
    return answer


def sweep(now: datetime) -> None:
    """Forget keys older than two days."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.at < now - KEPT))


def _take(user_id: int, key: str, route: str, digest: bytes, now: datetime) -> bool:
    """Whether the key is ours; waits for another request with the same key that is still at work."""
    values = {"user_id": user_id, "key": key, "route": route, "body": digest, "answer": {}, "at": now}
    statement = insert(IdempotencyKey).values(values).on_conflict_do_nothing().returning(IdempotencyKey.key)
    return session.scalar(statement) is not None


def _stored(user_id: int, key: str, route: str, digest: bytes) -> dict[str, Any]:
    row = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    ).one()
    if row.route != route or row.body != digest:
        raise KeyReused("This idempotency key was already used for another request.")
    return row.answer
