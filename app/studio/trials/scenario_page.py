"""What the pages of the scenarios show: which pass, the sentence of the first difference, the walk, what is covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import format_percent, gettext

from app.studio.trials import trial_words as words
from app.studio.trials.scenario_inputs import Asked, asked
from app.web.i18n import text_of
from app.workflow.engine import Definition
from app.workflow.trials.deeds import Deed, Kind
from app.workflow.trials.scenario_files import stem
from app.workflow.trials.scenarios import Coverage, Result, route_of
from app.workflow.trials.summary import told
from app.workflow.trials.ways import Mark, What, flows, nodes_of


@dataclass(frozen=True)
class Line:
    """A scenario in the list."""

    name: str
    title: str
    passes: bool
    verdict: str


@dataclass(frozen=True)
class Covered:
    """How much of a process the scenarios walk, and what they don't."""

    process: str
    elements: str
    flows: str
    element_share: float
    flow_share: float
    missing: Sequence[str]


@dataclass(frozen=True)
class StepLine:
    """A step of a scenario: what it does in words; for an answer what may be changed."""

    number: int
    text: str
    values: Sequence[tuple[str, str]] = ()
    asked: Asked | None = None
    outcome: str = ""


@dataclass(frozen=True)
class Stop:
    """A place of a route: its words, and whether the routes part here."""

    text: str
    parts: bool = False


@dataclass(frozen=True)
class Shown:
    """One scenario: its verdict, its steps, both routes, where the case stands at the end and what may come next."""

    line: Line
    steps: Sequence[StepLine]
    expected: Sequence[Stop]
    walked: Sequence[Stop]
    open: Sequence[Asked] = ()
    targets: Sequence[tuple[str, str]] = ()
    messages: Sequence[str] = ()
    marks: Mapping[str, Any] = field(default_factory=dict)
    path: Sequence[str] = ()
    is_unfinished: bool = False


def line(result: Result, labels: words.Names) -> Line:
    """A scenario with its verdict as a sentence."""
    title = text_of(result.scenario.title) if result.scenario is not None else result.file
    return Line(stem(result.file), title, result.passes, verdict(result, labels))


def verdict(result: Result, labels: words.Names) -> str:
    """What came of the run, with the first difference."""
    if result.passes and result.walked is not None:
        ended = words.status(result.walked.status or result.walked.end or "")
        return gettext("It takes the expected way and ends as “%(status)s”.", status=ended)
    if result.scenario is not None and not result.scenario.route:
        return gettext("No expected way has been said yet.")
    said = []
    if result.difference is not None:
        said.append(words.difference(told(result.difference), labels))
    if result.fault is not None:
        said.append(words.fault(told(result.fault), labels))
    if not said and result.walked is not None and result.scenario is not None:
        now = words.status(result.walked.status or result.walked.end or "")
        said.append(
            gettext("It ends as “%(now)s” instead of “%(then)s”.", now=now, then=words.status(result.scenario.end))
        )
    return " ".join(said)


def covered(coverage: Coverage, definition: Definition) -> Covered:
    """The coverage of one process in words."""
    return Covered(
        process=text_of(definition.name),
        elements=format_percent(coverage.element_share, "#,##0.#%"),
        flows=format_percent(coverage.flow_share, "#,##0.#%"),
        element_share=coverage.element_share,
        flow_share=coverage.flow_share,
        missing=list(_missing(coverage, definition)),
    )


def _missing(coverage: Coverage, definition: Definition) -> Iterator[str]:
    nodes, labels = nodes_of(definition), definition.labels
    for element, number in coverage.elements.items():
        if not number and text_of(nodes[element].name) != element:
            yield words.name_of(element, labels)
    for process in definition.processes.values():
        for flow in process.flows:
            if not coverage.flows.get(flow.id):
                source, target = words.name_of(flow.source, labels), words.name_of(flow.target, labels)
                # A gateway at which lines only meet has no name; the way is then known by its own.
                said = text_of(flow.name) if flow.id in labels else ""
                yield f"{source} → {said or target}" if target == flow.target else f"{source} → {target}"


def painted(elements: Mapping[str, int], *, with_gaps: bool) -> dict[str, Any]:
    """Marks of a picture: what was walked how often, and, where asked for, what was not."""
    marks: dict[str, Any] = {}
    for element, number in elements.items():
        if number:
            marks[element] = {"state": "done", "badge": str(number), "kind": "ok"}
        elif with_gaps:
            marks[element] = {"state": "removed", "badge": "0", "kind": "danger"}
    return marks


def shown(result: Result, definition: Definition, files: Mapping[str, bytes]) -> Shown:
    """The page of one scenario that can be read and whose process can run."""
    scenario, walked = result.scenario, result.walked
    assert scenario is not None
    assert walked is not None
    way = route_of(walked, definition)
    parts = next((i for i, pair in enumerate(zip(way, scenario.route, strict=False)) if pair[0] != pair[1]), None)
    place = min(len(way), len(scenario.route)) if parts is None and result.difference is not None else parts
    passed = Counter(mark.element for mark in walked.marks if mark.what is What.BY)
    marks = painted(passed, with_gaps=False)
    marks |= {station: {"state": "running"} for station in walked.open}
    known = {name: value for deed in scenario.deeds for name, value in deed.values.items()}
    return Shown(
        line=line(result, definition.labels),
        steps=[_step(number, deed, definition, files) for number, deed in enumerate(scenario.deeds) if number],
        expected=_stops(scenario.route, definition, place),
        walked=_stops(way, definition, place),
        open=[asked(definition, files, station, known) for station in dict.fromkeys(walked.open)],
        targets=[
            (e, words.name_of(e, definition.labels)) for e in dict.fromkeys(stay.station for stay in walked.stays)
        ],
        messages=sorted(_messages(result)),
        marks=marks,
        path=list(flows(definition, walked.marks, walked.open)),
        is_unfinished=not scenario.route,
    )


def _messages(result: Result) -> Iterator[str]:
    if result.fault is not None and result.fault.code == "message":
        yield result.fault.fact


def _stops(route: Sequence[Mark], definition: Definition, place: int | None) -> list[Stop]:
    return [Stop(_stop(mark, definition), number == place) for number, mark in enumerate(route)]


def _stop(mark: Mark, definition: Definition) -> str:
    name = words.name_of(mark.element, definition.labels)
    said = {What.MOVE: f"↩ {name}", What.STAND: f"… {name}", What.END: words.status(mark.element)}
    return said.get(mark.what, name)


def _step(number: int, deed: Deed, definition: Definition, files: Mapping[str, bytes]) -> StepLine:
    labels = definition.labels
    values = [(name, _value(value)) for name, value in deed.values.items()]
    if deed.kind is Kind.ANSWER and deed.station is not None and deed.station in definition.steps:
        asks = asked(definition, files, deed.station, deed.values)
        outcome = dict(asks.outcomes).get(deed.outcome or "", deed.outcome or "")
        said = gettext("%(station)s: %(outcome)s", station=asks.name, outcome=outcome) if outcome else asks.name
        return StepLine(number, said, values, asks, deed.outcome or "")
    if deed.kind is Kind.ANSWER:
        return StepLine(number, gettext("%(station)s (not in this draft)", station=deed.station), values)
    return StepLine(number, _moved(deed, labels), values)


def _moved(deed: Deed, labels: words.Names) -> str:
    to = words.name_of(deed.to, labels)
    if deed.kind is Kind.MOVE and deed.station is not None:
        return gettext(
            "%(station)s sends the case back to %(target)s", station=words.name_of(deed.station, labels), target=to
        )
    if deed.kind is Kind.MOVE:
        return gettext("The case is taken back to %(target)s", target=to)
    if deed.kind is Kind.MESSAGE:
        return gettext("The message %(message)s comes", message=deed.to)
    if deed.kind is Kind.TIMER:
        return gettext("The clock %(clock)s rings", clock=words.name_of("".join(deed.passed), labels))
    return gettext("The case ends: %(status)s", status=words.status(deed.to or ""))


def _value(value: Any) -> str:
    return gettext("yes") if value is True else gettext("no") if value is False else str(value)
