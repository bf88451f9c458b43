"""Saving one file of a draft under a guard of its own, and going back and forth among what it has been.

Every saving is a revision of the draft. Going back writes the bytes of before as a new revision with a note that says so: nothing
is ever lost, and the notes tell where in its history a file stands.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.audit.operations import Actor
from app.identity import queries as people
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.studio import drafts
from app.studio.drafts import DraftChanged
from app.studio.models import Draft, DraftContent, DraftFile, DraftRevision
from app.workflow.forms.limits import TIME_ZONE

UNDO = "Went one step back: {name}"
REDO = "Went one step forward: {name}"


@dataclass(frozen=True)
class Steps:
    """What a file would be one step back and one forward; None where there is no such step."""

    back: bytes | None
    forward: bytes | None


def digest_of(content: bytes | None) -> str:
    """What guards one file: the SHA-256 of its bytes, "" where there is no such file."""
    return hashlib.sha256(content).hexdigest() if content is not None else ""


def save_file(
    *,
    draft_id: uuid.UUID,
    name: str,
    base: str,
    changes: Mapping[str, bytes],
    actor: Actor,
    now: datetime,
    note: str | None = None,
) -> Draft:
    """Save `changes` if the file `name` is still what the page showed; work on other files of the draft is not in the way.

    Raises DraftChanged, which says who changed the file and when; DraftClosed; NotFound.
    """
    draft = drafts.locked(draft_id)
    if digest_of(drafts.files_of(draft).get(name)) != base:
        raise _changed(draft, name)
    return drafts.save(draft_id=draft_id, changes=dict(changes), base=draft.digest, actor=actor, now=now, note=note)


def steps(draft: Draft, name: str) -> Steps:
    """Where going back and forward would lead."""
    back, forward = _stacks(draft, name)
    return Steps(_content(back[-2]) if len(back) > 1 else None, _content(forward[-1]) if forward else None)


def step(*, draft_id: uuid.UUID, name: str, base: str, forward: bool, actor: Actor, now: datetime) -> Draft:
    """Write the file as it was one step back, or forward again. Raises Refusal where there is no such step, and as `save_file`."""
    draft = drafts.locked(draft_id)
    found = steps(draft, name)
    content = found.forward if forward else found.back
    if content is None:
        raise Refusal("There is nothing further in this direction.")
    note = (REDO if forward else UNDO).format(name=name)
    return save_file(draft_id=draft_id, name=name, base=base, changes={name: content}, actor=actor, now=now, note=note)


@dataclass(frozen=True)
class _Writing:
    """What a file became, by whom and when; `note` as the revision has it."""

    digest: bytes
    note: str | None
    by: int | None
    at: datetime


def _writings(draft: Draft, name: str) -> list[_Writing]:
    """Everything the file has been, in order; revisions that left it alone are passed over."""
    statement = (
        select(DraftFile.content_digest, DraftRevision.note, DraftRevision.made_by, DraftRevision.made_at)
        .join(
            DraftRevision, (DraftRevision.draft_id == DraftFile.draft_id) & (DraftRevision.number == DraftFile.number)
        )
        .where(DraftFile.draft_id == draft.id, DraftFile.name == name)
        .order_by(DraftFile.number)
    )
    found: list[_Writing] = []
    for row in session.execute(statement):
        if not found or found[-1].digest != row.content_digest:
            found.append(_Writing(row.content_digest, row.note, row.made_by, row.made_at))
    return found


def _stacks(draft: Draft, name: str) -> tuple[list[bytes], list[bytes]]:
    """Digests of what the file has been, the newest last, and of what was taken back from it."""
    words = {UNDO.format(name=name): "back", REDO.format(name=name): "forward"}
    return replayed([(one.digest, words.get(one.note or "")) for one in _writings(draft, name)])


def replayed(writings: Sequence[tuple[bytes, str | None]]) -> tuple[list[bytes], list[bytes]]:
    """What can be gone back to (the newest last, the present one on top) and forward to, from all that a file has been.

    A writing is what the file became and "back" or "forward" where it was a step in its history; a step that does not lead to what
    lies there is a writing like any other.
    """
    back: list[bytes] = []
    forward: list[bytes] = []
    for content, step in writings:
        if step == "back" and back[-2:-1] == [content]:
            forward.append(back.pop())
        elif step == "forward" and forward[-1:] == [content]:
            back.append(forward.pop())
        else:
            back, forward = [*back, content], []
    return back, forward


def _content(digest: bytes) -> bytes | None:
    return session.scalar(select(DraftContent.content).where(DraftContent.digest == digest))


def _changed(draft: Draft, name: str) -> DraftChanged:
    """Who wrote this file last, and when."""
    last = next(iter(reversed(_writings(draft, name))), None)
    by = last.by if last else draft.changed_by
    who = people.users([by] if by else []).get(by or 0)
    at = (last.at if last else draft.changed_at).astimezone(TIME_ZONE)
    return DraftChanged(
        "{who} saved {name} at {at}. Nothing was overwritten: reload the page to see it as it is now.",
        who=who.name if who else "Creditflow",
        name=name,
        at=f"{at:%H:%M:%S}",
    )
