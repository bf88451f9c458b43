"""The virus scanner: asked when there is one, believed, and missed loudly when it is silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.documents import scanner
from app.documents.scanner import ScannerSilent, VirusFound

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """A stand-in that speaks INSTREAM and knows one signature."""

    def __init__(self, address: Path, answer: bytes | None = None) -> None:
        self.answer = answer
        self.received = b""
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(address))
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        line, _ = self.listener.accept()
        with line, line.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            while size := int.from_bytes(stream.read(4)):
                self.received += stream.read(size)
            verdict = b"stream: Eicar-Test-Signature FOUND" if EICAR in self.received else b"stream: OK"
            line.sendall((verdict if self.answer is None else self.answer) + b"\0")


@pytest.fixture(autouse=True)
def no_scanner_afterwards() -> Iterator[None]:
    yield
    scanner.use(None)


def test_without_a_scanner_everything_passes() -> None:
    scanner.check(EICAR)


def test_a_clean_file_passes_whole(tmp_path: Path) -> None:
    clamd = Clamd(tmp_path / "clamd")
    scanner.use(tmp_path / "clamd")
    content = bytes(range(256)) * 1000
    scanner.check(content)
    assert clamd.received == content


def test_a_known_virus_is_refused(tmp_path: Path) -> None:
    Clamd(tmp_path / "clamd")
    scanner.use(tmp_path / "clamd")
    with pytest.raises(VirusFound):
        scanner.check(b"%PDF-1.7 " + EICAR)


@pytest.mark.parametrize("answer", [b"", b"stream: size limit exceeded. ERROR"])
def test_an_answer_that_is_neither_yes_nor_no_keeps_the_file_out(tmp_path: Path, answer: bytes) -> None:
    Clamd(tmp_path / "clamd", answer)
    scanner.use(tmp_path / "clamd")
    with pytest.raises(ScannerSilent):
        scanner.check(b"%PDF")


def test_a_scanner_that_is_configured_but_gone_keeps_the_file_out(tmp_path: Path) -> None:
    scanner.use(tmp_path / "nobody")
    with pytest.raises(ScannerSilent) as silent:
        scanner.check(b"%PDF")
    assert silent.value.status == 503
