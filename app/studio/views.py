"""The list of drafts and what can be begun from here."""

from __future__ import annotations

import uuid

from flask import Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.kernel.db import session
from app.studio import (
    difference_views,
    drafts,
    dry_run_views,
    editor_views,
    examination_views,
    file_views,
    impact_views,
    import_views,
    migration_views,
    modeler_views,
    publish_views,
    scenario_views,
    what_if_views,
)
from app.studio.models import Draft, DraftState
from app.studio.pages import blueprint, draft_or_404
from app.web import shell
from app.web.access import Permission, requires
from app.web.i18n import text_of
from app.web.shell import MenuEntry
from app.workflow import definitions

__all__ = [
    "blueprint",
    "difference_views",
    "dry_run_views",
    "editor_views",
    "examination_views",
    "file_views",
    "impact_views",
    "import_views",
    "install",
    "migration_views",
    "modeler_views",
    "publish_views",
    "scenario_views",
    "what_if_views",
]


def install(app: Flask) -> None:
    """Take part in the menu."""
    shell.add_to_menu(MenuEntry("studio.list_drafts", "Studio", Permission.DEFINITION_SEE, "workflow", 40))
    app.register_blueprint(blueprint)


@blueprint.get("/")
@requires(Permission.DEFINITION_SEE)
def list_drafts() -> str:
    """The drafts in work, the newest change first, and the published routes a new one can begin from."""
    statement = (
        select(Draft).where(Draft.state.in_((DraftState.OPEN, DraftState.IN_REVIEW))).order_by(Draft.changed_at.desc())
    )
    return render_template(
        "studio/drafts.html", drafts=session.scalars(statement).all(), definitions=definitions.actives()
    )


@blueprint.post("/drafts")
@requires(Permission.DEPLOY)
def begin_draft() -> BaseResponse:
    """Begin a draft from the version in force."""
    row = definitions.active(request.form.get("key", ""))
    files = definitions.load(row.id).files
    made = drafts.begin(
        name=row.key,
        title=text_of(row.name),
        files=files,
        actor=current_user.actor,
        now=now(),
        deployment_id=row.deployment_id,
    )
    flash(gettext("The draft has been begun. Nothing changes for anybody until it is published."), "ok")
    return redirect(url_for("studio.draft", draft_id=made.id))


@blueprint.get("/drafts/<draft_id>")
@requires(Permission.DEFINITION_SEE)
def draft(draft_id: str) -> str:
    """The files of a draft."""
    found = draft_or_404(draft_id)
    return render_template("studio/draft.html", draft=found, files=sorted(drafts.files_of(found)))


@blueprint.post("/drafts/<uuid:draft_id>/discard")
@requires(Permission.DEPLOY)
def discard_draft(draft_id: uuid.UUID) -> BaseResponse:
    """Put a draft away."""
    drafts.discard(draft_id=draft_id, actor=current_user.actor, now=now())
    flash(gettext("The draft has been put away."), "ok")
    return redirect(url_for("studio.list_drafts"))
