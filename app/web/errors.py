"""Refusals and faults as plain pages: what happened, and what to do now."""

from __future__ import annotations

import logging
import uuid

from flask import Flask, Response, g, jsonify, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from app.kernel.errors import Refusal

log = logging.getLogger("creditflow")

REST_TYPES = {
    400: "InvalidRequestException",
    401: "AuthenticationException",
    403: "AuthorizationException",
    404: "RestException",
    409: "OptimisticLockingException",
    422: "InvalidRequestException",
}

SENTENCES = {
    400: "The request could not be understood.",
    401: "Please sign in.",
    403: "You are not allowed to do this. If you need it, ask your supervisor or the administrator.",
    404: "There is nothing here, or it is not for you to see.",
    405: "This address does not take such a request.",
    409: "Somebody else was faster, or the case has moved on. Nothing of yours was written; look at it again.",
    413: "This is too large.",
    500: "Something went wrong on our side. Nothing was written; please try again.",
    503: "The system is not ready. Please try again in a minute.",
}


def install(app: Flask) -> None:
    """Answer every refusal and fault."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def translated(refusal: Refusal) -> str:
    """The refusal's sentence in the reader's language."""
    sentence = gettext(refusal.text)
    return sentence.format(**refusal.values) if refusal.values else sentence


def _refused(refusal: Refusal) -> tuple[Response | str, int]:
    return _answer(refusal.status, translated(refusal))


def _http(error: HTTPException) -> tuple[Response | str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    return _answer(error.code, gettext(SENTENCES.get(error.code, error.description or error.name)))


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
    g.is_error = True
    return render_template("web/error.html", status=status, sentence=sentence, number=number), status
