"""Looking for viruses with clamd, where the bank runs one: each file goes through its socket before it is kept.

Without a socket nothing is scanned; what keeps us safe then is that no file is ever run and only renditions are shown.
A configured scanner that does not answer refuses the file: a bank that scans wants no unscanned paper.
"""

from __future__ import annotations

import socket
from pathlib import Path

from app.kernel.errors import Refusal

CHUNK = 64 * 1024
PATIENCE_SECONDS = 20

_address: Path | None = None


class VirusFound(Refusal):
    """The scanner knows the content; the file is not kept."""


class ScannerSilent(Refusal):
    """The scanner gives no usable answer; nothing is kept unscanned."""

    status = 503


def use(address: Path | None) -> None:
    """Scan over clamd's Unix socket at `address`; None: don't scan."""
    global _address
    _address = address


def check(content: bytes) -> None:
    """Raises VirusFound or ScannerSilent; returns where the content is clean or nobody scans."""
    if _address is None:
        return
    try:
        answer = _ask(_address, content)
    except OSError as fault:
        raise ScannerSilent("The virus scanner does not answer, so the file was not taken. Try again later.") from fault
    if answer.endswith("FOUND"):
        raise VirusFound("The virus scanner has refused the file. Tell your security officer.")
    if not answer.endswith("OK"):
        raise ScannerSilent("The virus scanner does not answer, so the file was not taken. Try again later.")


def _ask(address: Path, content: bytes) -> str:
    """clamd's INSTREAM: chunks with their length before them, an empty one at the end, a line back."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PATIENCE_SECONDS)
        line.connect(str(address))
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), CHUNK):
            chunk = content[start : start + CHUNK]
            line.sendall(len(chunk).to_bytes(4) + chunk)
        line.sendall(bytes(4))
        return line.makefile("rb").read(4096).strip(b"\0\n ").decode(errors="replace")
