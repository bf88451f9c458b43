"""The store: by content, encrypted, whole or not there, and swept of what nobody knows."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.documents import storage
from app.documents.storage import FileMissing, FolderStorage
from app.kernel.crypto import KeyFault

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def store(keys: None, tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "documents")


def files(store: FolderStorage) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def make_old(store: FolderStorage, days: float) -> None:
    moment = (NOW - timedelta(days=days)).timestamp()
    for path in files(store):
        os.utime(path, (moment, moment))


def test_what_is_put_is_opened_again_under_its_digest(store: FolderStorage) -> None:
    sha256 = store.put("征信报告".encode())
    assert sha256 == hashlib.sha256("征信报告".encode()).digest()
    assert store.open(sha256) == "征信报告".encode()
    assert store.exists(sha256)
    assert not store.exists(bytes(32))


def test_the_file_lies_two_folders_deep_under_its_digest_and_is_readable_by_its_owner_only(
    store: FolderStorage,
) -> None:
    name = store.put(b"x" * 1000).hex()
    (path,) = files(store)
    assert path == store.root / name[:2] / name[2:4] / name
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_of_the_content_can_be_read_on_the_disk(store: FolderStorage) -> None:
    store.put(b"6222 0212 3456 7890 " * 50)
    (path,) = files(store)
    assert b"6222" not in path.read_bytes()


def test_the_same_content_twice_is_one_file_that_is_not_written_again(store: FolderStorage) -> None:
    store.put(b"same")
    (path,) = files(store)
    before = path.read_bytes()
    store.put(b"same")
    assert files(store) == [path]
    assert path.read_bytes() == before


def test_an_altered_file_is_not_opened(store: FolderStorage) -> None:
    sha256 = store.put(b"amount 100")
    (path,) = files(store)
    spoilt = bytearray(path.read_bytes())
    spoilt[-1] ^= 1
    path.write_bytes(spoilt)
    with pytest.raises(KeyFault):
        store.open(sha256)


def test_a_file_moved_to_the_place_of_another_is_not_opened(store: FolderStorage) -> None:
    first, second = store.put(b"first"), store.put(b"second")
    places = {path.name: path for path in files(store)}
    os.replace(places[first.hex()], places[second.hex()])
    with pytest.raises(KeyFault):
        store.open(second)


def test_a_missing_file_is_a_plain_sentence(store: FolderStorage) -> None:
    with pytest.raises(FileMissing, match="Tell the administrator"):
        store.open(bytes(32))


def test_a_write_that_fails_leaves_nothing_behind(store: FolderStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put(b"too much")
    assert files(store) == []


def test_file_and_folders_are_synced_before_put_returns(store: FolderStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    acts: list[str] = []
    real_sync, real_rename = os.fsync, os.rename
    monkeypatch.setattr(os, "fsync", lambda handle: (acts.append("sync"), real_sync(handle))[1])
    monkeypatch.setattr(os, "rename", lambda a, b: (acts.append("rename"), real_rename(a, b))[1])
    store.put(b"content")
    assert acts == ["sync", "rename", "sync", "sync", "sync"]


def test_the_sweep_takes_orphans_older_than_a_week_and_nothing_else(store: FolderStorage) -> None:
    known, orphan = store.put(b"known"), store.put(b"orphan")
    make_old(store, days=7.1)
    young = store.put(b"young orphan")
    os.utime(store.root / young.hex()[:2] / young.hex()[2:4] / young.hex(), (NOW.timestamp(), NOW.timestamp()))
    assert store.sweep(lambda sha256: sha256 == known, NOW) == 1
    assert store.exists(known)
    assert store.exists(young)
    assert not store.exists(orphan)
    assert store.sweep(lambda sha256: sha256 == known, NOW) == 0


def test_putting_an_old_orphan_again_saves_it_from_the_sweep(store: FolderStorage) -> None:
    sha256 = store.put(b"comes back")
    make_old(store, days=30)
    store.put(b"comes back")
    assert store.sweep(lambda _: False, datetime.now(UTC)) == 0
    assert store.exists(sha256)


def test_an_upload_between_question_and_deletion_keeps_its_file(store: FolderStorage) -> None:
    sha256 = store.put(b"raced")
    make_old(store, days=30)

    def uploaded_meanwhile(_sha256: bytes) -> bool:
        store.put(b"raced")
        return False

    assert store.sweep(uploaded_meanwhile, NOW) == 0
    assert store.open(sha256) == b"raced"


def test_unfinished_files_of_a_killed_process_are_swept_too(store: FolderStorage) -> None:
    store.put(b"x")
    (store.root / "incoming" / "abandoned").write_bytes(b"half")
    make_old(store, days=8)
    store.sweep(lambda _: True, NOW)
    assert not (store.root / "incoming" / "abandoned").exists()


def test_the_store_in_use_is_the_one_that_was_opened(store: FolderStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_storage", None)
    with pytest.raises(RuntimeError):
        storage.current()
    storage.use(store)
    assert storage.current() is store
