"""Notices by bell, mail and SMS; jobs (Procrastinate's tables, and ours beside them)."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# A copy, not the installed package's file: a migration must make the same tables for ever.
PROCRASTINATE = Path(__file__).resolve().parent.parent / "sql" / "procrastinate_3_10_0.sql"
# Workers poll. A NOTIFY takes a lock at commit that lets all notifying transactions of the server commit only one by one.
QUIET = "ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1"


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(PROCRASTINATE.read_text())
    op.execute(QUIET)
    op.create_table(
        "job_effect",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_job_effect")),
    )
    op.create_index("ix_job_effect_at", "job_effect", ["at"])
    op.create_table(
        "job_fault",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_fault")),
    )
    op.create_index("ix_job_fault_job_id", "job_fault", ["job_id"])
