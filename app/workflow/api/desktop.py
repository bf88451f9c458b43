"""What Camunda Modeler needs beside the endpoints themselves: which version it talks to, and leave to ask from its window.

The program's window is a page of its own computer (Origin `file://`), so Chromium inside it asks first whether it may send its
token. It may: such a request carries a token on purpose, and without credentials no cookie goes along or answer is shown for one.
"""

from __future__ import annotations

from flask import Flask, Response, request

from app.web.access import signed_in
from app.web.errors import is_rest
from app.workflow.api.operation import operation
from app.workflow.api.schema import Model

# The REST API of this release of Camunda is the one whose shape is followed here.
FOLLOWED = "7.24.0"
WINDOW = "file://"
MAY_SEND = "authorization, content-type, accept, idempotency-key"
METHODS = "GET, POST, PUT, DELETE, OPTIONS"


class VersionAnswer(Model):
    """The release whose REST API is followed."""

    version: str


@operation("GET", "/version", answer=VersionAnswer)
@signed_in
def get_version() -> VersionAnswer:
    """Which release of Camunda's REST API is followed; modelling tools ask before they deploy."""
    return VersionAnswer(version=FOLLOWED)


def let_windows_in(app: Flask) -> None:
    """Answer the question that a window asks before its request, and let it read the answers."""

    @app.before_request
    def preflight() -> Response | None:
        if not _is_window() or request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
            return None
        answer = Response(status=204)
        answer.headers["Access-Control-Allow-Methods"] = METHODS
        answer.headers["Access-Control-Allow-Headers"] = MAY_SEND
        answer.headers["Access-Control-Max-Age"] = "600"
        return answer

    @app.after_request
    def admit(answer: Response) -> Response:
        if _is_window():
            answer.headers["Access-Control-Allow-Origin"] = WINDOW
            answer.headers.add("Vary", "Origin")
        return answer


def _is_window() -> bool:
    return is_rest() and request.headers.get("Origin") == WINDOW
