"""Two versions held against each other: sentences, and both pictures side by side."""

from __future__ import annotations

from flask import Response, render_template, request

from app.kernel.errors import NotFound
from app.studio.files import file_titles
from app.studio.pages import blueprint, draft_or_404
from app.studio.reports import difference_page, table_pairs, versions
from app.web.access import Permission, requires
from app.web.i18n import text_of


@blueprint.get("/drafts/<draft_id>/difference")
@requires(Permission.DEFINITION_SEE)
def difference(draft_id: str) -> str:
    """The draft against the deployment it came from, or any two versions and revisions of it."""
    draft = draft_or_404(draft_id)
    first, last = versions.usual(draft)
    before, after = request.args.get("before") or first, request.args.get("after") or last
    weight = request.args.get("weight", "")
    old, new = versions.files_of(draft, before), versions.files_of(draft, after)
    changes = difference_page.compare(old, new)
    files = difference_page.by_file(changes, weight)
    diagrams = sorted({change.file for change in changes if change.file.endswith(difference_page.DIAGRAM)})
    shown = request.args.get("file", "")
    shown = shown if shown in diagrams else (diagrams[0] if diagrams else "")
    old_marks, new_marks = difference_page.marks(changes, shown)
    return render_template(
        "studio/difference.html",
        draft=draft,
        sides=versions.sides(draft),
        before=before,
        after=after,
        weight=weight,
        counts=difference_page.counts(changes),
        files=files,
        titles={name: text_of(file_titles.title(name, new.get(name) or old.get(name, b""))) for name in files},
        tables={name: table_pairs.of_file(name, old, new) for name in files},
        total=len(changes),
        diagrams=diagrams,
        shown=shown,
        old_marks=old_marks,
        new_marks=new_marks,
    )


@blueprint.get("/drafts/<draft_id>/difference/picture")
@requires(Permission.DEFINITION_SEE)
def difference_picture(draft_id: str) -> Response:
    """The diagram of one side as XML, for the pictures."""
    draft = draft_or_404(draft_id)
    content = versions.files_of(draft, request.args.get("side", "")).get(request.args.get("file", ""))
    if content is None:
        raise NotFound("There is no such file in this version.")
    return Response(content, mimetype="application/xml")
