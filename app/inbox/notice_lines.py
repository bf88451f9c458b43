"""The lines of the bell: a notice in the reader's words."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import url_for
from flask_babel import gettext

from app.inbox.words import Moment, moment, station
from app.notifications.models import Notice
from app.web.i18n import text_of
from app.workflow import queries


def notice_line(notice: Notice, now: datetime) -> tuple[str, Moment | None, str, bool]:
    """A notice as text, time, address and whether it is unread."""
    case = queries.case_by_id(notice.case_id) if notice.case_id else None
    params = notice.params
    place = station(uuid.UUID(params["definition"]), params["element"]) if "element" in params else ""
    values = {"case": case.number if case else "", "station": place, "result": text_of(params.get("result", ""))}
    sentences = {
        "task_assigned": gettext("%(case)s has come to you: %(station)s", **values),
        "task_returned": gettext("%(case)s was sent back to you: %(station)s", **values),
        "task_cancelled": gettext("%(case)s: your task %(station)s is no longer needed", **values),
        "task_reassigned": gettext("%(case)s: the task %(station)s was reassigned", **values),
        "case_copied": gettext("%(case)s was copied to you", **values),
        "case_decided": gettext("%(case)s has been decided", **values),
    }
    text = sentences.get(notice.event, notice.event)
    return (
        text,
        moment(notice.created_at, now),
        url_for("inbox.case", case_id=case.id) if case else "",
        notice.read_at is None,
    )
