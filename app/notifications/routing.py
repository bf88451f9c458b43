"""From notices to channels, behind the press: a notice is written with the step; a worker looks what its reader wants.

So a press costs not one statement more, and a thousand notices of one act cost a handful here: read, ask for wishes, write
the deliveries, put the jobs, mark the notices. Several workers take different notices (SKIP LOCKED).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from app.identity.models import User
from app.jobs.operations import enqueue_many
from app.kernel.db import session
from app.notifications import channels, rules
from app.notifications.models import Delivery, Notice, NoticeSetting
from app.notifications.rules import Channel, Group, State, Wishes

AT_ONCE = 1000
# Older than this (a replayed log, a worker that was away for days) a notice is no news: the bell has it, no mail follows.
STALE = timedelta(days=3)
JOB = "notifications.deliver"


@dataclass(frozen=True)
class Reader:
    """How a person wants to be told and by which channels he can be reached."""

    wishes: Wishes
    reachable: frozenset[Channel]


def route(*, now: datetime) -> int:
    """Send the next notices on their ways, in the open transaction; returns how many were looked at."""
    statement = (
        select(Notice.id, Notice.user_id, Notice.event, Notice.created_at)
        .where(Notice.routed_at.is_(None))
        .order_by(Notice.id)
    )
    found = session.execute(statement.limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    if not found:
        return 0
    news = [row for row in found if now - row.created_at < STALE]
    readers = _readers({row.user_id for row in news})
    _deliver([(row, channel) for row in news for channel in _channels(row, readers)], readers, now)
    ids = [row.id for row in found]
    session.execute(update(Notice).where(Notice.id.in_(ids)).values(routed_at=now))
    return len(found)


def wishes_of(setting: NoticeSetting | None) -> Wishes:
    """A row of settings as wishes; unknown groups and channels in it are passed over."""
    if setting is None:
        return Wishes()
    known = {
        group: frozenset(channel for channel in Channel if channel in setting.channels[group])
        for group in Group
        if group in setting.channels
    }
    return Wishes(known, setting.quiet_from, setting.quiet_to)


def reachable(user: User) -> frozenset[Channel]:
    """The channels of this installation by which a user can be reached."""
    open_here = channels.open_channels()
    missing = set() if user.email else {Channel.MAIL, Channel.DIGEST}
    if not user.phone_cipher:
        missing.add(Channel.SMS)
    return open_here - missing if user.active else frozenset()


def _readers(user_ids: Iterable[int]) -> dict[int, Reader]:
    if not channels.open_channels():
        return {}
    statement = select(User, NoticeSetting).outerjoin(NoticeSetting, NoticeSetting.user_id == User.id)
    rows = session.execute(statement.where(User.id.in_(set(user_ids))))
    return {user.id: Reader(wishes_of(setting), reachable(user)) for user, setting in rows}


def _channels(row: Any, readers: Mapping[int, Reader]) -> list[Channel]:
    reader = readers.get(row.user_id)
    return rules.channels_for(row.event, reader.wishes, reader.reachable) if reader else []


def _deliver(wanted: Sequence[tuple[Any, Channel]], readers: Mapping[int, Reader], now: datetime) -> None:
    """One row for each notice and channel, and a job for each that does not wait for the digest."""
    if not wanted:
        return
    rows = [
        {
            "notice_id": row.id,
            "user_id": row.user_id,
            "channel": channel,
            "state": State.WAITING,
            "tries": 0,
            "created_at": now,
            "changed_at": now,
        }
        for row, channel in wanted
    ]
    made = session.scalars(insert(Delivery).returning(Delivery.id, sort_by_parameter_order=True), rows).all()
    zone = channels.ways().zone
    at_once = [
        (delivery, rules.not_before(row.event, readers[row.user_id].wishes, now, zone))
        for delivery, (row, channel) in zip(made, wanted, strict=True)
        if channel != Channel.DIGEST
    ]
    enqueue_many(name=JOB, jobs=[({"delivery": delivery}, run_at, str(delivery)) for delivery, run_at in at_once])
