"""A program that talks to the bank: a token, JSON in and out. For tests only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.audit.operations import SYSTEM
from app.identity import operations as identity
from app.identity import queries as people
from app.kernel import clock
from app.kernel.db import transaction

PREFIX = "/engine-rest"


def token_of(username: str) -> str:
    """A fresh token of a person of the demo bank."""
    with transaction():
        user = people.user_by_username(username)
        assert user is not None, username
        return identity.create_token(user_id=user.id, name="test", actor=SYSTEM, now=clock.now())


@dataclass
class Program:
    """One caller. Each verb gives the answer; `ok` gives its JSON and insists on success."""

    http: Any
    token: str
    username: str

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """A request with the token."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        body = {} if json is None else {"json": json}
        return self.http.open(PREFIX + path, method=method, headers=headers, **body, **more)

    def get(self, path: str, **query: Any) -> Any:
        """GET with a query string."""
        return self.call("GET", path, query_string=query)

    def post(self, path: str, json: Any = None, **more: Any) -> Any:
        """POST a JSON body."""
        return self.call("POST", path, {} if json is None else json, **more)

    def read(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def do(self, path: str, json: Any = None, **more: Any) -> Any:
        """The JSON of a POST that must succeed; None for an answer without a body."""
        answer = self.post(path, json, **more)
        assert answer.status_code in (200, 204), answer.get_data(as_text=True)
        return answer.get_json() if answer.status_code == 200 else None


def refused(answer: Any, status: int, kind: str | None = None) -> str:
    """The sentence of a refusal, whose status and type must be these."""
    body = answer.get_json()
    assert answer.status_code == status, body
    assert set(body) <= {"type", "message", "details"}, body
    assert kind is None or body["type"] == kind, body
    assert body["message"].strip()
    return str(body["message"])


def variables(**values: Any) -> dict[str, Any]:
    """Values as Camunda's clients send them."""
    kinds = {bool: "Boolean", int: "Integer", float: "Double", str: "String", list: "Json"}
    return {name: {"value": value, "type": kinds[type(value)]} for name, value in values.items()}


def open_task(reader: Program, case_id: str) -> dict[str, Any]:
    """The one open task of a case, as `reader` sees it."""
    (task,) = reader.read("/task", processInstanceId=case_id)
    return dict(task)
