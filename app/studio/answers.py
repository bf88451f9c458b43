"""What the editors get: JSON, refusals included, so that a script can show the sentence where the person works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import jsonify, request
from werkzeug.wrappers import Response

from app.kernel.errors import Refusal
from app.web.errors import translated

View = Callable[..., Any]


class BadQuestion(Refusal):
    """The body is no JSON object, or lacks what the question needs."""

    status = 400


def in_json(view: View) -> View:
    """The view's refusals are answered as `{"sentence": …}` with their status."""

    @wraps(view)
    def answered(**places: Any) -> Any:
        try:
            return view(**places)
        except Refusal as refusal:
            return refused(refusal.status, translated(refusal))

    return answered


def refused(status: int, sentence: str, **facts: Any) -> Response:
    """A refusal as JSON: the sentence in the reader's language, and facts."""
    answer: Response = jsonify(sentence=sentence, **facts)
    answer.status_code = status
    return answer


def question() -> Mapping[str, Any]:
    """The JSON object of the request; raises BadQuestion."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadQuestion("The body must be a JSON object.")
    return body


def text_in(body: Mapping[str, Any], name: str, *, empty: bool = True) -> str:
    """A text of the question; raises BadQuestion where it is something else, or empty and may not be."""
    value = body.get(name, "")
    if not isinstance(value, str) or (not value and not empty):
        raise BadQuestion("{name} must be a text.", name=name)
    return value
