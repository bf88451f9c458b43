"""Supervisors of a branch."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lists and counts of one branch's cases read these and no others."""
    op.create_index("ix_process_instance_branch_id", "process_instance", ["branch_id", "id"])
