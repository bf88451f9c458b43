"""Refusals and faults as plain pages: what happened, and what to do now."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext
from flask_login import AnonymousUserMixin
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from app.kernel.errors import Refusal
from app.web import shell
from app.web.i18n import text_of

log = logging.getLogger("creditflow")

REST_TYPES = {
    400: "InvalidRequestException",
    401: "AuthenticationException",
    403: "AuthorizationException",
    404: "RestException",
    409: "OptimisticLockingException",
    422: "InvalidRequestException",
}

FAMILIES = {400: 422, 401: 403, 405: 404, 410: 404, 412: 409, 413: 422, 428: 409}
SENTENCES = {
    400: "The request could not be understood.",
    401: "Please sign in.",
    403: "You are not allowed to do this.",
    404: "There is nothing here, or it is not for you to see.",
    405: "This address does not take such a request.",
    409: "Somebody else changed this at the same moment. Nothing was written; please look at it again.",
    413: "This is too large.",
    500: "Something went wrong on our side. Nothing was written; please try again.",
    503: "The system is not ready. Please try again in a minute.",
}


NOTE = "note_refusal"
DATABASE_AWAY = (OperationalError, InterfaceError)


def install(app: Flask, note: Callable[[Refusal], None]) -> None:
    """Answer every refusal and fault; `note` hears of every refusal of a request that would have changed something."""
    app.extensions[NOTE] = note
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    for lost in DATABASE_AWAY:
        app.register_error_handler(lost, database_away)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(StaleDataError, _overtaken)
    app.register_error_handler(Exception, _fault)


def database_away(fault: Exception) -> tuple[Response | str, int]:
    """The database does not answer, or broke off. Whether a commit under way took effect is not known, so nothing is said about
    it: the same request again, with its key, finds out."""
    log.warning("the database does not answer at %s %s: %s", request.method, request.path, fault)
    # The page's frame must not ask the database who reads it.
    g._login_user = AnonymousUserMixin()
    return _answer(503, gettext(SENTENCES[503]))


def translated(refusal: Refusal) -> str:
    """The refusal's sentence in the reader's language."""
    if refusal.texts:
        return text_of(refusal.texts)
    sentence = gettext(refusal.text)
    return sentence.format(**refusal.values) if refusal.values else sentence


def _refused(refusal: Refusal) -> tuple[Response | str, int]:
    if request.method not in ("GET", "HEAD"):
        current_app.extensions[NOTE](refusal)
    return _answer(refusal.status, translated(refusal))


def _http(error: HTTPException) -> tuple[Response | str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    if error.code in SENTENCES:
        return _answer(error.code, gettext(SENTENCES[error.code]))
    return _answer(error.code, error.description or error.name)


def _unstorable(_fault: DataError) -> tuple[Response | str, int]:
    """A value that the database can't hold (a zero byte, a number beyond all bounds) is a request not understood."""
    return _answer(400, gettext(SENTENCES[400]))


def _overtaken(_fault: StaleDataError) -> tuple[Response | str, int]:
    """The version column is the second guard behind the lock of a case."""
    return _answer(409, gettext(SENTENCES[409]))


def _fault(fault: Exception) -> tuple[Response | str, int]:
    number = uuid.uuid4().hex[:8]
    log.exception("fault %s at %s %s", number, request.method, request.path)
    return _answer(500, gettext(SENTENCES[500]), number)


def is_rest() -> bool:
    """Whether the request is a program's."""
    return request.path.startswith("/engine-rest")


def _answer(status: int, sentence: str, number: str | None = None) -> tuple[Response | str, int]:
    if is_rest():
        return jsonify(type=REST_TYPES.get(status, "RestException"), message=sentence), status
    family = FAMILIES.get(status, status)
    known = family if family in (403, 404, 409, 422, 503) else 500 if family >= 500 else 422
    message = sentence if known not in (404, 500, 503) else ""
    return render_template(
        f"web/errors/{known}.html", message=message, reference=number, back=shell.back_to("")
    ), status
