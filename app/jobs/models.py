"""What we keep beside Procrastinate's own tables: which effects have happened, and why jobs failed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Identity, Index, Integer, String, Text, column, table
from sqlalchemy.dialects.postgresql import ENUM, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base

STATUSES = ("todo", "doing", "succeeded", "failed", "cancelled", "aborting", "aborted")

# Made and changed by Procrastinate's own SQL (a migration runs it); here only for questions.
JOBS = table(
    "procrastinate_jobs",
    column("id", BigInteger),
    column("queue_name", String),
    column("task_name", String),
    column("lock", Text),
    column("queueing_lock", Text),
    column("args", JSONB),
    column("status", ENUM(*STATUSES, name="procrastinate_job_status", create_type=False)),
    column("scheduled_at", DateTime(timezone=True)),
    column("attempts", Integer),
    column("worker_id", BigInteger),
)
EVENTS = table("procrastinate_events", column("job_id", BigInteger), column("at", DateTime(timezone=True)))
WORKERS = table("procrastinate_workers", column("id", BigInteger), column("last_heartbeat", DateTime(timezone=True)))


class JobEffect(Base):
    """The effect of a job has been committed: written in the job's own transaction, so a second run finds it and does nothing."""

    __tablename__ = "job_effect"
    __table_args__ = (Index("ix_job_effect_at", "at"),)

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class JobFault(Base):
    """One failed try of a job. `text` names the kind of fault and its message; it holds no data of customers."""

    __tablename__ = "job_fault"
    __table_args__ = (Index("ix_job_fault_job_id", "job_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    job_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    text: Mapped[str] = mapped_column(String(400))
