"""The page of the modeler: a diagram of a draft on a canvas, with its properties, its findings and its outline beside it."""

from __future__ import annotations

from flask import render_template

from app.kernel.errors import NotFound
from app.studio import drafts
from app.studio.files import file_titles
from app.studio.pages import blueprint, draft_or_404, may_change
from app.web.access import Permission, requires
from app.web.headers import allow_style_attributes
from app.web.i18n import text_of


@blueprint.get("/drafts/<draft_id>/diagram/<path:name>")
@requires(Permission.DEFINITION_SEE)
@allow_style_attributes
def modeler(draft_id: str, name: str) -> str:
    """A diagram of the draft; read-only where the draft is closed or the person may not change it."""
    draft = draft_or_404(draft_id)
    files = drafts.files_of(draft)
    if name not in files or not name.endswith(".bpmn"):
        raise NotFound("The draft has no diagram {name}.", name=name)
    return render_template(
        "studio/modeler.html",
        draft=draft,
        name=name,
        title=text_of(file_titles.title(name, files[name])),
        files=sorted(files),
        may_change=may_change(draft),
    )
