"""The product catalogue is kept by two people: proposed changes, versions, and the version an application was entered under."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# Every product there is has a first version, so that the applications under way name one.
FIRST_VERSIONS = """
INSERT INTO product_change (id, key, act, state, terms, replaces, version, reason, proposed_at, decided_at, answer)
SELECT gen_random_uuid(), key, 'create', 'agreed',
       jsonb_build_object(
         'name', name, 'summary', summary, 'business_line', business_line, 'customer_kind', customer_kind,
         'min_amount', min_amount::text, 'max_amount', max_amount::text,
         'min_term_months', min_term_months, 'max_term_months', max_term_months,
         'repayment_methods', repayment_methods, 'guarantee_kinds', guarantee_kinds,
         'required_documents', required_documents, 'active', active),
       0, 1, '', now(), now(), ''
FROM product
"""


def upgrade() -> None:
    op.create_table(
        "product_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("replaces", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=400), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], ["app_user.id"], name=op.f(f"fk_product_change_{column}_app_user"))
            for column in ("proposed_by", "decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_change")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_product_change_key")),
    )
    is_open = sa.text("state = 'open'")
    op.create_index("ix_product_change_open", "product_change", ["key"], unique=True, postgresql_where=is_open)
    for table, column in (("product", "version"), ("credit_application", "product_version")):
        op.add_column(table, sa.Column(column, sa.Integer(), server_default="1", nullable=False))
        op.alter_column(table, column, server_default=None)
    op.execute(FIRST_VERSIONS)
