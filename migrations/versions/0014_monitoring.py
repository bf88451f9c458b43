"""Tables of the studio: monitoring."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "monitoring_fact",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("definition_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("line", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("waited", "held", "waited_work", "held_work")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitoring_fact")),
    )
    op.create_index("ix_monitoring_fact_process", "monitoring_fact", ["process_key", "day"])
    op.create_index("ix_monitoring_fact_day", "monitoring_fact", ["day"])
    op.create_table(
        "monitoring_mark",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seen", sa.Uuid(), nullable=True),
        sa.Column("days", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitoring_mark")),
    )
    op.execute("INSERT INTO monitoring_mark (id) VALUES (1)")
    op.create_table(
        "staffing_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("definition_id", sa.Uuid(), nullable=False),
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fault", sa.String(length=400), nullable=True),
        sa.Column("begun_by", sa.Integer(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definition.id"], name=op.f("fk_staffing_run_definition_id_process_definition")
        ),
        sa.ForeignKeyConstraint(["begun_by"], ["app_user.id"], name=op.f("fk_staffing_run_begun_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staffing_run")),
    )
    op.create_index("ix_staffing_run_process", "staffing_run", ["process_key", "begun_at"])
    op.create_index("ix_case_event_at", "case_event", ["at"])
