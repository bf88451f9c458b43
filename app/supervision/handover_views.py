"""The pages of a hand-over: choose two people, look at what would move, begin, and watch it being carried out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.web import shell
from app.web.access import Permission, requires
from app.web.errors import translated
from app.web.shell import MenuEntry
from app.workflow.assigning import handover

MOST_SHOWN = 200

blueprint = Blueprint("handover", __name__, template_folder="templates", url_prefix="/hand-over")
shell.add_to_menu(MenuEntry("handover.choose", "Hand-over", Permission.STAFF_HAND_OVER, "arrow-left-right", 34))


@blueprint.get("")
@requires(Permission.STAFF_HAND_OVER)
def choose() -> str:
    """Who hands over to whom; with both named, what would move and what would be refused."""
    return _page(request.args.get("from", "")[:60], request.args.get("to", "")[:60], None)


@blueprint.post("")
@requires(Permission.STAFF_HAND_OVER)
def begin() -> BaseResponse | tuple[str, int]:
    """Begin the hand-over and go to its page."""
    leaver, to = request.form.get("from", "")[:60], request.form.get("to", "")[:60]
    user = people.user_by_username(leaver)
    try:
        row = handover.begin(
            from_id=user.id if user else 0,
            to_username=to,
            reason=request.form.get("reason", "").replace("\0", "")[:4000],
            leaves=request.form.get("leaves") == "1",
            person=current_user,
            now=now(),
        )
        handover.advance(hand_over_id=row.id, now=now())
    except Refusal as refusal:
        return _page(leaver, to, translated(refusal)), refusal.status
    return redirect(url_for("handover.progress", hand_over_id=row.id))


@blueprint.get("/<uuid:hand_over_id>")
@requires(Permission.STAFF_HAND_OVER)
def progress(hand_over_id: uuid.UUID) -> str:
    """How far it has come, and what was refused and why."""
    found = handover.standing_of(hand_over_id)
    names = people.users([found.row.from_id, found.row.to_id])
    return render_template(
        "supervision/handover_progress.html",
        found=found,
        leaver=names[found.row.from_id].name,
        successor=names[found.row.to_id].name,
        refused=[(kind_words()[kind], name, translated(refusal)) for kind, name, refusal in found.refused],
        total=found.waiting + found.done + len(found.refused),
    )


@blueprint.post("/<uuid:hand_over_id>/go-on")
@requires(Permission.STAFF_HAND_OVER)
def go_on(hand_over_id: uuid.UUID) -> BaseResponse:
    """Carry out the next rows now, where no worker does."""
    handover.advance(hand_over_id=hand_over_id, now=now())
    return redirect(url_for("handover.progress", hand_over_id=hand_over_id))


def kind_words() -> dict[str, str]:
    """What is handed over, in the reader's language."""
    return {
        "membership": gettext("Group membership"),
        "headship": gettext("Head of a group"),
        "substitute": gettext("Who acts for him (ends)"),
        "deputy": gettext("For whom he acts"),
        "task": gettext("Task he holds"),
        "candidate": gettext("Task named for him"),
        "vote": gettext("Open ballot"),
        "copy": gettext("Unread copy"),
    }


def _page(leaver: str, to: str, error: str | None) -> str:
    items: Sequence[handover.Item] | None = None
    user = people.user_by_username(leaver) if leaver else None
    if user is not None and to and error is None:
        try:
            items = handover.preview(from_id=user.id, to_username=to, person=current_user, now=now())
        except Refusal as refusal:
            error = translated(refusal)
    words = kind_words()
    lines = [(words[i.kind], i.name, translated(i.refusal) if i.refusal else "") for i in items or ()]
    return render_template(
        "supervision/handover.html",
        people=[(u.username, f"{u.name} ({u.username})") for u in people.active_users()],
        leaver=leaver,
        to=to,
        names={u.username: u.name for u in people.active_users()},
        error=error,
        lines=None if items is None else sorted(lines, key=lambda line: not line[2])[:MOST_SHOWN],
        moving=sum(1 for line in lines if not line[2]),
        staying=sum(1 for line in lines if line[2]),
        may_close=current_user.may(Permission.USER_MANAGE),
        under_way=[row for row in handover.hand_overs() if row.ended_at is None],
    )
