"""The analysts' shelf: the folders bpmn/<process>/ and forms/<process>/ as the files of one deployment each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from app.audit.operations import Actor
from app.kernel.db import session
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import Deployment, ProcessDefinition

SUFFIXES = (".bpmn", ".dmn", ".form", ".scenario")


def folders(root: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Each process on the shelf under `root` with its files: name → content, names like "<process>/<file>"."""
    for folder in sorted(path for path in (root / "bpmn").iterdir() if path.is_dir()):
        both = (folder, root / "forms" / folder.name)
        found = sorted(path for place in both if place.is_dir() for path in place.iterdir() if path.suffix in SUFFIXES)
        yield folder.name, {f"{folder.name}/{path.name}": path.read_bytes() for path in found}


def deploy_all(*, root: Path, actor: Actor, now: datetime, again: bool = False) -> Sequence[ProcessDefinition]:
    """Deploy every process of the shelf that has changed; returns the new definitions. Raises NotDeployable.

    Files that were deployed before are passed over: what was published in the studio since stays in force when the program starts
    again. `again`: the shelf is to be in force whatever was published.
    """
    made: list[ProcessDefinition] = []
    for name, files in folders(root):
        if again or not definitions.was_deployed(name, files):
            made += definitions.deploy(name=name, files=files, actor=actor, now=now)
    return made


def deploy_what_fits(
    *, root: Path, actor: Actor, now: datetime, again: bool = False
) -> tuple[list[ProcessDefinition], dict[str, definitions.NotDeployable]]:
    """Deploy what has changed and can be deployed; returns the new definitions, and the folders that can't with their findings.

    A bank that has just begun has none of the groups that the shelf names. `again`: as for `deploy_all`.
    """
    made: list[ProcessDefinition] = []
    refused: dict[str, definitions.NotDeployable] = {}
    for name, files in folders(root):
        try:
            if again or not definitions.was_deployed(name, files):
                made += definitions.deploy(name=name, files=files, actor=actor, now=now)
        except definitions.NotDeployable as findings:
            refused[name] = findings
    return made, refused


def never_deployed(root: Path) -> list[str]:
    """The folders that this bank has never had in force, by name: cheap enough to be asked on every page."""
    known = set(session.scalars(select(Deployment.name).distinct()))
    return sorted(path.name for path in (root / "bpmn").iterdir() if path.is_dir() and path.name not in known)
