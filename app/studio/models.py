"""Drafts and their revisions; contents are kept once, under their hash, however many revisions hold them."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import DateTime, ForeignKey, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base

Moment = DateTime(timezone=True)


class DraftState(StrEnum):
    """Where a draft is in its life. Only an `OPEN` one may be changed."""

    OPEN = "open"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class Draft(Base):
    """Files in work. `name` is that of the deployment it becomes, `deployment_id` the one it began from (None: from nothing).

    revision: number of the newest revision; digest: of its files, as `definitions.digest_of` makes it.
    """

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_state", "state", "changed_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(200))
    deployment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("deployment.id"))
    state: Mapped[str] = mapped_column(String(20), default=DraftState.OPEN)
    revision: Mapped[int] = mapped_column(Integer)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class DraftRevision(Base):
    """One saving of a draft; immutable. `note` is what the person wrote about it, or what the program did."""

    __tablename__ = "draft_revision"

    draft_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("draft.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str | None] = mapped_column(String(400))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)


class DraftFile(Base):
    """One file of one revision, by name ("credit_application.bpmn", "credit_application/intake.form")."""

    __tablename__ = "draft_file"

    draft_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    content_digest: Mapped[bytes] = mapped_column(ForeignKey("draft_content.digest"))


class DraftContent(Base):
    """Bytes under their SHA-256."""

    __tablename__ = "draft_content"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
