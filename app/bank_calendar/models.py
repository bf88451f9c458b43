"""The bank's own days, and its opening hours."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, DateTime, ForeignKey, Identity, SmallInteger, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base

Moment = DateTime(timezone=True)


class OwnDay(Base):
    """A day on which the whole bank (no branch) or one branch works or is closed whatever the state's calendar says."""

    __tablename__ = "own_day"
    __table_args__ = (UniqueConstraint("day", "branch_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    works: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(String(200))
    set_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    set_at: Mapped[datetime] = mapped_column(Moment)


class OpeningHours(Base):
    """The one row of the bank's hours: sessions as "09:00-12:00", and when the calendar was last changed and taken up.

    settled_at: when every running deadline had been laid out anew after the last change; empty while that is still to come.
    """

    __tablename__ = "opening_hours"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    sessions: Mapped[list[str]] = mapped_column(JSONB)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
