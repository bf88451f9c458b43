"""The bank's people: the list, one person, entering and changing him, and the acts on his account."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.administration.people_pages import blueprint, forget, must_be_a_browser, said, texts_said, user_of
from app.identity import accounts, directory, places, queries
from app.identity.accounts import Details
from app.identity.directory import Wanted
from app.identity.models import Group, User
from app.identity.rules import ROLES
from app.identity.words import ROLE_NAMES
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.kernel.ids import parse_number
from app.web.access import Permission, requires
from app.web.errors import translated
from app.workflow.assigning import handover_items

MANAGE = Permission.USER_MANAGE
Answer = str | tuple[str, int] | BaseResponse


@blueprint.get("/people")
@requires(MANAGE)
def list_people() -> str:
    """Everybody, searched and filtered, page by page."""
    asked = {name: request.args.get(name, "")[:60] for name in ("q", "branch", "group", "role", "state", "after")}
    wanted = Wanted(
        text=asked["q"].strip(),
        branch_id=parse_number(asked["branch"]),
        group_id=parse_number(asked["group"]),
        role=asked["role"],
        state=asked["state"],
        after=asked["after"],
    )
    rows = directory.people(wanted, now())
    following: dict[str, Any] | None = {**asked, "after": rows[-1].username} if len(rows) == directory.PAGE else None
    return render_template(
        "administration/people.html",
        rows=rows,
        asked=asked,
        total=directory.count(wanted, now()),
        groups=queries.groups(),
        role_names=ROLE_NAMES,
        now=now(),
        next=url_for("people.list_people", **following) if following else None,
    )


@blueprint.get("/people/<username>")
@requires(MANAGE)
def person(username: str) -> str:
    """Everything on record of a person, and what can be done with his account."""
    return _page(user_of(username))


@blueprint.get("/new-person")
@requires(MANAGE)
def new_person() -> str:
    """The form to enter somebody."""
    return _form(None, {"role": ["staff"]})


@blueprint.post("/new-person")
@requires(MANAGE)
def create_person() -> Answer:
    """Enter somebody; the answer is the only page that ever shows his first password."""
    must_be_a_browser()
    try:
        user, password = accounts.enter(
            username=said("username", 60),
            details=_details(),
            roles=request.form.getlist("role"),
            actor=current_user.actor,
            now=now(),
        )
        for group in _groups_said():
            places.add_member(group=group, user=user, actor=current_user.actor, now=now())
    except Refusal as refusal:
        return _form(None, _given(), translated(refusal)), refusal.status
    forget()
    return _page(user, password)


@blueprint.get("/people/<username>/change")
@requires(MANAGE)
def edit_person(username: str) -> str:
    """The form to correct what is on record of somebody."""
    return _form(user_of(username), None)


@blueprint.post("/people/<username>/change")
@requires(MANAGE)
def change_person(username: str) -> Answer:
    """Correct what is on record of somebody."""
    user = user_of(username)
    try:
        accounts.change(user=user, details=_details(), actor=current_user.actor, now=now())
    except Refusal as refusal:
        return _form(user, _given(), translated(refusal)), refusal.status
    return _done(user, gettext("Saved."))


@blueprint.post("/people/<username>/roles")
@requires(MANAGE)
def set_roles(username: str) -> BaseResponse:
    """Say what somebody's account may do."""
    user = user_of(username)
    accounts.set_roles(user=user, roles=request.form.getlist("role"), actor=current_user.actor, now=now())
    return _done(user, gettext("The roles are set."))


@blueprint.post("/people/<username>/password")
@requires(MANAGE)
def reset_password(username: str) -> str:
    """A new password; the answer is the only page that ever shows it."""
    must_be_a_browser()
    user = user_of(username)
    return _page(user, accounts.new_password(user=user, actor=current_user.actor, now=now()))


@blueprint.post("/people/<username>/unlock")
@requires(MANAGE)
def unlock_person(username: str) -> BaseResponse:
    """Open an account that wrong passwords have locked."""
    user = user_of(username)
    accounts.unlock(user=user, actor=current_user.actor, now=now())
    return _done(user, gettext("The account is open again."))


@blueprint.post("/people/<username>/end-access")
@requires(MANAGE)
def end_access(username: str) -> BaseResponse:
    """End every login and every token of somebody."""
    user = user_of(username)
    accounts.end_access(user=user, actor=current_user.actor, now=now())
    return _done(user, gettext("Every login is ended, every token taken back."))


@blueprint.post("/people/<username>/deactivate")
@requires(MANAGE)
def deactivate_person(username: str) -> BaseResponse:
    """Close somebody's account."""
    user = user_of(username)
    accounts.deactivate(user=user, reason=said("reason", 400), actor=current_user.actor, now=now())
    return _done(user, gettext("The account is closed."))


@blueprint.post("/people/<username>/reactivate")
@requires(MANAGE)
def reactivate_person(username: str) -> str:
    """Open a closed account; the answer is the only page that ever shows the new password."""
    must_be_a_browser()
    user = user_of(username)
    password = accounts.reactivate(user=user, reason=said("reason", 400), actor=current_user.actor, now=now())
    forget()
    return _page(user, password)


def _done(user: User, sentence: str) -> BaseResponse:
    forget()
    flash(sentence, "success")
    return redirect(url_for("people.person", username=user.username))


def _page(user: User, password: str = "") -> str:
    moment = now()
    superior = queries.users([user.superior_id]).get(user.superior_id) if user.superior_id else None
    return render_template(
        "administration/person.html",
        user=user,
        password=password,
        superior=superior,
        groups=directory.groups_of(user.id),
        substitutes=directory.substitutes(user.id, moment),
        last_sign_in=directory.last_sign_in(user.id),
        logins=len(queries.logins_of(user.id)),
        tokens=len(queries.tokens_of(user.id)),
        locked=user.locked_until is not None and user.locked_until > moment,
        holds=_holds(user),
        is_oneself=user.id == current_user.id,
        is_last=accounts.is_last_administrator(user),
        roles=ROLES,
        role_names=ROLE_NAMES,
    )


def _holds(user: User) -> list[str]:
    """What would be left lying if he went now, in words."""
    counts = Counter(
        "task" if item.kind in handover_items.OF_TASKS else item.kind for item in handover_items.items(user.id)
    )
    words = {
        "task": gettext("%(n)s open tasks or ballots", n=counts["task"]),
        "membership": gettext("member of %(n)s groups", n=counts["membership"]),
        "headship": gettext("head of %(n)s groups", n=counts["headship"]),
        "substitute": gettext("%(n)s substitutes act for him", n=counts["substitute"]),
        "deputy": gettext("he acts for %(n)s others", n=counts["deputy"]),
        "copy": gettext("%(n)s unread copies", n=counts["copy"]),
    }
    return [text for kind, text in words.items() if counts[kind]]


def _form(user: User | None, given: dict[str, Any] | None, error: str = "") -> str:
    return render_template(
        "administration/person_form.html",
        user=user,
        given=_on_record(user) if given is None and user else given,
        error=error,
        tree=directory.tree(),
        lines=queries.lines(),
        groups=queries.groups(),
        roles=ROLES,
        role_names=ROLE_NAMES,
    )


def _on_record(user: User) -> dict[str, Any]:
    """What the form shows of somebody, by field."""
    superior = queries.users([user.superior_id]).get(user.superior_id) if user.superior_id else None
    plain = {
        "name": user.name,
        "branch": user.branch_id,
        "line": user.business_line_id,
        "superior": superior.username if superior else "",
        "email": user.email,
        "phone": user.phone,
    }
    return {**plain, **{f"position_{code}": text for code, text in (user.position or {}).items()}}


def _given() -> dict[str, Any]:
    """What was typed, to be shown again."""
    return {**request.form.to_dict(), "role": request.form.getlist("role"), "group": request.form.getlist("group")}


def _groups_said() -> list[Group]:
    """The groups that were ticked, those that there are."""
    ticked = set(request.form.getlist("group"))
    return [group for group in queries.groups() if group.key in ticked]


def _details() -> Details:
    """What the form says of a person; raises NotFound for a superior whom nobody knows."""
    superior = said("superior", 60)
    return Details(
        name=said("name"),
        position=texts_said("position"),
        branch_id=parse_number(said("branch")),
        business_line_id=parse_number(said("line")),
        superior_id=user_of(superior).id if superior else None,
        email=said("email", 121) or None,
        phone=said("phone", 40) or None,
    )
