"""The verbs over HTTP in the shape of Camunda 7's REST API, so that existing clients work, under /engine-rest.

Each endpoint is one function with `@operation`, which says its address, what it takes and what it answers as pydantic models;
requests are read, answers written and the OpenAPI document made from that one statement. What is done is done by the same
operations as the pages use, seen by the same rules, and refused with the same sentences.
"""

from flask import Flask

from app.workflow.api import (  # noqa: F401 - the modules register their endpoints
    ballots,
    case_documents,
    case_history,
    conditions,
    confirmations,
    deployments,
    desktop,
    history,
    messages,
    moves,
    openapi,
    process_definitions,
    process_instances,
    sittings,
    task_acts,
    tasks,
)
from app.workflow.api.errors import answer_errors
from app.workflow.api.operation import KeyConverter, blueprint

__all__ = ["install"]


def install(app: Flask) -> None:
    """Serve the REST interface. Requests with a token need no CSRF token; those with the cookie do (see `operation`)."""
    answer_errors(app)
    desktop.let_windows_in(app)
    app.url_map.converters["key"] = KeyConverter
    app.extensions["csrf_protect"].exempt(blueprint)
    app.register_blueprint(blueprint)
