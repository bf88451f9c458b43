"""Pages and data travel packed by gzip where the browser takes it.

Packing beside a secret tells by its length how well a guess fits (BREACH), so nothing is packed that repeats what somebody else
could have chosen: only answers to a GET without a query are, and an address without a query holds nothing but ids. The forms'
token, the only secret of a page, is besides signed anew every second. The REST interface is left alone: its programs sit beside the
server, and some of them ask for what they can't unpack.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

from app.web.errors import is_rest

TYPES = frozenset({"text/html", "application/json", "application/xml"})
LEAST = 1024
# Measured on a case page: a fifth of it is left, for a hundredth of the time that making the page takes; 6 takes double for little.
LEVEL = 4


def install(app: Flask) -> None:
    """Pack what may be packed."""
    app.after_request(_pack)


def _pack(answer: Response) -> Response:
    if request.method != "GET" or request.query_string or is_rest() or not _is_packable(answer):
        return answer
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        answer.set_data(gzip.compress(answer.get_data(), LEVEL))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _is_packable(answer: Response) -> bool:
    """Whether it is a whole text of ours: no stream, no download, not packed already, and worth the work."""
    return (
        answer.status_code == 200
        and answer.mimetype in TYPES
        and answer.is_sequence
        and not answer.direct_passthrough
        and not {"Content-Encoding", "Content-Disposition"} & set(answer.headers.keys())
        and (answer.content_length or 0) >= LEAST
    )
