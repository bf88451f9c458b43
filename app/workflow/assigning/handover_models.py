"""The tasks of somebody who leaves, handed over: the run and its rows."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base

Moment = DateTime(timezone=True)


class HandOver(Base):
    """Everything of somebody who leaves goes to his successor: begun by a supervisor, carried out row by row (see `handover`)."""

    __tablename__ = "hand_over"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str] = mapped_column(String(4000))
    leaves: Mapped[bool] = mapped_column(Boolean, default=False)
    begun_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class HandOverRow(Base):
    """One thing that is handed over, and what became of it: waiting, done, or refused with a sentence."""

    __tablename__ = "hand_over_row"
    __table_args__ = (
        Index("ix_hand_over_row_waiting", "hand_over_id", "id", postgresql_where=text("state = 'waiting'")),
    )

    hand_over_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hand_over.id"), primary_key=True)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    ref: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10))
    refusal: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    at: Mapped[datetime | None] = mapped_column(Moment)
