"""The published routes: every version to look at, to begin a draft from, and to bring back.

Bringing a version back is a change like any other: it begins a draft with exactly its files, which then goes the way of every
draft, so that no single person changes by himself what the bank decides by.
"""

from __future__ import annotations

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.kernel.ids import parse_id
from app.studio import drafts
from app.studio.draft_views import begun
from app.studio.editors import outlines
from app.studio.models import Draft
from app.studio.pages import blueprint
from app.studio.publish import published
from app.studio.publish.published import Version
from app.web.access import Permission, requires
from app.web.i18n import text_of
from app.workflow.deploying import definitions


@blueprint.get("/processes")
@requires(Permission.DEFINITION_SEE)
def processes() -> str:
    """Every route with all its versions."""
    return render_template("studio/processes.html", routes=published.routes())


@blueprint.get("/processes/<definition_id>")
@requires(Permission.DEFINITION_SEE)
def process(definition_id: str) -> str:
    """One version: its diagrams to read, as pictures and as text, and its files."""
    version = published.version(parse_id(definition_id))
    files = dict(definitions.load(version.id).files)
    drawn = [name for name in sorted(files) if name.endswith(".bpmn")]
    shown = request.args.get("file") or version.file
    if shown not in drawn:
        raise NotFound("There is no such file in this version.")
    return render_template(
        "studio/process.html",
        version=version,
        drawn=drawn,
        shown=shown,
        files=sorted(files),
        outlines=outlines.of_file(shown, files),
    )


@blueprint.get("/processes/<definition_id>/files/<path:name>")
@requires(Permission.DEFINITION_SEE)
def process_file(definition_id: str, name: str) -> Response:
    """A file of a version as it was deployed."""
    content = definitions.load(published.version(parse_id(definition_id)).id).files.get(name)
    if content is None:
        raise NotFound("There is no such file in this version.")
    kind = "application/json" if name.endswith(".form") else "application/xml"
    answer = Response(content, content_type=f"{kind}; charset=utf-8")
    answer.headers["Content-Disposition"] = "attachment"
    return answer


@blueprint.post("/processes/<definition_id>/draft")
@requires(Permission.DEPLOY)
def begin_from_version(definition_id: str) -> BaseResponse:
    """Begin a draft from a version."""
    version = published.version(parse_id(definition_id))
    return begun(_draft_of(version, text_of(version.name)))


@blueprint.post("/processes/<definition_id>/restore")
@requires(Permission.DEPLOY)
def restore_version(definition_id: str) -> BaseResponse:
    """Prepare an earlier version to become the newest: a draft with exactly its files, ready to be published."""
    version = published.version(parse_id(definition_id))
    title = gettext("%(name)s: back to version %(number)s", name=text_of(version.name), number=version.number)
    made = _draft_of(version, title[:200])
    flash(
        gettext("A draft with exactly the files of this version is ready. It takes effect once it is published."), "ok"
    )
    endpoint = "studio.publish" if "studio.publish" in current_app.view_functions else "studio.draft"
    return redirect(url_for(endpoint, draft_id=made.id))


def _draft_of(version: Version, title: str) -> Draft:
    files = definitions.load(version.id).files
    return drafts.begin(
        name=version.deployment,
        title=title,
        files=files,
        actor=current_user.actor,
        now=now(),
        deployment_id=version.deployment_id,
    )
