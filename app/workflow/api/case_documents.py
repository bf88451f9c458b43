"""The papers of a case over HTTP: list and add. The file itself is at `/documents/{id}/original`, with the same token."""

from __future__ import annotations

import uuid

from flask import request
from flask_login import current_user
from pydantic import Field

from app.documents import access, operations, queries
from app.documents.models import Document
from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.errors import Forbidden
from app.web.access import signed_in
from app.workflow.api.operation import BadRequest, operation, read
from app.workflow.api.schema import Model, Moment
from app.workflow.api.visibility import visible_case

CASE = "case"


class DocumentAnswer(Model):
    """A paper of a case. `activityId`: the station at which it was added; `digest`: SHA-256 of the original."""

    id: uuid.UUID
    type: str
    name: str
    media_type: str
    size: int
    pages: int | None
    state: str
    activity_id: str | None
    added_by: str | None
    added_at: Moment
    digest: str


class DocumentForm(Model):
    """The text parts: the type (a key of the catalogue) and the station, where the paper belongs to one. The file is `data`."""

    type: str = Field(min_length=1, max_length=60, pattern=r"^[^\x00]*$")
    activity_id: str | None = Field(None, max_length=120, pattern=r"^[^\x00]*$")
    csrf_token: str | None = Field(None, alias="csrf_token")


@operation("GET", "/process-instance/<uuid:instance_id>/document", answer=list[DocumentAnswer])
@signed_in
def list_documents(instance_id: uuid.UUID) -> list[DocumentAnswer]:
    """The papers of a case in the order they came, without those taken out."""
    found = queries.documents_of(CASE, visible_case(instance_id, current_user).id)
    names = {one: user.username for one, user in people.users(d.uploaded_by for d in found if d.uploaded_by).items()}
    return [_answer(one, names.get(one.uploaded_by or 0)) for one in found]


@operation("POST", "/process-instance/<uuid:instance_id>/document", form=DocumentForm, answer=DocumentAnswer)
@signed_in
def add_document(instance_id: uuid.UUID) -> DocumentAnswer:
    """Add one file to a case, checked like any other."""
    case = visible_case(instance_id, current_user)
    form = read(DocumentForm, request.form.to_dict())
    if not access.may_add(current_user, CASE, case.id, form.activity_id):
        raise Forbidden("You can't add documents here now.")
    file = request.files.get("data")
    if file is None or len(request.files) != 1:
        raise BadRequest("Send one file, as the part named data.")
    made = operations.add_document(
        owner_type=CASE,
        owner_id=case.id,
        type_key=form.type,
        file_name=file.filename,
        stream=file.stream,  # type: ignore[arg-type]
        element_id=form.activity_id,
        actor=current_user.actor,
        now=now(),
    )
    return _answer(made, current_user.username)


def _answer(row: Document, added_by: str | None) -> DocumentAnswer:
    return DocumentAnswer(
        id=row.id,
        type=row.type_key,
        name=row.file_name,
        media_type=row.media_type,
        size=row.size,
        pages=row.pages,
        state=row.state,
        activity_id=row.element_id,
        added_by=added_by,
        added_at=row.uploaded_at,
        digest=row.sha256.hex(),
    )
