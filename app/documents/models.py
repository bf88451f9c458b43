"""Stored files (by content) and documents (what a file is to a case)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Integer, LargeBinary, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.documents.rules import State
from app.kernel.crypto import EncryptedText
from app.kernel.db import Base

Moment = DateTime(timezone=True)


class StoredFile(Base):
    """Bytes in the store, named by the SHA-256 of what they are unencrypted. Many documents may point at one; none changes it."""

    __tablename__ = "stored_file"

    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Moment)


class Document(Base):
    """A paper of an owner: original, what is shown of it, where it came in, who added it, who took it out and why.

    sha256: the original; rendition: what is shown, where there is something. pages: None where they can't be counted.
    note: a key of `rules.NOTES`. element_id: the station at which it was added.
    """

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_owner", "owner_type", "owner_id", "id"),
        Index("ix_document_sha256", "sha256"),
        Index("ix_document_rendition", "rendition", postgresql_where=text("rendition IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    owner_type: Mapped[str] = mapped_column(String(40))
    owner_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    type_key: Mapped[str] = mapped_column(String(60))
    file_name_cipher: Mapped[bytes] = mapped_column(LargeBinary)
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(ForeignKey("stored_file.sha256"))
    rendition: Mapped[bytes | None] = mapped_column(ForeignKey("stored_file.sha256"))
    rendition_type: Mapped[str | None] = mapped_column(String(100))
    pages: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    note: Mapped[str | None] = mapped_column(String(20))
    element_id: Mapped[str | None] = mapped_column(String(120))
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    uploaded_at: Mapped[datetime] = mapped_column(Moment)
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    removed_at: Mapped[datetime | None] = mapped_column(Moment)
    removal_reason_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)

    file_name = EncryptedText()
    removal_reason = EncryptedText()

    @property
    def is_shown(self) -> bool:
        """Whether there is something to show: a rendition, or a damaged PDF that the browser's viewer may still read."""
        return self.rendition is not None or (self.state == State.BROKEN and self.media_type == "application/pdf")
