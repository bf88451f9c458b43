"""Publications of drafts, and cases that go over to another version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _publication()
    _migration()
    _migration_row()


def _publication() -> None:
    op.create_table(
        "publication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("back_on", sa.Date(), nullable=True),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("failing", postgresql.JSONB(), nullable=False),
        sa.Column("begun_by", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_by", sa.Integer(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *(_refers("publication", column, table) for column, table in (
            ("draft_id", "draft"), ("case_id", "process_instance"), ("deployment_id", "deployment"),
            ("begun_by", "app_user"), ("approved_by", "app_user"), ("kept_by", "app_user"),
        )),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )  # fmt: skip
    op.create_index("ix_publication_draft", "publication", ["draft_id", "begun_at"])
    op.create_index("ix_publication_case", "publication", ["case_id"], unique=True)


def _migration() -> None:
    op.create_table(
        "migration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("begun_by", sa.Integer(), nullable=False),
        sa.Column("login_id", sa.String(length=60), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        *(_refers("migration", column, table) for column, table in (
            ("from_id", "process_definition"), ("to_id", "process_definition"), ("begun_by", "app_user"),
            ("undone_by", "app_user"),
        )),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration")),
    )  # fmt: skip
    at_work = sa.text("state IN ('running', 'undoing')")
    op.create_index("ix_migration_begun_at", "migration", ["begun_at"])
    op.create_index("ix_migration_at_work", "migration", ["id"], postgresql_where=at_work)


def _migration_row() -> None:
    op.create_table(
        "migration_row",
        sa.Column("migration_id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("refusal", postgresql.JSONB(), nullable=True),
        sa.Column("before_blob", sa.LargeBinary(), nullable=True),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after_event", sa.Integer(), nullable=True),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        _refers("migration_row", "migration_id", "migration"),
        _refers("migration_row", "instance_id", "process_instance"),
        sa.PrimaryKeyConstraint("migration_id", "instance_id", name=op.f("pk_migration_row")),
    )
    op.create_index("ix_migration_row_state", "migration_row", ["migration_id", "state", "instance_id"])


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
