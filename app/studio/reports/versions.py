"""The versions that can be held against each other: what is deployed under a draft's name, and the draft's own revisions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import format_datetime, gettext
from sqlalchemy import select

from app.kernel.db import session
from app.kernel.errors import NotFound
from app.kernel.ids import parse_id
from app.studio import drafts
from app.studio.models import Draft, DraftRevision
from app.workflow.deploying.deployment_models import Deployment, DeploymentFile, ProcessDefinition

MOST = 40
REVISION = "r"


@dataclass(frozen=True)
class Side:
    """One side of a comparison. key: as it stands in the address ("r3", or the id of a deployment)."""

    key: str
    words: str


def sides(draft: Draft) -> list[Side]:
    """What can be compared, the newest first: revisions of the draft, then the deployed versions of its processes."""
    revisions = session.scalars(
        select(DraftRevision)
        .where(DraftRevision.draft_id == draft.id)
        .order_by(DraftRevision.number.desc())
        .limit(MOST)
    )
    of_draft = [
        Side(
            f"{REVISION}{row.number}",
            gettext(
                "Draft, revision %(number)s of %(at)s", number=row.number, at=format_datetime(row.made_at, "short")
            ),
        )
        for row in revisions
    ]
    return [*of_draft, *_deployed(draft)]


def _deployed(draft: Draft) -> Sequence[Side]:
    statement = (
        select(Deployment.id, Deployment.deployed_at, ProcessDefinition.version, ProcessDefinition.active)
        .join(ProcessDefinition, ProcessDefinition.deployment_id == Deployment.id)
        .where(ProcessDefinition.key == draft.name)
        .order_by(ProcessDefinition.version.desc())
        .limit(MOST)
    )
    return [
        Side(
            str(row.id),
            gettext("Version %(number)s of %(at)s", number=row.version, at=format_datetime(row.deployed_at, "short"))
            + (gettext(" (in force)") if row.active else ""),
        )
        for row in session.execute(statement)
    ]


def usual(draft: Draft) -> tuple[str, str]:
    """The sides shown where nobody chose: what the draft began from, else its first revision, and its newest revision."""
    first = str(draft.deployment_id) if draft.deployment_id else f"{REVISION}1"
    return first, f"{REVISION}{draft.revision}"


def files_of(draft: Draft, key: str) -> dict[str, bytes]:
    """The files of a side; raises NotFound for one that there is not."""
    if key.startswith(REVISION) and key[1:].isascii() and key[1:].isdigit() and len(key) < 9:
        found = drafts.files_of(draft, int(key[1:]))
    else:
        found = _deployment(parse_id(key))
    if not found:
        raise NotFound("There is no such version.")
    return found


def _deployment(deployment_id: uuid.UUID | None) -> dict[str, bytes]:
    statement = select(DeploymentFile.name, DeploymentFile.content).where(DeploymentFile.deployment_id == deployment_id)
    return {row.name: row.content for row in session.execute(statement)}
