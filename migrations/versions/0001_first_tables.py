"""The first tables of every room, and the triggers of the audit."""

from alembic import op

from app.audit.models import TRIGGERS
from app.tables import Base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind())
    op.execute(TRIGGERS)


def downgrade() -> None:
    raise NotImplementedError("The first tables are not taken back; drop the database instead.")
