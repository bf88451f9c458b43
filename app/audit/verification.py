"""Comparing the record with the checkpoints that were signed of it.

The chains show an entry that was changed, taken out or put in; the checkpoints show in addition a chain whose end was cut off, one
that is gone altogether, and one that was written anew from some place on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text

from app.audit import checkpoints, queries, signing
from app.audit.queries import Broken
from app.kernel.db import session

DIFFERENT = text("""
SELECT signed.chain, signed.seq, signed.number, entry.digest IS NULL AS missing FROM signed
LEFT JOIN audit_entry AS entry ON entry.chain = signed.chain AND entry.seq = signed.seq
WHERE entry.digest IS DISTINCT FROM signed.digest ORDER BY signed.chain, signed.seq
""")
UNCOVERED = text("""
SELECT count(*) FROM audit_entry
WHERE txid BETWEEN CAST(:oldest AS bigint) AND pg_snapshot_xmax(pg_current_snapshot())::text::bigint
  AND NOT pg_visible_in_snapshot(txid::text::xid8, CAST(:snapshot AS pg_snapshot))
""")


@dataclass(frozen=True)
class Report:
    """What was read and what does not fit. `uncovered`: entries that no checkpoint has seen yet."""

    entries: int
    checkpoints: int
    uncovered: int
    broken: tuple[Broken, ...]


def verify(folder: Path, pem: bytes | None = None) -> Report:
    """Check all chains, all checkpoints in `folder`, and the one against the other.

    pem: the public key as it was written down elsewhere; without it the one beside the checkpoints is believed.
    """
    entries, broken = queries.verify()
    files, known = checkpoints.files_in(folder), checkpoints.newest()
    broken += _missing_files(files, known.number if known else 0)
    if files:
        key = pem or (folder / signing.PUBLIC).read_bytes()
        broken += [fault for number, path in files.items() for fault in _faults(path, number, key)]
        broken += _in_sequence(files)
        broken += _against_the_record(files)
    return Report(entries, len(files), _uncovered(known) if known else entries, tuple(broken))


def _missing_files(files: Mapping[int, Path], known: int) -> list[Broken]:
    last = max([known, *files])
    return [Broken("checkpoints", n, "the file is missing") for n in range(1, last + 1) if n not in files]


def _faults(path: Path, number: int, pem: bytes) -> list[Broken]:
    signature = path.with_name(f"{path.name}.sig")
    if not signature.exists():
        return [Broken("checkpoints", number, "is not signed")]
    if not signing.is_signed(pem, checkpoints.digest_of(path), signature.read_bytes()):
        return [Broken("checkpoints", number, "the signature does not fit the file and the key")]
    return []


def _in_sequence(files: Mapping[int, Path]) -> list[Broken]:
    """Each checkpoint names the digest of the one before it."""
    faults, before = [], None
    for number, path in files.items():
        with path.open("rb") as file:
            head = orjson.loads(file.readline())
        if head["number"] != number or (before is not None and head["before"] != before):
            faults.append(Broken("checkpoints", number, "does not follow the one before it"))
        before = checkpoints.digest_of(path).hex()
    return faults


def _against_the_record(files: Mapping[int, Path]) -> list[Broken]:
    session.execute(
        text("CREATE TEMPORARY TABLE signed (chain text, seq integer, digest bytea, number integer) ON COMMIT DROP")
    )
    cursor = session.connection().connection.cursor()
    with cursor.copy("COPY signed (chain, seq, digest, number) FROM STDIN") as copy:
        for row in _heads(files):
            copy.write_row(row)
    found = session.execute(DIFFERENT).all()
    return [Broken(row.chain, row.seq, _difference(row)) for row in found]


def _heads(files: Mapping[int, Path]) -> Iterator[tuple[Any, ...]]:
    for number, path in files.items():
        with path.open("rb") as file:
            file.readline()
            for line in file:
                chain, seq, digest = orjson.loads(line)
                yield chain, seq, bytes.fromhex(digest), number


def _difference(row: Any) -> str:
    if row.missing:
        return f"was there at checkpoint {row.number} and is gone"
    return f"is not what checkpoint {row.number} signed: the chain was written anew"


def _uncovered(last: checkpoints.Checkpoint) -> int:
    asked = {"oldest": int(last.snapshot.partition(":")[0]), "snapshot": last.snapshot}
    return int(session.scalar(UNCOVERED, asked) or 0)
