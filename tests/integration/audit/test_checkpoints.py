"""Signed checkpoints: whatever is done to the record behind the program's back is found, on a real database."""

from __future__ import annotations

import hashlib
import itertools
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from app import worker
from app.audit import checkpoints, operations, queries, signing, verification
from app.audit.checkpoints import Place
from app.audit.operations import Actor
from app.kernel import db
from app.kernel.db import session, transaction
from app.migrating import migrate

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
REHASH = """
WITH RECURSIVE anew AS (
  SELECT id, seq, payload, previous, sha256(previous || convert_to(payload, 'UTF8')) AS digest
  FROM audit_entry WHERE chain = 'case:a' AND seq = 1
  UNION ALL
  SELECT e.id, e.seq, e.payload, anew.digest, sha256(anew.digest || convert_to(e.payload, 'UTF8'))
  FROM audit_entry e JOIN anew ON e.chain = 'case:a' AND e.seq = anew.seq + 1
)
UPDATE audit_entry SET previous = anew.previous, digest = anew.digest FROM anew WHERE anew.id = audit_entry.id
"""
_numbers = itertools.count()


@pytest.fixture(scope="module")
def empty(databases: Any) -> str:
    """The name of a migrated database to copy."""
    migrate(databases.create("record_template"))
    return str(databases.made[-1])


@pytest.fixture
def place(databases: Any, empty: str, tmp_path: Path) -> Iterator[Place]:
    """Folders of an installation with a database of its own that holds two chains and a first checkpoint."""
    db.disconnect()
    db.connect(databases.create(f"record{next(_numbers)}", template=empty))
    there = Place(tmp_path / "checkpoints", tmp_path / "keys")
    write("case:a", 5)
    write("case:b", 3)
    make(there)
    yield there
    db.disconnect()


def write(chain: str, count: int) -> None:
    """So many acts on a chain, each another one, committed."""
    with transaction():
        for _ in range(count):
            operations.record(
                chain=chain, verb="act", object_type="x", object_id=next(_numbers), actor=Actor(1), now=NOW
            )


def make(place: Place, now: datetime = NOW) -> checkpoints.Checkpoint | None:
    with transaction():
        return checkpoints.make(place, now)


def tamper(*statements: str) -> None:
    """What somebody with all rights in the database could do."""
    with transaction():
        session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        for statement in statements:
            assert session.execute(text(statement)).rowcount > 0, "nothing was tampered with"
        session.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))


def verify(place: Place, pem: bytes | None = None) -> verification.Report:
    with db.reading():
        return verification.verify(place.folder, pem)


def faults(place: Place) -> list[tuple[str, int]]:
    return [(fault.chain, fault.seq) for fault in verify(place).broken]


def leaves(place: Place, number: int) -> dict[str, int]:
    """The chains of a checkpoint with their lengths."""
    lines = (place.folder / checkpoints.name_of(number)).read_bytes().splitlines()[1:]
    return {name: seq for name, seq, _ in map(orjson.loads, lines)}


def test_a_record_nobody_touched_is_whole(place: Place) -> None:
    report = verify(place)
    assert (report.entries, report.checkpoints, report.uncovered, report.broken) == (8, 1, 0, ())


def test_a_checkpoint_names_the_length_of_every_chain(place: Place) -> None:
    assert leaves(place, 1) == {"case:a": 5, "case:b": 3}


def test_the_next_one_names_only_the_chains_that_have_grown(place: Place) -> None:
    write("case:b", 1)
    made = make(place)
    assert made is not None
    assert made.chains == 1
    assert leaves(place, 2) == {"case:b": 4}
    assert verify(place).broken == ()


def test_without_anything_new_there_is_one_a_day(place: Place) -> None:
    assert make(place, NOW + timedelta(hours=23)) is None
    assert not list(place.folder.glob("*.draft"))
    made = make(place, NOW + timedelta(hours=24))
    assert made is not None
    assert made.chains == 0


def test_the_worker_signs_by_the_age_of_the_last_one_and_not_by_its_own(place: Place) -> None:
    """A worker that never lives for an hour signs every hour all the same, and two of them sign no more than one."""
    write("case:a", 1)
    later = [NOW + timedelta(minutes=minutes) for minutes in (30, 59, 60, 61)]
    made = []
    for at in later:
        with transaction():
            made.append(checkpoints.make_when_due(place, at))
    assert [checkpoint is not None for checkpoint in made] == [False, False, True, False]


def test_the_worker_asks_every_minute() -> None:
    assert dict(worker.JOBS)[worker.sign_the_record] <= 60


def test_entries_since_the_last_checkpoint_are_counted(place: Place) -> None:
    write("case:c", 7)
    assert verify(place).uncovered == 7


def test_an_entry_committed_late_is_in_the_next_checkpoint(place: Place) -> None:
    """The transaction began before the checkpoint and ended after it: by time or number it would be missed."""
    engine = session.get_bind()
    session.remove()
    insert = text(
        "INSERT INTO audit_entry (chain, at, verb, object_type, object_id, payload)"
        " VALUES ('case:late', now(), 'v', 't', '1', '{}')"
    )
    with engine.connect() as slow:
        slow.execute(insert)
        write("case:quick", 1)
        make(place)
        assert leaves(place, 2) == {"case:quick": 1}
        slow.commit()
    make(place)
    assert leaves(place, 3) == {"case:late": 1}


TAMPERINGS: list[tuple[str, tuple[str, ...], list[tuple[str, int]]]] = [
    ("an edited entry", ("UPDATE audit_entry SET payload = '{}' WHERE chain = 'case:a' AND seq = 2",), [("case:a", 2)]),
    (
        "an edited entry with a digest that fits it",
        (
            "UPDATE audit_entry SET payload = '{}', digest = sha256(previous || '{}'::bytea) WHERE chain = 'case:a' AND seq = 2",
        ),
        [("case:a", 3)],
    ),
    ("an entry taken out", ("DELETE FROM audit_entry WHERE chain = 'case:a' AND seq = 3",), [("case:a", 4)]),
    ("the last entry taken out", ("DELETE FROM audit_entry WHERE chain = 'case:a' AND seq = 5",), [("case:a", 5)]),
    ("the end cut off", ("DELETE FROM audit_entry WHERE chain = 'case:a' AND seq > 2",), [("case:a", 5)]),
    ("a whole chain gone", ("DELETE FROM audit_entry WHERE chain = 'case:b'",), [("case:b", 3)]),
    (
        "two entries swapped",
        (
            "UPDATE audit_entry SET seq = -1 WHERE chain = 'case:a' AND seq = 2",
            "UPDATE audit_entry SET seq = 2 WHERE chain = 'case:a' AND seq = 3",
            "UPDATE audit_entry SET seq = 3 WHERE chain = 'case:a' AND seq = -1",
        ),
        [("case:a", 2), ("case:a", 3), ("case:a", 4)],
    ),
    (
        "the chains of two cases exchanged",
        (
            "UPDATE audit_entry SET chain = 'case:c' WHERE chain = 'case:a'",
            "UPDATE audit_entry SET chain = 'case:a' WHERE chain = 'case:b'",
            "UPDATE audit_entry SET chain = 'case:b' WHERE chain = 'case:c'",
        ),
        [("case:a", 5), ("case:b", 3)],
    ),
    (
        "the chain written anew after an edit",
        ("UPDATE audit_entry SET payload = '{}' WHERE chain = 'case:a' AND seq = 2", REHASH),
        [("case:a", 5)],
    ),
    (
        "the end cut off and the rest written anew",
        (
            "DELETE FROM audit_entry WHERE chain = 'case:a' AND seq > 4",
            "UPDATE audit_entry SET payload = '{}' WHERE chain = 'case:a' AND seq = 1",
            REHASH,
        ),
        [("case:a", 5)],
    ),
    (
        "a forged entry put in",
        (
            "UPDATE audit_entry SET seq = seq + 100 WHERE chain = 'case:a' AND seq >= 3",
            "UPDATE audit_entry SET seq = seq - 99 WHERE chain = 'case:a' AND seq > 100",
            "INSERT INTO audit_entry (chain, seq, at, verb, object_type, object_id, payload, previous, digest)"
            " SELECT chain, 3, at, verb, object_type, object_id, '{}', digest, sha256(digest || '{}'::bytea)"
            " FROM audit_entry WHERE chain = 'case:a' AND seq = 2",
        ),
        [("case:a", 4), ("case:a", 5)],
    ),
]


@pytest.mark.parametrize(("statements", "found"), [t[1:] for t in TAMPERINGS], ids=[t[0] for t in TAMPERINGS])
def test_tampering_is_found(place: Place, statements: tuple[str, ...], found: list[tuple[str, int]]) -> None:
    tamper(*statements)
    assert faults(place) == found


def test_the_chains_alone_would_not_have_shown_six_of_them(place: Place) -> None:
    """Why there are checkpoints at all."""
    unseen = 0
    for _, statements, _ in TAMPERINGS:
        with db.reading():
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
            for statement in statements:
                session.execute(text(statement))
            unseen += queries.verify()[1] == []
    assert unseen == 6


def test_a_checkpoint_file_that_was_changed_does_not_fit_its_signature(place: Place) -> None:
    path = place.folder / checkpoints.name_of(1)
    path.write_bytes(path.read_bytes().replace(b'"case:a",5', b'"case:a",4'))
    assert ("checkpoints", 1) in faults(place)


def test_a_checkpoint_signed_with_another_key_is_found_with_the_key_written_down(place: Place) -> None:
    known = (place.folder / signing.PUBLIC).read_bytes()
    path, forger = place.folder / checkpoints.name_of(1), Ed25519PrivateKey.generate()
    path.write_bytes(path.read_bytes().replace(b'"case:a",5', b'"case:a",4'))
    path.with_name(f"{path.name}.sig").write_bytes(forger.sign(hashlib.sha256(path.read_bytes()).digest()))
    (place.folder / signing.PUBLIC).write_bytes(signing.public_pem(forger))
    first = next(fault.what for fault in verify(place, known).broken)
    assert first.startswith("the signature does not fit")


@pytest.mark.parametrize("suffix", ["", ".sig"])
def test_a_missing_file_is_found(place: Place, suffix: str) -> None:
    write("case:b", 1)
    make(place)
    (place.folder / f"{checkpoints.name_of(1)}{suffix}").unlink()
    assert ("checkpoints", 1) in faults(place)


def test_the_newest_file_removed_is_found_because_the_database_knows_it(place: Place) -> None:
    write("case:b", 1)
    make(place)
    (place.folder / checkpoints.name_of(2)).unlink()
    assert faults(place) == [("checkpoints", 2)]


def test_a_file_exchanged_for_an_older_one_does_not_follow(place: Place) -> None:
    write("case:b", 1)
    make(place)
    for suffix in ("", ".sig"):
        shutil.copy(
            place.folder / f"{checkpoints.name_of(1)}{suffix}", place.folder / f"{checkpoints.name_of(2)}{suffix}"
        )
    assert faults(place) == [("checkpoints", 2)]


def test_a_database_set_back_is_found_and_nothing_is_written_over(place: Place) -> None:
    write("case:b", 1)
    make(place)
    before = (place.folder / checkpoints.name_of(2)).read_bytes()
    tamper(
        "DELETE FROM audit_checkpoint WHERE number = 2", "DELETE FROM audit_entry WHERE chain = 'case:b' AND seq = 4"
    )
    assert faults(place) == [("case:b", 4)]
    made = make(place)
    assert made is None
    write("case:b", 1)
    made = make(place)
    assert made is not None
    assert made.number == 3
    assert (place.folder / checkpoints.name_of(2)).read_bytes() == before
    assert faults(place) == [("case:b", 4)]


def test_a_restored_dump_is_covered_anew_although_its_transactions_are_numbered_otherwise(place: Place) -> None:
    with transaction():
        session.execute(text("UPDATE audit_checkpoint SET cluster = '1'"))
    made = make(place)
    assert made is not None
    assert leaves(place, 2) == {"case:a": 5, "case:b": 3}


def test_a_crash_between_file_and_row_does_not_look_like_tampering(place: Place) -> None:
    write("case:a", 1)
    with pytest.raises(RuntimeError), transaction():
        checkpoints.make(place, NOW)
        raise RuntimeError("killed before the commit")
    assert faults(place) == []
    made = make(place)
    assert made is not None
    assert made.number == 3
    assert faults(place) == []


def test_the_signing_key_is_for_its_owner_only_and_never_made_twice(place: Place) -> None:
    assert (place.keys / signing.PRIVATE).stat().st_mode & 0o777 == 0o600
    first = signing.public_pem(signing.private_key(place.keys))
    assert signing.public_pem(signing.private_key(place.keys)) == first


def test_a_key_that_is_none_is_refused_in_words(place: Place) -> None:
    with pytest.raises(signing.SigningFault, match="public key"):
        verify(place, b"no key")


def test_two_workers_at_once_make_one_checkpoint_of_the_same_entries(place: Place) -> None:
    write("case:a", 1)
    session.remove()
    with ThreadPoolExecutor(2) as workers:
        made = list(workers.map(lambda _: make(place), range(2)))
    assert sorted(row.number for row in made if row is not None) == [2]
    assert faults(place) == []
