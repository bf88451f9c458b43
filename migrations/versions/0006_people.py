"""Who may act."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hand_over",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=False),
        sa.Column("leaves", sa.Boolean(), nullable=False),
        sa.Column("begun_by", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["begun_by"], ["app_user.id"], name=op.f("fk_hand_over_begun_by_app_user")),
        sa.ForeignKeyConstraint(["from_id"], ["app_user.id"], name=op.f("fk_hand_over_from_id_app_user")),
        sa.ForeignKeyConstraint(["to_id"], ["app_user.id"], name=op.f("fk_hand_over_to_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
    )
    op.create_table(
        "substitution",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("principal_id", sa.Integer(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=True),
        sa.Column("business_line", sa.String(length=40), nullable=True),
        sa.Column("ceiling", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("existing", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("from_at < until_at", name=op.f("ck_substitution_window")),
        sa.CheckConstraint("principal_id <> deputy_id", name=op.f("ck_substitution_two_people")),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_substitution_created_by_app_user")),
        sa.ForeignKeyConstraint(["deputy_id"], ["app_user.id"], name=op.f("fk_substitution_deputy_id_app_user")),
        sa.ForeignKeyConstraint(["principal_id"], ["app_user.id"], name=op.f("fk_substitution_principal_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
    )
    op.create_index(
        "ix_substitution_deputy_id",
        "substitution",
        ["deputy_id", "until_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_substitution_principal_id", "substitution", ["principal_id", "until_at"], unique=False)
    op.create_table(
        "hand_over_row",
        sa.Column("hand_over_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("refusal", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["hand_over_id"], ["hand_over.id"], name=op.f("fk_hand_over_row_hand_over_id_hand_over")
        ),
        sa.PrimaryKeyConstraint("hand_over_id", "id", name=op.f("pk_hand_over_row")),
    )
    op.create_index(
        "ix_hand_over_row_waiting",
        "hand_over_row",
        ["hand_over_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "related_party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(), nullable=True),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "user_id IS NOT NULL OR id_number_index IS NOT NULL", name=op.f("ck_related_party_somebody")
        ),
        sa.ForeignKeyConstraint(["added_by"], ["app_user.id"], name=op.f("fk_related_party_added_by_app_user")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_related_party_customer_id_customer")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_related_party_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_related_party")),
    )
    op.create_index("ix_related_party_customer_id", "related_party", ["customer_id"], unique=False)
    op.create_index("ix_related_party_id_number_index", "related_party", ["id_number_index"], unique=False)
    op.add_column("app_user", sa.Column("id_number_cipher", sa.LargeBinary(), nullable=True))
    op.add_column("app_user", sa.Column("id_number_index", sa.LargeBinary(), nullable=True))
    op.add_column("app_user", sa.Column("successor_id", sa.Integer(), nullable=True))
    op.create_index(
        "ix_app_user_id_number_index",
        "app_user",
        ["id_number_index"],
        unique=False,
        postgresql_where=sa.text("id_number_index IS NOT NULL"),
    )
    op.create_foreign_key(op.f("fk_app_user_successor_id_app_user"), "app_user", "app_user", ["successor_id"], ["id"])
    op.add_column("case_event", sa.Column("for_id", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_case_event_for_id_app_user"), "case_event", "app_user", ["for_id"], ["id"])
    op.add_column("membership", sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column(
        "process_instance",
        sa.Column("related", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]"),
    )
    op.add_column(
        "process_instance",
        sa.Column("picked", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}"),
    )
    op.add_column("user_task", sa.Column("completed_for", sa.Integer(), nullable=True))
    op.add_column(
        "user_task", sa.Column("why", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}")
    )
    op.create_foreign_key(
        op.f("fk_user_task_completed_for_app_user"), "user_task", "app_user", ["completed_for"], ["id"]
    )
