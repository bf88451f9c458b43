"""One's own password. Whoever has a first one, which somebody else has seen, comes nowhere before he has chosen his own."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import accounts
from app.identity.models import User
from app.identity.own_access import blueprint
from app.kernel.clock import now
from app.kernel.db import session
from app.kernel.errors import Forbidden, Refusal
from app.web.access import signed_in
from app.web.errors import translated

ALLOWED_BEFORE = frozenset(
    {"identity.own_password", "identity.change_password", "identity.logout", "language", "static", "healthz"}
)


def lead_there() -> BaseResponse | None:
    """Before each request: a first password opens the page of one's own password only. Programs have tokens and go on."""
    # The address first: a file of the frame must not ask the database who wants it.
    if request.endpoint in ALLOWED_BEFORE or not current_user.is_authenticated or g.get("by_token"):
        return None
    if current_user.preferences.get(accounts.MUST_CHANGE):
        return redirect(url_for("identity.own_password"))
    return None


@blueprint.get("/settings/password")
@signed_in
def own_password() -> str:
    """The form."""
    return _page()


@blueprint.post("/settings/password")
@signed_in
def change_password() -> str | tuple[str, int] | BaseResponse:
    """Take a new password; every login ends, so he signs in with it."""
    if g.get("by_token"):
        raise Forbidden("Accounts and passwords are kept in the browser, not by programs.")
    new = request.form.get("new", "")[:200]
    try:
        if new != request.form.get("again", "")[:200]:
            raise Refusal("The two new passwords are not the same.")
        accounts.choose_password(
            user=session.get_one(User, current_user.id),
            old=request.form.get("old", "")[:200],
            new=new,
            actor=current_user.actor,
            now=now(),
        )
    except Refusal as refusal:
        return _page(translated(refusal)), refusal.status
    flash(gettext("The password is changed. Sign in with the new one."), "success")
    return redirect(url_for("identity.login"))


def _page(error: str = "") -> str:
    first = bool(current_user.preferences.get(accounts.MUST_CHANGE))
    return render_template("identity/own_password.html", error=error, first=first)
