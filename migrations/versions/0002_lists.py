"""What lists and searches need."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_ballot_voter_id", "ballot", ["voter_id", "at"], unique=False, postgresql_where=sa.text("void_at IS NULL")
    )
    op.add_column("api_token", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
