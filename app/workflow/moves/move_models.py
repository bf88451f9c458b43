"""What moves leave behind: copies for information, and acts that wait for a second person."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    Boolean,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import EncryptedJson, EncryptedText
from app.kernel.db import Base

Moment = DateTime(timezone=True)


class Copy(Base):
    """A case copied to somebody for information (抄送).

    element_id: the station it was sent from, whose rights the reader has. visit_id: the visit whose changes he is to know of.
    """

    __tablename__ = "case_copy"
    __table_args__ = (Index("ix_case_copy_user_id", "user_id", "id"), UniqueConstraint("instance_id", "user_id"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    element_id: Mapped[str | None] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    visit_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    note_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)

    note = EncryptedText()


class PendingAct(Base):
    """A supervisor's act that a second person must confirm: who asked for what, and who confirmed or declined.

    given: what he said, as `acts.Given`. case_seen: a digest of the case as he saw it; one that has moved on
    since must be asked for anew.
    """

    __tablename__ = "pending_act"
    __table_args__ = (Index("ix_pending_act_open", "instance_id", postgresql_where=text("decided_at IS NULL")),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_task.id"))
    verb: Mapped[str] = mapped_column(String(40))
    given_cipher: Mapped[bytes] = mapped_column(LargeBinary)
    case_seen: Mapped[bytes] = mapped_column(LargeBinary)
    asked_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    is_confirmed: Mapped[bool | None] = mapped_column(Boolean)

    given = EncryptedJson()
