"""Word and Excel files: looked at as archives within limits, never opened as documents.

What is refused: archives that are no such document, macros, names that would leave their folder, encrypted or linked entries,
and anything that unpacks to more than 50 MB or a hundred times its size, whatever its directory claims.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib

from .result import Limits, Refused, Result, TooMuch

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAIN_PARTS = {"word/document.xml": WORD, "xl/workbook.xml": EXCEL}
CONTENT_TYPES = "[Content_Types].xml"
DIRECTORY_ENTRY = b"PK\x01\x02"
CHUNK = 1024 * 1024

NO_OFFICE = "The archive is no Word or Excel document. Take the documents out of it and add them one by one."
DAMAGED = "The Word or Excel file is damaged. Open it, save it again and add the new copy."
MACROS = "The file contains macros. Save it as .docx or .xlsx without them and add it again."
STRANGE = "The file contains entries that no Word or Excel document has, so it is not taken."


def check(content: bytes, limits: Limits) -> Result:
    """The Office file as an attachment; raises Refused, or TooMuch where it unpacks to more than the limits."""
    # The directory is read into memory entry by entry before anybody can count it.
    if content.count(DIRECTORY_ENTRY) > limits.entries:
        raise TooMuch
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            media_type = _document_type(archive)
            _check_entries(archive.infolist(), len(content), limits)
            _unpack(archive, len(content), limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise Refused(DAMAGED) from None
    return Result("attachment", media_type, note="office")


def _document_type(archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    found = [MAIN_PARTS[name] for name in names if name in MAIN_PARTS]
    if CONTENT_TYPES not in names or len(found) != 1:
        raise Refused(NO_OFFICE)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused(MACROS)
    return found[0]


def _check_entries(entries: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    if len({entry.filename.lower() for entry in entries}) != len(entries) or any(map(_is_strange, entries)):
        raise Refused(STRANGE)
    # Entries that share bytes (a bomb without nesting), or bytes of something else before the archive.
    if sum(entry.compress_size for entry in entries) > size or min(entry.header_offset for entry in entries) != 0:
        raise Refused(STRANGE)
    _check_size(sum(entry.file_size for entry in entries), size, limits)


def _is_strange(entry: zipfile.ZipInfo) -> bool:
    name = entry.orig_filename
    parts = name.replace("\\", "/").split("/")
    leaves = name.startswith(("/", "\\")) or ".." in parts or ":" in name or "\0" in name
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    return leaves or is_link or bool(entry.flag_bits & 1)


def _unpack(archive: zipfile.ZipFile, size: int, limits: Limits) -> None:
    """Unpack everything once and count, because a directory can lie; macros are looked for in the declared types too."""
    total = 0
    for entry in archive.infolist():
        with archive.open(entry) as part:
            while chunk := part.read(CHUNK):
                total += len(chunk)
                _check_size(total, size, limits)
                if entry.filename == CONTENT_TYPES and b"macroenabled" in chunk.lower():
                    raise Refused(MACROS)


def _check_size(total: int, size: int, limits: Limits) -> None:
    if total > limits.unpacked or total > max(size, CHUNK) * limits.ratio:
        raise TooMuch
