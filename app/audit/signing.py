"""The key that signs checkpoints and exported cases: Ed25519, kept in the folder of the keys, never in the database.

What is signed is the SHA-256 of a file, so that `openssl` can check it without this program (see docs/operations.md).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

PRIVATE, PUBLIC = "signing.key", "signing.pem"


class SigningFault(Exception):
    """The key can't be used; the text says what to do."""


def private_key(folder: Path) -> Ed25519PrivateKey:
    """The key of this installation, made at first use and readable by its owner only."""
    path = folder / PRIVATE
    if not path.exists():
        _write_once(path, Ed25519PrivateKey.generate())
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningFault(f"{path} holds no Ed25519 key; put the one that signed before back in its place.")
    return key


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """The public half, to be given to whoever checks."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def sign(key: Ed25519PrivateKey, digest: bytes) -> bytes:
    """The signature (64 bytes) of a file's SHA-256."""
    return key.sign(digest)


def is_signed(pem: bytes, digest: bytes, signature: bytes) -> bool:
    """Whether `signature` of a file's SHA-256 was made with the private half of `pem`. Raises SigningFault (no such key)."""
    try:
        key = load_pem_public_key(pem)
    except ValueError as fault:
        raise SigningFault("The public key can't be read; it must be the PEM file beside the checkpoints.") from fault
    if not isinstance(key, Ed25519PublicKey):
        raise SigningFault("The public key is no Ed25519 key.")
    try:
        key.verify(signature, digest)
    except InvalidSignature:
        return False
    return True


def fingerprint(pem: bytes) -> str:
    """A short name of a public key, to be compared with one written down elsewhere."""
    return hashlib.sha256(pem).hexdigest()[:16]


def _write_once(path: Path, key: Ed25519PrivateKey) -> None:
    """Two processes may start at once: the first one's key stands."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(pem)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
