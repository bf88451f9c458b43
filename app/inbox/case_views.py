"""A case's page, print and diagram, and what is done with a case as a whole."""

from __future__ import annotations

import uuid

from flask import Response, current_app, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.inbox import case_page, case_record, dossier, moves, words
from app.inbox.pages import blueprint, carry_out, case_html, visible
from app.kernel.clock import now
from app.kernel.errors import Forbidden, NotFound
from app.web import shell
from app.web.access import Permission, requires, signed_in
from app.web.i18n import text_of
from app.workflow.deploying import definitions
from app.workflow.moves import confirmations
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
        sections=page.read,
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
    if not current_user.may_in(Permission.CASE_SEE_ALL, found.branch_id):
        raise Forbidden("You are not allowed to do this.")
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


@blueprint.post("/pending/<uuid:pending_id>/<decision>")
@requires(Permission.CASE_SUPERVISE)
def decide_pending(pending_id: uuid.UUID, decision: str) -> BaseResponse:
    """The second person confirms what a colleague asked for, or declines it."""
    if decision == "confirm":
        case = confirmations.confirm(pending_id=pending_id, person=current_user, now=now())
        flash(gettext("Confirmed and done."), "success")
    elif decision == "decline":
        reason = request.form.get("reason", "")[:4000].replace("\0", "")
        case = confirmations.decline(pending_id=pending_id, reason=reason, person=current_user, now=now())
        flash(gettext("Declined; the case stays as it is."), "success")
    else:
        raise NotFound("There is no such act.")
    return redirect(shell.back_to(url_for("inbox.case", case_id=case.id)))


@blueprint.get("/help/moves")
@signed_in
def help_moves() -> str:
    """Who may do what, and when: the table of moves in the reader's language."""
    return render_template("inbox/help_moves.html", lines=moves.help_lines())
