"""Running scenarios over a version: which pass, where the others part from what is expected, how much of the picture is walked.

`run_all(files)` needs neither database nor web: publishing, the page and `python run.py scenarios` all ask here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.workflow import engine
from app.workflow.engine import Definition
from app.workflow.trials import scenario_files
from app.workflow.trials.scenario_files import Scenario
from app.workflow.trials.walking import walk
from app.workflow.trials.walks import Fault, Ground, Walked
from app.workflow.trials.ways import Difference, Mark, What, difference, flows, nodes_of, way

DIAGRAMS = (".bpmn", ".bpmn20.xml", ".dmn")


@dataclass(frozen=True)
class Result:
    """One scenario after its run. difference: where its way parts from the expected one; fault: why it did not come to an end, or
    "unreadable" (fact: what is wrong with the file) or "process" (there is none of that name that can run)."""

    file: str
    scenario: Scenario | None
    walked: Walked | None = None
    difference: Difference | None = None
    fault: Fault | None = None

    @property
    def passes(self) -> bool:
        """Whether it took the expected way to the expected end; one that expects nothing yet does not pass."""
        says = self.scenario is not None and bool(self.scenario.route)
        fits = self.difference is None and self.fault is None and self.ends_as_expected
        return says and fits and self.walked is not None

    @property
    def ends_as_expected(self) -> bool:
        """Whether it ended as it should; one that says nothing of its end may end anyhow."""
        if self.scenario is None or self.walked is None or not self.scenario.end:
            return True
        return self.scenario.end in (self.walked.status, self.walked.end)

    @property
    def way(self) -> tuple[Mark, ...]:
        """The way it took."""
        return self.walked.marks if self.walked is not None else ()


@dataclass(frozen=True)
class Coverage:
    """How much of a process and of all it calls the scenarios walk: elements and flows by id with how often each was passed."""

    process: str
    elements: Mapping[str, int]
    flows: Mapping[str, int]
    all_elements: int
    all_flows: int

    @property
    def element_share(self) -> float:
        """The part of the elements that at least one scenario passes, from 0 to 1."""
        return sum(1 for number in self.elements.values() if number) / self.all_elements if self.all_elements else 0.0

    @property
    def flow_share(self) -> float:
        """The same of the flows."""
        return sum(1 for number in self.flows.values() if number) / self.all_flows if self.all_flows else 0.0


@dataclass(frozen=True)
class Results:
    """What came of all scenarios of a deployment; coverage: by process, of those that have scenarios."""

    results: tuple[Result, ...] = ()
    coverage: Mapping[str, Coverage] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Result, ...]:
        """Those that do not pass."""
        return tuple(result for result in self.results if not result.passes)


def run_all(files: Mapping[str, bytes], parsed: Sequence[Definition] | None = None) -> Results:
    """Run every scenario of the files. `parsed`: the definitions, where the caller has checked the files already."""
    names = scenario_files.names(files)
    if not names:
        return Results()
    found = {definition.key: definition for definition in (parsed if parsed is not None else definitions_in(files))}
    results = tuple(run_file(name, files[name], found) for name in names)
    covered = {}
    for key, definition in found.items():
        mine = [
            r.walked for r in results if r.scenario is not None and r.scenario.process == key and r.walked is not None
        ]
        if mine:
            covered[key] = coverage(definition, mine)
    return Results(results, covered)


def definitions_in(files: Mapping[str, bytes]) -> tuple[Definition, ...]:
    """The processes that can run, whatever bank they are for."""
    drawn = {name: content for name, content in files.items() if name.endswith(DIAGRAMS)}
    return engine.check(drawn, engine.Catalogue()).definitions


def run_file(name: str, content: bytes, definitions: Mapping[str, Definition]) -> Result:
    """Run the scenario in a file."""
    try:
        scenario = scenario_files.read(name, content)
    except scenario_files.ScenarioUnreadable as error:
        return Result(name, None, fault=Fault("unreadable_file", fact=str(error)))
    definition = definitions.get(scenario.process)
    if definition is None:
        return Result(name, scenario, fault=Fault("process", fact=scenario.process))
    return run(scenario, definition, name)


def run(scenario: Scenario, definition: Definition, file: str = "") -> Result:
    """Run a scenario; where nobody has answered it stops."""
    walked = walk(Ground(definition), scenario.deeds, lambda step: None)
    parted = difference(walked.marks, scenario.route, nodes_of(definition))
    return Result(file, scenario, walked, parted, walked.fault)


def route_of(walked: Walked, definition: Definition) -> tuple[Mark, ...]:
    """The way of a walk, as a scenario expects it."""
    return way(walked.marks, nodes_of(definition))


def coverage(definition: Definition, walks: Iterable[Walked]) -> Coverage:
    """What of the picture the walks pass."""
    elements: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for walked in walks:
        elements.update(mark.element for mark in walked.marks if mark.what is What.BY)
        taken.update(flows(definition, walked.marks, walked.open))
    nodes = nodes_of(definition)
    every = [flow.id for process in definition.processes.values() for flow in process.flows]
    return Coverage(
        definition.key,
        {node: elements[node] for node in nodes},
        {flow: taken[flow] for flow in every},
        len(nodes),
        len(every),
    )
