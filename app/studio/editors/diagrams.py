"""The diagrams of a draft as the engine reads them, half-finished ones included: what can be read is there, what is wrong is left
to the findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from app.workflow.engine.model import Process, inner_process
from app.workflow.engine.reading import read
from app.workflow.engine.stations import Step
from app.workflow.engine.texts import Findings
from app.workflow.engine.xmlgate import BPMN, Refused, parse

NAMED = ("message", "signal", "error", "escalation")


@dataclass(frozen=True)
class Drawn:
    """One diagram: its processes (the insides of sub-processes too), stations by id, and names that events may refer to."""

    processes: tuple[Process, ...]
    steps: Mapping[str, Step]
    named: Mapping[str, tuple[str, ...]]


NOTHING = Drawn((), {}, dict.fromkeys(NAMED, ()))


@dataclass(frozen=True)
class Drawing:
    """All diagrams of a draft together."""

    processes: Mapping[str, Process]
    steps: Mapping[str, Step]

    def holder_of(self, element_id: str) -> Process | None:
        """The process in which a node or flow is drawn."""
        for process in self.processes.values():
            if element_id in process.by_id or any(flow.id == element_id for flow in process.flows):
                return process
        return None

    def callers_of(self, process_id: str) -> list[tuple[Process, str]]:
        """The activities inside which the process runs: each with the process it is drawn in."""
        return [
            (process, node.id)
            for process in self.processes.values()
            for node in process.nodes
            if inner_process(node) == process_id
        ]


def drawing(files: Mapping[str, bytes]) -> Drawing:
    """All diagrams of the files."""
    drawn = [read_diagram(content, name) for name, content in files.items() if name.endswith(".bpmn")]
    return Drawing(
        {process.id: process for one in drawn for process in one.processes},
        {key: step for one in drawn for key, step in one.steps.items()},
    )


@lru_cache(maxsize=64)
def read_diagram(content: bytes, name: str = "") -> Drawn:
    """One diagram; nothing where it can't be read."""
    try:
        root = parse(content)
    except Refused:
        return NOTHING
    if root.tag != f"{{{BPMN}}}definitions":
        return NOTHING
    document = read(root, Findings(name))
    return Drawn(tuple(document.processes), document.steps, {kind: _names(root, kind) for kind in NAMED})


def _names(root: etree._Element, kind: str) -> tuple[str, ...]:
    return tuple(name for e in root.iterfind(f"{{{BPMN}}}{kind}") if (name := e.get("name") or e.get("id")))
