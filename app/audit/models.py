"""The tables of audit entries and checkpoints. Triggers of the migration number, chain and protect the entries."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    FetchedValue,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base


class AuditEntry(Base):
    """One act. `payload` is the canonical JSON of everything said; `digest` = SHA-256(previous digest ‖ payload).

    seq, previous and digest are filled by a trigger, so no code path can forget the chain; update and delete are refused.
    txid: the transaction that wrote it, so that a checkpoint finds exactly what no earlier one has seen.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (UniqueConstraint("chain", "seq"), Index("ix_audit_entry_txid", "txid"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    chain: Mapped[str] = mapped_column(String(60))
    seq: Mapped[int] = mapped_column(Integer, server_default=FetchedValue())
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor_id: Mapped[int | None] = mapped_column(Integer)
    verb: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(60))
    payload: Mapped[str] = mapped_column(Text)
    previous: Mapped[bytes] = mapped_column(LargeBinary, server_default=FetchedValue())
    digest: Mapped[bytes] = mapped_column(LargeBinary, server_default=FetchedValue())
    txid: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())


class Checkpoint(Base):
    """A signed list of the heads of all chains that had grown since the checkpoint before it; the list itself is a file.

    cluster and snapshot: which database cluster, and what was visible in it (pg_snapshot as text). digest: SHA-256 of the file.
    """

    __tablename__ = "audit_checkpoint"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    cluster: Mapped[str] = mapped_column(String(20))
    snapshot: Mapped[str] = mapped_column(Text)
    chains: Mapped[int] = mapped_column(Integer)
    digest: Mapped[bytes] = mapped_column(LargeBinary)

    # Nobody who writes an entry reads what the trigger filled in, so it is not fetched back.
    __mapper_args__ = {"eager_defaults": False}


def case_chain(instance_id: uuid.UUID) -> str:
    """The chain of one case."""
    return f"case:{instance_id}"
