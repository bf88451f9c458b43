"""Questions about documents."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from app.documents import rules, types
from app.documents.models import Document, StoredFile
from app.documents.rules import State
from app.identity import queries as people
from app.kernel.db import session
from app.web.i18n import text_of


@dataclass(frozen=True)
class Copies:
    """Where the same content lies too. first: the older document of the same owner; elsewhere: how many other owners have it.

    The same pay slip in two customers' cases is what an examiner wants to know; which cases they are is not for everybody.
    """

    first: uuid.UUID | None = None
    elsewhere: int = 0


def documents_of(owner_type: str, owner_id: uuid.UUID, *, with_removed: bool = False) -> Sequence[Document]:
    """The documents of an owner in the order they came, without those taken out (unless asked for)."""
    statement = select(Document).where(Document.owner_type == owner_type, Document.owner_id == owner_id)
    if not with_removed:
        statement = statement.where(Document.removed_at.is_(None))
    return session.scalars(statement.order_by(Document.id)).all()


def document(document_id: uuid.UUID) -> Document | None:
    """One document, taken out or not."""
    return session.get(Document, document_id)


# Many steps ask this when they are completed; it is put together once.
TYPES_OF = select(Document.type_key, Document.state, Document.rendition.is_not(None)).where(
    Document.owner_type == bindparam("owner_type"),
    Document.owner_id == bindparam("owner_id"),
    Document.removed_at.is_(None),
)


def missing_types(owner_type: str, owner_id: uuid.UUID, required: Iterable[str]) -> tuple[str, ...]:
    """Which of the required types the owner has no readable document of."""
    wanted = tuple(required)
    if not wanted:
        return ()
    rows = session.execute(TYPES_OF, {"owner_type": owner_type, "owner_id": owner_id}).all()
    return rules.missing(wanted, [key for key, state, is_shown in rows if rules.satisfies(state, is_shown)])


def copies_of(documents: Sequence[Document]) -> dict[uuid.UUID, Copies]:
    """For documents of one owner, oldest first: which of them are copies. Those that are not are left out. One statement."""
    if not documents:
        return {}
    first: dict[bytes, uuid.UUID] = {}
    for row in documents:
        first.setdefault(row.sha256, row.id)
    others = _owners_elsewhere(documents[0].owner_type, documents[0].owner_id, first)
    found = {
        row.id: Copies(first[row.sha256] if first[row.sha256] != row.id else None, others.get(row.sha256, 0))
        for row in documents
    }
    return {key: copies for key, copies in found.items() if copies != Copies()}


def prepared_before(sha256: bytes) -> Document | None:
    """A document with the same content whose rendition can serve again; one that once broke its reader gets another try."""
    statement = select(Document).where(Document.sha256 == sha256, Document.state != State.UNSAFE)
    return session.scalars(statement.order_by(Document.id.desc()).limit(1)).first()


def is_stored(sha256: bytes) -> bool:
    """Whether a row names this file."""
    return session.get(StoredFile, sha256) is not None


def _owners_elsewhere(owner_type: str, owner_id: uuid.UUID, contents: Iterable[bytes]) -> dict[bytes, int]:
    statement = (
        select(Document.sha256, func.count(func.distinct(Document.owner_id)))
        .where(Document.sha256.in_(list(contents)), Document.removed_at.is_(None))
        .where(Document.owner_type == owner_type, Document.owner_id != owner_id)
        .group_by(Document.sha256)
    )
    return dict(session.execute(statement).all())


@dataclass(frozen=True)
class Slot:
    """The documents of one type in a panel; `is_missing`: required here and nothing readable is there yet."""

    type_key: str
    label: Mapping[str, str]
    is_missing: bool
    documents: tuple[Document, ...]


@dataclass(frozen=True)
class Panel:
    """The papers of an owner as a page shows them: required types first, then the others in the order of the catalogue."""

    owner_type: str
    owner_id: uuid.UUID
    element_id: str | None
    may_add: bool
    slots: tuple[Slot, ...]
    copies: Mapping[uuid.UUID, Copies]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    people: Mapping[int, str]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The types one may add, with their names in the reader's language."""
        return [(key, text_of(texts)) for key, texts in types.TYPES.items()]

    @property
    def next_type(self) -> str:
        """The type to offer first: the first that is still missing."""
        return next((slot.type_key for slot in self.slots if slot.is_missing), "")

    @property
    def missing(self) -> list[str]:
        """The names of the required types that nothing readable is there of, in the reader's language."""
        return [text_of(slot.label) for slot in self.slots if slot.is_missing]

    @property
    def count(self) -> int:
        """How many documents there are."""
        return sum(len(slot.documents) for slot in self.slots)


def panel(
    owner_type: str,
    owner_id: uuid.UUID,
    *,
    element_id: str | None = None,
    required: Iterable[str] = (),
    optional: Iterable[str] = (),
    may_add: bool = False,
) -> Panel:
    """What `documents/panel.html` shows. `required`: the types the station insists on; `optional`: those it also asks for."""
    wanted = tuple(dict.fromkeys(required))
    welcome = tuple(key for key in dict.fromkeys(optional) if key not in wanted)
    found = documents_of(owner_type, owner_id)
    readable = {row.type_key for row in found if rules.satisfies(row.state, row.rendition is not None)}
    by_type: dict[str, list[Document]] = {}
    for row in found:
        by_type.setdefault(row.type_key, []).append(row)
    order = [*wanted, *welcome, *(key for key in (*types.TYPES, *by_type) if key in by_type)]
    slots = tuple(
        Slot(key, types.label(key), key in wanted and key not in readable, tuple(by_type.get(key, ())))
        for key in dict.fromkeys(order)
    )
    names = {user.id: user.name for user in people.users(row.uploaded_by for row in found if row.uploaded_by).values()}
    return Panel(owner_type, owner_id, element_id, may_add, slots, copies_of(found), wanted, welcome, names)
