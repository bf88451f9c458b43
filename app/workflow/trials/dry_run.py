"""The last finished cases over a new version: which go another way, who gets more work, which can't be replayed, how long.

Each case is walked over the new version and compared with its record. One that differs is also walked over the version it ran on:
where even that does not give its own record back, the replay is not to be trusted, and the case counts as not replayed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from app.bank_calendar import queries as bank_calendar
from app.workflow.deploying import definitions
from app.workflow.engine import Definition, Step
from app.workflow.engine.model import Node
from app.workflow.trials import grounds, record
from app.workflow.trials.deeds import Deed, Life
from app.workflow.trials.record import Unread, Wanted
from app.workflow.trials.walking import walk
from app.workflow.trials.walks import Fault, Ground, Walked
from app.workflow.trials.ways import Difference, Mark, difference, marks_of, nodes_of

NOWHERE = frozenset({"standstill", "message", "circle"})


class Verdict(StrEnum):
    """What the new version makes of a case. NOWHERE: it would never end. FAULT: it can't be replayed."""

    SAME = "same"
    OTHER = "other"
    NOWHERE = "nowhere"
    FAULT = "fault"


@dataclass(frozen=True)
class Trial:
    """One case over the new version. then and now: how it ended, as status; minutes: working time from beginning to end."""

    id: str
    number: str
    line: str
    verdict: Verdict
    difference: Difference | None = None
    fault: Fault | None = None
    then: str = ""
    now: str = ""
    minutes_then: float = 0.0
    minutes_now: float = 0.0
    walked: Walked | None = None
    deeds: tuple[Deed, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A dry run as asked for: the new version with its files, stations that only got another id, and answers to be assumed."""

    definition: Definition
    files: Mapping[str, bytes]
    before: Definition
    names: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """Every node of both versions."""
        old = {self.names.get(key, key): node for key, node in nodes_of(self.before).items()}
        return {**old, **nodes_of(self.definition)}

    def assume(self, step: Step) -> str:
        """What is answered at a station where nobody did."""
        wanted = self.answers.get(step.element_id)
        offered = [outcome.id for outcome in step.outcomes]
        return wanted if wanted in offered else grounds.usual_answer(step)


def run(wanted: Wanted, plan: Plan, report: Callable[[int, int], None]) -> tuple[list[Trial], Mapping[str, float]]:
    """Try the cases, the newest first; also gives the minutes that a visit of each station took, as learnt from them."""
    total = record.count(wanted)
    report(0, total)
    found: list[tuple[Life | Unread, uuid.UUID]] = []
    for pair in record.lives(wanted, plan.definition.routing_names):
        found.append(pair)
        _tell(report, len(found), 2 * total)
    read = [life for life, _ in found if isinstance(life, Life)]
    medians = grounds.learnt(read, plan.names)
    tried = _Runner(plan, medians)
    trials = []
    for life, definition_id in found:
        trials.append(tried.trial(life, definition_id))
        _tell(report, total + len(trials), 2 * total)
    return trials, medians


def _tell(report: Callable[[int, int], None], done: int, total: int) -> None:
    """Reading and walking are half of the bar each; it moves by whole cases, not at each."""
    if done % 20 == 0 or done == total:
        report(done // 2, total // 2)


class _Runner:
    """Walks cases over the new version and, where they differ, over their own."""

    def __init__(self, plan: Plan, medians: Mapping[str, float]) -> None:
        self.plan, self.medians = plan, medians
        self.grounds: dict[uuid.UUID, Ground] = {}
        self.own: dict[uuid.UUID, Ground] = {}

    def trial(self, life: Life | Unread, definition_id: uuid.UUID) -> Trial:
        """One case over the new version."""
        if isinstance(life, Unread):
            return Trial(life.id, life.number, life.line, Verdict.FAULT, fault=Fault(life.code))
        deeds = grounds.renamed(life.deeds, self.plan.names)
        marks = marks_of(deeds)
        walked = walk(self._ground(definition_id), deeds, self.plan.assume)
        parted = difference(walked.marks, marks, self.plan.nodes)
        then = self._status(life, definition_id)
        head = (life.id, life.number, life.line)
        took = life.minutes
        if parted is None and walked.fault is None:
            known = walked.variables
            return Trial(*head, Verdict.SAME, None, None, then, then, took, took, walked, deeds, known)
        control = walk(self._own(definition_id), life.deeds, lambda step: None)
        if control.fault is not None or difference(control.marks, marks_of(life.deeds), self.plan.nodes) is not None:
            return Trial(*head, Verdict.FAULT, fault=Fault("inexact"), then=then)
        if walked.fault is not None:
            verdict = Verdict.NOWHERE if walked.fault.code in NOWHERE else Verdict.FAULT
            return Trial(*head, verdict, parted, walked.fault, then, variables=control.variables)
        now = max(0.0, took + walked.minutes - control.minutes)
        status = walked.status or ""
        known = control.variables
        return Trial(*head, Verdict.OTHER, parted, None, then, status, took, now, walked, deeds, known)

    def _ground(self, definition_id: uuid.UUID) -> Ground:
        """The new version, as it differs from the one the case ran on."""
        if definition_id not in self.grounds:
            self.grounds[definition_id] = grounds.ground(
                self.plan.definition,
                self.plan.files,
                before=definitions.load(definition_id).compiled,
                names=self.plan.names,
                medians=self.medians,
                calendar=bank_calendar.calendar(),
            )
        return self.grounds[definition_id]

    def _own(self, definition_id: uuid.UUID) -> Ground:
        if definition_id not in self.own:
            self.own[definition_id] = Ground(
                definitions.load(definition_id).compiled, calendar=bank_calendar.calendar()
            )
        return self.own[definition_id]

    def _status(self, life: Life, definition_id: uuid.UUID) -> str:
        return definitions.load(definition_id).compiled.ends.get(life.outcome, life.outcome)


def stations_then(trial: Trial) -> list[str]:
    """The stations that the case passed, as on record."""
    return [deed.station for deed in trial.deeds if deed.kind == "answer" and deed.station is not None]


def stations_now(trial: Trial) -> list[str]:
    """The stations that the case passes now."""
    return [stay.station for stay in trial.walked.stays] if trial.walked is not None else []


def marks_now(trial: Trial) -> tuple[Mark, ...]:
    """What the case passes now."""
    return trial.walked.marks if trial.walked is not None else ()
