"""Writing an entry: always in the transaction of the act itself. No audit, no act."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from app.audit.models import AuditEntry
from app.kernel import db


@dataclass(frozen=True)
class Actor:
    """Who acts: the person, for whom, over which login, from which address. `user_id` None is the system itself."""

    user_id: int | None
    for_id: int | None = None
    login_id: str | None = None
    address: str | None = None


SYSTEM = Actor(user_id=None)


def record(
    *,
    chain: str,
    verb: str,
    object_type: str,
    object_id: uuid.UUID | int | str,
    actor: Actor,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """One entry on `chain`. `detail` holds before/after, reasons, counts; personal values only as digests."""
    payload = {
        "at": now.isoformat(),
        "actor": actor.user_id,
        "for": actor.for_id,
        "login": actor.login_id,
        "address": actor.address,
        "verb": verb,
        "object": [object_type, str(object_id)],
        "detail": detail or {},
    }
    db.append(
        AuditEntry,
        {
            "chain": chain,
            "at": now,
            "actor_id": actor.user_id,
            "verb": verb,
            "object_type": object_type,
            "object_id": str(object_id),
            "payload": orjson.dumps(payload, option=orjson.OPT_SORT_KEYS, default=str).decode(),
        },
    )
