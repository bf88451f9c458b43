"""The jobs that take notices out of the house."""

from __future__ import annotations

from app.jobs import Queue, job
from app.kernel.clock import now
from app.notifications import digest, routing, sending


@job(routing.JOB, queue=Queue.MAIL)
def deliver(*, delivery: int, key: str) -> None:
    """Send one notice by one channel."""
    sending.deliver(delivery_id=delivery, now=now())


@job(digest.JOB, queue=Queue.MAIL)
def send_digest(*, user: int, day: str, key: str) -> None:
    """Send a user's digest of a day (ISO date)."""
    digest.send_digest(user_id=user, day=day, now=now())
