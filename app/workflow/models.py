"""Deployments, definitions, cases, user tasks, events, timers, incidents, idempotency keys.

The engine's state is one compressed blob on the case; what people search and see lies in columns. Anything a customer could be
known by is encrypted.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import EncryptedJson, EncryptedText
from app.kernel.db import Base

Moment = DateTime(timezone=True)


class CaseState(StrEnum):
    """Where a case is in its life. `ACTIVE` and `SUSPENDED` are live."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


class TaskState(StrEnum):
    """Where a user task is in its life. Only `OPEN` waits for somebody."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ProcessInstance(Base):
    """A case. Locked while somebody acts on it; `version` is the second guard.

    blob: the engine's state. variables: the routing variables as JSON. data: case data by field key. title: what the inbox shows.
    stations: element ids of the open user tasks. visits: per station how many there were and who completed them (the newest last).
    has_clock: it waits for a timer or a message.
    returns: who waits for whom after a straight return (a stack; the tickets are in CaseReturn).
    related: the members of staff who are related parties of the customer: user, relation in every language, since, until.
    picked: whom an earlier actor chose for a station, by element id.
    """

    __tablename__ = "process_instance"
    __table_args__ = (
        Index("ix_process_instance_started_by", "started_by", "id"),
        Index(
            "ix_process_instance_live", "definition_id", "id", postgresql_where=text("state IN ('active', 'suspended')")
        ),
        Index(
            "ix_process_instance_idle",
            "id",
            postgresql_where=text("state = 'active' AND cardinality(stations) = 0 AND NOT has_clock"),
        ),
        Index("ix_process_instance_branch_id", "branch_id", "id"),
        Index("ix_process_instance_suspended", "id", postgresql_where=text("state = 'suspended'")),
        Index("ix_process_instance_party_index", "party_index", postgresql_where=text("party_index IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    definition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_definition.id"))
    process_key: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(12), default=CaseState.ACTIVE)
    version: Mapped[int] = mapped_column(Integer)
    blob: Mapped[bytes] = mapped_column(LargeBinary)
    variables: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    data_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    title_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    party_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    stations: Mapped[list[str]] = mapped_column(ARRAY(String), default=list)
    outcome: Mapped[str | None] = mapped_column(String(60))
    has_incident: Mapped[bool] = mapped_column(Boolean, default=False)
    has_clock: Mapped[bool] = mapped_column(Boolean, default=False)
    visits: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    returns: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    related: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    picked: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    events: Mapped[int] = mapped_column(Integer, default=0)
    started_at: Mapped[datetime] = mapped_column(Moment)
    started_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    changed_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)

    data = EncryptedJson()
    title = EncryptedText()

    __mapper_args__ = {"version_id_col": version}


OPEN = text("state = 'open'")
POOL = text("state = 'open' AND assignee_id IS NULL")
WAITING = text("state = 'open' AND waiting_since IS NOT NULL")
ESCALATED = text("state = 'open' AND escalated_at IS NOT NULL")
# What is counted of the open tasks of a person or a pool: carried by the index, so that counting reads no rows.
COUNTED = ["due_at", "created_at"]


class UserTask(Base):
    """One visit of a case at one station, and later the record of it.

    engine_id: the engine's own name for it. round: the how-manieth visit. candidate_group_id: the pool it lies in
    (candidate_group_ids holds all of them). excluded_ids: people four eyes keeps away. elector_ids: who has a ballot in a vote
    (candidate_user_ids: who of them has not voted), secretary_group_ids: whose members may close it. submitted: every value
    entered here.
    superseded_at: a later return made this visit void. cause_id: the task by whose completion this one opened.

    Handing over: had_ids, everybody who handed it on or was asked for an opinion; owner_ids, who asked for an opinion and gets the
    task back, the newest last; handed_by, who handed the duty over.
    Added people: signer_ids have been asked and have not answered, planned_ids are asked once the holder has answered; stage says
    that the task waits for them, "before" or "after" the holder's answer. Each of them has a task of his own with this one as
    parent_id and his place ("before", "after", "expert"); it belongs to the same visit and has the same engine_id.

    Its clock (`deadlines.py`): due_left and chain_left are the working time left until it is due and until the next link of its
    chain, counted from due_from; due_from is empty while the clock stands still, and so are due_at and chain_at, which are only
    where the two end by the calendar. chain_done: how many links of the chain this visit has had. waiting_since: it waits for
    the customer. escalated_at: the chain has come to the supervisors.
    why: which rules found whom, who must keep away for what reason, who stands in (see `explanations`).
    completed_for: whom the person who completed it stood in for.
    """

    __tablename__ = "user_task"
    # With one value more the driver would take the insert of a task apart anew each time (psycopg keeps up to 50).
    __mapper_args__ = {"eager_defaults": False}
    __table_args__ = (
        Index("ix_user_task_instance_id", "instance_id", "id"),
        Index("ix_user_task_assignee_open", "assignee_id", "id", postgresql_where=OPEN, postgresql_include=COUNTED),
        Index("ix_user_task_pool", "candidate_group_id", "id", postgresql_where=POOL, postgresql_include=COUNTED),
        Index(
            "ix_user_task_more_pools",
            "candidate_group_ids",
            postgresql_using="gin",
            postgresql_where=text("state = 'open' AND assignee_id IS NULL AND cardinality(candidate_group_ids) > 1"),
        ),
        Index(
            "ix_user_task_candidate_users",
            "candidate_user_ids",
            postgresql_using="gin",
            postgresql_where=text("state = 'open' AND cardinality(candidate_user_ids) > 0"),
        ),
        Index(
            "ix_user_task_completed_by",
            "completed_by",
            "completed_at",
            "id",
            postgresql_where=text("completed_by IS NOT NULL"),
        ),
        Index("ix_user_task_due_open", "due_at", postgresql_where=OPEN),
        Index("ix_user_task_chain_at", "chain_at", postgresql_where=text("state = 'open' AND chain_at IS NOT NULL")),
        Index("ix_user_task_waiting", "waiting_since", postgresql_where=WAITING),
        Index("ix_user_task_escalated", "escalated_at", postgresql_where=ESCALATED),
        Index(
            "ix_user_task_element_open",
            "process_key",
            "element_id",
            "id",
            postgresql_where=OPEN,
            postgresql_include=["due_at"],
        ),
        Index(
            "ix_user_task_pool_kept_away",
            "candidate_group_id",
            text("cardinality(excluded_ids)"),
            postgresql_where=text("state = 'open' AND assignee_id IS NULL AND cardinality(excluded_ids) > 0"),
        ),
        Index(
            "ix_user_task_kept_away",
            "id",
            postgresql_where=text("state = 'open' AND assignee_id = ANY (excluded_ids)"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"))
    definition_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_definition.id"))
    process_key: Mapped[str] = mapped_column(String(80))
    engine_id: Mapped[str] = mapped_column(String(60))
    element_id: Mapped[str] = mapped_column(String(120))
    round: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[str] = mapped_column(String(12), default=TaskState.OPEN)
    created_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    due_left: Mapped[timedelta | None] = mapped_column(Interval)
    due_from: Mapped[datetime | None] = mapped_column(Moment)
    chain_at: Mapped[datetime | None] = mapped_column(Moment)
    chain_left: Mapped[timedelta | None] = mapped_column(Interval)
    chain_done: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    waiting_since: Mapped[datetime | None] = mapped_column(Moment)
    escalated_at: Mapped[datetime | None] = mapped_column(Moment)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)
    candidate_group_id: Mapped[int | None] = mapped_column(ForeignKey("app_group.id"))
    candidate_group_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    candidate_user_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    excluded_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    is_vote: Mapped[bool] = mapped_column(Boolean, default=False)
    elector_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    secretary_group_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list, server_default="{}")
    returned_from: Mapped[str | None] = mapped_column(String(120))
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
    completed_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    completed_for: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    why: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    outcome: Mapped[str | None] = mapped_column(String(60))
    cancel_reason: Mapped[str | None] = mapped_column(String(40))
    superseded_at: Mapped[datetime | None] = mapped_column(Moment)
    opinion_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    submitted_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    draft_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    draft_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    seen_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    cause_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    owner_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list, server_default="{}")
    handed_by: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list, server_default="{}")
    had_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list, server_default="{}")
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_task.id"))
    place: Mapped[str | None] = mapped_column(String(8))
    stage: Mapped[str | None] = mapped_column(String(8))
    signer_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list, server_default="{}")
    planned_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list, server_default="{}")
    opened_at: Mapped[datetime | None] = mapped_column(Moment)
    urges: Mapped[int] = mapped_column(Integer, server_default="0")
    urged_at: Mapped[datetime | None] = mapped_column(Moment)

    opinion = EncryptedText()
    submitted = EncryptedJson()
    draft = EncryptedJson()


class CaseReturn(Base):
    """A return that is to come straight back: what the engine needs to do so."""

    __tablename__ = "case_return"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)
    ticket: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment)


class CaseEvent(Base):
    """One act on a case, for its history page and its diagram. for_id: whom the actor stood in for.

    passed: elements that went by themselves in this step. decisions: decision tables consulted, with rules and inputs.
    snapshot: the engine's state after the act, where the act moved the case; returns: who waited for whom then (empty: None).
    """

    __tablename__ = "case_event"
    __table_args__ = (UniqueConstraint("instance_id", "seq"), Index("ix_case_event_at", "at"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"))
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(Moment)
    verb: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    for_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    task_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    element_id: Mapped[str | None] = mapped_column(String(120))
    passed: Mapped[list[str]] = mapped_column(JSONB, default=list)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    comment_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    snapshot: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    returns: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB, deferred=True)

    comment = EncryptedText()


class CaseTimer(Base):
    """A timer the engine waits for; the ticker loads only cases that are due."""

    __tablename__ = "case_timer"
    __table_args__ = (Index("ix_case_timer_due_at", "due_at"),)

    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    engine_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    element_id: Mapped[str] = mapped_column(String(120))
    due_at: Mapped[datetime] = mapped_column(Moment)


class CaseWait(Base):
    """A message a case waits for."""

    __tablename__ = "case_wait"
    __table_args__ = (Index("ix_case_wait_message", "message"),)

    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    message: Mapped[str] = mapped_column(String(120), primary_key=True)


class Incident(Base):
    """Something that stopped a case and wants a person: the element, what is wrong, whether it is mended.

    code: what kind of trouble, where a check of the case found it; None where the engine or the search for people did.
    """

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_open", "instance_id", postgresql_where=text("resolved_at IS NULL")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    instance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("process_instance.id"))
    element_id: Mapped[str] = mapped_column(String(120))
    message: Mapped[dict[str, str]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(Moment)
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)
    code: Mapped[str | None] = mapped_column(String(40))


class IdempotencyKey(Base):
    """An answer already given to a request, so that the same request gets the same answer and no second act."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index("ix_idempotency_key_at", "at"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    route: Mapped[str] = mapped_column(String(200))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(Moment)


class CaseNumber(Base):
    """The last number given per process and year."""

    __tablename__ = "case_number"

    process_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)
