"""What one case would have gone through, and would go through still, if some of its values were others: on a copy.

The case is walked from its beginning with the answers its people gave, the changed values in their place; where nobody has answered
yet, each station approves. Twice: once as it is and once changed, so that the page shows where the ways part. Returns of the real
case are not walked: at each station the answer that counts today is taken (`what_if_answers.py`), and every return is told.
Services are not called, clocks do not ring, nothing is written; who would get a station is asked as always and taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.identity import queries as people
from app.kernel.db import session
from app.web.i18n import text_of
from app.workflow import engine, forms, queries
from app.workflow.assigning import assignment
from app.workflow.clocks import case_clocks
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.migrating.what_if_answers import (
    Answers,
    Returned,
    Source,
    halted,
    not_asked_again,
    refusal_ends,
    refused_end,
    returns_of,
)
from app.workflow.models import ProcessInstance, UserTask

LONGEST = 150


@dataclass(frozen=True)
class Stop:
    """A station on the way: who would have it (names of people or groups), its answer, and where that comes from."""

    element_id: str
    who: tuple[str, ...]
    answer: str
    source: Source

    @property
    def given(self) -> bool:
        """Whether somebody has answered so."""
        return self.source in (Source.COUNTS, Source.STOOD)


@dataclass(frozen=True)
class Way:
    """The stations in order, the decisions made between them, the end event (None: not reached), and why it stops if it does.

    halt: what it waits for there ("message", "clock") or that it goes in a "circle", with the element; two empty texts otherwise.
    """

    stops: tuple[Stop, ...]
    decisions: tuple[engine.DecisionTaken, ...]
    end: str | None
    trouble: Mapping[str, str]
    variables: Mapping[str, Any]
    halt: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Comparison:
    """The way as it is and as it would be, the stations that only one of them has, and where the real case was returned."""

    before: Way
    after: Way
    returned: tuple[Returned, ...] = ()

    @property
    def gone(self) -> tuple[str, ...]:
        """Stations that the case would no longer come to."""
        return _only_in(self.before, self.after)

    @property
    def added(self) -> tuple[str, ...]:
        """Stations that it would come to besides."""
        return _only_in(self.after, self.before)


def compare(case: ProcessInstance, changes: Mapping[str, Any], now: datetime) -> Comparison:
    """The way of the case as it is, and with `changes` (routing variables by name). Raises engine.EngineError.

    What nobody has said yet is assumed on both ways, so that only what is really otherwise makes a difference.
    """
    assumed = {name: value for name, value in changes.items() if case.variables.get(name) is None}
    tasks = queries.tasks_of(case.id)
    returned = returns_of(queries.events_of(case.id), tasks)
    record = _Record(definitions.load(case.definition_id), tasks)
    nested = session.begin_nested()
    try:
        if returned:
            first = [(stop.element_id, stop.source) for stop in _walk(case, record, assumed, now).stops]
            stood = not_asked_again(record.loaded.compiled, first, case.stations)
            record = replace(record, stood=stood)
        ways = _walk(case, record, assumed, now), _walk(case, record, changes, now)
        return Comparison(*ways, tuple(returned))
    finally:
        nested.rollback()
        assignment.forget()


@dataclass(frozen=True)
class _Record:
    """What is on record of a case: its version, its visits, and where nobody was asked again after a return."""

    loaded: Loaded
    tasks: Sequence[UserTask]
    stood: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Knob:
    """A value the diagram decides by and a station writes: its name, the field of the form, and what it is now (None: not yet)."""

    name: str
    field: forms.Field
    value: Any


def changeable(case: ProcessInstance) -> list[Knob]:
    """What could be otherwise, in the order in which the stations ask for it; tables aside."""
    loaded = definitions.load(case.definition_id)
    wanted = loaded.compiled.routing_names - loaded.compiled.set_names
    found: dict[str, Knob] = {}
    for key in dict.fromkeys(step.form for step in loaded.compiled.steps.values() if step.form):
        for field in loaded.form(key).fields.values():
            name = field.key if field.key in wanted else (field.bind or "").rpartition(".")[2]
            if name in wanted and name not in found and not field.columns:
                found[name] = Knob(name, field, case.variables.get(name))
    return list(found.values())


def _walk(case: ProcessInstance, record: _Record, changes: Mapping[str, Any], now: datetime) -> Way:
    loaded, compiled = record.loaded, record.loaded.compiled
    answers = Answers(loaded, record.tasks, record.stood)
    services = engine.Services(lambda _name, _variables: {}, calendar=case_clocks.calendar_of(case))
    step = engine.start(compiled, dict(changes), now=now, services=services)
    stops: list[Stop] = []
    decisions = list(step.decisions)
    while step.open and len(stops) < LONGEST:
        task = step.open[0]
        given = answers.of(task.element_id)
        who = _who(case, loaded, task, step.variables, now)
        stops.append(Stop(task.element_id, who, given.outcome, given.source))
        if refusal_ends(loaded.step(task.element_id), given.outcome):
            return Way(tuple(stops), tuple(decisions), refused_end(compiled), {}, step.variables)
        entered = {**given.values, f"{task.element_id}_result": given.outcome, **changes}
        step = engine.complete(compiled, step.state, task.id, entered, now=now, services=services)
        decisions += step.decisions
    trouble = step.incidents[0].message if step.incidents else {}
    return Way(tuple(stops), tuple(decisions), step.end_event, trouble, step.variables, _halt(step, len(stops)))


def _halt(step: engine.Progress, stops: int) -> tuple[str, str]:
    if stops >= LONGEST and step.open:
        return "circle", step.open[0].element_id
    return next(halted(step), ("", "")) if not step.open else ("", "")


def _who(
    case: ProcessInstance, loaded: Loaded, task: engine.OpenTask, variables: Mapping[str, Any], now: datetime
) -> tuple[str, ...]:
    """Names of the people or groups the station would go to."""
    step = loaded.step(task.element_id)
    found = assignment.resolve(step, loaded.compiled, case, {**variables, **task.data}, now)
    named = [*([found.assignee_id] if found.assignee_id else []), *found.user_ids, *found.elector_ids]
    names = people.users(named)
    groups = _groups(found.group_ids)
    return tuple(dict.fromkeys([*(names[i].name for i in named if i in names), *groups]))


def _groups(group_ids: Sequence[int]) -> list[str]:
    return [text_of(group.name) for group in people.groups() if group.id in group_ids]


def _only_in(one: Way, other: Way) -> tuple[str, ...]:
    there = {stop.element_id for stop in other.stops}
    return tuple(dict.fromkeys(stop.element_id for stop in one.stops if stop.element_id not in there))
