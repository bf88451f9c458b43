"""Counters and indexes for speed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OWNERS = {
    "ix_user_task_assignee_open": ("assignee_id", "state = 'open'"),
    "ix_user_task_pool": ("candidate_group_id", "state = 'open' AND assignee_id IS NULL"),
}


def upgrade() -> None:
    """The indexes of open tasks carry what the workload page counts."""
    for name, (owner, condition) in OWNERS.items():
        op.drop_index(name, table_name="user_task")
        op.create_index(
            name,
            "user_task",
            [owner, "id"],
            postgresql_where=sa.text(condition),
            postgresql_include=["due_at", "created_at"],
        )
