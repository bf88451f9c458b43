"""One endpoint = one function: `@operation` reads the request into models, calls it, and writes what it answers.

The same statement feeds the OpenAPI document (`openapi`). A function that answers None gives 204. `once`: the header
Idempotency-Key makes a repeat of the same request give the same answer and no second act.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, wraps
from typing import Any, TypeVar

import orjson
from flask import Blueprint, Response, current_app, g, request
from flask_login import current_user
from pydantic import BaseModel, TypeAdapter, ValidationError
from werkzeug.routing import BaseConverter

from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.workflow import idempotency
from app.workflow.api.schema import IN_QUERY

View = TypeVar("View", bound=Callable[..., Any])
Body = TypeVar("Body", bound=BaseModel)

PREFIX = "/engine-rest"
KEY_PATTERN = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}"
IDEMPOTENCY_PATTERN = "[!-~]{1,64}"

blueprint = Blueprint("rest", __name__, url_prefix=PREFIX)


class BadRequest(Refusal):
    """The request is not in order; nothing was done."""

    status = 400


class WrongMediaType(Refusal):
    """The body is not JSON."""

    status = 415


class KeyConverter(BaseConverter):
    """A key in an address: what diagrams allow as ids; anything else is an address that does not exist."""

    regex = KEY_PATTERN
    part_isolating = True


@dataclass(frozen=True)
class Operation:
    """An endpoint as the document describes it. `rule` is Flask's; `form` the model of a multipart body."""

    method: str
    rule: str
    view: Callable[..., Any]
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    answer: Any
    once: bool
    form: type[BaseModel] | None

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Writes the answers."""
        return TypeAdapter(self.answer)

    def respond(self, **places: Any) -> Response:
        """Carry out the request at hand."""
        given = dict(places)
        if self.query is not None:
            given["query"] = read(self.query, _arguments(), IN_QUERY)
        if self.body is not None:
            given["body"] = read(self.body, _json())
        if self.once:
            return self._once(given)
        found = self.view(**given)
        return _response(b"" if found is None else self.adapter.dump_json(found, by_alias=True))

    def _once(self, given: Mapping[str, Any]) -> Response:
        def act() -> dict[str, Any]:
            found = self.view(**given)
            return {"body": None if found is None else self.adapter.dump_python(found, mode="json", by_alias=True)}

        answer = idempotency.once(
            user_id=current_user.id, key=_idempotency_key(), route=_route(), body=_raw(), now=now(), act=act
        )
        return _response(b"" if answer["body"] is None else orjson.dumps(answer["body"]))


OPERATIONS: list[Operation] = []


def operation(
    method: str,
    rule: str,
    *,
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    answer: Any = None,
    once: bool = False,
    form: type[BaseModel] | None = None,
) -> Callable[[View], View]:
    """Serve `method rule` by the function, which gets the places of the address, `query` and `body` by name."""

    def register(view: View) -> View:
        described = Operation(method, rule, view, query, body, answer, once, form)
        OPERATIONS.append(described)

        @wraps(view)
        def endpoint(**places: Any) -> Response:
            return described.respond(**places)

        blueprint.add_url_rule(rule, endpoint=view.__name__, view_func=endpoint, methods=[method])
        return view

    return register


@blueprint.before_request
def protect_cookies() -> None:
    """A browser sends the cookie with whatever page asks it to; a token is sent by a program on purpose."""
    if not g.get("by_token"):
        current_app.extensions["csrf_protect"].protect()


def read(model: type[Body], data: Any, context: dict[str, str] | None = None) -> Body:
    """The model in `data`. Raises BadRequest with what is wrong first."""
    try:
        return model.model_validate(data, by_alias=True, by_name=False, context=context)
    except ValidationError as invalid:
        fault = invalid.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"])[:200]
        if fault["type"] == "extra_forbidden":
            raise BadRequest("{name} is not known here.", name=place) from invalid
        raise BadRequest("{name} can't be used: {reason}.", name=place or "body", reason=fault["msg"]) from invalid


def _arguments() -> dict[str, str]:
    arguments = request.args.to_dict(flat=False)
    for name, values in arguments.items():
        if len(values) > 1:
            raise BadRequest("{name} is given twice.", name=name[:200])
    return {name: values[0] for name, values in arguments.items()}


def _raw() -> bytes:
    """The body as it came; also the empty one of a form, which no endpoint with a JSON body takes."""
    return request.get_data(cache=True)


def _json() -> Any:
    """The JSON body, numbers exact; a missing body is an empty object."""
    raw = _raw()
    if not raw:
        return {}
    if not request.is_json:
        raise WrongMediaType("The body must be JSON (Content-Type: application/json).")
    try:
        # The first reader refuses what the second lets through: halves of surrogate pairs, NaN, nesting without end.
        orjson.loads(raw)
        return json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise BadRequest("The body is no JSON.") from None


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and len(key) <= idempotency.LONGEST and not re.fullmatch(IDEMPOTENCY_PATTERN, key):
        raise idempotency.KeyReused("The idempotency key must be 1 to 64 plain characters.")
    return key


def _route() -> str:
    """Method and address, in a length that the table holds whatever was sent."""
    return f"{request.endpoint} {hashlib.sha256(request.full_path.encode()).hexdigest()}"


def _response(content: bytes) -> Response:
    if not content:
        return Response(status=204)
    return Response(content, mimetype="application/json")
