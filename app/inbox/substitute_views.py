"""The page of substitutes: a person's own, and everybody's for supervisors."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import queries as people
from app.inbox.lists import process_names
from app.inbox.pages import blueprint
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.web.access import Permission, requires
from app.web.errors import translated
from app.web.i18n import text_of
from app.workflow.assigning import substitutes as operations
from app.workflow.assigning.substitutes import Wish

ZONE = ZoneInfo("Asia/Shanghai")


@blueprint.get("/substitutes")
@requires(Permission.CASE_WORK)
def substitutes() -> str:
    """Who acts for whom, and the form to name a substitute."""
    return _page({}, None)


@blueprint.post("/substitutes")
@requires(Permission.CASE_WORK)
def name_substitute() -> BaseResponse | tuple[str, int]:
    """Name a substitute for oneself or, as a supervisor, for somebody else."""
    form = request.form
    try:
        operations.name_substitute(
            principal_id=_principal(form.get("principal", "")),
            wish=_wish(),
            person=current_user,
            now=now(),
        )
    except Refusal as refusal:
        return _page(form.to_dict(), translated(refusal)), refusal.status
    flash(gettext("Saved. It begins and ends by itself."), "success")
    return redirect(url_for("inbox.substitutes"))


@blueprint.post("/substitutes/<int:substitution_id>/end")
@requires(Permission.CASE_WORK)
def end_substitution(substitution_id: int) -> BaseResponse:
    """End a substitution now."""
    operations.end_substitution(substitution_id=substitution_id, person=current_user, now=now())
    flash(gettext("Ended."), "success")
    return redirect(url_for("inbox.substitutes"))


def _page(values: dict[str, str], error: str | None) -> str:
    moment = now()
    oversees = current_user.may(Permission.CASE_SUPERVISE)
    rows = operations.substitutions_of(current_user, moment)
    return render_template(
        "inbox/substitutes.html",
        rows=rows,
        now=moment,
        last_days={named.row.id: named.row.until_at - timedelta(seconds=1) for named in rows},
        values=values,
        error=error,
        oversees=oversees,
        today=moment.astimezone(ZONE).date().isoformat(),
        people=[(user.username, f"{user.name} ({user.username})") for user in people.active_users()],
        processes=process_names(),
        lines={line.key: text_of(line.name) for line in people.lines()},
    )


def _principal(username: str) -> int:
    """Whose substitute is named: the reader's own, where nobody is said."""
    if not username:
        return int(current_user.id)
    found = people.user_by_username(username)
    if found is None:
        raise NotFound("There is no such user.")
    return found.id


def _wish() -> Wish:
    form = request.form
    return Wish(
        deputy=form.get("deputy", "")[:60],
        from_at=_start_of(form.get("from", "")),
        until_at=_start_of(form.get("until", ""), timedelta(days=1)),
        process_key=form.get("process", "")[:80] or None,
        business_line=form.get("line", "")[:40] or None,
        ceiling=_amount(form.get("ceiling", "")),
        existing=form.get("existing") == "1",
        reason=form.get("reason", "").replace("\0", "")[:200],
    )


def _start_of(text: str, later: timedelta = timedelta()) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), tzinfo=ZONE) + later
    except (ValueError, OverflowError):
        raise Refusal("Enter the first and the last day.") from None


def _amount(text: str) -> Decimal | None:
    cleaned = text.replace(",", "").strip()
    try:
        amount = Decimal(cleaned) if cleaned else None
    except InvalidOperation:
        raise Refusal("The amount is no number.") from None
    if amount is not None and (not amount.is_finite() or amount >= Decimal(10) ** 16):
        raise Refusal("The amount is no number.")
    return amount
