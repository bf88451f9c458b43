"""The lines of the bell: each notice in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import url_for
from flask_babel import get_locale

from app.inbox.words import Moment, moment
from app.notifications import subjects, wording
from app.notifications.models import Notice

Line = tuple[str, Moment | None, str, bool]


def notice_lines(notices: Sequence[Notice], now: datetime) -> list[Line]:
    """Notices as text, time, address and whether each is unread; a fixed number of statements for any number of them."""
    locale = wording.language(str(get_locale()))
    words, about = wording.wordings(locale), subjects.subjects(notices, locale)
    return [_line(notice, words, about.get(notice.id, subjects.Subject()), now) for notice in notices]


def _line(notice: Notice, words: dict[str, wording.Wording], subject: subjects.Subject, now: datetime) -> Line:
    text = wording.pick(words, notice.event).filled(subject.values).sentence
    url = url_for("inbox.case", case_id=notice.case_id) if subject.case else ""
    return text, moment(notice.created_at, now), url, notice.read_at is None
