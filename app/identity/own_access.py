"""The page of a person's own ways in: the tokens of his programs, and the browsers he is signed in with.

A token has the rights of its owner, no more and no less; it is shown once. Tokens are made and taken back in the browser only: a
token that could make tokens would outlive its own revocation.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.identity import operations, queries, rules
from app.kernel.clock import now
from app.kernel.errors import Forbidden, Refusal
from app.kernel.ids import parse_number
from app.web.access import signed_in

LONGEST_NAME = 80
DAYS = (30, 90, 365)

blueprint = Blueprint("identity", __name__, template_folder="templates")


@blueprint.get("/settings/access")
@signed_in
def own_access() -> str:
    """The person's tokens and logins."""
    return _page()


@blueprint.post("/settings/tokens")
@signed_in
def create_token() -> str:
    """A new token; the answer is the only page that ever shows it."""
    _must_be_a_browser()
    name, moment = request.form.get("name", "").strip()[:LONGEST_NAME], now()
    if not name:
        raise Refusal("Give the token a name: what is it for?")
    days = parse_number(request.form.get("days", ""))
    if days not in DAYS:
        raise Refusal("Choose how long the token is valid.")
    secret = operations.create_token(
        user_id=current_user.id,
        name=name,
        actor=current_user.actor,
        now=moment,
        expires_at=moment + timedelta(days=days),
    )
    return _page(secret)


@blueprint.post("/settings/tokens/<int:token_id>/revoke")
@signed_in
def revoke_token(token_id: int) -> BaseResponse:
    """Take a token back."""
    _must_be_a_browser()
    operations.revoke_token(user_id=current_user.id, token_id=token_id, actor=current_user.actor, now=now())
    flash(gettext("The token is revoked."), "success")
    return redirect(url_for("identity.own_access"))


@blueprint.post("/settings/logins/<login_id>/end")
@signed_in
def end_login(login_id: str) -> BaseResponse:
    """End a login, in whichever browser it is."""
    _must_be_a_browser()
    operations.end_login(user_id=current_user.id, login_id=login_id, actor=current_user.actor, now=now())
    flash(gettext("The login is ended."), "success")
    return redirect(url_for("identity.own_access"))


def _must_be_a_browser() -> None:
    if g.get("by_token"):
        raise Forbidden("Tokens and logins are kept in the browser, not by programs.")


def _page(secret: str = "") -> str:
    moment: datetime = now()
    return render_template(
        "identity/own_access.html",
        tokens=queries.tokens_of(current_user.id),
        logins=[(rules.login_id(row.digest), row) for row in queries.logins_of(current_user.id)],
        own=current_user.login_id,
        secret=secret,
        days=DAYS,
        now=moment,
    )
