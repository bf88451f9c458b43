"""Votes in full: rounds, resolutions, conditions, sittings, reconsiderations.

Votes that were taken or begun before get a round each, with the members they had.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FROZEN = """
CREATE FUNCTION resolution_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'resolutions are never changed or deleted'; END $$;
CREATE TRIGGER resolution_frozen BEFORE UPDATE OR DELETE ON resolution FOR EACH ROW EXECUTE FUNCTION resolution_frozen();
CREATE TRIGGER resolution_kept BEFORE TRUNCATE ON resolution FOR EACH STATEMENT EXECUTE FUNCTION resolution_frozen();
"""
ROUNDS = """
INSERT INTO vote_round (id, task_id, instance_id, number, state, roll, present_ids, opened_at, closed_at, result)
SELECT gen_random_uuid(), id, instance_id, 1,
       CASE state WHEN 'open' THEN 'open' WHEN 'completed' THEN 'closed' ELSE 'void' END,
       jsonb_build_object('members', coalesce((SELECT jsonb_agg(jsonb_build_object('id', elector, 'as', 'member'))
                                               FROM unnest(elector_ids) elector), '[]'::jsonb)),
       '{}', created_at, completed_at, outcome
FROM user_task WHERE is_vote
"""


def upgrade() -> None:
    op.create_table(
        "sitting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("committee_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("present_ids", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remarks_cipher", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["committee_id"], ["app_group.id"], name=op.f("fk_sitting_committee_id_app_group")),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_sitting_made_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting")),
    )
    op.create_index("ix_sitting_committee_id", "sitting", ["committee_id", "held_at"], unique=False)
    op.create_table(
        "reconsideration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts_cipher", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["app_user.id"], name=op.f("fk_reconsideration_asked_by_app_user")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_reconsideration_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_reconsideration_task_id_user_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconsideration")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_reconsideration_instance_id")),
    )
    op.create_table(
        "sitting_item",
        sa.Column("sitting_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_item_sitting_id_sitting")),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_sitting_item_task_id_user_task")),
        sa.PrimaryKeyConstraint("sitting_id", "task_id", name=op.f("pk_sitting_item")),
    )
    op.create_index("ix_sitting_item_task_id", "sitting_item", ["task_id"], unique=False)
    op.create_table(
        "vote_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("committee_id", sa.Integer(), nullable=True),
        sa.Column("roll", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("present_ids", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("result", sa.String(length=20), nullable=True),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["app_user.id"], name=op.f("fk_vote_round_closed_by_app_user")),
        sa.ForeignKeyConstraint(["committee_id"], ["app_group.id"], name=op.f("fk_vote_round_committee_id_app_group")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_vote_round_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_vote_round_task_id_user_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote_round")),
        sa.UniqueConstraint("task_id", "number", name=op.f("uq_vote_round_task_id")),
    )
    op.create_index(
        "ix_vote_round_closes_at",
        "vote_round",
        ["closes_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND closes_at IS NOT NULL"),
    )
    op.create_index("ix_vote_round_instance_id", "vote_round", ["instance_id"], unique=False)
    op.create_index(
        "ix_vote_round_waiting",
        "vote_round",
        ["committee_id", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'tie')"),
    )
    op.create_table(
        "resolution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("definition_id", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body_cipher", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definition.id"], name=op.f("fk_resolution_definition_id_process_definition")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_resolution_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["vote_round.id"], name=op.f("fk_resolution_round_id_vote_round")),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_resolution_task_id_user_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resolution")),
        sa.UniqueConstraint("number", name=op.f("uq_resolution_number")),
        sa.UniqueConstraint("task_id", name=op.f("uq_resolution_task_id")),
    )
    op.create_index("ix_resolution_instance_id", "resolution", ["instance_id"], unique=False)
    op.create_table(
        "case_condition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("resolution_id", sa.Uuid(), nullable=True),
        sa.Column("element_id", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("text_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("note_cipher", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["evidence_id"], ["document.id"], name=op.f("fk_case_condition_evidence_id_document")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_case_condition_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_case_condition_made_by_app_user")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_case_condition_owner_id_app_user")),
        sa.ForeignKeyConstraint(
            ["resolution_id"], ["resolution.id"], name=op.f("fk_case_condition_resolution_id_resolution")
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["app_user.id"], name=op.f("fk_case_condition_settled_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_condition")),
    )
    op.create_index("ix_case_condition_instance_id", "case_condition", ["instance_id", "id"], unique=False)
    op.create_index(
        "ix_case_condition_owner_open",
        "case_condition",
        ["owner_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.add_column("ballot", sa.Column("round", sa.Integer(), server_default="1", nullable=False))
    op.add_column("ballot", sa.Column("casting", sa.Boolean(), server_default="false", nullable=False))
    op.create_index(
        "uq_ballot_valid",
        "ballot",
        ["task_id", "round", "voter_id", "casting"],
        unique=True,
        postgresql_where=sa.text("void_at IS NULL"),
    )
    op.add_column(
        "user_task",
        sa.Column("secretary_group_ids", postgresql.ARRAY(sa.Integer()), server_default="{}", nullable=False),
    )
    op.execute(FROZEN)
    op.execute(ROUNDS)
