"""The audit line of an act on people, groups and branches."""

from __future__ import annotations

from datetime import datetime

from app.audit import operations as audit
from app.audit.operations import Actor


def record(chain: str, verb: str, on: tuple[str, int], actor: Actor, now: datetime, **detail: object) -> None:
    """One line: `on` is the kind and the id of what was changed, `detail` holds before and after."""
    audit.record(chain=chain, verb=verb, object_type=on[0], object_id=on[1], actor=actor, now=now, detail=detail)
