"""What the routes need of the bank's groups: which are missing, which are empty, and the press that puts in force what waited for
them. A bank that has just begun finds here what to do next."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.administration.people_pages import blueprint, forget, said
from app.administration.people_views import MANAGE, Answer
from app.identity import places
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.web.access import requires
from app.web.errors import translated
from app.web.i18n import DEFAULT, text_of
from app.workflow.deploying import group_needs, shelf
from app.workflow.deploying.group_needs import Waiting
from config import ROOT


@blueprint.get("/routes-need")
@requires(MANAGE)
def routes_need() -> str:
    """The groups that routes ask for, and the routes that wait for some."""
    return _page()


@blueprint.post("/routes-need/groups")
@requires(MANAGE)
def make_missing_groups() -> Answer:
    """Make those of the missing groups that were given a name; it stands for every language until it is changed."""
    _, named = group_needs.waiting(ROOT)
    keys = [need.key for need in group_needs.needs(named) if need.members is None]
    try:
        made = [
            places.create_group(key=key, name={DEFAULT: name}, actor=current_user.actor, now=now())
            for key in keys
            if (name := said(f"name.{key}", 80))
        ]
    except Refusal as refusal:
        return _page(translated(refusal)), refusal.status
    forget()
    flash(ngettext("%(num)s group is made.", "%(num)s groups are made.", len(made)), "success")
    return redirect(url_for("people.routes_need"))


@blueprint.post("/routes-need")
@requires(MANAGE)
def deploy_waiting() -> BaseResponse:
    """Put in force what lacks nothing any more, as a new start of the program would."""
    made, refused = shelf.deploy_what_fits(root=ROOT, actor=current_user.actor, now=now())
    names = "、".join(dict.fromkeys(text_of(row.name) for row in made))
    if made:
        flash(gettext("In force now: %(names)s.", names=names), "success")
    elif refused:
        flash(gettext("Nothing could be put in force: something is still missing."), "error")
    return redirect(url_for("people.routes_need"))


def _page(error: str = "") -> str:
    waiting, named = group_needs.waiting(ROOT)
    needs = group_needs.needs(named)
    return render_template(
        "administration/routes_need.html",
        waiting=[(route.name, _sentences(route)) for route in waiting],
        missing=[need for need in needs if need.members is None],
        empty=[need for need in needs if need.members == 0],
        given=request.form,
        error=error,
    )


def _sentences(route: Waiting) -> list[tuple[str, str]]:
    """What stands in the way, each with what mends it."""
    return list(dict.fromkeys((text_of(finding.message), text_of(finding.mend)) for finding in route.findings))
