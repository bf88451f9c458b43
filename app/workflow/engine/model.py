"""A diagram as plain data: processes, nodes and flows as the file draws them.

The reader makes it from XML, the checks and the net look at it, the builder makes runnable specs from it, and a
definition stores it. Nothing of lxml or SpiffWorkflow is left in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from app.workflow.engine.stations import Customs
from app.workflow.engine.values import Texts

START, END = "startEvent", "endEvent"
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
COUNT = "nrOf_"  # begins the names that count the outcomes of people asked one by one
MANUAL = frozenset({"userTask", "manualTask", "task"})
SCOPES = frozenset({"subProcess", "transaction"})
ACTIVITIES = (
    MANUAL | SCOPES | {"callActivity", "scriptTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask"}
)
EVENTS = frozenset({START, END, "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
RUNNABLE = GATEWAYS | ACTIVITIES | EVENTS
JOINS = frozenset({"parallelGateway", "inclusiveGateway"})


@dataclass(frozen=True)
class Event:
    """What an event is about. `kind`: none, timer, message, signal, error, escalation, terminate, cancel, conditional,
    link, compensate or multiple. `value`: message or signal name, code, timer or condition text. `timer`: date,
    duration or cycle; `working`: it counts the time in which the bank is open."""

    kind: str = "none"
    value: str | None = None
    timer: str | None = None
    working: bool = False


@dataclass(frozen=True)
class Loop:
    """Repetition of an activity. `kind`: parallel, sequential or standard."""

    kind: str
    cardinality: str | None = None
    collection: str | None = None
    item: str | None = None
    output: str | None = None
    output_item: str | None = None
    condition: str | None = None
    maximum: int | None = None
    test_before: bool = False


@dataclass(frozen=True)
class Node:
    """A flow node. Only the members that its kind needs are set; `status` is what a case that ends here has become;
    `outside` says that it reaches the outside world, `compensation` which delegate undoes that."""

    id: str
    kind: str
    name: Texts
    lane: Texts | None = None
    event: Event | None = None
    attached_to: str | None = None
    interrupting: bool = True
    script: str | None = None
    delegate: str | None = None
    is_async: bool = False
    decision: str | None = None
    result: str | None = None
    called: str | None = None
    loop: Loop | None = None
    status: str | None = None
    outside: bool = False
    compensation: str | None = None


@dataclass(frozen=True)
class Flow:
    """A sequence flow. `default` is true when its source names it as the one to take if no condition holds."""

    id: str
    source: str
    target: str
    name: Texts
    condition: str | None = None
    default: bool = False


@dataclass(frozen=True)
class Process:
    """A process or the inside of an embedded sub-process (`parent` is then the process that holds it).

    `starters`: keys of the groups whose members may begin it; empty: everybody may.
    """

    id: str
    name: Texts
    file: str
    executable: bool
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    parent: str | None = None
    customs: Customs = field(default_factory=Customs)
    administrator: str | None = None
    starters: tuple[str, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def outgoing(self) -> dict[str, list[Flow]]:
        return self._grouped("source")

    @cached_property
    def incoming(self) -> dict[str, list[Flow]]:
        return self._grouped("target")

    @cached_property
    def boundary(self) -> dict[str, list[Node]]:
        """Boundary events by the activity they sit on."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            if node.attached_to is not None:
                found.setdefault(node.attached_to, []).append(node)
        return found

    def _grouped(self, end: str) -> dict[str, list[Flow]]:
        found: dict[str, list[Flow]] = {node.id: [] for node in self.nodes}
        for flow in self.flows:
            found.setdefault(getattr(flow, end), []).append(flow)
        return found


def inner_process(node: Node) -> str | None:
    """The id of the process that runs inside `node`: its own inside, the called one, or None."""
    if node.kind in SCOPES:
        return node.id
    return node.called if node.kind == "callActivity" else None
