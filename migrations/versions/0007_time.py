"""Working time: the bank's calendar, and the clock of each task."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel.working_time import Calendar

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_user_task_chain_at", "chain_at"),
    ("ix_user_task_waiting", "waiting_since"),
    ("ix_user_task_escalated", "escalated_at"),
)
RUNNING = """
SELECT t.id, t.created_at, t.due_at, c.state FROM user_task t JOIN process_instance c ON c.id = t.instance_id
WHERE t.state = 'open' AND t.due_at IS NOT NULL
"""


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "own_day",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=True),
        sa.Column("set_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_own_day_branch_id_branch")),
        sa.ForeignKeyConstraint(["set_by"], ["app_user.id"], name=op.f("fk_own_day_set_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_day")),
        sa.UniqueConstraint("day", "branch_id", name=op.f("uq_own_day_day"), postgresql_nulls_not_distinct=True),
    )
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sessions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("settled_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
    )
    op.execute("""INSERT INTO opening_hours VALUES (1, '["09:00-17:00"]', now(), now())""")
    for column in (
        sa.Column("due_left", sa.Interval()),
        sa.Column("due_from", moment),
        sa.Column("chain_at", moment),
        sa.Column("chain_left", sa.Interval()),
        sa.Column("chain_done", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("waiting_since", moment),
        sa.Column("escalated_at", moment),
    ):
        op.add_column("user_task", column)
    for name, column in INDEXES:
        condition = sa.text(f"state = 'open' AND {column} IS NOT NULL")
        op.create_index(name, "user_task", [column], postgresql_where=condition)
    _wind_up(op.get_bind())


def _wind_up(connection: sa.Connection) -> None:
    """Give every open task a clock that ends when it was due; those of suspended cases stand still."""
    calendar, now = Calendar(), datetime.now(UTC)
    for task_id, created, due, state in connection.execute(sa.text(RUNNING)).all():
        start = created if state == "active" else now
        values = {"id": task_id, "left": calendar.between(start, due), "start": start if state == "active" else None}
        connection.execute(
            sa.text(
                "UPDATE user_task SET due_left = :left, due_from = :start,"
                " due_at = CASE WHEN CAST(:start AS timestamptz) IS NULL THEN NULL ELSE due_at END WHERE id = :id"
            ),
            values,
        )
