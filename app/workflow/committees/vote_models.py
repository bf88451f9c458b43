"""What a committee leaves behind: rounds of votes, resolutions, conditions, sittings, reconsiderations.

A round says who took part and why; a resolution is frozen by the database itself. Words of people are encrypted.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, Interval, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.crypto import EncryptedJson, EncryptedText
from app.kernel.db import Base
from app.workflow.models import Moment, UserTask


class RoundState(StrEnum):
    """Where a round is: OPEN takes ballots, TIE waits for the chair, CLOSED has a result, VOID was overtaken by a return."""

    OPEN = "open"
    TIE = "tie"
    CLOSED = "closed"
    VOID = "void"


class ConditionState(StrEnum):
    """Where a condition of an approval is. VOID: the vote that set it was taken again, or the case was refused."""

    OPEN = "open"
    MET = "met"
    WAIVED = "waived"
    VOID = "void"


class SittingState(StrEnum):
    """Where a sitting is."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class VoteRound(Base):
    """One round of one vote. `roll` is who takes part (see `electorates.Register`); `why` says what decided the result.

    A discussion again opens the next round of the same task; a return opens a new task and its first round. closes_left,
    closes_from: its clock, where it has one (see `closing`); the moment `closes_at` is only where that ends by today's calendar.
    """

    __tablename__ = "vote_round"
    __table_args__ = (
        UniqueConstraint("task_id", "number"),
        Index("ix_vote_round_instance_id", "instance_id"),
        Index("ix_vote_round_closes_at", "closes_at", postgresql_where=sql("state = 'open' AND closes_at IS NOT NULL")),
        Index("ix_vote_round_waiting", "committee_id", "id", postgresql_where=sql("state IN ('open', 'tie')")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_task.id"))
    # Set where a round begins together with its task: the row of the task is written first.
    task: Mapped[UserTask] = relationship(lazy="raise_on_sql")
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), default=RoundState.OPEN)
    committee_id: Mapped[int | None] = mapped_column(ForeignKey("app_group.id"))
    roll: Mapped[dict[str, Any]] = mapped_column(JSONB)
    present_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    closes_at: Mapped[datetime | None] = mapped_column(Moment)
    closes_from: Mapped[datetime | None] = mapped_column(Moment)
    closes_left: Mapped[timedelta | None] = mapped_column(Interval)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    result: Mapped[str | None] = mapped_column(String(20))
    why: Mapped[str | None] = mapped_column(String(20))


class Ballot(Base):
    """A member's vote in one round of one vote; a later one of the same member replaces it while the round is open.

    casting: what the chair said of a tie; it decides and is not counted.
    """

    __tablename__ = "ballot"
    __table_args__ = (
        Index(
            "uq_ballot_valid",
            "task_id",
            "round",
            "voter_id",
            "casting",
            unique=True,
            postgresql_where=sql("void_at IS NULL"),
        ),
        Index("ix_ballot_voter_id", "voter_id", "at", postgresql_where=sql("void_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_task.id"), index=True)
    round: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    voter_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    choice: Mapped[str] = mapped_column(String(20))
    casting: Mapped[bool] = mapped_column(Boolean, default=False, server_default="false")
    at: Mapped[datetime] = mapped_column(Moment)
    void_at: Mapped[datetime | None] = mapped_column(Moment)
    opinion_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)

    opinion = EncryptedText()


class Resolution(Base):
    """The decision of a vote (决议): result, counts, ballots with opinions, proof of the quorum, version of the rule. Immutable.

    digest: SHA-256 of the body as canonical JSON; it stands in the audit too.
    """

    __tablename__ = "resolution"
    __table_args__ = (Index("ix_resolution_instance_id", "instance_id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_task.id"), unique=True)
    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vote_round.id"))
    definition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_definition.id"))
    result: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[datetime] = mapped_column(Moment)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    body_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)

    body = EncryptedJson()


class CaseCondition(Base):
    """A condition of an approval (用信条件): what, who sees to it, by when, and how it ended.

    settled_by and settled_at: who met or waived it and when; evidence_id: the document that shows it; note: the reason of a
    waiver, or what was done. blocks: whether the money waits for it; what is to be done after the pay-out is tracked and blocks
    nothing.
    """

    __tablename__ = "case_condition"
    __table_args__ = (
        Index("ix_case_condition_instance_id", "instance_id", "id"),
        Index("ix_case_condition_owner_open", "owner_id", "due_on", postgresql_where=sql("state = 'open'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"))
    resolution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("resolution.id"))
    element_id: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(10), default=ConditionState.OPEN)
    blocks: Mapped[bool] = mapped_column(Boolean, default=True, server_default="true")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    due_on: Mapped[date | None] = mapped_column(Date)
    made_at: Mapped[datetime] = mapped_column(Moment)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    evidence_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document.id"))
    text_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    note_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)

    text = EncryptedText()
    note = EncryptedText()


class Sitting(Base):
    """A meeting of a committee (会议): when, where, who is there, and the cases on its agenda."""

    __tablename__ = "sitting"
    __table_args__ = (Index("ix_sitting_committee_id", "committee_id", "held_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    committee_id: Mapped[int] = mapped_column(ForeignKey("app_group.id"))
    state: Mapped[str] = mapped_column(String(10), default=SittingState.PLANNED)
    held_at: Mapped[datetime] = mapped_column(Moment)
    place: Mapped[str] = mapped_column(String(120), default="")
    present_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    made_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    remarks_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)

    remarks = EncryptedText()


class SittingItem(Base):
    """A case on the agenda of a sitting, in its place."""

    __tablename__ = "sitting_item"
    __table_args__ = (Index("ix_sitting_item_task_id", "task_id"),)

    sitting_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_task.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)


class Reconsideration(Base):
    """The one reconsideration (复议) of a case: who asked for it, when, with which new facts, and of which vote."""

    __tablename__ = "reconsideration"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_task.id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    facts_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)

    facts = EncryptedText()
