"""The report before publishing: begun, shown on one page, each finding on the diagram step by step, and as PDF and CSV."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask_babel import format_datetime
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.kernel.ids import parse_number
from app.studio import examinations
from app.studio.models import Draft, Examination
from app.studio.pages import blueprint, draft_or_404
from app.studio.reports import report_files, report_page
from app.studio.reports.report import KIND
from app.web.access import Permission, requires


@blueprint.get("/drafts/<draft_id>/report")
@requires(Permission.DEFINITION_SEE)
def report(draft_id: str) -> str:
    """The verdict and every finding."""
    draft = draft_or_404(draft_id)
    row = examinations.newest(draft, KIND)
    groups = report_page.groups_of(row, draft) if row is not None and row.result else []
    return render_template(
        "studio/report.html",
        draft=draft,
        row=row,
        groups=groups,
        errors=sum(line.is_error for group in groups for line in group.rows),
        warnings=sum(not line.is_error for group in groups for line in group.rows),
        section_words=report_page.section_words,
        at=format_datetime(row.ended_at or row.begun_at, "short") if row is not None else "",
    )


@blueprint.post("/drafts/<uuid:draft_id>/report")
@requires(Permission.DEPLOY)
def begin_report(draft_id: uuid.UUID) -> BaseResponse:
    """Ask a worker for a report about the draft as it is now."""
    draft = draft_or_404(str(draft_id))
    examinations.begin(draft=draft, kind=KIND, asked={}, actor=current_user.actor, now=now())
    return redirect(url_for("studio.report", draft_id=draft.id))


@blueprint.get("/drafts/<draft_id>/report/<number>")
@requires(Permission.DEFINITION_SEE)
def report_finding(draft_id: str, number: str) -> str:
    """One finding on the diagram; a walk is stepped through by `step`, and by script without loading the page anew."""
    draft = draft_or_404(draft_id)
    row, line = _line(draft, number)
    files = report_page.revision_files(row, draft)
    names = report_page.elements_of(files.get(line["file"], b""))
    last = max(0, len(line["walk"]) - 1)
    step = min(parse_number(request.args.get("step", "")) or 0, last)
    return render_template(
        "studio/report_finding.html",
        draft=draft,
        row=row,
        number=int(number),
        line=line,
        step=step,
        last=last,
        message=report_page.words(line["message"]),
        mend=report_page.words(line["mend"]),
        state=report_page.state_at(line, step),
        steps=[_step(line, at, names) for at in range(len(line["walk"]))],
        editor=report_page.editor_of(draft, line["file"], line["element"] or ""),
    )


@blueprint.get("/drafts/<draft_id>/report/<number>/diagram")
@requires(Permission.DEFINITION_SEE)
def report_diagram(draft_id: str, number: str) -> Response:
    """The diagram of a finding as it was examined."""
    draft = draft_or_404(draft_id)
    row, line = _line(draft, number)
    content = report_page.revision_files(row, draft).get(line["file"])
    if content is None or not line["file"].endswith(".bpmn"):
        raise NotFound("There is no diagram of this finding.")
    return Response(content, mimetype="application/xml")


@blueprint.get("/drafts/<draft_id>/report.<kind>")
@requires(Permission.DEFINITION_SEE)
def report_file(draft_id: str, kind: str) -> Response:
    """The report as "pdf" or "csv"."""
    draft = draft_or_404(draft_id)
    row = examinations.newest(draft, KIND)
    if row is None or row.result is None or kind not in report_files.KINDS:
        raise NotFound("There is no such report.")
    content, media_type = report_files.KINDS[kind](row, draft)
    answer = Response(content, mimetype=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="report-{draft.revision}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _line(draft: Draft, number: str) -> tuple[Examination, Any]:
    row = examinations.newest(draft, KIND)
    index = parse_number(number)
    if row is None or not row.result or not index or index > len(report_page.lines_of(row)):
        raise NotFound("There is no such finding.")
    return row, report_page.lines_of(row)[index - 1]


def _step(line: Any, at: int, names: Any) -> dict[str, Any]:
    return {**report_page.state_at(line, at), "words": report_page.step_words(line, at, names)}
