"""What trials ask of a draft: which processes are in it, which version they are compared with, what has to be asked before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.kernel.db import session
from app.kernel.errors import Refusal
from app.studio import drafts
from app.studio.models import Draft
from app.workflow import engine
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.trials import grounds

KEPT = 16
_known: dict[bytes, tuple[engine.Definition, ...]] = {}


class NothingToTry(Refusal):
    """The draft holds no process that could be tried; the sentence says why."""


@dataclass(frozen=True)
class Versions:
    """A process of a draft: as it is drawn there, with all files, and as cases knew it before (None: it is new)."""

    now: engine.Definition
    files: Mapping[str, bytes]
    before: engine.Definition | None


def versions(draft: Draft, files: Mapping[str, bytes], key: str = "") -> Versions:
    """The process `key` of the draft (the draft's own by default) and the version before. Raises NothingToTry."""
    found = parsed(draft, files)
    wanted = key or draft.name
    chosen = next((definition for definition in found if definition.key == wanted), found[0])
    return Versions(chosen, files, _before(draft, chosen.key))


def parsed(draft: Draft, files: Mapping[str, bytes]) -> tuple[engine.Definition, ...]:
    """The processes of a draft that have no error in them, those that have cases first. Raises NothingToTry."""
    found = _parsed(definitions.digest_of(files), files)
    if not found:
        raise NothingToTry("No process of this draft can run yet. Mend what the report finds first.")
    with_cases = set(session.scalars(select(ProcessDefinition.key).distinct()))
    return tuple(sorted(found, key=lambda d: (d.key != draft.name, d.key not in with_cases, d.key)))


def asked_before(found: Versions) -> tuple[list[str], list[str], dict[str, str]]:
    """Stations that are gone, stations that are new, and which of the one are probably which of the other."""
    if found.before is None:
        return [], [], {}
    return (
        grounds.gone(found.now, found.before),
        grounds.added(found.now, found.before),
        grounds.likely_names(found.now, found.before),
    )


def _parsed(digest: bytes, files: Mapping[str, bytes]) -> tuple[engine.Definition, ...]:
    """The same files are checked once: a check takes most of a second."""
    if digest not in _known:
        if len(_known) >= KEPT:
            _known.pop(next(iter(_known)))
        _known[digest] = engine.check(definitions.diagrams(files), engine.Catalogue()).definitions
    return _known[digest]


def _before(draft: Draft, key: str) -> engine.Definition | None:
    """The version the draft began from, else the one in force."""
    own = select(ProcessDefinition.id).where(ProcessDefinition.key == key)
    base = session.scalar(own.where(ProcessDefinition.deployment_id == draft.deployment_id))
    found = base or session.scalar(own.where(ProcessDefinition.active))
    return definitions.load(found).compiled if found is not None else None


def files_of(draft: Draft) -> dict[str, bytes]:
    """The files of the draft as it is now."""
    return drafts.files_of(draft)
