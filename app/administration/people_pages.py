"""What the pages of people, groups and branches share: their blueprint, the tabs above them, and what their forms say."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request, url_for
from flask_babel import gettext

from app.identity import queries
from app.identity.models import User
from app.kernel.errors import Forbidden, NotFound
from app.web.i18n import LANGUAGES
from app.workflow.assigning import assignment
from app.workflow.deploying import shelf
from config import ROOT

blueprint = Blueprint("people", __name__, template_folder="templates", url_prefix="/administration")


@blueprint.context_processor
def rooms() -> dict[str, Any]:
    """The tabs above each page of this room, and the names of branches and lines."""
    here = request.endpoint or ""
    tabs = (
        ("people.list_people", gettext("People"), "users", ("person", "people")),
        ("people.list_groups", gettext("Groups"), "users-round", ("group",)),
        ("people.list_branches", gettext("Branches and business lines"), "building-2", ("branch", "line")),
    )
    page = here.rpartition(".")[2]
    shown: list[tuple[str, str, bool, int | None, str]] = [
        (url_for(name), text, any(w in page for w in words), None, icon) for name, text, icon, words in tabs
    ]
    needed = url_for("people.routes_need")
    waits = len(shelf.never_deployed(ROOT)) or None
    shown.append((needed, gettext("What the routes need"), page == "routes_need", waits, "workflow"))
    return {
        "pages": shown,
        "branch_names": {branch.id: branch.name for branch in queries.branches()},
        "line_names": {line.id: line.name for line in queries.lines()},
    }


def user_of(username: str) -> User:
    """The person an address names; raises NotFound."""
    user = queries.user_by_username(username)
    if user is None:
        raise NotFound("There is no user {name}.", name=username)
    return user


def said(name: str, longest: int = 120) -> str:
    """A field of the form, without blanks around it and without what the database can't hold."""
    return request.form.get(name, "").replace("\0", "").strip()[:longest]


def texts_said(name: str) -> dict[str, str]:
    """A text in three languages, from the fields `<name>_<language>`; empty ones are left out."""
    given = {code: said(f"{name}_{code}", 80) for code in LANGUAGES}
    return {code: text for code, text in given.items() if text}


def must_be_a_browser() -> None:
    """A token that could make a way in would outlive its own revocation. Raises Forbidden."""
    if g.get("by_token"):
        raise Forbidden("Accounts and passwords are kept in the browser, not by programs.")


def forget() -> None:
    """People or groups have changed: the rules ask anew."""
    assignment.forget()
