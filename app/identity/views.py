"""Signing in and out, the person's own settings, and the page of who may do what."""

from __future__ import annotations

from datetime import timedelta

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext
from flask_login import LoginManager, current_user
from sqlalchemy import Update, update
from werkzeug.datastructures import Authorization
from werkzeug.wrappers import Response as BaseResponse

from app.identity import operations, own_password, queries, rules
from app.identity.models import Login, Token, User
from app.identity.own_access import blueprint
from app.identity.rules import ROLES, Person
from app.identity.words import PERMISSION_NAMES, ROLE_NAMES
from app.kernel import db
from app.kernel.clock import now
from app.web import shell
from app.web.access import Permission, public, requires, signed_in
from app.web.errors import translated
from app.web.i18n import LANGUAGES
from app.web.shell import MenuEntry

COOKIE = "creditflow_login"
# What an open page asks by itself; a person who has left his desk must not stay signed in by it.
PASSIVE = frozenset({"notices.count"})

manager = LoginManager()


def install(app: Flask) -> None:
    """Let Flask-Login find the person by our own cookie or a token."""
    manager.init_app(app)
    manager.session_protection = None
    manager.request_loader(load_person)
    app.before_request(own_password.lead_there)
    shell.on_language(_remember)
    shell.add_to_menu(MenuEntry("identity.permissions", "Who may do what", Permission.USER_MANAGE, "key", 90))


def load_person(_request: object) -> Person | None:
    """The person of this request, by token or by cookie."""
    if request.authorization is not None:
        g.by_token = True
        return _person_of_token(request.authorization)
    secret = request.cookies.get(COOKIE)
    return _person_of_cookie(secret) if secret else None


@blueprint.get("/login")
@public
def login() -> str | BaseResponse:
    """The sign-in page."""
    if current_user.is_authenticated:
        return redirect(shell.back_to())
    return render_template(
        "identity/login.html", following=shell.back_to(""), username="", demo=current_app.config["DEMO_LOGINS"]
    )


@blueprint.post("/login")
@public
def sign_in() -> tuple[str, int] | BaseResponse:
    """Check name and password and open a login."""
    username = request.form.get("username", "").strip()[:60]
    try:
        secret = operations.sign_in(
            username=username,
            password=request.form.get("password", "")[:200],
            address=request.remote_addr,
            agent=request.user_agent.string,
            now=now(),
        )
    except operations.WrongLogin as wrong:
        page = render_template(
            "identity/login.html",
            following=shell.back_to(""),
            username=username,
            error=translated(wrong),
            demo=current_app.config["DEMO_LOGINS"],
        )
        return page, 422
    session.clear()
    answer = redirect(shell.back_to(url_for("home")))
    return _with_cookie(answer, secret)


@blueprint.post("/logout")
@signed_in
def logout() -> BaseResponse:
    """End this login on the server."""
    operations.sign_out(secret=request.cookies.get(COOKIE, ""), actor=current_user.actor, now=now())
    session.clear()
    answer = redirect(url_for("identity.login"))
    answer.delete_cookie(COOKIE)
    return answer


@blueprint.get("/settings")
@signed_in
def settings() -> str:
    """The person's own page."""
    user = db.session.get_one(User, current_user.id)
    return render_template("identity/settings.html", user=user, role_names=ROLE_NAMES)


@blueprint.post("/settings")
@signed_in
def save_settings() -> BaseResponse:
    """Remember the language."""
    _remember(request.form.get("language", ""))
    flash(gettext("Saved."))
    return redirect(url_for("identity.settings"))


@blueprint.get("/permissions")
@requires(Permission.USER_MANAGE)
def permissions() -> str:
    """The matrix of roles and permissions, and who has which role."""
    return render_template(
        "identity/permissions.html",
        roles=ROLES,
        role_names=ROLE_NAMES,
        permission_names=PERMISSION_NAMES,
        users=queries.active_users(),
    )


def _remember(value: str) -> None:
    if value in LANGUAGES:
        db.session.get_one(User, current_user.id).language = value


def _person_of_token(given: Authorization) -> Person | None:
    """By `Bearer <token>`; or by `Basic`, for clients that know nothing else: the user name, and the token as password."""
    moment = now()
    found = queries.person_of_token(given.token or given.password or "", moment, request.remote_addr)
    if found is None or given.type not in ("bearer", "basic"):
        return None
    person, row = found
    if given.type == "basic" and person.username != given.username:
        return None
    if rules.is_due_touch(row.used_at, moment):
        _note_use(update(Token).where(Token.id == row.id).values(used_at=moment))
    return person


def _person_of_cookie(secret: str) -> Person | None:
    found = queries.person_of_login(secret, request.remote_addr)
    if found is None:
        return None
    person, login = found
    moment = now()
    idle, longest = current_app.config["IDLE"], current_app.config["LONGEST_LOGIN"]
    if rules.is_over(created=login.created_at, seen=login.seen_at, now=moment, idle=idle, longest=longest):
        return None
    if rules.is_due_touch(login.seen_at, moment) and request.endpoint not in PASSIVE:
        _note_use(update(Login).where(Login.digest == login.digest).values(seen_at=moment))
    return person


def _note_use(statement: Update) -> None:
    """Note that a login or token is in use, in a transaction of its own: a GET writes nothing else."""
    with db.separate_transaction() as own:
        own.execute(statement)


def _with_cookie(answer: BaseResponse, secret: str) -> BaseResponse:
    assert isinstance(answer, Response)
    longest: timedelta = current_app.config["LONGEST_LOGIN"]
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(longest.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return answer
