"""What the approval moves keep."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EVENTS = sa.table("case_event", sa.column("verb"))
# The initiator's "withdraw" is called giving up, the supervisor's "cancel" terminating; the audit keeps the words of its time.
RENAMED = {"withdraw": "give_up", "cancel": "terminate"}


def upgrade() -> None:
    for before, after in RENAMED.items():
        op.execute(sa.update(EVENTS).where(EVENTS.c.verb == before).values(verb=after))
