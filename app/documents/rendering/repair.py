"""The last try with a PDF whose index is gone beyond what the library mends: its objects put together anew.

Every piece that begins like an object ("12 0 obj") is taken as it stands, a fresh index is written behind them, and the last
trailer that names a root is put at the end. Good enough for a file cut out of a mail or written by a careless program.
"""

from __future__ import annotations

import re

MARK = re.compile(rb"(?<!\d)(\d{1,6})\s{1,4}\d{1,5}\s{1,4}obj\b|\bendobj\b|\btrailer\b|\bstartxref\b")
MOST_OBJECTS = 100_000


def reassembled(content: bytes) -> bytes | None:
    """The file written anew from its objects; None where it has no objects or no trailer."""
    objects, trailer = _pieces(content)
    if not objects or trailer is None or max(objects) > MOST_OBJECTS:
        return None
    output, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in objects.items():
        places[number] = len(output)
        output += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    return bytes(output) + _index(places, trailer, len(output))


def _pieces(content: bytes) -> tuple[dict[int, bytes], bytes | None]:
    """Objects by number (a later one replaces an earlier one, as in a file that was changed) and the last trailer's inside."""
    marks = list(MARK.finditer(content))
    ends = [*(mark.start() for mark in marks[1:]), len(content)][: len(marks)]
    objects: dict[int, bytes] = {}
    trailer = None
    for mark, end in zip(marks, ends, strict=True):
        piece = content[mark.end() : end].strip()
        if mark[1]:
            objects[int(mark[1])] = piece
        elif mark[0] == b"trailer" and piece.startswith(b"<<") and b"/Root" in piece:
            trailer = piece[2 : piece.rfind(b">>")]
    return objects, trailer


def _index(places: dict[int, int], trailer: bytes, start: int) -> bytes:
    size = max(places) + 1
    rows = [b"0000000000 65535 f \n"]
    rows += [b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(1, size)]
    # A second /Size behind the old one would be a matter of taste for readers; the old one goes.
    rest = re.sub(rb"/(Size|Prev|XRefStm)\s*\d+", b"", trailer)
    head = b"xref\n0 %d\n" % size
    return head + b"".join(rows) + b"trailer\n<<%b /Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (rest, size, start)
