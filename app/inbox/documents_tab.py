"""The documents of a case on its page, and the lines of the bell: small readers that the case page and the views share."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, cast

from flask import url_for
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from app.documents import access
from app.documents import operations as documents
from app.documents import queries as document_queries
from app.documents import types as document_types
from app.documents.models import Document
from app.identity import queries as people
from app.identity.rules import Person
from app.inbox.case_page import Open
from app.inbox.words import Moment, moment, station
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.notifications.models import Notice
from app.web.i18n import text_of
from app.workflow import queries
from app.workflow.models import ProcessInstance


@dataclass(frozen=True)
class Doc:
    """One document as a line."""

    id: str
    name: str
    type: str
    size: str
    added_by: str
    added: Moment | None
    state: str
    url_view: str
    url_original: str
    may_remove: bool


def context(page: Open) -> dict[str, Any]:
    """The documents of the case, and whether the reader may add to them."""
    element = page.task.element_id if page.task else None
    found = document_queries.documents_of("case", page.case.id)
    names = people.users(d.uploaded_by for d in found if d.uploaded_by)
    may_add = access.may_add(page.person, "case", page.case.id, element)
    return {"documents": [_line(d, names, may_add, page.now) for d in found], "may_add": may_add}


def add(
    case: ProcessInstance, file: FileStorage | None, form: Mapping[str, str], person: Person, now: datetime
) -> Document:
    """Put an uploaded file to the case, at the station the reader stands at."""
    element = form.get("element_id") or None
    if not access.may_add(person, "case", case.id, element):
        raise Forbidden("Only who holds a task of this case may add documents.")
    if file is None or not file.filename:
        raise Refusal("Choose a file.")
    return documents.add_document(
        owner_type="case",
        owner_id=case.id,
        type_key=form.get("type", "other"),
        file_name=file.filename,
        stream=cast(BinaryIO, file.stream),
        element_id=element,
        actor=person.actor,
        now=now,
    )


def case_of(document_id: uuid.UUID, person: Person) -> uuid.UUID:
    """The case of a document that the reader may take out; raises NotFound or Forbidden."""
    found = document_queries.document(document_id)
    if found is None or not access.may_see(person, found.owner_type, found.owner_id):
        raise NotFound("There is no such document.")
    if not access.may_add(person, found.owner_type, found.owner_id, found.element_id):
        raise Forbidden("Only who holds a task of this case may take documents out.")
    return found.owner_id


def notice_line(notice: Notice, now: datetime) -> tuple[str, Moment | None, str, bool]:
    """A notice as text, time, address and whether it is unread."""
    case = queries.case_by_id(notice.case_id) if notice.case_id else None
    params = notice.params
    place = station(uuid.UUID(params["definition"]), params["element"]) if "element" in params else ""
    values = {"case": case.number if case else "", "station": place, "result": text_of(params.get("result", ""))}
    sentences = {
        "task_assigned": gettext("%(case)s has come to you: %(station)s", **values),
        "task_returned": gettext("%(case)s was sent back to you: %(station)s", **values),
        "task_cancelled": gettext("%(case)s: your task %(station)s is no longer needed", **values),
        "task_reassigned": gettext("%(case)s: the task %(station)s was reassigned", **values),
        "case_copied": gettext("%(case)s was copied to you", **values),
        "case_decided": gettext("%(case)s has been decided", **values),
        "vote_tied": gettext("%(case)s: the votes are equal; you decide as chair (%(station)s)", **values),
        "vote_again": gettext("%(case)s: a new round of the vote is open (%(station)s)", **values),
        "vote_time_over": gettext(
            "%(case)s: the time of the vote is over and the quorum is missing (%(station)s)", **values
        ),
        "condition_set": gettext("%(case)s: you see to a condition of the approval", **values),
        "sitting_planned": gettext(
            "A sitting of %(committee)s is planned", committee=text_of(params.get("committee", ""))
        ),
    }
    text = sentences.get(notice.event, notice.event)
    return (
        text,
        moment(notice.created_at, now),
        url_for("inbox.case", case_id=case.id) if case else "",
        notice.read_at is None,
    )


def _line(document: Document, names: Mapping[int, Any], may_add: bool, now: datetime) -> Doc:
    uploader = names.get(document.uploaded_by or 0)
    return Doc(
        id=str(document.id),
        name=document.file_name or "",
        type=text_of(document_types.label(document.type_key)),
        size=_size(document.size),
        added_by=uploader.name if uploader else "",
        added=moment(document.uploaded_at, now),
        state=document.state,
        url_view=url_for("documents.view", document_id=document.id),
        url_original=url_for("documents.original", document_id=document.id),
        may_remove=may_add,
    )


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{max(1, size // 1024)} KB"
