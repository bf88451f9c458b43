"""One notice by one channel, never twice by itself.

The row of the delivery is claimed (SENDING, committed) before anything leaves the house. Whoever finds it claimed does not send
again: a claim without an end means that a worker died between hand-over and confirmation, and that is UNCLEAR until a
person decides. Only what the other side has certainly not taken is tried again.
"""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import Update, update

from app.identity.models import User
from app.jobs import GiveUp, attempt
from app.kernel.db import separate_transaction, session
from app.notifications import channels, mail, subjects, wording
from app.notifications.channels import NotTaken, Refused, Sms, Unclear
from app.notifications.models import Delivery, Notice
from app.notifications.rules import Channel, State
from app.notifications.wording import Wording

FOOT = {
    "en": "Creditflow sends this because you asked for it under “How I am told”. Please do not answer.",
    "zh_Hans": "本邮件由信贷流程系统按您的“通知方式”设置自动发送，请勿回复。",
    "zh_Hant": "本郵件由信貸流程系統按您的「通知方式」設定自動發送，請勿回覆。",
}
OPEN = {"en": "Open the case", "zh_Hans": "打开申请", "zh_Hant": "開啟申請"}
LANG = {"en": "en", "zh_Hans": "zh-Hans", "zh_Hant": "zh-Hant"}
CUT_OFF = "The worker that was sending this has ended before it was confirmed."
BEGIN = frozenset({State.WAITING, State.FAILED})


def deliver(*, delivery_id: int, now: datetime) -> None:
    """Send what a delivery speaks of. Raises NotTaken for another try, GiveUp where there is none left."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.state in (State.SENT, State.UNCLEAR):
        return
    if delivery.state == State.SENDING:
        _note(delivery_id, State.UNCLEAR, now, CUT_OFF)
        return
    user, notice = session.get_one(User, delivery.user_id), session.get_one(Notice, delivery.notice_id)
    if not _claim(delivery_id, now):
        return
    hand_over(delivery_id, user, notice, now)


def hand_over(delivery_id: int, user: User, notice: Notice, now: datetime) -> None:
    """Between claim and confirmation; each way this may end is written down."""
    channel = Channel(session.get_one(Delivery, delivery_id).channel)
    try:
        (_send_mail if channel == Channel.MAIL else _send_sms)(user, notice, now)
    except NotTaken as fault:
        _note(delivery_id, State.FAILED if attempt().is_last else State.WAITING, now, str(fault))
        raise
    except Refused as fault:
        _note(delivery_id, State.FAILED, now, str(fault))
        raise GiveUp(str(fault)) from fault
    except Unclear as fault:
        _note(delivery_id, State.UNCLEAR, now, str(fault))
    else:
        # In the job's own transaction, with its effect key.
        session.execute(_change(delivery_id, State.SENT, now, None))


def words_for(notice: Notice, locale: str) -> Wording:
    """Title and sentence of a notice in a language."""
    found = wording.pick(wording.wordings(locale), notice.event)
    subject = subjects.subjects([notice], locale).get(notice.id, subjects.Subject())
    return found.filled(subject.values)


def link(notice: Notice) -> str:
    """The address of the case, or nothing."""
    return case_address(str(notice.case_id)) if notice.case_id else ""


def case_address(case_id: str) -> str:
    """The address of a case for people outside the site."""
    base = channels.ways().public_url.rstrip("/")
    return base + current_app.url_map.bind("").build("inbox.case", {"case_id": case_id})


def _send_mail(user: User, notice: Notice, now: datetime) -> None:
    mailer = channels.ways().mail
    if mailer is None or not user.email or not user.active:
        raise Refused("There is no mail server, or the user has no address any more.")
    locale = wording.language(user.language)
    words = words_for(notice, locale)
    lines = [(words.sentence, ""), (OPEN[locale], link(notice))] if notice.case_id else [(words.sentence, "")]
    message = mail.compose(
        sender=mailer.sender,
        to=user.email,
        title=words.title,
        lines=lines,
        foot=FOOT[locale],
        lang=LANG[locale],
        key=f"notice {notice.id}",
        now=now,
    )
    mailer.send(message)


def _send_sms(user: User, notice: Notice, _now: datetime) -> None:
    provider = channels.ways().sms
    if provider is None or not user.phone_cipher or not user.active:
        raise Refused("There is no SMS gateway, or the user has no number any more.")
    locale = wording.language(user.language)
    words, written_in = words_for(notice, locale), provider.language or locale
    subject = subjects.subjects([notice], written_in).get(notice.id, subjects.Subject())
    values = {"event": words_for(notice, written_in).title, "case": subject.case, "station": subject.station}
    provider.send(Sms(user.phone, f"{words.title}: {words.sentence}", values, f"notice-{notice.id}"))


def _claim(delivery_id: int, now: datetime) -> bool:
    """Take the delivery for this try, committed before anything leaves; False where another run was faster."""
    with separate_transaction() as own:
        claim = update(Delivery).where(Delivery.id == delivery_id, Delivery.state.in_(BEGIN))
        taken = claim.values(state=State.SENDING, tries=Delivery.tries + 1, changed_at=now).returning(Delivery.id)
        return own.scalar(taken) is not None


def _note(delivery_id: int, state: State, now: datetime, reason: str) -> None:
    """In a transaction of its own: the job's may be rolled back."""
    with separate_transaction() as own:
        own.execute(_change(delivery_id, state, now, reason))


def _change(delivery_id: int, state: State, now: datetime, reason: str | None) -> Update:
    changed = update(Delivery).where(Delivery.id == delivery_id, Delivery.state == State.SENDING)
    return changed.values(state=state, reason=reason[:300] if reason else None, changed_at=now)
