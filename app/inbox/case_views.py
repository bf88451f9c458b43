"""A case's page, print and diagram, and what is done with a case as a whole."""

from __future__ import annotations

import uuid

from flask import Response, current_app, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.documents import operations as document_operations
from app.inbox import case_page, case_record, documents_tab, dossier, words
from app.inbox.pages import blueprint, case_html, visible
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.web import shell
from app.web.access import Permission, requires, signed_in
from app.web.i18n import text_of
from app.workflow import (
    copies,
    definitions,
    instances,
)


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
@requires(Permission.CASE_WORK)
def act(case_id: uuid.UUID, verb: str) -> BaseResponse:
    """Suspend, resume, cancel, withdraw or retry a case."""
    operations = {
        "suspend": instances.suspend,
        "resume": instances.resume,
        "cancel": instances.cancel,
        "withdraw": instances.withdraw,
    }
    visible(case_id)
    if verb == "retry":
        instances.retry(instance_id=case_id, person=current_user, now=now())
    elif verb in operations:
        reason = request.form.get("reason", "")[:4000]
        operations[verb](instance_id=case_id, reason=reason, person=current_user, now=now())
    else:
        raise NotFound("There is no such act.")
    flash(gettext("Done."), "success")
    return redirect(shell.back_to(url_for("inbox.case", case_id=case_id)))


@blueprint.post("/cases/<uuid:case_id>/copy")
@signed_in
def copy(case_id: uuid.UUID) -> BaseResponse:
    """Copy the case to people for information."""
    visible(case_id)
    sent = copies.copy_to(
        instance_id=case_id, usernames=request.form.getlist("usernames")[:50], person=current_user, now=now()
    )
    flash(gettext("Copied to %(n)s people.", n=sent), "success")
    return redirect(url_for("inbox.case", case_id=case_id))


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
