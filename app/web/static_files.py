"""Built browser files travel packed and are asked for once.

Their names carry a hash of the content, so a browser may keep them for ever. Packing happens at the first request of each file and
stays in memory (less than a megabyte for all of them).
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request

from app.web.assets import DIST

FOR_EVER = "public, max-age=31536000, immutable"
PACKED = (".js", ".css", ".svg")
NOT_NAMED_BY_CONTENT = ("manifest.json", "LICENSES.txt")


def install(app: Flask) -> None:
    """Add caching and packing to the static files below `dist/`."""
    app.after_request(_prepare)


def _prepare(answer: Response) -> Response:
    name = _built_file()
    if not name or answer.status_code not in (200, 206, 304):
        return answer
    answer.headers["Cache-Control"] = FOR_EVER
    if answer.status_code == 200 and name.endswith(PACKED):
        answer.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"]:
            _pack(answer, name)
    return answer


def _built_file() -> str:
    """The file below `dist/` that is asked for; empty for anything else."""
    if request.endpoint != "static":
        return ""
    folder, _, name = (request.view_args or {}).get("filename", "").partition("/")
    return name if folder == "dist" and name not in NOT_NAMED_BY_CONTENT else ""


def _pack(answer: Response, name: str) -> None:
    answer.close()
    answer.direct_passthrough = False
    answer.set_data(_packed(name))
    answer.headers["Content-Encoding"] = "gzip"
    etag, _weak = answer.get_etag()
    if etag:
        answer.set_etag(f"{etag}-gzip")


@lru_cache(maxsize=64)
def _packed(name: str) -> bytes:
    return gzip.compress((DIST / name).read_bytes(), 9)
