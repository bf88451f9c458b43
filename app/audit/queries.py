"""Reading and checking the record."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.audit.models import AuditEntry
from app.kernel.db import session

FIRST = bytes(32)


@dataclass(frozen=True)
class Broken:
    """A place where a chain no longer fits: the entry's chain and number, and what is wrong."""

    chain: str
    seq: int
    what: str


def entries(chain: str) -> Sequence[AuditEntry]:
    """The entries of one chain, oldest first."""
    return session.scalars(select(AuditEntry).where(AuditEntry.chain == chain).order_by(AuditEntry.seq)).all()


def verify(chain: str | None = None) -> tuple[int, list[Broken]]:
    """How many entries were read, and every place where numbering or digests do not fit. All chains without `chain`."""
    statement = select(AuditEntry.chain, AuditEntry.seq, AuditEntry.payload, AuditEntry.previous, AuditEntry.digest)
    if chain is not None:
        statement = statement.where(AuditEntry.chain == chain)
    count, broken, current, expected_seq, head = 0, [], None, 1, FIRST
    for name, seq, payload, previous, digest in session.execute(statement.order_by(AuditEntry.chain, AuditEntry.seq)):
        if name != current:
            current, expected_seq, head = name, 1, FIRST
        broken += _faults(name, seq, payload, previous, digest, expected_seq, head)
        count, expected_seq, head = count + 1, seq + 1, digest
    return count, broken


def _faults(
    name: str, seq: int, payload: str, previous: bytes, digest: bytes, expected: int, head: bytes
) -> list[Broken]:
    if seq != expected:
        return [Broken(name, seq, f"entry {expected} is missing")]
    if previous != head:
        return [Broken(name, seq, "does not follow the entry before it")]
    if hashlib.sha256(previous + payload.encode()).digest() != digest:
        return [Broken(name, seq, "was edited")]
    return []
