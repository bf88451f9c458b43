"""Cases that go over to another version of their process: what was asked for, and what became of each case."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import EncryptedText
from app.kernel.db import Base
from app.workflow.models import Moment


class RunState(StrEnum):
    """Where a migration is in its life: tried, shown and not yet confirmed, at work, over, being taken back, dropped."""

    TRYING = "trying"
    PREVIEW = "preview"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    DROPPED = "dropped"


class RowState(StrEnum):
    """What became of a case: not tried yet, would go, would be refused; moved, refused, taken back, or not taken back (it has
    moved on since)."""

    NEW = "new"
    READY = "ready"
    BARRED = "barred"
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"
    KEPT = "kept"


class Migration(Base):
    """Cases of `from_id` are to go over to `to_id`. mapping: element → element, or null where a token is taken away."""

    __tablename__ = "migration"
    __table_args__ = (
        Index("ix_migration_begun_at", "begun_at"),
        Index("ix_migration_at_work", "id", postgresql_where=text("state IN ('running', 'undoing')")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    process_key: Mapped[str] = mapped_column(String(80))
    from_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_definition.id"))
    to_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_definition.id"))
    mapping: Mapped[dict[str, str | None]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(12))
    reason_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    total: Mapped[int] = mapped_column(Integer)
    begun_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    login_id: Mapped[str | None] = mapped_column(String(60))
    address: Mapped[str | None] = mapped_column(String(60))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    reason = EncryptedText()


class MigrationRow(Base):
    """One case of a migration. refusal: why not, by language. before: what undoing needs (`migration.Snapshot`); after_event: the
    number of the event by which it moved; the case has moved on since where its newest event is another one."""

    __tablename__ = "migration_row"
    __table_args__ = (Index("ix_migration_row_state", "migration_id", "state", "instance_id"),)

    migration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("migration.id"), primary_key=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    refusal: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    before_blob: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB, deferred=True)
    after_event: Mapped[int | None] = mapped_column(Integer)
    voided: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[datetime | None] = mapped_column(Moment)
