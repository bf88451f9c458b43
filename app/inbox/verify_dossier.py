"""Checks an exported case without the system that made it: `python3 verify.py` in its folder.

Goes with every exported case as verify.py, so it uses nothing beyond Python's own library, and openssl for the signature.
Checked are: every file against SHA256SUMS, SHA256SUMS against its signature, and the chain of the audit.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUMS, SIGNATURE, PUBLIC, AUDIT = "SHA256SUMS", "SHA256SUMS.sig", "signing.pem", "audit.jsonl"
SIGNED = {
    True: "signature: good",
    False: "FAULT  the signature does not fit",
    None: "signature: not checked, there is no openssl on this machine",
}


def main(folder: Path) -> int:
    """Print what does not fit; 0 where everything does, 1 otherwise."""
    faults = [*_files(folder), *_chain(folder / AUDIT)]
    signed = _signature(folder)
    for fault in faults:
        print(f"FAULT  {fault}")
    print(SIGNED[signed])
    key = hashlib.sha256((folder / PUBLIC).read_bytes()).hexdigest()[:16]
    print(f"signed with key {key}: compare it with the fingerprint the bank gave you")
    if faults or signed is False:
        return 1
    print("All files are as they were exported and the record is whole.")
    return 0


def _files(folder: Path) -> Iterator[str]:
    listed = {SUMS, SIGNATURE}
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed.add(name)
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"{name} was changed"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    yield from (f"{name} was added" for name in sorted(there - listed))


def _chain(path: Path) -> Iterator[str]:
    """Every entry holds the digest of the one before it and of its own text."""
    previous = bytes(32)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        entry = _read(line)
        digest = hashlib.sha256(previous + entry["payload"].encode()).digest()
        if entry["seq"] != number or entry["digest"] != digest.hex():
            yield f"{path.name}: entry {number} does not follow the one before it"
            return
        previous = digest


def _read(line: str) -> dict[str, Any]:
    """An entry of the record; one that can't be read fits nowhere."""
    try:
        return {"seq": 0, "digest": "", "payload": "", **json.loads(line)}
    except (ValueError, TypeError):
        return {"seq": 0, "digest": "", "payload": ""}


def _signature(folder: Path) -> bool | None:
    """Whether the signature of the SHA-256 of SHA256SUMS is good; None where it can't be asked."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    with tempfile.NamedTemporaryFile() as digest:
        digest.write(hashlib.sha256((folder / SUMS).read_bytes()).digest())
        digest.flush()
        command = [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", PUBLIC, "-rawin", "-in", digest.name]
        answer = subprocess.run([*command, "-sigfile", SIGNATURE], cwd=folder, capture_output=True, check=False)  # noqa: S603
    return answer.returncode == 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent))
