"""People of the demo bank with addresses, and ways out that remember what they were given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select, text

from app.identity.models import User
from app.jobs import registry, running
from app.kernel import db
from app.notifications import channels, operations, routing
from app.notifications.channels import Sms, Ways
from app.notifications.models import Delivery, Notice, NoticeSetting

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@dataclass
class Door:
    """A way out: takes messages, or raises `fault` before (or, with `late`, after) it has taken one."""

    sender: str = "creditflow@bank.example"
    fault: BaseException | None = None
    late: bool = False
    language: str | None = None
    mails: list[EmailMessage] = field(default_factory=list)
    texts: list[Sms] = field(default_factory=list)

    def send(self, message: Any) -> None:
        if self.fault is not None and not self.late:
            raise self.fault
        (self.texts if isinstance(message, Sms) else self.mails).append(message)
        if self.fault is not None:
            raise self.fault


@pytest.fixture(scope="module")
def told(bank: Any) -> Any:
    """The bank with an address and a number for each of its people."""
    with bank.app.app_context(), db.transaction() as opened:
        for user in opened.scalars(select(User)):
            user.email, user.phone = f"{user.username}@bank.example", f"138{user.id:08d}"
    return bank


@pytest.fixture
def door(told: Any) -> Iterator[Door]:
    """Empty tables, and a door for both mail and SMS."""
    made = Door()
    before = channels.ways()
    channels.use(Ways(made, made, "https://credit.bank.example", "Asia/Shanghai"))
    with db.transaction() as opened:
        for table in ("notice_delivery", "notification", "notice_setting", "notice_text", "job_effect", "job_fault"):
            opened.execute(text(f"DELETE FROM {table}"))
        opened.execute(text("DELETE FROM procrastinate_jobs"))
    yield made
    channels.use(before)


@pytest.fixture
def worker(told: Any) -> Iterator[None]:
    """As in a worker: an application without a request."""
    with told.app.app_context():
        yield


def user_id(username: str) -> int:
    with db.reading() as opened:
        return opened.scalars(select(User.id).where(User.username == username)).one()


def tell(event: str, *usernames: str, now: datetime = NOON, **more: Any) -> None:
    """Leave a notice, commit, and let a worker route it."""
    ids = [user_id(name) for name in usernames]
    with db.transaction():
        operations.notify(user_ids=ids, event=event, case_id=more.pop("case_id", None), now=now, params=more)
    with db.transaction():
        routing.route(now=now)


def jobs() -> list[Any]:
    """What waits in the queues."""
    with db.reading() as opened:
        statement = "SELECT id, task_name, args, scheduled_at FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        return list(opened.execute(text(statement)))


def run(row: Any, tries_before: int = 0) -> None:
    """One try of a job, as a worker does it."""
    running.run(registry.kinds()[row.task_name], job_id=row.id, tries_before=tries_before, **row.args)


def deliveries() -> list[tuple[str, str]]:
    """Channel and state of every message."""
    with db.reading() as opened:
        return [(row.channel, row.state) for row in opened.scalars(select(Delivery).order_by(Delivery.id))]


def wish(username: str, **more: Any) -> None:
    """How somebody wants to be told."""
    whose = user_id(username)
    with db.transaction() as opened:
        opened.merge(NoticeSetting(user_id=whose, **more))


def unrouted() -> int:
    with db.reading() as opened:
        return len(opened.scalars(select(Notice.id).where(Notice.routed_at.is_(None))).all())
