"""The lines of the bell: a notice in the reader's words."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
        "task_due_soon": gettext("%(case)s: %(station)s is due soon", **values),
        "task_overdue": gettext("%(case)s: %(station)s is overdue", **values),
        "task_overdue_below": gettext("%(case)s: %(station)s is overdue with one of your staff", **values),
        "task_handed_to_deputy": gettext("%(case)s: %(station)s was overdue and has come to you as deputy", **values),
        "task_taken_by_deputy": gettext("%(case)s: %(station)s was overdue and was handed to your deputy", **values),
        "task_without_deputy": gettext("%(case)s: %(station)s is overdue and nobody may take it over", **values),
        "task_escalated": gettext("%(case)s: %(station)s is overdue and has come to the supervisors", **values),
        "case_copied": gettext("%(case)s was copied to you", **values),
        "case_decided": gettext("%(case)s has been decided", **values),
    }
    sentences |= _about_people(params, values) | _about_votes(params, values)
    text = sentences.get(notice.event, notice.event)
    return (
        text,
        moment(notice.created_at, now),
        url_for("inbox.case", case_id=case.id) if case else "",
        notice.read_at is None,
    )


def _about_votes(params: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    committee = text_of(params.get("committee", ""))
    return {
        "vote_tied": gettext("%(case)s: the votes are equal; you decide as chair (%(station)s)", **values),
        "vote_again": gettext("%(case)s: a new round of the vote is open (%(station)s)", **values),
        "vote_time_over": gettext(
            "%(case)s: the time of the vote is over and the quorum is missing (%(station)s)", **values
        ),
        "condition_set": gettext("%(case)s: you see to a condition of the approval", **values),
        "sitting_planned": gettext("A sitting of %(committee)s is planned", committee=committee),
    }


def _about_people(params: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    names = {"name": params.get("name", ""), "deputy": params.get("deputy", "")}
    return {
        "task_unassigned": gettext(
            "%(case)s: nobody was found for %(station)s; it lies with the administrators", **values
        ),
        "substitute_named": gettext("%(deputy)s has been named to act for %(name)s", **names),
        "substitute_ended": gettext("%(deputy)s no longer acts for %(name)s", **names),
        "hand_over_done": gettext("The hand-over of %(name)s is finished", **names),
    }
