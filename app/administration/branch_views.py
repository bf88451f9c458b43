"""Head office, branches and business lines: the tree, new ones, other names, and another place in the tree."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.administration.people_pages import blueprint, forget, said, texts_said
from app.administration.people_views import MANAGE, Answer
from app.identity import directory, places, queries
from app.identity.models import Branch, BusinessLine
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import parse_number
from app.web.access import requires
from app.web.errors import translated


@blueprint.get("/branches")
@requires(MANAGE)
def list_branches() -> str:
    """The tree of branches, and the business lines."""
    return _list()


@blueprint.post("/branches")
@requires(MANAGE)
def create_branch() -> Answer:
    """A new branch; the first of all is the head office."""
    try:
        places.create_branch(
            key=said("key", 60),
            name=texts_said("name"),
            parent_id=parse_number(said("parent")),
            actor=current_user.actor,
            now=now(),
        )
    except Refusal as refusal:
        return _list(request.form.to_dict(), translated(refusal), "branch"), refusal.status
    return _done(gettext("The branch is made."))


@blueprint.get("/branches/<branch_key>")
@requires(MANAGE)
def branch(branch_key: str) -> str:
    """The form of one branch."""
    return _branch_page(_branch(branch_key))


@blueprint.post("/branches/<branch_key>")
@requires(MANAGE)
def change_branch(branch_key: str) -> Answer:
    """Rename a branch, or put it below another one."""
    found = _branch(branch_key)
    try:
        places.change_branch(
            branch=found,
            name=texts_said("name"),
            parent_id=parse_number(said("parent")),
            actor=current_user.actor,
            now=now(),
        )
    except Refusal as refusal:
        return _branch_page(found, translated(refusal)), refusal.status
    return _done(gettext("Saved."))


@blueprint.post("/business-lines")
@requires(MANAGE)
def create_line() -> Answer:
    """A new business line."""
    try:
        places.create_line(key=said("key", 60), name=texts_said("name"), actor=current_user.actor, now=now())
    except Refusal as refusal:
        return _list(request.form.to_dict(), translated(refusal), "line"), refusal.status
    return _done(gettext("The business line is made."))


@blueprint.get("/business-lines/<line_key>")
@requires(MANAGE)
def line(line_key: str) -> str:
    """The form of one business line."""
    return render_template("administration/branch.html", row=_line(line_key), tree=None, error="")


@blueprint.post("/business-lines/<line_key>")
@requires(MANAGE)
def rename_line(line_key: str) -> Answer:
    """Other names for a business line."""
    found = _line(line_key)
    try:
        places.rename_line(line=found, name=texts_said("name"), actor=current_user.actor, now=now())
    except Refusal as refusal:
        page = render_template("administration/branch.html", row=found, tree=None, error=translated(refusal))
        return page, refusal.status
    return _done(gettext("Saved."))


def _branch(key: str) -> Branch:
    found = next((one for one in queries.branches() if one.key == key), None)
    if found is None:
        raise NotFound("There is no such branch.")
    return found


def _line(key: str) -> BusinessLine:
    found = next((one for one in queries.lines() if one.key == key), None)
    if found is None:
        raise NotFound("There is no such business line.")
    return found


def _done(sentence: str) -> BaseResponse:
    forget()
    flash(sentence, "success")
    return redirect(url_for("people.list_branches"))


def _branch_page(found: Branch, error: str = "") -> str:
    return render_template("administration/branch.html", row=found, tree=directory.tree(), error=error)


def _list(given: dict[str, str] | None = None, error: str = "", form: str = "") -> str:
    return render_template(
        "administration/branches.html",
        tree=directory.tree(),
        staff=directory.staff_by_branch(),
        lines=queries.lines(),
        given=given or {},
        error=error,
        form=form,
    )
