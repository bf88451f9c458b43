"""Zips that somebody sends: the wanted members, within bounds that hold for what really comes out.

Nothing a header claims is believed. Only members that are stored or deflated are read: zlib gives its output in pieces of a size
that is asked for, the other methods do not, so a small member of theirs could fill the memory before anybody can look.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.kernel.errors import Refusal

PIECE = 64 * 1024
READ = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
CENTRAL, LOCAL = b"PK\x01\x02", 30
LONGEST_NAME = 80
# All that `zipfile` is known to raise for bytes that are damaged or forged.
FAULTS = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
    OverflowError, IndexError,
)  # fmt: skip


class BadArchive(Refusal):
    """The zip, or one of its entries, which the sentence names, is not read."""


class NoArchive(BadArchive):
    """These bytes are no zip at all."""


@dataclass(frozen=True)
class Bounds:
    """What is taken at most. entries: listed, wanted or not; files: wanted; each and total: bytes that come out of the wanted."""

    entries: int
    files: int
    each: int
    total: int


def members(
    content: bytes, bounds: Bounds, wanted: Callable[[str], bool], *, taken: int = 0
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The wanted members by name, and the names of the others; raises NoArchive, BadArchive.

    taken: bytes that other archives of the same request have used up of the total. A zip in the zip stays as it is, and nothing
    is written to the disk.
    """
    # Each entry of the list is an object of about half a kilobyte: counted before `zipfile` makes them.
    if content.count(CENTRAL) > bounds.entries:
        raise BadArchive("The zip holds more than {most} entries.", most=bounds.entries)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except FAULTS as fault:
        raise NoArchive("The file is no zip that can be read.") from fault
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    _check_places(entries)
    chosen = [entry for entry in entries if wanted(entry.filename)]
    if len(chosen) > bounds.files:
        raise BadArchive("The zip holds more than {most} files.", most=bounds.files)
    left_out = tuple(sorted(entry.filename for entry in entries if not wanted(entry.filename)))
    return dict(_read(archive, chosen, bounds, taken)), left_out


def _read(
    archive: zipfile.ZipFile, chosen: Sequence[zipfile.ZipInfo], bounds: Bounds, taken: int
) -> Iterator[tuple[str, bytes]]:
    left, seen = bounds.total - taken, set[str]()
    for entry in chosen:
        _check(entry, seen)
        held = _unpacked(archive, entry, min(bounds.each, left))
        if held is None:
            raise BadArchive(
                "{entry}: with this file the zip is too large. At most {each} MB a file and {total} MB in all.",
                entry=_shown(entry),
                each=bounds.each >> 20,
                total=bounds.total >> 20,
            )
        left -= len(held)
        yield entry.filename, held


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes | None:
    """What comes out of one member; None where it is more than `most`."""
    pieces, size = list[bytes](), 0
    try:
        with archive.open(entry) as source:
            while piece := source.read(PIECE):
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    return None
    except FAULTS as fault:
        raise BadArchive("{entry}: this entry of the zip is damaged.", entry=_shown(entry)) from fault
    if size != entry.file_size:
        raise BadArchive("{entry}: this entry of the zip is damaged.", entry=_shown(entry))
    return b"".join(pieces)


def _check(entry: zipfile.ZipInfo, seen: set[str]) -> None:
    """One wanted member before it is opened; raises BadArchive."""
    if entry.filename in seen:
        raise BadArchive("{entry}: the zip holds two entries of this name.", entry=_shown(entry))
    seen.add(entry.filename)
    path = entry.filename.replace("\\", "/")
    if path.startswith("/") or ":" in path or ".." in path.split("/") or stat.S_ISLNK(entry.external_attr >> 16):
        raise BadArchive("{entry}: this entry of the zip leads out of it.", entry=_shown(entry))
    if entry.flag_bits & 1:
        raise BadArchive(
            "{entry}: this entry of the zip is encrypted. Send it without a password.", entry=_shown(entry)
        )
    if entry.compress_type not in READ:
        raise BadArchive(
            "{entry}: this entry is packed in a way that is not read here. Pack the files as an ordinary zip.",
            entry=_shown(entry),
        )


def _check_places(entries: Sequence[zipfile.ZipInfo]) -> None:
    """No two entries may lie on the same bytes: that is how a small zip holds a large one."""
    for first, second in pairwise(sorted(entries, key=lambda entry: entry.header_offset)):
        if first.header_offset + LOCAL + first.compress_size > second.header_offset:
            raise BadArchive("{entry}: this entry of the zip lies over another one.", entry=_shown(second))


def _shown(entry: zipfile.ZipInfo) -> str:
    return "".join(sign for sign in entry.filename if sign.isprintable())[-LONGEST_NAME:]
