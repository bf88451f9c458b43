"""Acts on many rows at once, and what became of each row."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, Integer, LargeBinary, String, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import EncryptedJson
from app.kernel.db import Base

Moment = DateTime(timezone=True)


class ActState(StrEnum):
    """Where a bulk act is in its life: tried row by row, shown and not yet confirmed, being carried out, over."""

    TRYING = "trying"
    PREVIEW = "preview"
    RUNNING = "running"
    DONE = "done"
    DROPPED = "dropped"


class RowState(StrEnum):
    """What became of a row: not tried yet, would go (tried and taken back), would be refused, done, refused."""

    NEW = "new"
    READY = "ready"
    BARRED = "barred"
    DONE = "done"
    REFUSED = "refused"


class BulkAct(Base):
    """One verb on many tasks or cases. `subject`: "task" or "case"; `given`: what the verb asked for (reason, person, target).

    login_id, address: over which login and from where the person pressed, for the audit of the rows.
    """

    __tablename__ = "bulk_act"
    __table_args__ = (
        Index("ix_bulk_act_made_by", "made_by", "id"),
        Index("ix_bulk_act_at_work", "id", postgresql_where=text("state = 'running'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    verb: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), default=ActState.TRYING)
    given_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    total: Mapped[int] = mapped_column(Integer)
    made_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    login_id: Mapped[str | None] = mapped_column(String(60))
    address: Mapped[str | None] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)

    given = EncryptedJson()


class BulkRow(Base):
    """One row of a bulk act. `before`, `after`: stations and holders as the trial found them; `refusal`: why not, by language."""

    __tablename__ = "bulk_row"
    __table_args__ = (Index("ix_bulk_row_state", "act_id", "state", "place"),)

    act_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bulk_act.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    case_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    state: Mapped[str] = mapped_column(String(12), default=RowState.NEW)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    refusal: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    at: Mapped[datetime | None] = mapped_column(Moment)
