"""Documents over HTTP: look, download, add, take out. Who may not see the owner is told that there is nothing.

An original leaves only as a download, in a sandbox and under the type we found, so that no browser ever runs it here. What is shown
in the page is the rendition. Every opening is on record.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.documents import access, operations, queries, renderer, rules, storage, types
from app.documents.models import Document
from app.identity import queries as identity
from app.kernel.clock import now
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.kernel.ids import parse_id
from app.web.access import signed_in
from app.web.errors import translated
from app.web.shell import back_to

MOST_FILES = 20
SEALED = "default-src 'none'; frame-ancestors 'none'; sandbox"
# Older browsers' own PDF viewers do not start in a sandbox; a rendition has nothing left that could run.
SHOWN = "default-src 'none'; frame-ancestors 'none'"
NOTHING = "There is no such document."

blueprint = Blueprint("documents", __name__, url_prefix="/documents", template_folder="templates")


@blueprint.get("/<uuid:document_id>")
@signed_in
def view(document_id: uuid.UUID) -> str:
    """The viewer page of one document."""
    document = _visible(document_id)
    people = identity.users([person for person in (document.uploaded_by, document.removed_by) if person])
    return render_template(
        "documents/view.html",
        document=document,
        label=types.label(document.type_key),
        note=rules.NOTES.get(document.note or ""),
        copies=queries.copies_of([document]).get(document.id),
        people=people,
        may_remove=document.removed_at is None and _may_remove(document),
        back=back_to(""),
    )


@blueprint.get("/<uuid:document_id>/original")
@signed_in
def original(document_id: uuid.UUID) -> Response:
    """The file as it came, as a download."""
    document = _visible(document_id)
    content = storage.current().open(document.sha256)
    _record("download_document", document)
    return _file(content, document.media_type, rules.content_disposition("attachment", document.file_name), SEALED)


@blueprint.get("/<uuid:document_id>/rendition")
@signed_in
def rendition(document_id: uuid.UUID) -> Response:
    """What is shown of the file; 404 where there is nothing."""
    document = _visible(document_id)
    content, media_type = _rendition_of(document)
    _record("open_document", document)
    name = rules.clean_name(document.file_name, media_type)
    policy = SHOWN if media_type == "application/pdf" else SEALED
    return _file(content, media_type, rules.content_disposition("inline", name), policy)


@blueprint.get("/<uuid:document_id>/pages/<int:number>")
@signed_in
def page(document_id: uuid.UUID, number: int) -> Response:
    """One page of a scan as a picture, for browsers without JavaScript. Pages count from 1."""
    document = _visible(document_id)
    content, media_type = _rendition_of(document)
    if not document.media_type.startswith("image/") or not 1 <= number <= (document.pages or 0):
        raise NotFound(NOTHING)
    _record("open_document", document)
    if media_type == "application/pdf":
        content, media_type = renderer.page_picture(content, number), "image/png"
    return _file(content, media_type, "inline", SEALED)


@blueprint.post("/")
@signed_in
def add() -> Response:
    """Add one or more files of one type; each is taken or refused for itself."""
    owner_type, owner_id = request.form.get("owner_type", ""), parse_id(request.form.get("owner_id", ""))
    element_id = request.form.get("element_id") or None
    if owner_id is None or not access.may_see(current_user, owner_type, owner_id):
        raise NotFound(NOTHING)
    if not access.may_add(current_user, owner_type, owner_id, element_id):
        raise Forbidden("You can't add documents here now.")
    files = request.files.getlist("files")[:MOST_FILES]
    faults = [fault for file in files if (fault := _take(file, owner_type, owner_id, element_id))]
    if not files:
        faults = [gettext("No file was chosen.")]
    return _answer(owner_type, owner_id, element_id, faults, 422 if len(faults) >= len(files) else 200)


@blueprint.post("/<uuid:document_id>/removal")
@signed_in
def remove(document_id: uuid.UUID) -> Response:
    """Take a document out, with a reason."""
    document = _visible(document_id)
    if not _may_remove(document):
        raise Forbidden("You can't take out this document now.")
    operations.remove_document(
        document_id=document_id, reason=request.form.get("reason", ""), actor=current_user.actor, now=now()
    )
    return _answer(document.owner_type, document.owner_id, document.element_id, [], 200)


def _visible(document_id: uuid.UUID) -> Document:
    document = queries.document(document_id)
    if document is None or not access.may_see(current_user, document.owner_type, document.owner_id):
        raise NotFound(NOTHING)
    return document


def _may_remove(document: Document) -> bool:
    return access.may_add(current_user, document.owner_type, document.owner_id, document.element_id)


def _rendition_of(document: Document) -> tuple[bytes, str]:
    if document.rendition is None or document.rendition_type is None:
        raise NotFound("There is nothing to show of this document; download the original.")
    return storage.current().open(document.rendition), document.rendition_type


def _record(verb: str, document: Document) -> None:
    operations.record_opening(verb=verb, document=document, actor=current_user.actor, now=now())


def _take(file: FileStorage, owner_type: str, owner_id: uuid.UUID, element_id: str | None) -> str | None:
    """Add one file; the sentence of its refusal, if it is refused."""
    try:
        operations.add_document(
            owner_type=owner_type,
            owner_id=owner_id,
            type_key=request.form.get("type", ""),
            file_name=file.filename,
            stream=file.stream,  # type: ignore[arg-type]
            element_id=element_id,
            actor=current_user.actor,
            now=now(),
        )
    except Refusal as refusal:
        return f"{file.filename}: {translated(refusal)}" if file.filename else translated(refusal)
    return None


def _answer(
    owner_type: str, owner_id: uuid.UUID, element_id: str | None, faults: Sequence[str], status: int
) -> Response:
    """The new list for the script that sent the files; without a script, back to the page."""
    if "HX-Request" in request.headers:
        return make_response(_panel(owner_type, owner_id, element_id, faults), status)
    for fault in faults:
        flash(fault, "danger")
    if not faults:
        flash(gettext("Saved."), "ok")
    # 303 even for a refusal: what was taken stays, and the sentence is shown on the page people came from.
    return redirect(back_to(url_for("home")), 303)


def _panel(owner_type: str, owner_id: uuid.UUID, element_id: str | None, faults: Sequence[str]) -> str:
    panel = queries.panel(
        owner_type,
        owner_id,
        element_id=element_id,
        required=[key for key in request.form.getlist("required") if types.is_type(key)],
        optional=[key for key in request.form.getlist("optional") if types.is_type(key)],
        may_add=access.may_add(current_user, owner_type, owner_id, element_id),
    )
    return render_template("documents/panel.html", panel=panel, faults=faults, next=back_to(""))


def _file(content: bytes, media_type: str, disposition: str, policy: str) -> Response:
    answer = Response(content, mimetype=media_type)
    answer.headers["Content-Disposition"] = disposition
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "no-store"
    return answer
