"""A diagram under repair: nodes, flows and scopes that can be moved, added and taken out, each tied to its line in the ledger.

Unlike the engine's `Process` it may hold anything that people draw, is changed in place, and knows where things stand
on the canvas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.workflow.importing.ledger import Line
from app.workflow.importing.values import Texts

START, END = "startEvent", "endEvent"
CATCH, THROW, BOUNDARY = "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"
XOR, AND, OR, EVENT_GATEWAY = "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"
GATEWAYS = frozenset({XOR, AND, OR, EVENT_GATEWAY, "complexGateway"})
STATIONS = frozenset({"userTask", "manualTask"})
SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
TASKS = STATIONS | {"task", "scriptTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask", "callActivity"}
ACTIVITIES = TASKS | SUBPROCESSES
EVENTS = frozenset({START, END, CATCH, THROW, BOUNDARY})
NODES = ACTIVITIES | EVENTS | GATEWAYS
LONGEST_ID = 160
_NAME = re.compile(r"[^\W\d][\w.-]*")
Point = tuple[float, float]


@dataclass
class Box:
    """A place on the canvas."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def holds(self, point: Point, slack: float = 0) -> bool:
        """Whether the point lies in the box or at most `slack` beside it."""
        x, y = point
        return (
            self.x - slack <= x <= self.x + self.width + slack and self.y - slack <= y <= self.y + self.height + slack
        )


@dataclass
class Event:
    """One event definition. `text` is a timer's or a condition's; `ref` the id it refers to; `name` what that is called."""

    kind: str
    ref: str = ""
    name: str = ""
    text: str = ""
    timer: str = ""


@dataclass
class Loop:
    """Repetition, in the words of whoever drew it."""

    kind: str  # parallel, sequential, standard
    cardinality: str = ""
    collection: str = ""
    item: str = ""
    condition: str = ""
    maximum: str = ""
    before: bool = False


@dataclass
class FormField:
    """A field of a generated form."""

    key: str
    label: str
    type: str = "textfield"
    required: bool = False
    writable: bool = True
    options: tuple[tuple[str, str], ...] = ()


@dataclass
class Outcome:
    """A button of a station."""

    id: str
    label: str
    kind: str = "neutral"


@dataclass(eq=False)
class Node:
    """One flow node."""

    id: str
    kind: str
    name: str
    scope: Scope
    line: Line
    docs: str = ""
    labels: Texts | None = None  # of an added node, whose name is ours to say
    events: list[Event] = field(default_factory=list)
    attached_to: str = ""
    attached: Node | None = None
    interrupting: bool = True
    parallel_multiple: bool = False
    loop: Loop | None = None
    inside: Scope | None = None
    triggered: bool = False
    compensates: bool = False
    expanded: bool = True
    instantiates: bool = False
    box: Box | None = None
    said: dict[str, Any] = field(default_factory=dict)  # what the other tool says of it, see vendors.py
    script: str = ""
    script_language: str = ""
    called: str = ""
    delegate: str = ""
    decision: str = ""
    result: str = ""
    candidates: list[tuple[str, str]] = field(default_factory=list)
    due: str = ""
    form: str = ""
    fields: list[FormField] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    vote: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.name or self.id

    @property
    def incoming(self) -> list[Flow]:
        return [flow for flow in self.scope.flows if flow.target is self]

    @property
    def outgoing(self) -> list[Flow]:
        return [flow for flow in self.scope.flows if flow.source is self]

    @property
    def borders(self) -> list[Node]:
        """The boundary events on it."""
        return [node for node in self.scope.nodes if node.attached is self]


@dataclass(eq=False)
class Flow:
    """One sequence flow."""

    id: str
    name: str
    source: Node
    target: Node
    line: Line
    condition: str = ""
    language: str = ""
    default: bool = False
    docs: str = ""
    points: list[Point] = field(default_factory=list)
    also: list[str] = field(default_factory=list)  # conditions of lines that were merged into this one

    @property
    def title(self) -> str:
        return self.name or f"{self.source.title} → {self.target.title}"


@dataclass(eq=False)
class Lane:
    """A lane, the ids of what stands in it as drawn, and the lanes inside."""

    id: str
    name: str
    line: Line
    refs: list[str] = field(default_factory=list)
    inside: list[Lane] = field(default_factory=list)
    box: Box | None = None
    nodes: list[Node] = field(default_factory=list)


@dataclass(eq=False)
class Artifact:
    """What is drawn and never run: notes, groups, data. `ends`: of an association, the ids it joins."""

    id: str
    kind: str
    name: str
    line: Line
    ends: tuple[str, str] = ("", "")
    box: Box | None = None
    points: list[Point] = field(default_factory=list)
    text: str = ""


@dataclass(eq=False)
class Scope:
    """A process, or the inside of a sub-process (`owner`)."""

    id: str
    name: str
    owner: Node | None = None
    executable: bool | None = None
    docs: str = ""
    line: Line | None = None
    nodes: list[Node] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)

    def walk(self) -> Iterator[Scope]:
        """This scope and those inside it."""
        yield self
        for node in list(self.nodes):
            if node.inside is not None:
                yield from node.inside.walk()

    @property
    def top(self) -> Scope:
        return self if self.owner is None else self.owner.scope.top


@dataclass(eq=False)
class Pool:
    """A participant of a collaboration; `scope` None for a black box."""

    id: str
    name: str
    line: Line
    process: str = ""
    scope: Scope | None = None
    box: Box | None = None


@dataclass
class Diagram:
    """Everything of one file."""

    id: str
    name: str
    pools: list[Pool] = field(default_factory=list)
    processes: list[Scope] = field(default_factory=list)
    message_flows: list[Artifact] = field(default_factory=list)
    tool: str = ""
    ids: set[str] = field(default_factory=set)
    has_picture: bool = False

    @property
    def scopes(self) -> list[Scope]:
        return [scope for process in self.processes for scope in process.walk()]

    @property
    def running(self) -> list[Scope]:
        """The scopes of the processes that are meant to run."""
        return [scope for scope in self.scopes if scope.top.executable]

    @property
    def nodes(self) -> list[Node]:
        return [node for scope in self.running for node in scope.nodes]

    def fresh(self, wish: str) -> str:
        """An id that nothing here has."""
        base = re.sub(r"\W+", "_", wish[:LONGEST_ID], flags=re.ASCII).strip("_") or "element"
        base = base if _NAME.match(base) else f"n_{base}"
        number, name = 1, base
        while name in self.ids:
            number += 1
            name = f"{base}_{number}"
        self.ids.add(name)
        return name
