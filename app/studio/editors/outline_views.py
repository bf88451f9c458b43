"""The outline of a process: as a page, and as a fragment beside the diagram while it is drawn."""

from __future__ import annotations

from flask import render_template, request

from app.kernel.errors import NotFound
from app.studio import drafts
from app.studio.answers import in_json, text_in
from app.studio.editors import outlines
from app.studio.file_names import check_size, kind_of
from app.studio.models import Draft
from app.studio.pages import blueprint, draft_or_404
from app.web.access import Permission, requires


@blueprint.post("/drafts/<draft_id>/outline")
@requires(Permission.DEFINITION_SEE)
@in_json
def outline_of_text(draft_id: str) -> str:
    """The outline of the diagram in the body (the XML itself, or JSON with `file` and `xml`), as a fragment of HTML."""
    draft = draft_or_404(draft_id)
    body = request.get_json(silent=True) if request.is_json else None
    if isinstance(body, dict):
        name, xml = text_in(body, "file") or "_.bpmn", text_in(body, "xml").encode("utf-8", "replace")
    else:
        name, xml = request.args.get("file", "_.bpmn"), request.get_data()
    kind_of(name)
    check_size(xml)
    files = {**drafts.files_of(draft), name: xml}
    return render_template("studio/_outline.html", outlines=outlines.of_file(name, files))


@blueprint.get("/drafts/<draft_id>/outline/<path:name>")
@requires(Permission.DEFINITION_SEE)
def outline(draft_id: str, name: str) -> str:
    """The outline of a diagram of the draft as a page, also for paper."""
    draft = draft_or_404(draft_id)
    return page(draft, name, drafts.files_of(draft))


def page(draft: Draft, name: str, files: dict[str, bytes]) -> str:
    """The page of the outline of one of the files; raises NotFound."""
    if name not in files or not name.endswith(".bpmn"):
        raise NotFound("The draft has no file {name}.", name=name)
    return render_template("studio/outline.html", draft=draft, name=name, outlines=outlines.of_file(name, files))
