"""The daily digest: one mail with what has happened and what waits, for those who want it so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update

from app.identity.models import User
from app.jobs import GiveUp, enqueue_many
from app.jobs import operations as jobs
from app.kernel.db import separate_transaction, session
from app.kernel.working_time import is_working_day
from app.notifications import channels, mail, rules, sending, subjects, wording
from app.notifications.channels import Refused, Unclear
from app.notifications.models import Delivery, Notice, NoticeSetting
from app.notifications.rules import Channel, State

JOB = "notifications.digest"
DEFAULT_AT = time(8, 30)
MOST = 100

TITLE = {
    "en": "Your day: {waiting} tasks wait, {news} notices",
    "zh_Hans": "每日摘要：{waiting} 项待办，{news} 条通知",
    "zh_Hant": "每日摘要：{waiting} 項待辦，{news} 則通知",
}
WAITING = {"en": "Waiting for you", "zh_Hans": "待您办理", "zh_Hant": "待您辦理"}
NEWS = {"en": "What has happened", "zh_Hans": "新的动态", "zh_Hant": "新的動態"}
DUE = {"en": "due {due}", "zh_Hans": "时限 {due}", "zh_Hant": "時限 {due}"}


def put_digests(*, now: datetime) -> int:
    """Put a job for everybody whose digest is due on this working day, in the open transaction; returns how many."""
    local = now.astimezone(ZoneInfo(channels.ways().zone))
    if channels.ways().mail is None or not is_working_day(local.date()):
        return 0
    fresh = or_(NoticeSetting.digested_on.is_(None), NoticeSetting.digested_on < local.date())
    statement = select(NoticeSetting).where(NoticeSetting.digest_at <= local.time().replace(tzinfo=None), fresh)
    found = session.scalars(statement.limit(1000).with_for_update(skip_locked=True)).all()
    due = [s for s in found if s.digest_at and rules.digest_is_due(local, s.digest_at, s.digested_on)]
    day = local.date().isoformat()
    enqueue_many(name=JOB, jobs=[({"user": s.user_id, "day": day}, None, f"{s.user_id} {day}") for s in due])
    for setting in due:
        setting.digested_on = local.date()
    return len(due)


def send_digest(*, user_id: int, day: str, now: datetime) -> None:
    """Send a user's digest, where there is something to say. Raises NotTaken for another try, GiveUp where there is none left.

    It is claimed first, and its notices with it, like single ones: a digest that was cut off is not sent again, its notices are
    UNCLEAR.
    """
    user, mailer = session.get_one(User, user_id), channels.ways().mail
    locale = wording.language(user.language)
    waits = subjects.waiting(user_id, locale)
    claim = f"digest {user_id} {day}"
    claimed = _claim(claim, user_id, now)
    if claimed is None or not (waits or claimed):
        return
    try:
        if mailer is None or not user.email or not user.active:
            raise Refused("There is no mail server, or the user has no address any more.")
        notices = session.scalars(
            select(Notice).join(Delivery, Delivery.notice_id == Notice.id).where(Delivery.id.in_(claimed))
        ).all()
        mailer.send(_compose(mailer.sender, user, day, waits, notices, now))
    except Unclear as fault:
        _end(claimed, State.UNCLEAR, now, str(fault))
    except Refused as fault:
        _end(claimed, State.FAILED, now, str(fault))
        raise GiveUp(str(fault)) from fault
    except channels.NotTaken:
        _end(claimed, State.WAITING, now, None, give_up=claim)
        raise
    else:
        _end(claimed, State.SENT, now, None)


def _compose(
    sender: str, user: User, day: str, waits: Sequence[subjects.Subject], notices: Sequence[Notice], now: datetime
) -> EmailMessage:
    locale = wording.language(user.language)
    assert user.email
    about, words = subjects.subjects(notices, locale), wording.wordings(locale)
    told = [
        wording.pick(words, notice.event).filled(about.get(notice.id, subjects.Subject()).values).sentence
        for notice in notices[:MOST]
    ]
    lines = [(WAITING[locale], ""), *[(_waiting_line(subject, locale), "") for subject in waits]] if waits else []
    lines += [(NEWS[locale], ""), *[(sentence, "") for sentence in told]] if told else []
    title = rules.fill(TITLE[locale], {"waiting": str(len(waits)), "news": str(len(notices))})
    return mail.compose(
        sender=sender,
        to=user.email,
        title=title,
        lines=[*lines, (channels.ways().public_url, channels.ways().public_url)],
        foot=sending.FOOT[locale],
        lang=sending.LANG[locale],
        key=f"digest {user.id} {day}",
        now=now,
    )


def _waiting_line(subject: subjects.Subject, locale: str) -> str:
    due = rules.fill(DUE[locale], subject.values) if subject.due else ""
    return " · ".join(part for part in (subject.case, subject.station, due) if part)


def _claim(key: str, user_id: int, now: datetime) -> list[int] | None:
    """Take this digest and the user's waiting notices, committed before it leaves; None where it was claimed before."""
    with separate_transaction() as own:
        is_first = jobs.note_effect(key=key, now=now)
        mine = (Delivery.user_id == user_id, Delivery.channel == Channel.DIGEST)
        cut_off = update(Delivery).where(*mine, Delivery.state == State.SENDING)
        own.execute(cut_off.values(state=State.UNCLEAR, changed_at=now, reason=sending.CUT_OFF))
        if not is_first:
            return None
        claim = update(Delivery).where(*mine, Delivery.state == State.WAITING)
        taken = claim.values(state=State.SENDING, tries=Delivery.tries + 1, changed_at=now).returning(Delivery.id)
        return list(own.scalars(taken))


def _end(ids: Sequence[int], state: State, now: datetime, reason: str | None, give_up: str = "") -> None:
    """In a transaction of its own: the job's may be rolled back. give_up: the claim of a digest that may be tried again."""
    with separate_transaction() as own:
        if give_up:
            jobs.forget_effect(key=give_up)
        ended = update(Delivery).where(Delivery.id.in_(ids), Delivery.state == State.SENDING)
        own.execute(ended.values(state=state, reason=reason, changed_at=now))
