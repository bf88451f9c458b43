"""What the approval moves keep."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

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
    for column in _task_columns():
        op.add_column("user_task", column)
    op.create_foreign_key(op.f("fk_user_task_parent_id_user_task"), "user_task", "user_task", ["parent_id"], ["id"])
    op.add_column("case_copy", sa.Column("visit_id", sa.Uuid()))
    op.add_column("case_copy", sa.Column("note_cipher", sa.LargeBinary()))
    _pending_acts()


def _task_columns() -> list[sa.Column]:
    people = ("owner_ids", "handed_by", "had_ids", "signer_ids", "planned_ids")
    return [
        *(sa.Column(name, ARRAY(sa.Integer()), nullable=False, server_default="{}") for name in people),
        sa.Column("cause_id", sa.Uuid()),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("place", sa.String(8)),
        sa.Column("stage", sa.String(8)),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("urges", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("urged_at", sa.DateTime(timezone=True)),
    ]


def _pending_acts() -> None:
    op.create_table(
        "pending_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid()),
        sa.Column("verb", sa.String(40), nullable=False),
        sa.Column("given_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("case_seen", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("is_confirmed", sa.Boolean()),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_pending_act_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_pending_act_task_id_user_task")),
        sa.ForeignKeyConstraint(["asked_by"], ["app_user.id"], name=op.f("fk_pending_act_asked_by_app_user")),
        sa.ForeignKeyConstraint(["decided_by"], ["app_user.id"], name=op.f("fk_pending_act_decided_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_act")),
    )
    open_ones = sa.text("decided_at IS NULL")
    op.create_index("ix_pending_act_open", "pending_act", ["instance_id"], postgresql_where=open_ones)
