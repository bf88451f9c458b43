"""Notices by bell, mail and SMS; jobs (Procrastinate's tables, and ours beside them)."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

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
    _outbox()
    _settings()


def _outbox() -> None:
    op.add_column("notification", sa.Column("routed_at", sa.DateTime(timezone=True), nullable=True))
    # What people were told before is old news: no mail about it.
    op.execute("UPDATE notification SET routed_at = created_at")
    unrouted = sa.text("routed_at IS NULL")
    op.create_index("ix_notification_unrouted", "notification", ["id"], postgresql_where=unrouted)
    op.create_table(
        "notice_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notification.id"], op.f("fk_notice_delivery_notice_id_notification"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], op.f("fk_notice_delivery_user_id_app_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_delivery")),
        sa.UniqueConstraint("notice_id", "channel", name=op.f("uq_notice_delivery_notice_id")),
    )
    unsent = sa.text("state <> 'sent'")
    op.create_index("ix_notice_delivery_state", "notice_delivery", ["state", "id"], postgresql_where=unsent)
    for_digest = sa.text("channel = 'digest' AND state = 'waiting'")
    op.create_index("ix_notice_delivery_digest", "notice_delivery", ["user_id"], postgresql_where=for_digest)


def _settings() -> None:
    op.create_table(
        "notice_setting",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("channels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_to", sa.Time(), nullable=True),
        sa.Column("digest_at", sa.Time(), nullable=True),
        sa.Column("digested_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], op.f("fk_notice_setting_user_id_app_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notice_setting")),
    )
    op.create_table(
        "notice_text",
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("sentence", sa.String(length=300), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["app_user.id"], op.f("fk_notice_text_changed_by_app_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("event", "locale", name=op.f("pk_notice_text")),
    )
