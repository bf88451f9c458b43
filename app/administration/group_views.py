"""The bank's groups: the list, one group with its members and its head, and taking one away."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.administration.people_pages import blueprint, forget, said, texts_said, user_of
from app.administration.people_views import MANAGE, Answer
from app.identity import directory, places, queries
from app.identity.models import Group
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.web.access import requires
from app.web.errors import translated
from app.workflow.deploying import group_uses


@blueprint.get("/groups")
@requires(MANAGE)
def list_groups() -> str:
    """All groups with their heads and sizes."""
    return _list()


@blueprint.post("/groups")
@requires(MANAGE)
def create_group() -> Answer:
    """A new group."""
    try:
        group = places.create_group(key=said("key", 60), name=texts_said("name"), actor=current_user.actor, now=now())
    except Refusal as refusal:
        return _list(request.form.to_dict(), translated(refusal)), refusal.status
    return _done(group, gettext("The group is made. Add its members."))


@blueprint.get("/groups/<group_key>")
@requires(MANAGE)
def group(group_key: str) -> str:
    """One group; with ?q= also whom it could take in."""
    found = _group(group_key)
    text = request.args.get("q", "").strip()[:60]
    members = directory.members(found.id)
    head = queries.users([found.head_id]).get(found.head_id) if found.head_id else None
    return render_template(
        "administration/group.html",
        group=found,
        members=members,
        head=head,
        q=text,
        found=directory.outside(found.id, text) if text else [],
        most=directory.MOST_FOUND,
    )


@blueprint.post("/groups/<group_key>/name")
@requires(MANAGE)
def rename_group(group_key: str) -> BaseResponse:
    """Other names for a group."""
    found = _group(group_key)
    places.rename_group(group=found, name=texts_said("name"), actor=current_user.actor, now=now())
    return _done(found, gettext("Saved."))


@blueprint.post("/groups/<group_key>/members")
@requires(MANAGE)
def add_group_member(group_key: str) -> BaseResponse:
    """Take somebody in."""
    found, user = _group(group_key), user_of(said("username", 60))
    places.add_member(group=found, user=user, actor=current_user.actor, now=now())
    return _done(found, gettext("%(name)s is in the group.", name=user.name))


@blueprint.post("/groups/<group_key>/members/remove")
@requires(MANAGE)
def remove_group_member(group_key: str) -> BaseResponse:
    """Take somebody out."""
    found, user = _group(group_key), user_of(said("username", 60))
    places.remove_member(group=found, user=user, actor=current_user.actor, now=now())
    return _done(found, gettext("%(name)s is no longer in the group.", name=user.name))


@blueprint.post("/groups/<group_key>/head")
@requires(MANAGE)
def set_group_head(group_key: str) -> BaseResponse:
    """Say who leads the group; an empty user name: nobody."""
    found, username = _group(group_key), said("username", 60)
    user = user_of(username) if username else None
    places.set_head(group=found, user=user, actor=current_user.actor, now=now())
    return _done(found, gettext("Saved."))


@blueprint.post("/groups/<group_key>/delete")
@requires(MANAGE)
def delete_group(group_key: str) -> BaseResponse:
    """Take a group away that nothing refers to."""
    found = _group(group_key)
    group_uses.must_be_unused(found)
    places.delete_group(group=found, actor=current_user.actor, now=now())
    forget()
    flash(gettext("The group is gone."), "success")
    return redirect(url_for("people.list_groups"))


def _group(key: str) -> Group:
    found = queries.group_by_key(key)
    if found is None:
        raise NotFound("There is no such group.")
    return found


def _done(group: Group, sentence: str) -> BaseResponse:
    forget()
    flash(sentence, "success")
    return redirect(url_for("people.group", group_key=group.key))


def _list(given: dict[str, str] | None = None, error: str = "") -> str:
    groups = queries.groups()
    return render_template(
        "administration/groups.html",
        groups=groups,
        heads=queries.users(group.head_id for group in groups if group.head_id),
        sizes=directory.sizes(),
        given=given or {},
        error=error,
    )
