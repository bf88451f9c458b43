"""Diagrams of other tools that are being brought in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An import with its answers, and its files as they came."""
    op.create_table(
        "diagram_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_diagram_import_draft_id_draft")),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_diagram_import_created_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagram_import")),
    )
    op.create_index("ix_diagram_import_state", "diagram_import", ["state", "changed_at"])
    op.create_table(
        "diagram_import_file",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["diagram_import.id"], name=op.f("fk_diagram_import_file_import_id_diagram_import")
        ),
        sa.PrimaryKeyConstraint("import_id", "name", name=op.f("pk_diagram_import_file")),
    )
