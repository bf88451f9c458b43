"""Adding a paper to a case, taking it out, and sweeping the store."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.audit import operations as audit
from app.audit.operations import Actor
from app.documents import access, queries, renderer, scanner, storage, types
from app.documents.models import Document, StoredFile
from app.documents.rendering.result import Result
from app.documents.rules import LARGEST_FILE, clean_name
from app.kernel.db import reading, separate_transaction, session
from app.kernel.errors import Conflict, NotFound, Refusal
from app.kernel.ids import new_id


class UnknownType(Refusal):
    """The catalogue has no such type of document."""


class TooLarge(Refusal):
    """The file is larger than 20 MB."""


class EmptyFile(Refusal):
    """There is nothing in the file, or none was chosen."""


class AlreadyRemoved(Conflict):
    """Somebody has taken the document out before."""


class ReasonMissing(Refusal):
    """A document is not taken out without a reason."""


def add_document(
    *,
    owner_type: str,
    owner_id: uuid.UUID,
    type_key: str,
    file_name: str | None,
    stream: BinaryIO,
    element_id: str | None,
    actor: Actor,
    now: datetime,
) -> Document:
    """Keep a file as a paper of the owner, with what can be shown of it.

    Raises UnknownType, EmptyFile, TooLarge, renderer.FileRefused, scanner.VirusFound. The caller has asked `access.may_add`.
    """
    if not types.is_type(type_key):
        raise UnknownType("There is no document type “{key}”.", key=type_key)
    content = _read(stream)
    scanner.check(content)
    prepared = _prepare(content)
    access.hold(owner_type, owner_id)
    document = _insert(owner_type, owner_id, type_key, file_name, content, prepared, now)
    document.element_id, document.uploaded_by = element_id, actor.user_id
    session.flush()
    _audit("add_document", document, actor, now, sha256=document.sha256.hex(), state=document.state, size=document.size)
    return document


def remove_document(*, document_id: uuid.UUID, reason: str, actor: Actor, now: datetime) -> Document:
    """Take a document out of the file of its owner; it stays on record with who, when and why.

    Raises NotFound, AlreadyRemoved, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("Say why the document is taken out.")
    document = _locked(document_id)
    if document.removed_at is not None:
        raise AlreadyRemoved("Somebody has taken this document out already.")
    document.removed_at, document.removed_by = now, actor.user_id
    document.removal_reason = reason.strip()[:500]
    session.flush()
    _audit("remove_document", document, actor, now)
    return document


def record_opening(*, verb: str, document: Document, actor: Actor, now: datetime) -> None:
    """Put on record that somebody looked at a document or took a copy; in a transaction of its own, as a GET writes nothing.

    The chain is the document's, so that reading never waits for work on the case; the row's lock keeps the chain in order.
    """
    with separate_transaction() as own:
        own.execute(select(Document.id).where(Document.id == document.id).with_for_update())
        audit.record(
            chain=f"document:{document.id}",
            verb=verb,
            object_type="document",
            object_id=document.id,
            actor=actor,
            now=now,
            detail={"owner": [document.owner_type, str(document.owner_id)], "sha256": document.sha256.hex()},
        )


def sweep_orphans(now: datetime) -> int:
    """Delete files that are older than a week and that no row names; returns how many. For a nightly job, in no transaction."""

    def is_known(sha256: bytes) -> bool:
        with reading():
            return queries.is_stored(sha256)

    return storage.current().sweep(is_known, now)


def _read(stream: BinaryIO) -> bytes:
    content = stream.read(LARGEST_FILE + 1)
    if not content:
        raise EmptyFile("The file is empty.")
    if len(content) > LARGEST_FILE:
        raise TooLarge("The file is larger than {size} MB.", size=LARGEST_FILE // 2**20)
    return content


def _prepare(content: bytes) -> Result:
    """What is shown of the content: as it was prepared for an earlier copy of it, or afresh."""
    before = queries.prepared_before(hashlib.sha256(content).digest())
    if before is None:
        return renderer.render(content)
    rendition = storage.current().open(before.rendition) if before.rendition else b""
    return Result(before.state, before.media_type, before.note, before.pages, before.rendition_type, rendition)


def _insert(
    owner_type: str,
    owner_id: uuid.UUID,
    type_key: str,
    file_name: str | None,
    content: bytes,
    prepared: Result,
    now: datetime,
) -> Document:
    document = Document(
        id=new_id(),
        owner_type=owner_type,
        owner_id=owner_id,
        type_key=type_key,
        media_type=prepared.media_type,
        size=len(content),
        sha256=_keep(content, prepared.media_type, now),
        rendition_type=prepared.rendition_type,
        pages=prepared.pages,
        state=prepared.state,
        note=prepared.note,
        uploaded_at=now,
    )
    if prepared.rendition_type:
        document.rendition = _keep(prepared.rendition, prepared.rendition_type, now)
    document.file_name = clean_name(file_name, prepared.media_type)
    session.add(document)
    return document


def _keep(content: bytes, media_type: str, now: datetime) -> bytes:
    """The file first, its row second: a row never names a file that is not there."""
    sha256 = storage.current().put(content)
    row = {"sha256": sha256, "size": len(content), "media_type": media_type, "created_at": now}
    session.execute(insert(StoredFile).values(row).on_conflict_do_nothing())
    return sha256


def _locked(document_id: uuid.UUID) -> Document:
    found = queries.document(document_id)
    if found is None:
        raise NotFound("There is no such document.")
    access.hold(found.owner_type, found.owner_id)
    return session.scalars(
        select(Document).where(Document.id == document_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _audit(verb: str, document: Document, actor: Actor, now: datetime, **detail: object) -> None:
    audit.record(
        chain=f"{document.owner_type}:{document.owner_id}",
        verb=verb,
        object_type="document",
        object_id=document.id,
        actor=actor,
        now=now,
        detail={"type": document.type_key, "station": document.element_id, **detail},
    )
