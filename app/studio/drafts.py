"""What may be done with a draft: begin, save, discard; and what it holds.

Saving is guarded by the digest of the files the person began with: whoever saves over somebody else's work is told, and nothing
is written.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_keep

from app.audit import operations as audit
from app.audit.operations import Actor
from app.kernel.db import session
from app.kernel.errors import Conflict, NotFound, Refusal
from app.kernel.ids import new_id
from app.studio.models import Draft, DraftContent, DraftFile, DraftRevision, DraftState
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import DeploymentFile

# Who writes contents holds this lock with others, who takes unused ones away holds it alone.
CONTENTS = 0x5354_5544


class DraftChanged(Conflict):
    """Somebody saved the draft after the person had opened it; nothing was written."""


class DraftClosed(Refusal):
    """The draft is in review, published or discarded."""


def begin(
    *,
    name: str,
    title: str,
    files: Mapping[str, bytes],
    actor: Actor,
    now: datetime,
    deployment_id: uuid.UUID | None = None,
) -> Draft:
    """A new draft that holds `files`; `deployment_id` is the deployment they were taken from."""
    draft = Draft(
        id=new_id(),
        name=name,
        title=title,
        deployment_id=deployment_id,
        state=DraftState.OPEN,
        revision=0,
        digest=b"",
        created_by=actor.user_id,
        created_at=now,
        changed_by=actor.user_id,
        changed_at=now,
    )
    session.add(draft)
    session.flush()
    _add_revision(draft, files, None, actor, now)
    note("begin_draft", draft, actor, now)
    return draft


def save(
    *,
    draft_id: uuid.UUID,
    changes: Mapping[str, bytes | None],
    base: bytes,
    actor: Actor,
    now: datetime,
    note: str | None = None,
) -> Draft:
    """Write `changes` (None takes a file away) over the revision whose digest is `base`, as a new revision.

    Saving what is there already makes no revision. Raises DraftChanged where `base` is no longer the newest, DraftClosed, NotFound.
    """
    draft = locked(draft_id)
    if draft.digest != base:
        raise DraftChanged(
            "Somebody else saved this draft at {at}. Nothing was overwritten.", at=draft.changed_at.isoformat()
        )
    files = {**files_of(draft), **{name: content for name, content in changes.items() if content is not None}}
    for name in [name for name, content in changes.items() if content is None]:
        files.pop(name, None)
    if definitions.digest_of(files) != draft.digest:
        _add_revision(draft, files, note, actor, now)
    return draft


def discard(*, draft_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Put an open draft away; its revisions stay on record."""
    draft = locked(draft_id)
    draft.state, draft.changed_by, draft.changed_at = DraftState.DISCARDED, actor.user_id, now
    note("discard_draft", draft, actor, now)


def take_up(*, draft_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Open a draft again that was put away; raises NotFound, DraftClosed where it is in review or published."""
    draft = session.get(Draft, draft_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFound("There is no such draft.")
    if draft.state != DraftState.DISCARDED:
        raise DraftClosed("Only a draft that was put away can be taken up again.")
    draft.state, draft.changed_by, draft.changed_at = DraftState.OPEN, actor.user_id, now
    note("take_up_draft", draft, actor, now)


def rename(*, draft_id: uuid.UUID, title: str, actor: Actor, now: datetime) -> None:
    """Call an open draft otherwise; its files stay as they are. Raises NotFound, DraftClosed."""
    draft = locked(draft_id)
    before, draft.title = draft.title, title
    note("rename_draft", draft, actor, now, before=before, after=title)


def locked(draft_id: uuid.UUID) -> Draft:
    """The open draft, locked until the end of the transaction; raises NotFound, DraftClosed."""
    draft = session.get(Draft, draft_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFound("There is no such draft.")
    if draft.state != DraftState.OPEN:
        raise DraftClosed("This draft is not open any more, so it can't be changed.")
    return draft


def find(draft_id: uuid.UUID | None) -> Draft:
    """The draft; raises NotFound."""
    draft = session.get(Draft, draft_id) if draft_id else None
    if draft is None:
        raise NotFound("There is no such draft.")
    return draft


def files_of(draft: Draft, number: int | None = None) -> dict[str, bytes]:
    """All files of a revision (the newest by default), by name in order."""
    statement = (
        select(DraftFile.name, DraftContent.content)
        .join(DraftContent, DraftContent.digest == DraftFile.content_digest)
        .where(DraftFile.draft_id == draft.id, DraftFile.number == (draft.revision if number is None else number))
        .order_by(DraftFile.name)
    )
    return {row.name: row.content for row in session.execute(statement)}


def hold_contents() -> bool:
    """Keep everybody from writing contents until the end of the transaction; False where somebody is writing."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(CONTENTS))))


def base_files(draft: Draft) -> dict[str, bytes]:
    """The files of the deployment the draft began from; empty for one from nothing."""
    statement = select(DeploymentFile.name, DeploymentFile.content).where(
        DeploymentFile.deployment_id == draft.deployment_id
    )
    return {row.name: row.content for row in session.execute(statement)} if draft.deployment_id else {}


def _add_revision(draft: Draft, files: Mapping[str, bytes], note: str | None, actor: Actor, now: datetime) -> None:
    draft.revision += 1
    draft.digest = definitions.digest_of(files)
    draft.changed_by, draft.changed_at = actor.user_id, now
    digests = {name: hashlib.sha256(content).digest() for name, content in files.items()}
    contents = {digests[name]: content for name, content in files.items()}
    session.add(
        DraftRevision(
            draft_id=draft.id, number=draft.revision, digest=draft.digest, note=note, made_by=actor.user_id, made_at=now
        )
    )
    session.flush()
    if files:
        session.execute(select(func.pg_advisory_xact_lock_shared(CONTENTS)))
        kept = [{"digest": digest, "content": content} for digest, content in contents.items()]
        session.execute(insert_or_keep(DraftContent).on_conflict_do_nothing(), kept)
        rows = [
            {"draft_id": draft.id, "number": draft.revision, "name": name, "content_digest": digest}
            for name, digest in digests.items()
        ]
        session.execute(insert(DraftFile), rows)


def note(verb: str, draft: Draft, actor: Actor, now: datetime, **more: Any) -> None:
    """Put an act on the record."""
    audit.record(
        chain="system",
        verb=verb,
        object_type="draft",
        object_id=draft.id,
        actor=actor,
        now=now,
        detail={"name": draft.name, "revision": draft.revision, "digest": draft.digest.hex(), **more},
    )
