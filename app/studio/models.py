"""Drafts and their revisions; contents are kept once, under their hash, however many revisions hold them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, DateTime, ForeignKey, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.jobs.long_work import LongWork
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


class PublicationState(StrEnum):
    """Where a flow change is in its life: reviewed, sent back to its author, approved and waiting for its day, in force, taken back
    to the version before, refused or given up."""

    IN_REVIEW = "in_review"
    SENT_BACK = "sent_back"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    TAKEN_BACK = "taken_back"
    REFUSED = "refused"


class Publication(Base):
    """A draft on its way into force. digest: of the files that were handed in; case_id: the flow change, which is a case itself.

    effective_on, back_on: days of the bank (None: as soon as it is approved; no way back by itself). before: by process key, the
    version in force when this one was activated. kept_at: somebody said that it stays, so it does not go back by itself.
    failing: file names of the scenarios that did not go as expected when the draft was handed in last.
    """

    __tablename__ = "publication"
    __table_args__ = (
        Index("ix_publication_draft", "draft_id", "begun_at"),
        Index("ix_publication_case", "case_id", unique=True),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    draft_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("draft.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"))
    deployment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("deployment.id"))
    state: Mapped[str] = mapped_column(String(12))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str] = mapped_column(String(4000))
    effective_on: Mapped[date | None] = mapped_column(Date)
    back_on: Mapped[date | None] = mapped_column(Date)
    before: Mapped[dict[str, str | None]] = mapped_column(JSONB, default=dict)
    failing: Mapped[list[str]] = mapped_column(JSONB, default=list)
    begun_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    approved_at: Mapped[datetime | None] = mapped_column(Moment)
    activated_at: Mapped[datetime | None] = mapped_column(Moment)
    kept_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    kept_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class Examination(LongWork, Base):
    """Long work about a draft, done by a worker: what it was asked, how far it is, what it found.

    kind: which examiner; digest: of the files it looks at, so that a result tells when it has grown old; asked and found: JSON, in
    the shape its examiner documents.
    """

    __tablename__ = "examination"
    __table_args__ = (Index("ix_examination_draft", "draft_id", "kind", "begun_at"),)

    draft_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("draft.id"))
    kind: Mapped[str] = mapped_column(String(40))
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class DraftPresence(Base):
    """That a person has a draft open; UNLOGGED, worth a minute. page: where in the studio, as the editor says."""

    __tablename__ = "draft_presence"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    draft_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    page: Mapped[str] = mapped_column(String(200))
    since: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
