"""The store: files named by the SHA-256 of their content, encrypted, never overwritten.

Four verbs, so that an object store can take the folder's place: put, open, exists, sweep. A file is complete on the disk before the
row that names it is committed; what a failed transaction leaves behind is an orphan, and orphans older than a week are swept.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from app.kernel import crypto
from app.kernel.errors import NotFound

ORPHAN_AGE = timedelta(days=7)
INCOMING = "incoming"


class FileMissing(NotFound):
    """The store does not have a file that a row names: a restore is incomplete, or somebody deleted it by hand."""


class Storage(Protocol):
    """Where the bytes are."""

    def put(self, content: bytes) -> bytes:
        """Keep `content`; returns its SHA-256 when it is safe on the disk. Keeping the same twice is one file."""

    def open(self, sha256: bytes) -> bytes:
        """The bytes again; raises FileMissing, or crypto.KeyFault where they were altered."""

    def exists(self, sha256: bytes) -> bool:
        """Whether the store has the file."""

    def sweep(self, is_known: Callable[[bytes], bool], now: datetime) -> int:
        """Delete files that are older than a week and that nobody knows; returns how many."""


class FolderStorage:
    """A folder: `ab/cd/<sha256>`, new files first under a random name in `incoming`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes) -> bytes:
        """See Storage."""
        sha256 = hashlib.sha256(content).digest()
        path = self._path(sha256)
        # An old orphan made young again can't be swept between this moment and the commit of the row.
        if not _touch(path):
            _write_once(self.root / INCOMING, path, crypto.seal(content, _place(sha256)), self.root)
        return sha256

    def open(self, sha256: bytes) -> bytes:
        """See Storage."""
        try:
            envelope = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise FileMissing(
                "The file of this document is not in the store. Tell the administrator; it may have to be restored."
            ) from None
        return crypto.unseal(envelope, _place(sha256))

    def exists(self, sha256: bytes) -> bool:
        """See Storage."""
        return self._path(sha256).exists()

    def sweep(self, is_known: Callable[[bytes], bool], now: datetime) -> int:
        """See Storage."""
        oldest = (now - ORPHAN_AGE).timestamp()
        swept = 0
        for path in self.root.glob("??/??/*"):
            if _age_mark(path) < oldest and not is_known(bytes.fromhex(path.name)):
                swept += _delete_if_still_old(path, self.root / INCOMING, oldest)
        for path in self.root.glob(f"{INCOMING}/*"):
            if _age_mark(path) < oldest:
                path.unlink(missing_ok=True)
        return swept

    def _path(self, sha256: bytes) -> Path:
        name = sha256.hex()
        return self.root / name[:2] / name[2:4] / name


_storage: Storage | None = None


def use(storage: Storage) -> None:
    """Keep the files of this process in `storage`."""
    global _storage
    _storage = storage


def current() -> Storage:
    """The store in use."""
    if _storage is None:
        raise RuntimeError("No store for documents has been opened; create_app() calls storage.use().")
    return _storage


def _place(sha256: bytes) -> str:
    return f"document_file:{sha256.hex()}"


def _touch(path: Path) -> bool:
    """Make the file young; False where there is none."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _age_mark(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _write_once(incoming: Path, path: Path, envelope: bytes, root: Path) -> None:
    """Temporary name, fsync, rename, fsync of every folder on the way: after a power cut the file is whole or not there."""
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = incoming / secrets.token_hex(16)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(envelope)
            file.flush()
            os.fsync(file.fileno())
        os.rename(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    for folder in (path.parent, path.parent.parent, root):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _delete_if_still_old(path: Path, incoming: Path, oldest: float) -> int:
    """Take the file away first and look at its age again: an upload of the same content may have touched it meanwhile."""
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = incoming / f"{path.name}.{secrets.token_hex(4)}"
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        return 0
    if _age_mark(aside) >= oldest:
        os.rename(aside, path)
        return 0
    aside.unlink(missing_ok=True)
    return 1
