"""A case's page, print and diagram, and what is done with a case as a whole."""

from __future__ import annotations

import uuid

from flask import Response, current_app, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.documents import operations as document_operations
from app.inbox import case_page, case_record, documents_tab, dossier, moves, words
from app.inbox.pages import blueprint, carry_out, case_html, visible
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.web import shell
from app.web.access import Permission, requires, signed_in
from app.web.i18n import text_of
from app.workflow import definitions
from app.workflow.rules import MOVES, About


@blueprint.get("/cases/<uuid:case_id>")
@signed_in
def case(case_id: uuid.UUID) -> str:
    """The case page."""
    return case_html(visible(case_id), None)


@blueprint.get("/cases/<uuid:case_id>/print")
@signed_in
def print_case(case_id: uuid.UUID) -> str:
    """The printed form (审批单)."""
    page = case_page.open_case(visible(case_id), current_user, now())
    return render_template(
        "inbox/print.html",
        case=case_page.head(page),
        summary=case_page.summary(page),
        sections=case_page.sections(page),
        timeline=case_record.timeline(page),
        printed_by=current_user.name,
        printed_at=words.moment(page.now, page.now),
        versions=[(text_of(page.loaded.compiled.name), page.loaded.version)],
    )


@blueprint.post("/cases/<uuid:case_id>/export")
@requires(Permission.CASE_SEE_ALL)
def export_case(case_id: uuid.UUID) -> Response:
    """The case as a folder that tells and proves its story without this system."""
    found = visible(case_id)
    keys = current_app.config["SETTINGS"].keys_folder
    packed = dossier.export(case=found, person=current_user, now=now(), keys=keys)
    return send_file(packed, "application/zip", as_attachment=True, download_name=f"{found.number}.zip")


@blueprint.get("/cases/<uuid:case_id>/marks")
@signed_in
def marks(case_id: uuid.UUID) -> Response:
    """What the diagram shows of this case, by element id."""
    return jsonify(case_record.marks(case_page.open_case(visible(case_id), current_user, now())))


@blueprint.get("/cases/<uuid:case_id>/diagram/<process_id>")
@signed_in
def diagram(case_id: uuid.UUID, process_id: str) -> Response:
    """The BPMN of a process of this case."""
    content = definitions.diagram(visible(case_id).definition_id, process_id)
    return Response(content, mimetype="application/xml")


@blueprint.post("/cases/<uuid:case_id>/act/<verb>")
@signed_in
def act_on_case(case_id: uuid.UUID, verb: str) -> BaseResponse:
    """Carry out a verb of the table on a case."""
    move = MOVES.get(verb)  # type: ignore[call-overload]
    visible(case_id)
    if move is None or move.about is not About.CASE:
        raise NotFound("There is no such act.")
    return carry_out(move, case_id)


@blueprint.get("/help/moves")
@signed_in
def help_moves() -> str:
    """Who may do what, and when: the table of moves in the reader's language."""
    return render_template("inbox/help_moves.html", lines=moves.help_lines())


@blueprint.post("/cases/<uuid:case_id>/documents")
@signed_in
def add_document(case_id: uuid.UUID) -> BaseResponse:
    """Put a document to the case."""
    documents_tab.add(visible(case_id), request.files.get("file"), request.form, current_user, now())
    flash(gettext("The document is stored."), "success")
    return redirect(shell.back_to(url_for("inbox.case", case_id=case_id)) + "#documents")


@blueprint.post("/documents/<uuid:document_id>/remove")
@signed_in
def remove_document(document_id: uuid.UUID) -> BaseResponse:
    """Take a document out of the case; it stays on record."""
    case_id = documents_tab.case_of(document_id, current_user)
    document_operations.remove_document(
        document_id=document_id, reason=request.form.get("reason", ""), actor=current_user.actor, now=now()
    )
    return redirect(shell.back_to(url_for("inbox.case", case_id=case_id)) + "#documents")
