"""What a file is, what it may be called, and what is said of it: pure.

A file is known by its first bytes alone, never by its name or by what the browser claims. Names come from people's machines and
are shown and offered for download, never used as a path.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from urllib.parse import quote

LARGEST_FILE = 20 * 1024 * 1024
LONGEST_NAME = 255


class State(StrEnum):
    """How far a document can be shown.

    SHOWN: there is a rendition. PROTECTED: an encrypted PDF (with a rendition where it opens without a password).
    BROKEN: damaged; a rendition of what could be read, or none. UNSAFE: preparing it hit a limit or broke the reader; never
    opened again on our side. ATTACHMENT: an Office file, offered for download only.
    """

    SHOWN = "shown"
    PROTECTED = "protected"
    BROKEN = "broken"
    UNSAFE = "unsafe"
    ATTACHMENT = "attachment"


NOTES = {
    "cleaned": "Scripts, links or attached files were taken out of what is shown here; the original is unchanged.",
    "repaired": "The file was damaged and has been repaired for display; compare with the original where it matters.",
    "incomplete": "The file is damaged; only what could be read is shown. Ask for a new copy.",
    "unreadable": "The file is damaged; the viewer may show little or nothing of it. Ask for a new copy.",
    "password": "The file needs a password; only the original can be downloaded. Ask for a copy without one.",
    "restricted": "The sender has protected the file against changes; it is shown as it is.",
    "unsafe": "The file could not be prepared for display safely. Open the original only if you trust where it comes from.",
    "office": "Office files are not opened here; download the file to read it.",
}


class Kind(StrEnum):
    """The families of files we take, as the renderer's child process tells them apart."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    TIFF = "tiff"
    OFFICE = "office"


SIGNATURES: Sequence[tuple[bytes, Kind]] = (
    (b"%PDF-", Kind.PDF),
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"PK\x03\x04", Kind.OFFICE),
)

NOT_TAKEN = (
    "Only PDF, JPEG, PNG, TIFF, Word (.docx) and Excel (.xlsx) files are taken. Save the document as one of them."
)
OLD_OFFICE = "This is an old Word or Excel file, or one with a password. Save it as .docx or .xlsx without a password, or as PDF."
HEIC = "This is a HEIC photograph. Send it as JPEG: on the phone choose “Most Compatible” in the camera's formats."

MEDIA_TYPES = {Kind.PDF: "application/pdf", Kind.JPEG: "image/jpeg", Kind.PNG: "image/png", Kind.TIFF: "image/tiff"}

EXTENSIONS = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/tiff": (".tif", ".tiff"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
}


def kind_of(head: bytes) -> Kind | None:
    """The kind of the file that begins with `head`; None where we do not take it."""
    return next((kind for signature, kind in SIGNATURES if head.startswith(signature)), None)


def why_not_taken(head: bytes) -> str:
    """The sentence for a file of no kind of ours; says what to do for the two that people really bring."""
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return OLD_OFFICE
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return HEIC
    return NOT_TAKEN


def clean_name(name: str | None, media_type: str) -> str:
    """A name fit to be shown and saved: one line, no folders, no invisible signs, at most 255 bytes, with a fitting extension.

    The extension follows the content, so that a PDF called "invoice.html" never opens as a page on a colleague's machine.
    """
    last = (name or "").replace("\\", "/").rpartition("/")[2]
    seen = unicodedata.normalize("NFC", "".join(map(_visible, last)))
    plain = " ".join(seen.split()).strip(". ")
    extensions = EXTENSIONS.get(media_type, ("",))
    stem, extension = plain, extensions[0]
    for candidate in extensions:
        if candidate and plain.lower().endswith(candidate):
            stem, extension = plain[: -len(candidate)], plain[-len(candidate) :]
    return _cut(stem or "document", LONGEST_NAME - len(extension)) + extension


def _visible(sign: str) -> str:
    """The sign itself, a blank for white space and controls, nothing for signs that would only deceive (bidi, zero width)."""
    category = unicodedata.category(sign)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return "" if category in ("Cf", "Cs", "Co", "Cn") else sign


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore").rstrip()


def content_disposition(disposition: str, name: str) -> str:
    """The header (RFC 6266): an ASCII name for old programs and the true one by RFC 5987."""
    ascii_name = "".join(c if " " <= c <= "~" and c not in '"\\%;' else "_" for c in name)
    return f"{disposition}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def missing(required: Iterable[str], present: Iterable[str]) -> tuple[str, ...]:
    """The required types of which there is nothing yet, in the order they were asked for."""
    there = set(present)
    return tuple(key for key in dict.fromkeys(required) if key not in there)


def satisfies(state: str, has_rendition: bool) -> bool:
    """Whether a document counts for a required type: one that nobody can read does not."""
    return state != State.BROKEN or has_rendition
