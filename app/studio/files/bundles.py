"""Bundles: all files of a draft or a version in one zip, byte for byte, to be kept, sent, or begun from elsewhere.

`manifest.json` says what it is; the other entries are the files under their names. The same files give the same zip.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.kernel.errors import Refusal
from app.studio.file_names import MOST_BYTES, BadName, kind_of
from app.studio.files.beginnings import KEY
from app.workflow import definitions

MANIFEST = "manifest.json"
FORMAT = "creditflow-bundle-1"
MOST_FILES = 200
MOST_TOTAL = 20 * 1024 * 1024
MOST_ENTRIES = 1000
LONG_AGO = (1980, 1, 1, 0, 0, 0)


class NoBundle(Refusal):
    """Not a zip that holds diagrams, tables or forms, or a zip that is too large."""


@dataclass(frozen=True)
class Bundle:
    """What a zip holds. name, title: as its manifest says, else as its files are called; left_out: entries that are not ours."""

    name: str
    title: str
    files: Mapping[str, bytes]
    left_out: tuple[str, ...] = ()


def packed(name: str, title: str, files: Mapping[str, bytes]) -> bytes:
    """The zip."""
    manifest = {"format": FORMAT, "name": name, "title": title, "digest": definitions.digest_of(files).hex()}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        _add(archive, MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2).encode())
        for file in sorted(files):
            _add(archive, file, files[file])
    return target.getvalue()


def unpacked(content: bytes) -> Bundle:
    """What is in a zip, of ours or of anybody's; raises NoBundle. Nothing is written to the disk, so names lead nowhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = dict(_entries(archive))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as fault:
        raise NoBundle("The file is no zip that can be read.") from fault
    manifest = _manifest(entries.pop(MANIFEST, b""))
    files = {name: held for name, held in entries.items() if _is_ours(name)}
    if not files:
        raise NoBundle("The zip holds no diagram, table or form.")
    folder = min(files).partition("/")[0].rpartition(".")[0] if "/" not in min(files) else min(files).partition("/")[0]
    name = str(manifest.get("name") or folder)[:120]
    title = str(manifest.get("title") or name)[:200]
    left_out = tuple(sorted(entries.keys() - files.keys()))
    return Bundle(name if KEY.fullmatch(name) else "imported", title, files, left_out)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


def _entries(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """The files of the zip; what a sender claims about sizes is not believed."""
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise NoBundle("The zip holds more than {most} entries.", most=MOST_ENTRIES)
    total, kept = 0, 0
    for info in infos:
        if info.is_dir():
            continue
        with archive.open(info) as entry:
            held = entry.read(MOST_BYTES + 1)
        total, kept = total + len(held), kept + 1
        if len(held) > MOST_BYTES or total > MOST_TOTAL or kept > MOST_FILES:
            raise NoBundle("The zip is too large: at most 200 files of 1 MB, 20 MB in all.")
        yield info.filename, held


def _manifest(content: bytes) -> dict[str, object]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) and body.get("format") == FORMAT else {}


def _is_ours(name: str) -> bool:
    try:
        kind_of(name)
    except BadName:
        return False
    return True
