"""What the child answers, and how much it may take for it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Limits:
    """seconds: processor time. memory, output: bytes. pixels: of one picture or page. edge: longest side shown, in pixels.

    streams: bytes of unpacked PDF streams other than pictures. entries, unpacked, ratio: of an Office file.
    """

    seconds: int = 20
    memory: int = 1024 * 1024 * 1024
    output: int = 40 * 1024 * 1024
    pages: int = 200
    pixels: int = 120_000_000
    edge: int = 5000
    streams: int = 256 * 1024 * 1024
    entries: int = 2000
    unpacked: int = 50 * 1024 * 1024
    ratio: int = 100


class Refused(Exception):
    """The file is not taken; `text` is an English sentence with {places}, `values` fill them."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


class TooMuch(Exception):
    """The file asks for more than the limits allow; it is kept, but not shown."""


@dataclass(frozen=True)
class Result:
    """state, note: see `app.documents.rules`. media_type: of the file itself. pages: None where they can't be counted."""

    state: str
    media_type: str
    note: str | None = None
    pages: int | None = None
    rendition_type: str | None = None
    rendition: bytes = field(default=b"", repr=False)

    def packed(self) -> bytes:
        """The answer as it goes through the pipe."""
        head = asdict(self)
        del head["rendition"]
        return json.dumps(head).encode() + b"\n" + self.rendition


def unpacked(answer: bytes) -> Result:
    """The answer of the child again; raises Refused where it refused the file."""
    line, _, rendition = answer.partition(b"\n")
    head = json.loads(line)
    if "refused" in head:
        raise Refused(head["refused"], **head["values"])
    return Result(**head, rendition=rendition)


def refusal(refused: Refused) -> bytes:
    """A refusal as it goes through the pipe."""
    return json.dumps({"refused": refused.text, "values": refused.values}).encode() + b"\n"
