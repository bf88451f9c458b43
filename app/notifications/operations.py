"""Leaving notices, marking them read, how people want to be told, and the words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.audit import operations as audit
from app.audit.operations import Actor
from app.jobs import enqueue
from app.kernel.db import append, session
from app.kernel.errors import NotFound, Refusal
from app.notifications import routing, rules, wording
from app.notifications.models import Delivery, Notice, NoticeSetting, NoticeText
from app.notifications.rules import Channel, Group, State


def notify(
    *,
    user_ids: Iterable[int],
    event: str,
    case_id: uuid.UUID | None,
    now: datetime,
    params: dict[str, Any] | None = None,
) -> None:
    """One notice for each of the users, in the transaction of what happened. `params` hold no personal data.

    `event` is a key of `rules.EVENTS`; `params` may have `element` and `definition` (the station) and `due` (a text). Mail and
    SMS follow after the commit, for those who want them; nothing is looked up here.
    """
    told = {"event": event, "case_id": case_id, "params": params or {}, "created_at": now}
    for user_id in dict.fromkeys(user_ids):
        append(Notice, {"user_id": user_id, **told})


def mark_read(*, user_id: int, now: datetime, notice_id: int | None = None) -> None:
    """Mark one notice, or all of them, as read; somebody else's stay untouched."""
    statement = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None)).values(read_at=now)
    session.execute(statement if notice_id is None else statement.where(Notice.id == notice_id))


def save_setting(
    *,
    user_id: int,
    channels: Mapping[Group, Iterable[Channel]],
    quiet: tuple[time, time] | None,
    digest_at: time | None,
) -> None:
    """How a person wants to be told from now on. Without a time of day nothing waits for a digest."""
    if digest_at is None and any(Channel.DIGEST in chosen for chosen in channels.values()):
        raise Refusal("Say at what time the digest is to come.")
    quiet_from, quiet_to = quiet or (None, None)
    values = {
        "channels": {group.value: sorted(chosen) for group, chosen in channels.items()},
        "quiet_from": quiet_from,
        "quiet_to": quiet_to,
        "digest_at": digest_at,
    }
    statement = insert(NoticeSetting).values(user_id=user_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))


def change_text(*, event: str, locale: str, title: str, sentence: str, actor: Actor, now: datetime) -> None:
    """An administrator's words for an event in a language. Raises NotFound, or Refusal with what is wrong with them."""
    _must_be_known(event, locale)
    faults = rules.text_faults(title, sentence)
    if faults:
        raise Refusal(faults[0])
    values = {"title": title.strip(), "sentence": sentence.strip(), "changed_at": now, "changed_by": actor.user_id}
    statement = insert(NoticeText).values(event=event, locale=locale, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["event", "locale"], set_=values))
    _audit("change_notice_text", f"{event}/{locale}", actor, now, title=title, sentence=sentence)


def reset_text(*, event: str, locale: str, actor: Actor, now: datetime) -> None:
    """Back to the room's own words."""
    _must_be_known(event, locale)
    session.execute(delete(NoticeText).where(NoticeText.event == event, NoticeText.locale == locale))
    _audit("reset_notice_text", f"{event}/{locale}", actor, now)


def send_again(*, delivery_id: int, actor: Actor, now: datetime) -> None:
    """A person decides that a message which failed, or whose fate is unclear, is sent once more. Raises NotFound."""
    again = update(Delivery).where(Delivery.id == delivery_id, Delivery.state.in_((State.FAILED, State.UNCLEAR)))
    values = again.values(state=State.WAITING, changed_at=now).returning(Delivery.channel, Delivery.tries)
    row = session.execute(values).first()
    if row is None:
        raise NotFound("There is no such message that could be sent again.")
    if row.channel != Channel.DIGEST:
        key = f"{delivery_id} again {row.tries}"
        enqueue(name=routing.JOB, args={"delivery": delivery_id}, key=key)
    _audit("send_notice_again", str(delivery_id), actor, now)


def forget_old(*, before: datetime) -> None:
    """Remove notices that were read before a time, with what was sent of them."""
    old = select(Notice.id).where(Notice.read_at < before, Notice.routed_at.is_not(None)).limit(5000)
    session.execute(delete(Notice).where(Notice.id.in_(old)))


def _must_be_known(event: str, locale: str) -> None:
    if (event not in rules.EVENTS and event != wording.OTHER) or locale != wording.language(locale):
        raise NotFound("There is no such text.")


def _audit(verb: str, object_id: str, actor: Actor, now: datetime, **detail: object) -> None:
    audit.record(
        chain="notices", verb=verb, object_type="notice", object_id=object_id, actor=actor, now=now, detail=detail
    )
