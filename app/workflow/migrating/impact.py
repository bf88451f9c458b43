"""What another version of a process would mean for the cases in flight: computed by migrating a copy of each, written nowhere."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import select

from app.kernel.db import session
from app.workflow import engine
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.models import CaseState, ProcessInstance

LIVE = (CaseState.ACTIVE, CaseState.SUSPENDED)
# Refusals that a mapping can mend; with every other the case would be stuck.
MAPPING = frozenset({"migrate_gone", "migrate_kind", "migrate_ambiguous"})


class Kind(StrEnum):
    """What the new version means for a case."""

    UNAFFECTED = "unaffected"
    AHEAD = "ahead"
    MAPPING = "mapping"
    STUCK = "stuck"


@dataclass(frozen=True)
class Verdict:
    """reason: why it can't go over as it stands, by language; ahead: elements that differ and that it may still come to, or is at;
    stations: where it would stand then."""

    kind: Kind
    reason: Mapping[str, str]
    ahead: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()


class Judge:
    """Compares one version with another: changes once, then case by case."""

    def __init__(
        self,
        old: engine.Definition,
        new: engine.Definition,
        mapping: Mapping[str, str | None],
        files: tuple[Mapping[str, bytes], Mapping[str, bytes]] | None = None,
    ) -> None:
        self.old, self.new, self.files = old, new, files
        named = {proposal.element_id: proposal.to for proposal in engine.proposed(old, new) if proposal.by == "name"}
        self.mapping: dict[str, str | None] = {**named, **mapping}

    @cached_property
    def changed(self) -> frozenset[str]:
        """The elements that differ: as drawn and configured, and by the form they show."""
        found = set(engine.changed_elements(self.old, self.new))
        if self.files is not None:
            before, after = self.files
            for element, step in self.new.steps.items():
                if step.form and form_text(step.form, before) != form_text(step.form, after):
                    found.add(element)
        return frozenset(found)

    def judge(self, state: bytes, now: datetime) -> Verdict:
        """What the new version means for the case in this state."""
        try:
            here = engine.look(self.old, state, now=now)
            there = engine.migration_price(self.old, self.new, state, self.mapping, now=now)
        except engine.EngineError as error:
            kind = Kind.MAPPING if error.code in MAPPING else Kind.STUCK
            return Verdict(kind, {language: error.message(language) for language in ("en", "zh_Hans", "zh_Hant")})
        stations = tuple(dict.fromkeys(task.element_id for task in there.open))
        ahead = engine.ahead_of(self.old, _standing(here)) | engine.ahead_of(self.new, _standing(there))
        differing = tuple(sorted(ahead & self.changed))
        return Verdict(Kind.AHEAD if differing else Kind.UNAFFECTED, {}, differing, stations)


def cases_in_flight(key: str, definition_id: uuid.UUID | None = None) -> Iterator[ProcessInstance]:
    """The live cases of a process (of one version), in the order of their ids, a thousand at a time."""
    last: uuid.UUID | None = None
    while True:
        statement = select(ProcessInstance).where(ProcessInstance.process_key == key, ProcessInstance.state.in_(LIVE))
        if definition_id is not None:
            statement = statement.where(ProcessInstance.definition_id == definition_id)
        if last is not None:
            statement = statement.where(ProcessInstance.id > last)
        found = session.scalars(statement.order_by(ProcessInstance.id).limit(1000)).all()
        yield from found
        if len(found) < 1000:
            return
        last = found[-1].id


def judges(
    news: Iterable[engine.Definition], files: Mapping[str, bytes], mapping: Mapping[str, str | None]
) -> Mapping[uuid.UUID, Judge]:
    """A judge for each stored version that has cases in flight, against the new version of its process."""
    found: dict[uuid.UUID, Judge] = {}
    for new in news:
        living = select(ProcessInstance.definition_id).where(
            ProcessInstance.process_key == new.key, ProcessInstance.state.in_(LIVE)
        )
        statement = select(ProcessDefinition.id).where(ProcessDefinition.id.in_(living.distinct()))
        for definition_id in session.scalars(statement):
            loaded = definitions.load(definition_id)
            found[definition_id] = Judge(loaded.compiled, new, mapping, (loaded.files, files))
    return found


def form_text(key: str, files: Mapping[str, bytes]) -> Sequence[bytes]:
    """What a form shows, as bytes: its own file and those of the parts it includes."""
    todo, found = [key], dict[str, bytes]()
    while todo:
        one = todo.pop()
        content = files.get(f"{one}.form")
        if content is None or one in found:
            continue
        found[one] = content
        todo += _included(content)
    return [found[name] for name in sorted(found)]


def _included(content: bytes) -> list[str]:
    try:
        body: Any = json.loads(content)
    except ValueError:
        return []
    parts = body.get("include", []) if isinstance(body, dict) else []
    return [part for part in parts if isinstance(part, str)]


def _standing(known: engine.Progress) -> set[str]:
    """The elements at which something of the case waits."""
    waiting = {timer.element_id for timer in known.timers} | {wait.element_id for wait in known.waits}
    held = {incident.element_id for incident in known.incidents} | {off.element_id for off in known.put_off}
    return {task.element_id for task in known.open} | waiting | held
