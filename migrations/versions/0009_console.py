"""The supervisor's console: the engine's state after each step, acts on many rows, indexes for the overview."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_event", sa.Column("snapshot", sa.LargeBinary(), nullable=True))
    op.add_column("case_event", sa.Column("returns", postgresql.JSONB(), nullable=True))
    op.add_column("incident", sa.Column("code", sa.String(40), nullable=True))
    op.drop_index("ix_user_task_element_open", table_name="user_task")
    op.create_index(
        "ix_user_task_element_open",
        "user_task",
        ["process_key", "element_id", "id"],
        postgresql_where=sa.text("state = 'open'"),
        postgresql_include=["due_at"],
    )
    op.create_index(
        "ix_user_task_pool_kept_away",
        "user_task",
        ["candidate_group_id", sa.text("cardinality(excluded_ids)")],
        postgresql_where=sa.text("state = 'open' AND assignee_id IS NULL AND cardinality(excluded_ids) > 0"),
    )
    op.create_index(
        "ix_user_task_kept_away",
        "user_task",
        ["id"],
        postgresql_where=sa.text("state = 'open' AND assignee_id = ANY (excluded_ids)"),
    )
    op.create_index(
        "ix_process_instance_idle",
        "process_instance",
        ["id"],
        postgresql_where=sa.text("state = 'active' AND cardinality(stations) = 0 AND NOT has_clock"),
    )
    op.create_index(
        "ix_process_instance_suspended", "process_instance", ["id"], postgresql_where=sa.text("state = 'suspended'")
    )
    op.create_table(
        "bulk_act",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("verb", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("given_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("login_id", sa.String(60), nullable=True),
        sa.Column("address", sa.String(60), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_bulk_act_made_by", "bulk_act", ["made_by", "id"])
    op.create_index("ix_bulk_act_at_work", "bulk_act", ["id"], postgresql_where=sa.text("state = 'running'"))
    op.create_table(
        "bulk_row",
        sa.Column("act_id", sa.Uuid(), sa.ForeignKey("bulk_act.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("refusal", postgresql.JSONB(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_bulk_row_state", "bulk_row", ["act_id", "state", "place"])
