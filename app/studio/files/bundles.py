"""Bundles: all files of a draft or a version in one zip, byte for byte, to be kept, sent, or begun from elsewhere.

`manifest.json` says what it is; the other entries are the files under their names. The same files give the same zip.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from app.kernel.errors import Refusal
from app.studio.file_names import MOST_BYTES, BadName, kind_of
from app.studio.files import archives
from app.studio.files.beginnings import KEY
from app.workflow.deploying import definitions

MANIFEST = "manifest.json"
FORMAT = "creditflow-bundle-1"
MOST_FILES = 200
# One file more: the manifest.
BOUNDS = archives.Bounds(entries=1000, files=MOST_FILES + 1, each=MOST_BYTES, total=20 * 1024 * 1024)
LONG_AGO = (1980, 1, 1, 0, 0, 0)


class NoBundle(Refusal):
    """A zip that holds no diagram, table or form, or more than a draft can have."""


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
    """What is in a zip, of ours or of anybody's; raises NoBundle, BadArchive."""
    files, left_out = archives.members(content, BOUNDS, lambda name: name == MANIFEST or _is_ours(name))
    manifest = _manifest(files.pop(MANIFEST, b""))
    if not files:
        raise NoBundle("The zip holds no diagram, table or form.")
    if len(files) > MOST_FILES:
        raise NoBundle("The zip holds more than {most} files.", most=MOST_FILES)
    folder = min(files).partition("/")[0].rpartition(".")[0] if "/" not in min(files) else min(files).partition("/")[0]
    name = str(manifest.get("name") or folder)[:120]
    title = str(manifest.get("title") or name)[:200]
    return Bundle(name if KEY.fullmatch(name) else "imported", title, files, left_out)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


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
