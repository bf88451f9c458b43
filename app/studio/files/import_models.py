"""Files of other tools that are being brought in: as they came, with the answers given so far."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base

Moment = DateTime(timezone=True)


class ImportState(StrEnum):
    """Where an import is. Only an `OPEN` one takes answers."""

    OPEN = "open"
    DRAFTED = "drafted"
    DISCARDED = "discarded"


class DiagramImport(Base):
    """An import in work. answers: question id → entry → value; draft_id: the draft that it became."""

    __tablename__ = "diagram_import"
    __table_args__ = (Index("ix_diagram_import_state", "state", "changed_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default=ImportState.OPEN)
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    draft_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("draft.id"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class DiagramImportFile(Base):
    """One file as it was uploaded."""

    __tablename__ = "diagram_import_file"

    import_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("diagram_import.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
