"""The OpenAPI 3.1 document, made from the operations and their models; nothing in it is written by hand twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from app.web.access import Permission, signed_in
from app.workflow.api.operation import IDEMPOTENCY_PATTERN, KEY_PATTERN, OPERATIONS, PREFIX, Operation, operation
from app.workflow.api.schema import UUID_PATTERN, ErrorAnswer

PLACE = re.compile("<(uuid|key):([a-z_]+)>")
REF = "#/components/schemas/{model}"
PLACES = {"uuid": {"type": "string", "format": "uuid", "pattern": UUID_PATTERN}}
PLACES["key"] = {"type": "string", "pattern": f"^{KEY_PATTERN}$"}
JSON = "application/json"
REFUSALS = {
    HTTPStatus.BAD_REQUEST: "The request is not in order, or the form or the files have errors (see details).",
    HTTPStatus.UNAUTHORIZED: "Nobody is signed in.",
    HTTPStatus.FORBIDDEN: "The caller may not do this.",
    HTTPStatus.NOT_FOUND: "There is no such thing, or the caller is not concerned with it.",
}
OF_BODIES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON.",
}
OF_ACTS = {
    HTTPStatus.CONFLICT: "Somebody was faster, or the case has moved on. Nothing was written.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The bank's rules refuse it, or the idempotency key belongs to another request.",
}
ABOUT = """The verbs of Creditflow in the shape of Camunda 7's REST API.

Sign in with a token (`Authorization: Bearer …`, or HTTP Basic with the user name and the token as password), or with the login of
the pages and the page's token in `X-CSRFToken`. Every refusal is `{type, message}`, the message in the caller's language."""


@operation("GET", "/openapi.json", answer=dict[str, Any])
@signed_in
def get_document() -> dict[str, Any]:
    """This document."""
    return document()


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document; all operations must have been registered."""
    schemas = _Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for described in sorted(OPERATIONS, key=lambda o: (o.rule, o.method)):
        path = PREFIX + PLACE.sub(r"{\2}", described.rule)
        paths.setdefault(path, {})[described.method.lower()] = _operation(described, schemas)
    schemes = {
        "token": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
        "login": {"type": "apiKey", "in": "cookie", "name": "creditflow_login"},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Creditflow", "version": "1", "description": ABOUT},
        "security": [{name: []} for name in schemes],
        "paths": paths,
        "components": {"schemas": schemas.found, "securitySchemes": schemes},
    }


class _Schemas:
    """Schemas by model, collected under components."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def of(self, kind: Any, mode: JsonSchemaMode) -> dict[str, Any]:
        """The schema of a type, with references for what it names."""
        schema = TypeAdapter(kind).json_schema(
            by_alias=True, ref_template=REF, mode=mode, schema_generator=GenerateJsonSchema
        )
        self.found |= schema.pop("$defs", {})
        return schema


def _operation(described: Operation, schemas: _Schemas) -> dict[str, Any]:
    permission = getattr(described.view, "declared_permission", "")
    allowed = f"Permission: `{permission}`." if isinstance(permission, Permission) else "For everybody signed in."
    summary = (described.view.__doc__ or "").strip().partition("\n")[0]
    found: dict[str, Any] = {
        "operationId": described.view.__name__,
        "tags": [described.rule.split("/")[1]],
        "summary": summary,
        "description": allowed,
        "parameters": [*_places(described), *_arguments(described, schemas), *_headers(described)],
        "responses": {**_answers(described, schemas), **_refusals(described, schemas)},
    }
    body = _body(described, schemas)
    return {**found, "requestBody": body} if body else found


def _places(described: Operation) -> Iterator[dict[str, Any]]:
    for kind, name in PLACE.findall(described.rule):
        yield {"name": name, "in": "path", "required": True, "schema": PLACES[kind]}


def _arguments(described: Operation, schemas: _Schemas) -> Iterator[dict[str, Any]]:
    if described.query is None:
        return
    schema = schemas.of(described.query, "validation")
    for name, member in schema.get("properties", {}).items():
        shape = _not_null(member)
        commas = {"style": "form", "explode": False} if shape.get("type") == "array" else {}
        required = name in schema.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": shape, **commas}


def _not_null(member: dict[str, Any]) -> dict[str, Any]:
    """A query string has no null."""
    shape = {key: value for key, value in member.items() if key not in ("default", "title")}
    kinds = [kind for kind in shape.pop("anyOf", []) if kind.get("type") != "null"]
    return {**shape, **kinds[0]} if kinds else shape


def _headers(described: Operation) -> Iterator[dict[str, Any]]:
    if described.once:
        schema = {"type": "string", "pattern": f"^{IDEMPOTENCY_PATTERN}$"}
        text = "The same key with the same request gives the same answer and one act; kept for two days."
        yield {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema, "description": text}


def _body(described: Operation, schemas: _Schemas) -> dict[str, Any] | None:
    if described.form is not None:
        return {"required": True, "content": {"multipart/form-data": {"schema": _multipart(described, schemas)}}}
    if described.body is None:
        return None
    schema = schemas.of(described.body, "validation")
    return {"required": bool(schema.get("required")), "content": {JSON: {"schema": schema}}}


def _multipart(described: Operation, schemas: _Schemas) -> dict[str, Any]:
    """The text parts of the model, and files under any other name."""
    schema = schemas.of(described.form, "validation")
    texts = {name: _not_null(member) for name, member in schema["properties"].items()}
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    return {**schema, "properties": {**texts, "data": file}, "required": [*schema["required"], "data"]}


def _answers(described: Operation, schemas: _Schemas) -> dict[str, Any]:
    nothing = {"204": {"description": "Done."}}
    if described.answer is None:
        return nothing
    schema = schemas.of(described.answer, "serialization")
    return {"200": {"description": "The answer.", "content": {JSON: {"schema": schema}}}, **nothing}


def _refusals(described: Operation, schemas: _Schemas) -> dict[str, Any]:
    schemas.found["ErrorAnswer"] = schemas.of(ErrorAnswer, "serialization")
    content = {JSON: {"schema": {"$ref": REF.format(model="ErrorAnswer")}}}
    known = dict(REFUSALS)
    known |= OF_BODIES if described.body or described.form else {}
    known |= OF_ACTS if described.method != "GET" else {}
    return {str(status.value): {"description": text, "content": content} for status, text in known.items()}
