"""The table of audit entries. The database itself numbers, chains and protects them (see the migration's triggers)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    FetchedValue,
    Identity,
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
    """

    __tablename__ = "audit_entry"
    __table_args__ = (UniqueConstraint("chain", "seq"),)

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

    # Nobody who writes an entry reads what the trigger filled in, so it is not fetched back.
    __mapper_args__ = {"eager_defaults": False}


def case_chain(instance_id: uuid.UUID) -> str:
    """The chain of one case."""
    return f"case:{instance_id}"
