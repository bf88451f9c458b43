"""The history of a draft: who saved what when, a look at any of it, and the way back."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.kernel.ids import parse_number
from app.studio import drafts
from app.studio.editors import outlines
from app.studio.files import history
from app.studio.models import Draft
from app.studio.pages import base_of_form, blueprint, draft_or_404, may_change
from app.web.access import Permission, requires


@blueprint.get("/drafts/<draft_id>/history")
@requires(Permission.DEFINITION_SEE)
def draft_history(draft_id: str) -> str:
    """The revisions, newest first, fifty a page."""
    shown = draft_or_404(draft_id)
    before = parse_number(request.args.get("before", ""))
    lines = history.lines(shown, before=before)
    following = lines[-1].number if len(lines) == history.PAGE and lines[-1].number > 1 else None
    return render_template("studio/history.html", draft=shown, lines=lines, following=following, before=before)


@blueprint.get("/drafts/<draft_id>/history/<int:number>")
@requires(Permission.DEFINITION_SEE)
def revision(draft_id: str, number: int) -> str:
    """One revision: its files, what it changed, and what going back to it would do."""
    shown = draft_or_404(draft_id)
    line = history.revision(shown, number)
    return render_template(
        "studio/revision.html",
        draft=shown,
        line=line,
        files=sorted(drafts.files_of(shown, number)),
        back=history.against_now(shown, number),
        may_change=may_change(shown),
    )


@blueprint.post("/drafts/<draft_id>/history/<int:number>/restore")
@requires(Permission.DEPLOY)
def restore_revision(draft_id: str, number: int) -> BaseResponse:
    """Make the files of a revision the newest ones."""
    shown = draft_or_404(draft_id)
    base = base_of_form(shown)
    note = gettext("back to revision %(number)s", number=number)
    history.restore(draft_id=shown.id, number=number, base=base, note=note, actor=current_user.actor, now=now())
    flash(
        gettext(
            "The files are again as in revision %(number)s. What came after it stays in the history.", number=number
        ),
        "ok",
    )
    return redirect(url_for("studio.draft", draft_id=shown.id))


@blueprint.post("/drafts/<draft_id>/history/<int:number>/note")
@requires(Permission.DEPLOY)
def name_revision(draft_id: str, number: int) -> BaseResponse:
    """Give a revision a name."""
    shown = draft_or_404(draft_id)
    note = request.form.get("note", "")
    history.name_revision(draft_id=shown.id, number=number, note=note, actor=current_user.actor, now=now())
    flash(gettext("The revision has its note and is kept."), "ok")
    return redirect(url_for("studio.revision", draft_id=shown.id, number=number))


@blueprint.get("/drafts/<draft_id>/history/<int:number>/files/<path:name>")
@requires(Permission.DEFINITION_SEE)
def revision_file(draft_id: str, number: int, name: str) -> Response:
    """A file as it was in a revision."""
    content = _file_of(draft_or_404(draft_id), number, name)
    answer = Response(content, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = "attachment"
    return answer


@blueprint.get("/drafts/<draft_id>/history/<int:number>/outline/<path:name>")
@requires(Permission.DEFINITION_SEE)
def revision_outline(draft_id: str, number: int, name: str) -> str:
    """A diagram as it was in a revision: picture and outline."""
    shown = draft_or_404(draft_id)
    _file_of(shown, number, name)
    found = outlines.of_file(name, drafts.files_of(shown, number))
    return render_template("studio/revision_outline.html", draft=shown, number=number, name=name, outlines=found)


def _file_of(draft: Draft, number: int, name: str) -> bytes:
    content = drafts.files_of(draft, number).get(name)
    if content is None:
        raise NotFound("The draft has no file {name}.", name=name)
    return content
