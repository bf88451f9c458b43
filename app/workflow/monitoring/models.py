"""Facts by day, the mark up to which the record has been counted, and simulated staffings."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, Identity, Index, Integer, SmallInteger, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.jobs.long_work import LongWork
from app.kernel.db import Base

Moment = DateTime(timezone=True)


class FactKind(StrEnum):
    """What was counted."""

    OPENED = "opened"
    DONE = "done"
    FLOW = "flow"
    RETURN = "return"
    CASE = "case"


class MonitoringFact(Base):
    """So many of one kind at one place on one day (of the bank's own time zone).

    place: station or flow; detail: the outcome of a visit, "target reason" of a return. The four times are seconds added up over
    the visits: until somebody had it, and from then on, by the clock on the wall and in working time.
    """

    __tablename__ = "monitoring_fact"
    __table_args__ = (Index("ix_monitoring_fact_process", "process_key", "day"), Index("ix_monitoring_fact_day", "day"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    process_key: Mapped[str] = mapped_column(String(80))
    definition_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(8))
    place: Mapped[str] = mapped_column(String(120))
    detail: Mapped[str] = mapped_column(String(200))
    branch_id: Mapped[int | None] = mapped_column(Integer)
    line: Mapped[str] = mapped_column(String(40))
    number: Mapped[int] = mapped_column(Integer)
    waited: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger)
    waited_work: Mapped[int] = mapped_column(BigInteger)
    held_work: Mapped[int] = mapped_column(BigInteger)


class MonitoringMark(Base):
    """Up to which event of the record has been looked at; one row. days: still to be counted; seen_at: when it was last done."""

    __tablename__ = "monitoring_mark"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    seen: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    days: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")
    seen_at: Mapped[datetime | None] = mapped_column(Moment)


class StaffingRun(LongWork, Base):
    """A simulated staffing: what was asked, how far it is, what came out (JSON, in the shape `foretelling` documents)."""

    __tablename__ = "staffing_run"
    __table_args__ = (Index("ix_staffing_run_process", "process_key", "begun_at"),)

    process_key: Mapped[str] = mapped_column(String(80))
    definition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_definition.id"))
