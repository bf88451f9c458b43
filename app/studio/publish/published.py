"""What has been published: every version of every route, who put it there when, and how many cases are under way on it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.identity.models import User
from app.kernel.db import session
from app.kernel.errors import NotFound
from app.workflow.deploying.deployment_models import Deployment, ProcessDefinition
from app.workflow.models import ProcessInstance
from app.workflow.rules import LIVE


@dataclass(frozen=True)
class Version:
    """One version. in_flight: cases under way on it, all: ever begun; by: who deployed it, None: the program."""

    id: uuid.UUID
    key: str
    number: int
    name: Mapping[str, str]
    file: str
    active: bool
    deployment_id: uuid.UUID
    deployment: str
    at: datetime
    by: str | None
    in_flight: int
    all: int


@dataclass(frozen=True)
class Route:
    """A process with its versions, newest first; `shown` stands for it: the one in force, else the newest."""

    key: str
    shown: Version
    versions: Sequence[Version]


def routes() -> list[Route]:
    """All processes that were ever deployed, by key."""
    by_key: dict[str, list[Version]] = {}
    for version in _versions():
        by_key.setdefault(version.key, []).append(version)
    return [
        Route(key, next((one for one in every if one.active), every[0]), every) for key, every in sorted(by_key.items())
    ]


def version(definition_id: uuid.UUID | None) -> Version:
    """One version; raises NotFound."""
    found = _versions(definition_id) if definition_id else []
    if not found:
        raise NotFound("There is no such process definition.")
    return found[0]


def _versions(definition_id: uuid.UUID | None = None) -> list[Version]:
    live = func.count().filter(ProcessInstance.state.in_(LIVE))
    cases = (
        select(ProcessInstance.definition_id, live.label("live"), func.count().label("every"))
        .group_by(ProcessInstance.definition_id)
        .subquery()
    )
    d = ProcessDefinition
    statement = (
        select(
            *(d.id, d.key, d.version, d.name, d.file, d.active, Deployment.id, Deployment.name, Deployment.deployed_at),
            *(User.name, func.coalesce(cases.c.live, 0), func.coalesce(cases.c.every, 0)),
        )
        .join(Deployment, Deployment.id == d.deployment_id)
        .outerjoin(User, User.id == Deployment.deployed_by)
        .outerjoin(cases, cases.c.definition_id == d.id)
        .order_by(d.key, d.version.desc())
    )
    if definition_id is not None:
        statement = statement.where(d.id == definition_id)
    return [Version(*tuple(row)) for row in session.execute(statement)]
