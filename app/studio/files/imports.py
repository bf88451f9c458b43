"""Bringing in diagrams of other tools: begin with files, answer what is asked, make a draft of it.

What was made of the files is not stored: the same files and answers always give the same result, which is kept at hand for a while.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import PurePath

import orjson
from sqlalchemy import select

from app.audit import operations as audit
from app.audit.operations import Actor
from app.identity import queries as people
from app.kernel.db import session
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import new_id
from app.studio import drafts
from app.studio.files import archives
from app.studio.files.import_models import DiagramImport, DiagramImportFile, ImportState
from app.studio.models import Draft
from app.workflow import importing, registry
from app.workflow.deploying import definitions

MOST_FILES = 200
MOST_BYTES = 8 * 1024 * 1024
BOUNDS = archives.Bounds(entries=1000, files=MOST_FILES, each=MOST_BYTES, total=MOST_BYTES)
READ = (".bpmn", ".xml", ".dmn", ".form")


class NothingToImport(Refusal):
    """No file was given, or too much."""


class StillAsked(Refusal):
    """Questions are open, so no draft can be made."""


class ImportClosed(Refusal):
    """The import has become a draft or was put away."""


def begin(*, files: Mapping[str, bytes], actor: Actor, now: datetime) -> DiagramImport:
    """Keep the files and begin asking; archives are opened. Raises NothingToImport, BadArchive."""
    files = unpacked(files)
    if not files:
        raise NothingToImport("Choose at least one .bpmn file.")
    if len(files) > MOST_FILES or sum(map(len, files.values())) > MOST_BYTES:
        raise NothingToImport("These are more than {count} files or more than 8 MB.", count=MOST_FILES)
    diagrams = [name for name in files if not name.endswith((".dmn", ".form", ".json"))] or list(files)
    title = PurePath(diagrams[0]).stem + (f" +{len(diagrams) - 1}" if len(diagrams) > 1 else "")
    row = DiagramImport(id=new_id(), title=title[:200], state=ImportState.OPEN, answers={}, created_by=actor.user_id)
    row.created_at = row.changed_at = now
    session.add(row)
    session.flush()
    session.add_all(DiagramImportFile(import_id=row.id, name=name, content=content) for name, content in files.items())
    session.flush()
    _note("begin_import", row, actor, now, files=sorted(files))
    return row


def unpacked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with those of zip archives in their place, by a plain name that each has alone. Raises BadArchive.

    All archives of one import have one bound between them.
    """
    found: dict[str, bytes] = {}
    for name, content in files.items():
        taken = sum(map(len, found.values()))
        inside = _inside(content, taken) if name.lower().endswith(".zip") else None
        for own, body in (inside if inside is not None else {name: content}).items():
            plain = _plain(own)
            found[plain if plain not in found else f"{len(found)}-{plain}"] = body
    return found


def _inside(content: bytes, taken: int) -> dict[str, bytes] | None:
    """The diagrams, tables and forms of an archive; None where it is none, which the import then says of the file itself."""
    try:
        return archives.members(content, BOUNDS, lambda name: name.lower().endswith(READ), taken=taken)[0]
    except archives.NoArchive:
        return None


def _plain(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable())[-160:] or "diagram.bpmn"


def find(import_id: uuid.UUID | None) -> DiagramImport:
    """The import; raises NotFound."""
    row = session.get(DiagramImport, import_id) if import_id else None
    if row is None:
        raise NotFound("There is no such import.")
    return row


def unfinished() -> Sequence[DiagramImport]:
    """The imports in work, the newest change first."""
    statement = select(DiagramImport).where(DiagramImport.state == ImportState.OPEN)
    return session.scalars(statement.order_by(DiagramImport.changed_at.desc())).all()


def bank() -> importing.Bank:
    """What this bank has that a diagram may name."""
    return importing.Bank(
        groups={group.key: dict(group.name) for group in people.groups()},
        delegates=tuple(sorted(registry.delegates())),
        users=tuple(sorted(user.username for user in people.active_users())),
    )


def made_of(row: DiagramImport) -> importing.Import:
    """What the files and the answers so far come to."""
    statement = select(DiagramImportFile.name, DiagramImportFile.content).where(DiagramImportFile.import_id == row.id)
    files = tuple(sorted((r.name, r.content) for r in session.execute(statement)))
    here = bank()
    known = orjson.dumps([row.answers, dict(here.groups), here.delegates, here.users], option=orjson.OPT_SORT_KEYS)
    return _made(_Job(files, row.answers, here, hashlib.sha256(known + repr(files).encode()).digest()))


class _Job:
    """Files, answers and bank under one digest, by which a result is found again."""

    def __init__(
        self, files: tuple[tuple[str, bytes], ...], answers: importing.Answers, bank: importing.Bank, digest: bytes
    ) -> None:
        self.files, self.answers, self.bank, self.digest = files, answers, bank, digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Job) and self.digest == other.digest


@lru_cache(maxsize=8)
def _made(job: _Job) -> importing.Import:
    return importing.bring_in(dict(job.files), job.answers, job.bank)


def findings(made: importing.Import) -> Sequence[object]:
    """What the deployment check finds wrong with what came out; empty where nothing stands in the way."""
    try:
        definitions.check(made.files)
    except definitions.NotDeployable as refused:
        return refused.findings
    return ()


def answer(*, import_id: uuid.UUID, answers: importing.Answers, actor: Actor, now: datetime) -> DiagramImport:
    """Keep answers beside those given before. Raises NotFound, ImportClosed."""
    row = locked(import_id)
    row.answers = {**row.answers, **{id_: dict(given) for id_, given in answers.items()}}
    row.changed_at = now
    _note("answer_import", row, actor, now, answered=sorted(answers))
    return row


def make_draft(*, import_id: uuid.UUID, actor: Actor, now: datetime) -> Draft:
    """A draft of what came out. Raises NotFound, ImportClosed, StillAsked, NothingToImport."""
    row = locked(import_id)
    made = made_of(row)
    if not made.usable:
        raise NothingToImport("None of the files can be brought in.")
    if made.open_questions:
        raise StillAsked("{count} questions are still open.", count=len(made.open_questions))
    first = next(name for name in made.files if name.endswith(".bpmn"))
    draft = drafts.begin(
        name=first.partition("/")[0][:120], title=row.title, files=made.files, actor=actor, now=now
    )  # fmt: skip
    row.state, row.draft_id, row.changed_at = ImportState.DRAFTED, draft.id, now
    return draft


def discard(*, import_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Put an import away. Raises NotFound, ImportClosed."""
    row = locked(import_id)
    row.state, row.changed_at = ImportState.DISCARDED, now
    _note("discard_import", row, actor, now)


def locked(import_id: uuid.UUID) -> DiagramImport:
    """The open import, locked until the end of the transaction. Raises NotFound, ImportClosed."""
    row = session.get(DiagramImport, import_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such import.")
    if row.state != ImportState.OPEN:
        raise ImportClosed("This import is finished and can't be changed any more.")
    return row


def _note(verb: str, row: DiagramImport, actor: Actor, now: datetime, **detail: object) -> None:
    audit.record(
        chain="system",
        verb=verb,
        object_type="diagram_import",
        object_id=row.id,
        actor=actor,
        now=now,
        detail={"title": row.title, **detail},
    )
