"""Versions on the shelf: the files of a deployed version written to bpmn/ and forms/, and the folders read into a draft.

A bank keeps these folders in git; what is written and read again is the same, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from app.audit.operations import Actor
from app.kernel.db import session
from app.kernel.errors import NotFound, Refusal
from app.studio import drafts
from app.studio.models import Draft
from app.web.i18n import DEFAULT
from app.workflow.deploying import definitions, shelf
from app.workflow.deploying.deployment_models import Deployment, ProcessDefinition


class NotOnTheShelf(Refusal):
    """The files lie in no folder, or in several, so the shelf has no place for them."""


@dataclass(frozen=True)
class Written:
    """What an export did: the files written anew, those that were there already, and those taken away."""

    written: tuple[Path, ...]
    same: tuple[Path, ...]
    removed: tuple[Path, ...]


def export(*, key: str, version: int | None, root: Path) -> Written:
    """Write a version (the one in force by default) to bpmn/ and forms/ under `root`.

    Files of ours that the version does not have are taken away, so that git sees what went; others (README.md) stay. Raises
    NotFound, NotOnTheShelf.
    """
    wanted = ProcessDefinition.active if version is None else ProcessDefinition.version == version
    row = session.scalars(select(ProcessDefinition).where(ProcessDefinition.key == key, wanted)).first()
    if row is None:
        raise NotFound("There is no process {key} that can be started.", key=key)
    return write(definitions.load(row.id).files, root)


def write(files: Mapping[str, bytes], root: Path) -> Written:
    """Write files to the shelf; raises NotOnTheShelf."""
    folders = {name.partition("/")[0] if name.count("/") == 1 else "" for name in files}
    if len(folders) != 1 or "" in folders or ".." in folders:
        raise NotOnTheShelf(
            "The files must lie in one folder, such as loan/loan.bpmn; they can only be taken as a bundle."
        )
    (folder,) = folders
    places = {_place(name, root): content for name, content in files.items() if name.endswith(shelf.SUFFIXES)}
    written, same = [], []
    for path, content in sorted(places.items()):
        if path.is_file() and path.read_bytes() == content:
            same.append(path)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    removed = [path for path in _ours(folder, root) if path not in places]
    for path in removed:
        path.unlink()
    return Written(tuple(written), tuple(same), tuple(removed))


def read(*, folder: str, root: Path, actor: Actor, now: datetime) -> Draft:
    """Begin a draft with the files that lie on the shelf under this name; raises NotFound."""
    files = dict(shelf.folders(root)).get(folder)
    if not files:
        raise NotFound("There is no such process.")
    newest = select(Deployment).where(Deployment.name == folder).order_by(Deployment.deployed_at.desc()).limit(1)
    base = session.scalars(newest).first()
    title = session.scalar(select(ProcessDefinition.name).where(ProcessDefinition.key == folder).limit(1)) or {}
    return drafts.begin(
        name=folder,
        title=title.get(DEFAULT) or folder,
        files=files,
        actor=actor,
        now=now,
        deployment_id=base.id if base else None,
    )


def _place(name: str, root: Path) -> Path:
    return root / ("forms" if name.endswith(".form") else "bpmn") / name


def _ours(folder: str, root: Path) -> list[Path]:
    places = [root / part / folder for part in ("bpmn", "forms")]
    found = [path for place in places if place.is_dir() for path in place.iterdir()]
    return sorted(path for path in found if path.suffix in shelf.SUFFIXES)
