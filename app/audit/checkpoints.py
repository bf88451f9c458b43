"""Signed checkpoints: what a hash chain alone can't show, that its end was cut off or that it was made anew.

A checkpoint is a file outside the database: for every chain that has grown since the one before it, how long it is and the
digest of its last entry. It names the checkpoint before it and is signed. Which entries are new is asked by transaction, so an
entry that another transaction commits late is in the next one. Entries younger than the last checkpoint are the only ones not
covered.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import Row, select, text

from app.audit import signing
from app.audit.models import Checkpoint
from app.kernel.db import session

LOCK = 7201010
BATCH = 5000
EVERY, HEARTBEAT = timedelta(hours=1), timedelta(days=1)
NOTHING_BEFORE = bytes(32)

ALL_HEADS = text("SELECT DISTINCT ON (chain) chain, seq, digest FROM audit_entry ORDER BY chain, seq DESC")
NEW_HEADS = text("""
SELECT DISTINCT ON (chain) chain, seq, digest FROM audit_entry
WHERE txid BETWEEN CAST(:oldest AS bigint) AND CAST(:newest AS bigint)
  AND NOT pg_visible_in_snapshot(txid::text::xid8, CAST(:before AS pg_snapshot))
ORDER BY chain, seq DESC
""")


@dataclass(frozen=True)
class Place:
    """Where checkpoints go: their folder (best on another machine or a write-once store), and the folder of the keys."""

    folder: Path
    keys: Path


def make(place: Place, now: datetime) -> Checkpoint | None:
    """Write the next checkpoint; None where nothing has grown since the last one, which is less than a day old.

    The file is on the disk before the row is. A file that the database does not know (a crash in between, or a database that
    was set back) is never written over: the next one takes the next number and follows it.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    place.folder.mkdir(parents=True, exist_ok=True)
    last, files = newest(), files_in(place.folder)
    cluster, snapshot = session.execute(
        text("SELECT system_identifier::text, pg_current_snapshot()::text FROM pg_control_system()")
    ).one()
    number = max(last.number if last else 0, max(files, default=0)) + 1
    row = Checkpoint(number=number, at=now, cluster=cluster, snapshot=snapshot)
    draft = place.folder / f"{name_of(row.number)}.draft"
    before = digest_of(files[max(files)]) if files else NOTHING_BEFORE
    with draft.open("wb") as file:
        row.chains, row.digest = _write(file, row, before, last)
        os.fsync(file.fileno())
    if row.chains == 0 and last is not None and now - last.at < HEARTBEAT:
        draft.unlink()
        return None
    _seal(draft, place, row)
    session.add(row)
    return row


def make_when_due(place: Place, now: datetime) -> Checkpoint | None:
    """The same where the last one is an hour old. Asked often, so that a worker that is restarted often signs all the same."""
    last = newest()
    return make(place, now) if last is None or now - last.at >= EVERY else None


def newest() -> Checkpoint | None:
    """The last checkpoint this database knows of."""
    return session.scalar(select(Checkpoint).order_by(Checkpoint.number.desc()).limit(1))


def name_of(number: int) -> str:
    """The name of a checkpoint's file; its signature has the same with `.sig` behind it."""
    return f"checkpoint-{number:08d}.jsonl"


def files_in(folder: Path) -> dict[int, Path]:
    """The checkpoints in a folder by number, in order."""
    found = {int(path.stem.rpartition("-")[2]): path for path in folder.glob("checkpoint-????????.jsonl")}
    return dict(sorted(found.items()))


def digest_of(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _write(file: IO[bytes], row: Checkpoint, before: bytes, last: Checkpoint | None) -> tuple[int, bytes]:
    """The head line and a line per chain; how many chains, and the SHA-256 of it all."""
    head = {"number": row.number, "at": row.at.isoformat(), "before": before.hex(), "cluster": row.cluster}
    digest, chains = hashlib.sha256(), 0
    lines = (_line([end.chain, end.seq, end.digest.hex()]) for end in _heads(row, last))
    for count, line in enumerate(chain([_line(head)], lines)):
        file.write(line)
        digest.update(line)
        chains = count
    file.flush()
    return chains, digest.digest()


def _heads(row: Checkpoint, last: Checkpoint | None) -> Iterator[Row[Any]]:
    """The ends of the chains that have grown; of all chains where transactions are numbered anew (a restored dump)."""
    if last is None or last.cluster != row.cluster:
        found = session.execute(ALL_HEADS, execution_options={"yield_per": BATCH})
    else:
        oldest, newest = last.snapshot.split(":")[0], row.snapshot.split(":")[1]
        asked = {"oldest": int(oldest), "newest": int(newest), "before": last.snapshot}
        found = session.execute(NEW_HEADS, asked, execution_options={"yield_per": BATCH})
    yield from found


def _line(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _seal(draft: Path, place: Place, row: Checkpoint) -> None:
    """Signature and public key beside it, then its name: a file that has its name is whole."""
    key = signing.private_key(place.keys)
    _put(place.folder / signing.PUBLIC, signing.public_pem(key))
    _put(place.folder / f"{name_of(row.number)}.sig", signing.sign(key, row.digest))
    draft.replace(place.folder / name_of(row.number))
    folder = os.open(place.folder, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _put(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
