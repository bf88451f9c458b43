"""The bell's question, and the page where a person says how he wants to be told. The list of notices stands in the inbox."""

from __future__ import annotations

from datetime import time

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app.identity.models import User
from app.kernel import db
from app.kernel.errors import Refusal
from app.notifications import channels, digest, operations, queries, routing, rules
from app.notifications.rules import Channel, Group
from app.web.access import signed_in

blueprint = Blueprint("notices", __name__, template_folder="templates")


@blueprint.get("/notices/count")
@signed_in
def count() -> BaseResponse:
    """How many notices are unread, for the bell of an open page.

    It costs the one statement that finds the login (the count is part of it), and most answers are 304: the ETag is the number.
    """
    answer = jsonify(unread=current_user.unread)
    answer.set_etag(f"{current_user.id}-{current_user.unread}")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


@blueprint.get("/notices/settings")
@signed_in
def settings() -> str:
    """Which events reach me by which channel, when not, and when the digest comes."""
    user = db.session.get_one(User, current_user.id)
    setting = queries.setting(user.id)
    return render_template(
        "notifications/settings.html",
        groups=_groups(),
        channels=_channels(),
        open_channels=channels.open_channels(),
        reachable=routing.reachable(user),
        wishes=routing.wishes_of(setting),
        setting=setting,
        digest_at=_clock(setting.digest_at if setting else None) or f"{digest.DEFAULT_AT:%H:%M}",
        quiet_from=_clock(setting.quiet_from if setting else None),
        quiet_to=_clock(setting.quiet_to if setting else None),
        email=rules.mask(user.email),
        phone=rules.mask(user.phone),
    )


@blueprint.post("/notices/settings")
@signed_in
def save_settings() -> BaseResponse:
    """Remember it."""
    form = request.form
    chosen = {group: [c for c in Channel if form.get(f"{group}.{c}")] for group in Group}
    begin, end = _time(form, "quiet_from"), _time(form, "quiet_to")
    if (begin is None) != (end is None):
        raise Refusal("Quiet hours need a beginning and an end.")
    wants_digest = any(Channel.DIGEST in wanted for wanted in chosen.values())
    operations.save_setting(
        user_id=current_user.id,
        channels=chosen,
        quiet=(begin, end) if begin and end else None,
        digest_at=_time(form, "digest_at") if wants_digest else None,
    )
    flash(gettext("Saved."))
    return redirect(url_for("notices.settings"))


def group_words() -> dict[str, tuple[str, str]]:
    """Name of each group of events and what belongs to it, in the reader's language."""
    return {
        Group.WORK: (
            gettext("Work that comes to me"),
            gettext("New task, transfer, delegation, added signature, vote"),
        ),
        Group.RETURNS: (gettext("Sent back to me"), gettext("Returned or taken back by the one before")),
        Group.TIME: (gettext("Deadlines and urging"), gettext("Urged, due soon, overdue, escalated")),
        Group.TALK: (gettext("Copies and mentions"), gettext("Copied to me, mentioned, comments")),
        Group.CASES: (gettext("Course of my cases"), gettext("Decided, withdrawn, terminated, no longer needed")),
        Group.PEOPLE: (
            gettext("Substitutes and hand-overs"),
            gettext("Named or ended as substitute, hand-over finished"),
        ),
    }


def _groups() -> list[tuple[str, str, str]]:
    return [(group, *words) for group, words in group_words().items()]


def _channels() -> list[tuple[str, str]]:
    return [
        (Channel.MAIL, gettext("E-mail")),
        (Channel.SMS, gettext("SMS")),
        (Channel.DIGEST, gettext("Daily digest")),
    ]


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""


def _time(form: MultiDict[str, str], name: str) -> time | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Refusal("A time of day looks like 21:30.") from None
