"""Refusals as `{type, message}`: Camunda's names where it has one for the case, and details for forms and deployments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, jsonify, request
from flask_babel import get_locale, gettext
from flask_wtf.csrf import CSRFError

from app.web.errors import is_rest, translated
from app.workflow.api.operation import blueprint
from app.workflow.deploying.definitions import NotDeployable
from app.workflow.user_tasks import AlreadyClaimed, InvalidSubmission


@blueprint.errorhandler(InvalidSubmission)
def invalid_submission(invalid: InvalidSubmission) -> tuple[Response, int]:
    """The form has errors: a sentence per field."""
    return _answer(400, "FormFieldValidationException", translated(invalid), dict(invalid.submission.errors))


@blueprint.errorhandler(NotDeployable)
def not_deployable(refused: NotDeployable) -> tuple[Response, int]:
    """The findings by file, in the shape of Camunda's ParseException."""
    locale = str(get_locale())
    lines = [translated(refused), *refused.lines(locale)]
    return _answer(400, "ParseException", "\n".join(lines), _by_file(refused.findings, locale))


@blueprint.errorhandler(AlreadyClaimed)
def already_claimed(refused: AlreadyClaimed) -> tuple[Response, int]:
    """Somebody was faster."""
    return _answer(409, "TaskAlreadyClaimedException", translated(refused))


@blueprint.errorhandler(CSRFError)
def no_csrf_token(_refused: CSRFError) -> tuple[Response, int]:
    """A page's script must send the page's token; programs use a token of their own."""
    sentence = gettext("A request that signs in by cookie must carry the page's token in the header X-CSRFToken.")
    return _answer(403, "AuthorizationException", sentence)


def answer_errors(app: Flask) -> None:
    """Headers that HTTP wants with certain errors, also for addresses that no endpoint has."""

    @app.after_request
    def add(answer: Response) -> Response:
        if is_rest() and answer.status_code == 401:
            answer.headers.add("WWW-Authenticate", 'Bearer realm="Creditflow"')
        if is_rest() and answer.status_code == 405 and request.routing_exception is not None:
            allowed = getattr(request.routing_exception, "valid_methods", None) or ()
            answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer


def _by_file(findings: Iterable[Any], locale: str) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for finding in findings:
        place = getattr(finding, "element", None) or getattr(finding, "component", None) or None
        problem = {
            "message": f"{finding.message[locale]} {finding.mend[locale]}",
            "line": 0,
            "column": 0,
            "mainElementId": place,
            "elementIds": [place] if place else [],
        }
        files.setdefault(finding.file, {"errors": [], "warnings": []})["errors"].append(problem)
    return files


def _answer(status: int, kind: str, message: str, details: dict[str, Any] | None = None) -> tuple[Response, int]:
    body = {"type": kind, "message": message, **({"details": details} if details is not None else {})}
    return jsonify(body), status
