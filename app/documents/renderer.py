"""Asking the child process for a rendition, and surviving whatever it does.

Every file is opened in a process of its own with limits on time and memory (`rendering/`): a decompression bomb or a file that
breaks the reader ends that process, never the web worker. At most two run at once in each web process.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

from app.documents.rendering.child import NOT_INSTALLED
from app.documents.rendering.result import Refused, Result, unpacked
from app.documents.rules import MEDIA_TYPES, Kind, State, kind_of, why_not_taken
from app.kernel.errors import Refusal

ROOM = Path(__file__).resolve().parent
WALL_SECONDS = 45
_START = "import sys; sys.path.append(sys.argv[1]); from rendering.child import main; main()"
log = logging.getLogger("creditflow.documents")
_places = threading.BoundedSemaphore(2)


class FileRefused(Refusal):
    """The file is not taken: of no kind of ours, damaged beyond use, with macros, or too large inside."""


class ReaderMissing(Refusal):
    """The child could not load its libraries: the installation is damaged, and no file is to blame."""

    status = 503


def render(content: bytes) -> Result:
    """What `content` is and how it is shown; raises FileRefused. A file that breaks its reader comes back as UNSAFE."""
    kind = kind_of(content[:16])
    if kind is None:
        raise FileRefused(why_not_taken(content[:16]))
    try:
        return unpacked(_ask_child(content, kind))
    except Refused as refused:
        raise FileRefused(refused.text, **refused.values) from refused
    except subprocess.SubprocessError as fault:
        log.warning("the reader of a %s file gave up: %s %s", kind, fault, _last_words(fault))
        if getattr(fault, "returncode", None) == NOT_INSTALLED:
            raise ReaderMissing("Files can't be opened on this machine now. Tell the administrator.") from fault
        return _unsafe(kind)


def page_picture(scan: bytes, number: int) -> bytes:
    """Page `number` (from 1) of a scan's rendition as a PNG; raises FileRefused where there is no picture to be had."""
    try:
        return unpacked(_ask_child(scan, f"{Kind.PDF}:{number}")).rendition
    except subprocess.SubprocessError as fault:
        raise FileRefused("This page can't be shown as a picture; download the original.") from fault


def _ask_child(content: bytes, kind: str) -> bytes:
    """The child's answer; raises SubprocessError where it died or took too long."""
    command = [sys.executable, "-I", "-c", _START, str(ROOM), kind]
    with _places:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
            command,
            input=content,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=True,
            cwd="/",
            env={"LANG": "C.UTF-8"},
        )
    return done.stdout


def _last_words(fault: subprocess.SubprocessError) -> str:
    """The end of what the child wrote before it died; its messages name places in the file, not its contents."""
    return (getattr(fault, "stderr", None) or b"")[-300:].decode(errors="replace")


def _unsafe(kind: Kind) -> Result:
    if kind is Kind.OFFICE:
        raise FileRefused("The file unpacks to more than is allowed, so it is not taken.")
    return Result(State.UNSAFE, MEDIA_TYPES[kind], note="unsafe")
