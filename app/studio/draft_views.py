"""The list of drafts, what can be begun from here, and what is done with a draft as a whole."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.studio import draft_lists, drafts
from app.studio.files import beginnings, bundles
from app.studio.models import Draft, DraftState
from app.studio.pages import blueprint
from app.web.access import Permission, requires
from app.web.i18n import text_of
from app.workflow.deploying import definitions

TABS = (
    (DraftState.OPEN, "In work", "pencil"),
    (DraftState.IN_REVIEW, "In review", "clipboard-check"),
    (DraftState.PUBLISHED, "Published", "check-check"),
    (DraftState.DISCARDED, "Put away", "archive"),
)
STATES = {state: words for state, words, _ in TABS}
TITLE_LENGTH = 200
BEGUN = "The draft has been begun. Nothing changes for anybody until it is published."


class NameMissing(Refusal):
    """A draft needs a name that people recognise it by."""


@blueprint.get("/")
@requires(Permission.DEFINITION_SEE)
def list_drafts() -> str:
    """The drafts by state, the newest change first, and the published routes a new one can begin from."""
    state = _state(request.args.get("tab"))
    query = request.args.get("q", "").strip()[:TITLE_LENGTH]
    counted = draft_lists.counts()
    tabs = [
        (url_for("studio.list_drafts", tab=one.value), gettext(words), one is state, counted.get(one.value, 0), icon)
        for one, words, icon in TABS
    ]
    return render_template(
        "studio/drafts.html",
        rows=draft_lists.rows(state, query),
        tabs=tabs,
        state=state.value,
        query=query,
        most=draft_lists.MOST,
        definitions=definitions.actives(),
    )


@blueprint.post("/drafts")
@requires(Permission.DEPLOY)
def begin_draft() -> BaseResponse:
    """Begin a draft from the version in force."""
    row = definitions.active(request.form.get("key", ""))
    made = drafts.begin(
        name=draft_lists.deployment_name(row.deployment_id),
        title=text_of(row.name),
        files=definitions.load(row.id).files,
        actor=current_user.actor,
        now=now(),
        deployment_id=row.deployment_id,
    )
    return begun(made)


@blueprint.get("/drafts/new")
@requires(Permission.DEFINITION_SEE)
def new_process() -> str:
    """What a new process needs to begin: a key and a name."""
    return render_template("studio/new_process.html")


@blueprint.post("/drafts/new")
@requires(Permission.DEPLOY)
def begin_process() -> BaseResponse:
    """Begin a draft of a process that does not exist yet, with one station that works."""
    key = beginnings.check_key(request.form.get("key", "").strip())
    title = wanted_title()
    made = drafts.begin(
        name=key, title=title, files=beginnings.process(key, title), actor=current_user.actor, now=now()
    )
    return begun(made)


@blueprint.post("/bundles")
@requires(Permission.DEPLOY)
def begin_from_bundle() -> BaseResponse:
    """Begin a draft with the files of a bundle."""
    sent = request.files.get("bundle")
    bundle = bundles.unpacked(sent.read() if sent else b"")
    made = drafts.begin(name=bundle.name, title=bundle.title, files=bundle.files, actor=current_user.actor, now=now())
    if bundle.left_out:
        names = ", ".join(bundle.left_out[:10])
        flash(gettext("Left out, because they are no diagrams, tables or forms: %(names)s", names=names), "warn")
    return begun(made)


@blueprint.post("/drafts/<uuid:draft_id>/title")
@requires(Permission.DEPLOY)
def rename_draft(draft_id: uuid.UUID) -> BaseResponse:
    """Call a draft otherwise."""
    drafts.rename(draft_id=draft_id, title=wanted_title(), actor=current_user.actor, now=now())
    flash(gettext("The draft has its new name."), "ok")
    return redirect(url_for("studio.draft", draft_id=draft_id))


@blueprint.post("/drafts/<uuid:draft_id>/discard")
@requires(Permission.DEPLOY)
def discard_draft(draft_id: uuid.UUID) -> BaseResponse:
    """Put a draft away."""
    drafts.discard(draft_id=draft_id, actor=current_user.actor, now=now())
    flash(gettext("The draft has been put away. It can be taken up again under “Put away”."), "ok")
    return redirect(url_for("studio.list_drafts"))


@blueprint.post("/drafts/<uuid:draft_id>/take-up")
@requires(Permission.DEPLOY)
def take_up_draft(draft_id: uuid.UUID) -> BaseResponse:
    """Open a draft again that was put away."""
    drafts.take_up(draft_id=draft_id, actor=current_user.actor, now=now())
    flash(gettext("The draft is open again."), "ok")
    return redirect(url_for("studio.draft", draft_id=draft_id))


def begun(draft: Draft) -> BaseResponse:
    """On to the page of a draft that was just begun."""
    flash(gettext(BEGUN), "ok")
    return redirect(url_for("studio.draft", draft_id=draft.id))


def wanted_title() -> str:
    """The name that the form gives; raises NameMissing."""
    title = " ".join(request.form.get("title", "").split())[:TITLE_LENGTH]
    if not title:
        raise NameMissing("Please give it a name.")
    return title


def _state(given: str | None) -> DraftState:
    return DraftState(given) if given in set(DraftState) else DraftState.OPEN
