"""What walks over a version need beside the definition: what its forms may write, which stations were renamed, whose work it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from app import feel
from app.kernel.working_time import Calendar
from app.workflow import forms
from app.workflow.engine import Definition, Step
from app.workflow.trials.deeds import Deed, Kind, Life
from app.workflow.trials.record import names_of
from app.workflow.trials.walks import Ground
from app.workflow.trials.ways import nodes_of

UNKNOWN = "?"


def ground(
    definition: Definition,
    files: Mapping[str, bytes],
    *,
    before: Definition | None = None,
    names: Mapping[str, str] | None = None,
    medians: Mapping[str, float] | None = None,
    calendar: Calendar | None = None,
) -> Ground:
    """The ground for walks over `definition`, whose forms are in `files`; `before`: the version the deeds come from; `calendar`:
    the bank's, the state's where none is given."""
    known = medians or {}
    return Ground(
        definition,
        writable=writable(definition, files),
        medians=known,
        usual=median(known.values()) if known else 0.0,
        own_clocks=frozenset(_own_clocks(definition, before, names or {})) if before is not None else frozenset(),
        calendar=calendar or Calendar(),
    )


def writable(definition: Definition, files: Mapping[str, bytes]) -> dict[str, frozenset[str]]:
    """The routing variables that the form of each station may write; a form that can't be read writes none."""
    return {element: frozenset(_written(definition, step, files)) for element, step in definition.steps.items()}


def _written(definition: Definition, step: Step, files: Mapping[str, bytes]) -> Iterator[str]:
    if step.form is None:
        return
    try:
        form = forms.load(step.form, files)
    except forms.FormError:
        return
    for field in form.fields.values():
        if field.editable:
            yield from (name for name in names_of(field) if name in definition.routing_names)


def _own_clocks(now: Definition, before: Definition, names: Mapping[str, str]) -> Iterator[str]:
    """The elements whose clock differs from the one of the version before."""
    old = {names.get(node.id, node.id): node.event for node in nodes_of(before).values()}
    for node in nodes_of(now).values():
        if node.event is not None and node.event.kind == "timer" and old.get(node.id) != node.event:
            yield node.id


def learnt(lives: Iterable[Life], names: Mapping[str, str]) -> dict[str, float]:
    """How many minutes of working time a visit of each station took, the median of those on record."""
    took: dict[str, list[float]] = {}
    for life in lives:
        for deed in life.deeds:
            if deed.kind is Kind.ANSWER and deed.station is not None:
                took.setdefault(names.get(deed.station, deed.station), []).append(deed.minutes)
    return {station: median(minutes) for station, minutes in took.items()}


def renamed(deeds: Sequence[Deed], names: Mapping[str, str]) -> tuple[Deed, ...]:
    """The deeds with the ids that the elements have now."""
    if not names:
        return tuple(deeds)

    def new(element: str) -> str:
        return names.get(element, element)

    return tuple(
        replace(
            deed,
            station=new(deed.station) if deed.station is not None else None,
            to=new(deed.to) if deed.to is not None and deed.kind in (Kind.ANSWER, Kind.MOVE) else deed.to,
            passed=tuple(map(new, deed.passed)),
            opened=tuple(map(new, deed.opened)),
        )
        for deed in deeds
    )


def gone(now: Definition, before: Definition) -> list[str]:
    """The stations of the version before that are not in the new one."""
    return sorted(before.steps.keys() - now.steps.keys())


def added(now: Definition, before: Definition) -> list[str]:
    """The stations of the new version that were not in the one before."""
    return sorted(now.steps.keys() - before.steps.keys())


def likely_names(now: Definition, before: Definition) -> dict[str, str]:
    """Stations that probably only got another id: one of those gone and one of those added that bear the same name."""
    by_name: dict[str, list[str]] = {}
    for element in added(now, before):
        by_name.setdefault(now.steps[element].name["zh_Hans"], []).append(element)
    found = {element: by_name.get(before.steps[element].name["zh_Hans"], []) for element in gone(now, before)}
    return {element: same[0] for element, same in found.items() if len(same) == 1}


def usual_answer(step: Step) -> str:
    """What is assumed where nobody answered: the first approving outcome, else the first that is no refusal."""
    for kinds in (("approve",), ("neutral",), ("refuse",)):
        chosen = next((outcome.id for outcome in step.outcomes if outcome.kind in kinds), None)
        if chosen is not None:
            return chosen
    return "completed"


def whose(step: Step, variables: Mapping[str, Any]) -> str:
    """Whose work a station is: the key of a group, else the rule that finds the person ("@initiator")."""
    if step.vote is not None and step.vote.electorate:
        return step.vote.electorate
    rule = next((each for each in step.candidates if not each.otherwise), None)
    if rule is None:
        return UNKNOWN
    if rule.rule == "group":
        return rule.value
    return _group_of(rule.value, variables) if rule.rule == "group_of" else f"@{rule.rule}"


def _group_of(expression: str, variables: Mapping[str, Any]) -> str:
    try:
        found = feel.parse(expression, names=variables.keys()).evaluate(variables)
    except feel.FeelError:
        return UNKNOWN
    return found if isinstance(found, str) else UNKNOWN
