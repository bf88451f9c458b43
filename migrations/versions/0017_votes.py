"""The clock of a vote that closes at a time, which stands still with its case; conditions that are due after the pay-out."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from app.kernel.working_time import Calendar

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

RUNNING = """
SELECT r.id, r.opened_at, r.closes_at, c.state FROM vote_round r JOIN process_instance c ON c.id = r.instance_id
WHERE r.state = 'open' AND r.closes_at IS NOT NULL
"""
WIND_UP = """
UPDATE vote_round SET closes_left = :left, closes_from = :start,
closes_at = CASE WHEN CAST(:start AS timestamptz) IS NULL THEN NULL ELSE closes_at END WHERE id = :id
"""
# What a refused application was to meet is owed by nobody.
OWED_NO_MORE = """
UPDATE case_condition o SET state = 'void', settled_at = a.decided_at FROM credit_application a
WHERE a.instance_id = o.instance_id AND o.state = 'open' AND a.state = 'refused'
"""


def upgrade() -> None:
    op.add_column("vote_round", sa.Column("closes_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("vote_round", sa.Column("closes_left", sa.Interval(), nullable=True))
    op.add_column("case_condition", sa.Column("blocks", sa.Boolean(), server_default="true", nullable=False))
    _wind_up(op.get_bind())
    op.execute(OWED_NO_MORE)


def _wind_up(connection: sa.Connection) -> None:
    """Give every open round that closes at a time a clock that ends then; those of suspended cases stand still."""
    calendar, now = Calendar(), datetime.now(UTC)
    for round_id, opened, closes, state in connection.execute(sa.text(RUNNING)).all():
        start = opened if state == "active" else now
        left = calendar.between(start, max(start, closes))
        values = {"id": round_id, "left": left, "start": start if state == "active" else None}
        connection.execute(sa.text(WIND_UP), values)
