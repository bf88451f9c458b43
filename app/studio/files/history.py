"""The history of a draft: its revisions, what each changed, going back to one; and thinning what autosaving left behind."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text

from app.audit.operations import Actor
from app.identity.models import User
from app.kernel.db import session
from app.kernel.errors import NotFound
from app.studio import drafts
from app.studio.models import Draft, DraftFile, DraftRevision

PAGE = 50
YOUNG = timedelta(days=1)
ONE_PER = timedelta(minutes=10)
NOTE_LENGTH = 400

# Of the unnamed revisions that one person made within ten minutes the last one stays. The first and the newest of a draft stay, and
# so does what was deployed, handed in for review or examined: their digests say so.
_TOO_MANY = text("""
WITH ranked AS (
  SELECT r.draft_id, r.number, row_number() OVER (
           PARTITION BY r.draft_id, r.made_by, floor(extract(epoch FROM r.made_at) / :seconds) ORDER BY r.number DESC) AS place
    FROM draft_revision r JOIN draft d ON d.id = r.draft_id
   WHERE r.note IS NULL AND r.made_at < :before AND r.number > 1 AND r.number < d.revision AND d.state = 'open'
     AND NOT EXISTS (SELECT FROM deployment p WHERE p.digest = r.digest)
     AND NOT EXISTS (SELECT FROM publication p WHERE p.draft_id = r.draft_id AND p.digest = r.digest)
     AND NOT EXISTS (SELECT FROM examination e WHERE e.draft_id = r.draft_id AND e.digest = r.digest)),
gone AS (DELETE FROM draft_revision r USING ranked k
          WHERE k.place > 1 AND r.draft_id = k.draft_id AND r.number = k.number RETURNING r.draft_id, r.number),
files AS (DELETE FROM draft_file f USING gone g WHERE f.draft_id = g.draft_id AND f.number = g.number)
SELECT count(*) FROM gone""")
_UNUSED = text(
    "DELETE FROM draft_content c WHERE NOT EXISTS (SELECT FROM draft_file f WHERE f.content_digest = c.digest)"
)


@dataclass(frozen=True)
class Change:
    """What a revision did with a file: added, changed or removed."""

    name: str
    what: str


@dataclass(frozen=True)
class Line:
    """One revision as the page shows it; `changes` against the one before that is still kept."""

    number: int
    digest: bytes
    made_at: datetime
    made_by: str | None
    note: str | None
    changes: tuple[Change, ...]


def lines(draft: Draft, *, before: int | None = None, size: int = PAGE) -> list[Line]:
    """The revisions of a draft, newest first, those below the number `before`."""
    statement = (
        select(DraftRevision, User.name)
        .outerjoin(User, User.id == DraftRevision.made_by)
        .where(DraftRevision.draft_id == draft.id)
        .order_by(DraftRevision.number.desc())
        .limit(size + 1)
    )
    if before is not None:
        statement = statement.where(DraftRevision.number < before)
    rows = session.execute(statement).all()
    held = _held(draft, [row[0].number for row in rows])
    found = []
    for i, (revision, name) in enumerate(rows[:size]):
        earlier = held.get(rows[i + 1][0].number, {}) if i + 1 < len(rows) else {}
        changes = _changes(earlier, held.get(revision.number, {}))
        found.append(Line(revision.number, revision.digest, revision.made_at, name, revision.note, changes))
    return found


def revision(draft: Draft, number: int) -> Line:
    """One revision; raises NotFound."""
    found = next((line for line in lines(draft, before=number + 1, size=1) if line.number == number), None)
    if found is None:
        raise NotFound("The draft has no revision {number}.", number=number)
    return found


def against_now(draft: Draft, number: int) -> tuple[Change, ...]:
    """What going back to a revision would do with the files as they are now."""
    held = _held(draft, [number, draft.revision])
    return _changes(held.get(draft.revision, {}), held.get(number, {}))


def restore(*, draft_id: uuid.UUID, number: int, base: bytes, note: str, actor: Actor, now: datetime) -> Draft:
    """Make the files of a revision the newest ones, as a new revision. Raises NotFound, and what `drafts.save` raises."""
    draft = drafts.find(draft_id)
    revision(draft, number)
    files = drafts.files_of(draft, number)
    changes: dict[str, bytes | None] = dict.fromkeys(drafts.files_of(draft))
    return drafts.save(draft_id=draft_id, changes={**changes, **files}, base=base, note=note, actor=actor, now=now)


def name_revision(*, draft_id: uuid.UUID, number: int, note: str, actor: Actor, now: datetime) -> None:
    """Give a revision a name, so that it is found again and never thinned out. Raises NotFound, DraftClosed."""
    draft = drafts.locked(draft_id)
    row = session.get(DraftRevision, (draft.id, number))
    if row is None:
        raise NotFound("The draft has no revision {number}.", number=number)
    row.note = note.strip()[:NOTE_LENGTH] or None
    drafts.note("name_revision", draft, actor, now, number=number)


def thin(now: datetime) -> int:
    """Take away what autosaving left of days gone by: of a person's unnamed revisions one per ten minutes stays. How many went."""
    gone = session.scalar(_TOO_MANY, {"before": now - YOUNG, "seconds": ONE_PER.total_seconds()}) or 0
    if gone and drafts.hold_contents():
        session.execute(_UNUSED)
    return int(gone)


def _held(draft: Draft, numbers: Sequence[int]) -> dict[int, dict[str, bytes]]:
    """The digests of the files by name, per revision."""
    statement = select(DraftFile.number, DraftFile.name, DraftFile.content_digest)
    rows = session.execute(statement.where(DraftFile.draft_id == draft.id, DraftFile.number.in_(numbers)))
    found: dict[int, dict[str, bytes]] = {}
    for number, name, digest in rows:
        found.setdefault(number, {})[name] = digest
    return found


def _changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Change, ...]:
    found = []
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            found.append(Change(name, "added"))
        elif name not in after:
            found.append(Change(name, "removed"))
        elif before[name] != after[name]:
            found.append(Change(name, "changed"))
    return tuple(found)
