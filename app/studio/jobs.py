"""The studio's jobs: versions come into force, and go back, on their day."""

from __future__ import annotations

import uuid

from app.audit.operations import SYSTEM
from app.jobs import Queue, job
from app.kernel.clock import now
from app.studio.publish import publishing


@job(publishing.ACTIVATE, queue=Queue.TIMER)
def activate(*, publication: str, key: str) -> None:
    """Put an approved version in force; it stands in the audit as the program's act, with who approved it."""
    publishing.put_in_force(publication_id=uuid.UUID(publication), actor=SYSTEM, now=now())


@job(publishing.BACK, queue=Queue.TIMER)
def go_back(*, publication: str, key: str) -> None:
    """Put the version before in force again, unless somebody has confirmed the new one."""
    publishing.go_back_in_time(publication_id=uuid.UUID(publication), now=now())
