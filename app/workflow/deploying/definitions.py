"""Deploying diagrams, decisions and forms together, and finding them again.

A deployment is immutable; a case keeps the definition it began with, its forms included. What was compiled is cached in the
process by the definition's id.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from app.audit import operations as audit
from app.audit.operations import Actor
from app.identity import queries as people
from app.kernel.db import session
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import new_id
from app.workflow import engine, forms, registry
from app.workflow.assigning.candidates import RULES
from app.workflow.deploying.deployment_models import Deployment, DeploymentFile, ProcessDefinition
from app.workflow.trials import scenario_files

AnyFinding = engine.Finding | forms.Finding


class NotDeployable(Refusal):
    """The files have findings of severity error; nothing was deployed."""

    def __init__(self, findings: Sequence[AnyFinding]) -> None:
        self.findings = findings
        super().__init__("The files can't be deployed: {count} findings.", count=len(findings))

    def lines(self, locale: str = "en") -> list[str]:
        """The findings, a line each: file, element, what, how to mend."""
        return [f"{f.file}: {_place(f)}: {f.message[locale]}; {f.mend[locale]}" for f in self.findings]


def _place(finding: AnyFinding) -> str:
    return (finding.element if isinstance(finding, engine.Finding) else finding.component) or "-"


@dataclass(frozen=True)
class Loaded:
    """A definition ready to run: what the engine compiled, and the files its forms are in."""

    id: uuid.UUID
    key: str
    version: int
    compiled: engine.Definition
    files: Mapping[str, bytes]
    _forms: dict[str, forms.Form] = field(default_factory=dict, repr=False, compare=False)

    def form(self, key: str) -> forms.Form:
        """The form of a station, by form key; loaded once."""
        if key not in self._forms:
            self._forms[key] = forms.load(key, self.files)
        return self._forms[key]

    def step(self, element_id: str) -> engine.Step:
        """The configuration of a station."""
        return self.compiled.steps[element_id]


def deploy(*, name: str, files: Mapping[str, bytes], actor: Actor, now: datetime) -> Sequence[ProcessDefinition]:
    """Store the files and make each process in them the version in force at once: the operator's way, without a review.

    Returns the new definitions; where the newest deployment of this name has the same files and is in force, nothing changes and
    none are returned. Raises NotDeployable with the findings.
    """
    newest = _newest(name)
    if newest is not None and newest.digest == digest_of(files) and _is_in_force(newest.id):
        return []
    made = store(name=name, files=files, actor=actor, now=now)
    activate(definition_ids=[row.id for row in made], actor=actor, now=now)
    return made


def store(*, name: str, files: Mapping[str, bytes], actor: Actor, now: datetime) -> Sequence[ProcessDefinition]:
    """Check the files and keep them as new versions of their processes, in force only once they are activated.

    Raises NotDeployable with the findings.
    """
    parsed, digest = check(files), digest_of(files)
    deployment = Deployment(id=new_id(), name=name, digest=digest, deployed_at=now, deployed_by=actor.user_id)
    session.add(deployment)
    session.flush()
    session.add_all(DeploymentFile(deployment_id=deployment.id, name=n, content=c) for n, c in files.items())
    made = [_new_version(deployment, definition, now) for definition in parsed.definitions]
    audit.record(
        chain="system",
        verb="deploy",
        object_type="deployment",
        object_id=deployment.id,
        actor=actor,
        now=now,
        detail={"name": name, "digest": digest.hex(), "definitions": [f"{d.key}:{d.version}" for d in made]},
    )
    return made


def activate(
    *, definition_ids: Sequence[uuid.UUID], actor: Actor, now: datetime, **why: Any
) -> dict[str, uuid.UUID | None]:
    """Put versions in force: new cases of their processes take them from now on, cases under way stay with theirs.

    Returns, by process key, which version was in force before (None: none). `why` stands in the audit. Raises NotFound.
    """
    before: dict[str, uuid.UUID | None] = {}
    for row in (_found(definition_id) for definition_id in definition_ids):
        same_key = select(ProcessDefinition).where(ProcessDefinition.key == row.key).with_for_update()
        every = session.scalars(same_key.order_by(ProcessDefinition.id)).all()
        before[row.key] = next((one.id for one in every if one.active), None)
        _put_in_force(row.key, row.id)
        _note_force(
            "activate", row.id, actor, now, definition=f"{row.key}:{row.version}", before=before[row.key], **why
        )
    return before


def deactivate(*, key: str, actor: Actor, now: datetime, **why: Any) -> None:
    """No version of the process is in force any more: no new cases can be begun. Cases under way go on."""
    _put_in_force(key, None)
    _note_force("deactivate", key, actor, now, **why)


def was_deployed(name: str, files: Mapping[str, bytes]) -> bool:
    """Whether exactly these files have been deployed under this name before."""
    statement = select(Deployment.id).where(Deployment.name == name, Deployment.digest == digest_of(files))
    return session.scalar(statement.limit(1)) is not None


def check(files: Mapping[str, bytes]) -> engine.Parsed:
    """What the engine's door makes of the files in this bank; raises NotDeployable on findings of severity error."""
    parsed, every = examine(files, catalogue(files))
    findings = [finding for finding in every if finding.severity == "error"]
    if findings:
        raise NotDeployable(findings)
    return parsed


def examine(
    files: Mapping[str, bytes], known: engine.Catalogue, *, again_soon: bool = False
) -> tuple[engine.Parsed, tuple[AnyFinding, ...]]:
    """What the engine's door makes of the files, and everything found in diagrams, decisions, forms and scenarios."""
    parsed = engine.check(diagrams(files), known, again_soon=again_soon)
    return parsed, (*parsed.findings, *_in_forms(_FormFiles.among(files)), *scenario_files.findings(files))


def diagrams(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that the engine reads: diagrams and decision tables."""
    return {name: content for name, content in files.items() if name.endswith((".bpmn", ".bpmn20.xml", ".dmn"))}


def catalogue(files: Mapping[str, bytes]) -> engine.Catalogue:
    """What diagrams may name here: delegates, the forms deployed with them, candidate rules, and whom these may name."""
    staff = people.active_users()
    return engine.Catalogue(
        delegates=registry.delegates(),
        forms=frozenset(name.removesuffix(".form") for name in files if name.endswith(".form")),
        groups=frozenset(group.key for group in people.groups()),
        candidate_rules=frozenset(RULES),
        users=frozenset(user.username for user in staff),
        positions=frozenset(title for user in staff for title in (user.position or {}).values()),
        branches=frozenset(branch.key for branch in people.branches()),
        table_columns=_table_columns(_FormFiles.among(files)),
    )


@dataclass(frozen=True)
class _FormFiles:
    """The forms among some files; equal when they are the same. While somebody draws, they are asked about again and again."""

    digest: bytes
    files: Mapping[str, bytes] = field(compare=False, repr=False)

    @classmethod
    def among(cls, files: Mapping[str, bytes]) -> _FormFiles:
        own = {name: content for name, content in files.items() if name.endswith(".form")}
        return cls(digest_of(own), own)


@lru_cache(maxsize=16)
def _in_forms(asked: _FormFiles) -> tuple[forms.Finding, ...]:
    return forms.check(asked.files, sources=registry.sources(), binds=registry.bind_names)


@lru_cache(maxsize=16)
def _table_columns(asked: _FormFiles) -> frozenset[str]:
    return frozenset(_columns(asked.files))


def _columns(files: Mapping[str, bytes]) -> Iterator[str]:
    """The columns of every table of the forms ("incomes.amount"); a form that can't be read has findings of its own."""
    for name in files:
        key = name.removesuffix(".form")
        if key == name or forms.is_part(key):
            continue
        try:
            fields = forms.load(key, files).fields.values()
        except forms.FormError:
            continue
        yield from (f"{field.key}.{column.key}" for field in fields for column in field.columns)


def digest_of(files: Mapping[str, bytes]) -> bytes:
    """SHA-256 over names and contents, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(len(name.encode()).to_bytes(4) + name.encode() + hashlib.sha256(files[name]).digest())
    return total.digest()


def active(key: str) -> ProcessDefinition:
    """The version new cases of a process take; raises NotFound."""
    statement = select(ProcessDefinition).where(ProcessDefinition.key == key, ProcessDefinition.active)
    found = session.scalars(statement).first()
    if found is None:
        raise NotFound("There is no process {key} that can be started.", key=key)
    return found


def in_force(key: str) -> uuid.UUID | None:
    """Id of the version new cases of a process take; None where there is none."""
    return session.scalar(select(ProcessDefinition.id).where(ProcessDefinition.key == key, ProcessDefinition.active))


def deployment_of(definition_id: uuid.UUID) -> uuid.UUID:
    """Id of the deployment a version came with; raises NotFound."""
    return _found(definition_id).deployment_id


def actives() -> Sequence[ProcessDefinition]:
    """All active definitions, by key."""
    return session.scalars(
        select(ProcessDefinition).where(ProcessDefinition.active).order_by(ProcessDefinition.key)
    ).all()


def versions(key: str | None = None) -> Sequence[ProcessDefinition]:
    """All versions (of one process), newest first."""
    statement = select(ProcessDefinition).order_by(ProcessDefinition.key, ProcessDefinition.version.desc())
    return session.scalars(statement if key is None else statement.where(ProcessDefinition.key == key)).all()


@lru_cache(maxsize=64)
def load(definition_id: uuid.UUID) -> Loaded:
    """The definition, ready to run. Definitions never change, so the cache never lies; raises NotFound."""
    row = session.get(ProcessDefinition, definition_id, options=[undefer(ProcessDefinition.compiled)])
    if row is None:
        raise NotFound("There is no such process definition.")
    statement = select(DeploymentFile.name, DeploymentFile.content).where(
        DeploymentFile.deployment_id == row.deployment_id
    )
    files = {row[0]: row[1] for row in session.execute(statement)}
    return Loaded(row.id, row.key, row.version, engine.Definition.from_bytes(row.compiled), files)


def diagram(definition_id: uuid.UUID, process_id: str | None = None) -> bytes:
    """The BPMN file in which the process (the definition's own by default) is drawn."""
    loaded = load(definition_id)
    process = loaded.compiled.processes.get(process_id or loaded.key)
    if process is None:
        raise NotFound("There is no such process in this definition.")
    return loaded.files[process.file]


def _newest(name: str) -> Deployment | None:
    statement = select(Deployment).where(Deployment.name == name).order_by(Deployment.deployed_at.desc()).limit(1)
    return session.scalars(statement).first()


def _is_in_force(deployment_id: uuid.UUID) -> bool:
    here = select(ProcessDefinition.id).where(
        ProcessDefinition.deployment_id == deployment_id, ProcessDefinition.active
    )
    return session.scalar(here.limit(1)) is not None


def _found(definition_id: uuid.UUID) -> ProcessDefinition:
    row = session.get(ProcessDefinition, definition_id)
    if row is None:
        raise NotFound("There is no such process definition.")
    return row


def _put_in_force(key: str, definition_id: uuid.UUID | None) -> None:
    """In two statements: at no moment do two versions of a key call themselves active."""
    of_key = update(ProcessDefinition).where(ProcessDefinition.key == key, ProcessDefinition.active)
    session.execute(of_key.values(active=False))
    if definition_id is not None:
        session.execute(update(ProcessDefinition).where(ProcessDefinition.id == definition_id).values(active=True))


def _note_force(verb: str, object_id: uuid.UUID | str, actor: Actor, now: datetime, **detail: Any) -> None:
    audit.record(
        chain="system",
        verb=verb,
        object_type="process_definition",
        object_id=object_id,
        actor=actor,
        now=now,
        detail={name: value if value is None else str(value) for name, value in detail.items()},
    )


def _new_version(deployment: Deployment, definition: engine.Definition, now: datetime) -> ProcessDefinition:
    newest = session.scalar(select(func.max(ProcessDefinition.version)).where(ProcessDefinition.key == definition.key))
    row = ProcessDefinition(
        id=new_id(),
        deployment_id=deployment.id,
        key=definition.key,
        version=(newest or 0) + 1,
        name=dict(definition.name),
        file=definition.processes[definition.key].file,
        compiled=definition.to_bytes(),
        active=False,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row
