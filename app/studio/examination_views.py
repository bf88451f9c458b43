"""How far an examination is: the bar that pages show while a worker is at it, and the page of the bar alone.

A page that offers an examination shows it with `examining.standing(row, draft, again, …)` (templates/studio/examining.html); the
bar in it asks here each second and loads the page anew when the work is over. Without script the page of the bar does the same.
"""

from __future__ import annotations

from flask import Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.jobs import long_work
from app.kernel.ids import parse_id
from app.studio import drafts, examinations
from app.studio.models import Examination
from app.studio.pages import blueprint
from app.web.access import Permission, requires

# The page on which the result of each kind stands.
PAGES = {
    "report": "studio.report",
    "impact": "studio.impact",
    "dry_run": "studio.dry_run",
    "scenarios": "studio.scenarios",
}


@blueprint.get("/examinations/<examination_id>")
@requires(Permission.DEFINITION_SEE)
def examination(examination_id: str) -> str | BaseResponse:
    """The bar, anew; when the work is over the page around it is loaded anew, or the page of the result is shown."""
    row = examinations.find(parse_id(examination_id))
    at_work = long_work.standing(row) in long_work.AT_WORK
    if "HX-Request" in request.headers:
        bar = render_template("studio/_examination.html", examination=row)
        return bar if at_work else Response(bar, headers={"HX-Refresh": "true"})
    if at_work:
        return render_template("studio/examination.html", examination=row, draft=drafts.find(row.draft_id))
    return redirect(page_of(row))


def page_of(row: Examination) -> str:
    """The address of the page that shows the result."""
    endpoint = PAGES.get(row.kind, "")
    known = endpoint if endpoint in current_app.view_functions else "studio.draft"
    return url_for(known, draft_id=row.draft_id)
