"""Personal data at rest: AES-256-GCM under data keys that a master key outside the database wraps.

Each ciphertext is bound to its table, column and row: moved elsewhere it can't be read. Exact search goes over a blind index
(HMAC-SHA-256 of the normalised text, 16 bytes), so there is no search by part of a name.
Envelope: 1 byte algorithm, 2 bytes key number, 12 bytes nonce, ciphertext with tag.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

AES_256_GCM = 1
NONCE = 12
LEAST_ENVELOPE = 1 + 2 + NONCE + 16


class KeyFault(Exception):
    """The keys are missing or are not those the database was written with."""


@dataclass(frozen=True)
class Keyring:
    """The opened keys of this installation: data keys by number, the newest writes; one key for blind indexes."""

    data: dict[int, AESGCM]
    newest: int
    index: bytes


_ring: Keyring | None = None


def use(ring: Keyring) -> None:
    """Open the fields of this process with `ring`."""
    global _ring
    _ring = ring


def ring() -> Keyring:
    """The keys in use; raises KeyFault before `use`."""
    if _ring is None:
        raise KeyFault("The encryption keys have not been opened.")
    return _ring


def master_key(folder: Path) -> bytes:
    """The master key in `folder`/master.key, made at the first start and readable by its owner only."""
    path = folder / "master.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(32))
            os.fsync(file.fileno())
    key = path.read_bytes()
    if len(key) != 32:
        raise KeyFault(f"{path} does not hold a key of 32 bytes; put the right file back.")
    return key


def wrap(master: bytes, key: bytes, purpose: str) -> bytes:
    """`key` encrypted under the master key, for the table of data keys."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(master).encrypt(nonce, key, purpose.encode())


def unwrap(master: bytes, wrapped: bytes, purpose: str) -> bytes:
    """The data key again; raises KeyFault where the master key is another one."""
    try:
        return AESGCM(master).decrypt(wrapped[:NONCE], wrapped[NONCE:], purpose.encode())
    except InvalidTag as fault:
        raise KeyFault(
            "The master key is not the one this database was written with; put the right key file back."
        ) from fault


def seal(plain: bytes, place: str) -> bytes:
    """`plain` encrypted for `place` ("table.column:row id")."""
    keys = ring()
    nonce = os.urandom(NONCE)
    head = bytes([AES_256_GCM]) + keys.newest.to_bytes(2)
    return head + nonce + keys.data[keys.newest].encrypt(nonce, plain, place.encode())


def unseal(envelope: bytes, place: str) -> bytes:
    """The plain bytes; raises KeyFault where the envelope was altered, moved, or its key is gone."""
    key = ring().data.get(int.from_bytes(envelope[1:3]))
    if len(envelope) < LEAST_ENVELOPE or envelope[0] != AES_256_GCM or key is None:
        raise KeyFault(f"{place} is encrypted with a key or an algorithm that is not here.")
    try:
        return key.decrypt(envelope[3 : 3 + NONCE], envelope[3 + NONCE :], place.encode())
    except InvalidTag as fault:
        raise KeyFault(f"{place} was altered or moved; it can't be read.") from fault


def blind_index(text: str, purpose: str) -> bytes:
    """16 bytes that are equal for equal texts (NFKC, upper case, no blanks) of one purpose, and tell nothing else."""
    normal = "".join(unicodedata.normalize("NFKC", text).upper().split())
    return hmac.new(ring().index, f"{purpose}\0{normal}".encode(), hashlib.sha256).digest()[:16]


def derived(purpose: str) -> bytes:
    """A key (32 bytes) of this installation for one purpose; it stays the same when the data keys change."""
    return hmac.new(ring().index, f"derived\0{purpose}".encode(), hashlib.sha256).digest()


class EncryptedText:
    """A text attribute of a model, kept encrypted in the bytes column `<name>_cipher`; the row's id must be set first."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.column = f"{name}_cipher"

    def sealed(self, value: Any, table: str, row_id: uuid.UUID | int) -> bytes | None:
        """What the column `<name>_cipher` of that row holds for `value`."""
        return None if value is None else seal(self.encode(value), f"{table}.{self.column}:{row_id}")

    def _place(self, row: Any) -> str:
        if row.id is None:
            raise ValueError(f"{row.__tablename__}.{self.column} can be set only after the row has its id.")
        return f"{row.__tablename__}.{self.column}:{row.id}"

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        envelope = getattr(row, self.column)
        return None if envelope is None else self.decode(unseal(envelope, self._place(row)))

    def __set__(self, row: Any, value: Any) -> None:
        setattr(row, self.column, None if value is None else seal(self.encode(value), self._place(row)))

    def encode(self, value: Any) -> bytes:
        return str(value).encode()

    def decode(self, plain: bytes) -> Any:
        return plain.decode()


class EncryptedJson(EncryptedText):
    """The same for a JSON-able value."""

    def encode(self, value: Any) -> bytes:
        return orjson.dumps(value, default=str)

    def decode(self, plain: bytes) -> Any:
        return orjson.loads(plain)
