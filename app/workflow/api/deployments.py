"""Deployments: create (checked like any other), list, get."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence

from flask import request
from flask_login import current_user
from pydantic import Field
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app.kernel.clock import now
from app.kernel.db import session
from app.kernel.errors import NotFound
from app.web.access import Permission, requires
from app.workflow.api.operation import BadRequest, operation, read
from app.workflow.api.process_definitions import Definition, definition
from app.workflow.api.schema import Link, Model, Moment, SortOrder, Window, Word
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import Deployment

MOST_FILES = 200
LONGEST_NAME = 200
NAME = re.compile(r"[\w ()-][\w .()-]*(/[\w ()-][\w .()-]*){0,5}")


class DeploymentAnswer(Model):
    """Files deployed together. `deployedProcessDefinitions` is null where nothing had changed."""

    id: uuid.UUID
    name: str
    deployment_time: Moment
    source: str | None = None
    tenant_id: str | None = None
    links: list[Link] = []


class Deployed(DeploymentAnswer):
    """What a deployment made."""

    deployed_process_definitions: dict[str, Definition] | None


class DeploymentForm(Model):
    """The text parts of the request. Camunda's switches are taken and change nothing: the same files never deploy twice, and one
    bank is one tenant, whatever a modelling tool calls it."""

    deployment_name: str = Field(alias="deployment-name", min_length=1, max_length=120, pattern=r"^[^\x00]*$")
    deployment_source: str | None = Field(None, alias="deployment-source", max_length=200)
    enable_duplicate_filtering: str | None = Field(None, alias="enable-duplicate-filtering", pattern="^(true|false)$")
    deploy_changed_only: str | None = Field(None, alias="deploy-changed-only", pattern="^(true|false)$")
    tenant_id: str | None = Field(None, alias="tenant-id", max_length=200)
    csrf_token: str | None = Field(None, alias="csrf_token")


class DeploymentQuery(Window):
    """Which deployments."""

    name: Word | None = None
    sort_by: str | None = Field(None, pattern="^deploymentTime$")
    sort_order: SortOrder | None = None


@operation("POST", "/deployment/create", form=DeploymentForm, answer=Deployed)
@requires(Permission.DEPLOY)
def create_deployment() -> Deployed:
    """Deploy diagrams, decision tables and forms together; with findings nothing is deployed and the answer lists them."""
    form = read(DeploymentForm, request.form.to_dict())
    files = _files([part for _, part in request.files.items(multi=True)])
    made = definitions.deploy(name=form.deployment_name, files=files, actor=current_user.actor, now=now())
    newest = _newest(form.deployment_name)
    return Deployed(
        **_answer(newest).model_dump(),
        deployed_process_definitions={str(row.id): definition(row) for row in made} or None,
    )


@operation("GET", "/deployment", query=DeploymentQuery, answer=list[DeploymentAnswer])
@requires(Permission.DEFINITION_SEE)
def list_deployments(query: DeploymentQuery) -> list[DeploymentAnswer]:
    """The deployments, newest first."""
    place = Deployment.deployed_at.asc() if query.sort_order is SortOrder.ASC else Deployment.deployed_at.desc()
    statement = select(Deployment).order_by(place, Deployment.id).offset(query.first_result).limit(query.max_results)
    if query.name is not None:
        statement = statement.where(Deployment.name == query.name)
    return [_answer(row) for row in session.scalars(statement)]


@operation("GET", "/deployment/<uuid:deployment_id>", answer=DeploymentAnswer)
@requires(Permission.DEFINITION_SEE)
def get_deployment(deployment_id: uuid.UUID) -> DeploymentAnswer:
    """One deployment."""
    row = session.get(Deployment, deployment_id)
    if row is None:
        raise NotFound("There is no such deployment.")
    return _answer(row)


def _files(parts: Sequence[FileStorage]) -> dict[str, bytes]:
    if not parts:
        raise BadRequest("The request holds no files.")
    if len(parts) > MOST_FILES:
        raise BadRequest("At most {most} files can be deployed together.", most=MOST_FILES)
    files: dict[str, bytes] = {}
    for part in parts:
        content = part.stream.read()
        name = _name(part.filename or "", content)
        if name in files:
            raise BadRequest("{name} is given twice.", name=name)
        files[name] = content
    return files


def _name(given: str, content: bytes) -> str:
    """The file's name; a form sent without its folder is named by the key it says it has."""
    if len(given) > LONGEST_NAME or not NAME.fullmatch(given):
        raise BadRequest("A file needs a plain name such as loan/loan.bpmn.")
    if not given.endswith(".form") or "/" in given:
        return given
    try:
        key = json.loads(content)["key"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return given
    return f"{key}.form" if isinstance(key, str) and len(key) < 150 and NAME.fullmatch(key) else given


def _newest(name: str) -> Deployment:
    statement = select(Deployment).where(Deployment.name == name).order_by(Deployment.deployed_at.desc()).limit(1)
    return session.scalars(statement).one()


def _answer(row: Deployment) -> DeploymentAnswer:
    return DeploymentAnswer(id=row.id, name=row.name, deployment_time=row.deployed_at)
