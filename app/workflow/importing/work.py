"""The workbench of one file: the diagram, its ledger, the desk; and the handful of ways in which a repair may change a drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.workflow.importing.desk import Desk
from app.workflow.importing.ledger import Ledger, Line
from app.workflow.importing.model import Box, Diagram, Flow, Node, Scope
from app.workflow.importing.names import Names
from app.workflow.importing.texts import sentence
from app.workflow.importing.values import Bank, Fate

_SIZE = {"Event": (36, 36), "Gateway": (50, 50)}
MOST_NODES = 380
DEEPEST_CALLS = 8


@dataclass
class Upload:
    """What came together: processes and decisions that the files may name, and the fields of forms by form id.

    running: id of each process that runs, by the id it came with; calls: which process calls which; own_forms: keys of
    forms that are ours already.
    """

    running: dict[str, str] = field(default_factory=dict)
    calls: dict[str, set[str]] = field(default_factory=dict)
    decisions: set[str] = field(default_factory=set)
    forms: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    own_forms: set[str] = field(default_factory=set)

    def may_call(self, caller: str, called: str) -> bool:
        """Whether a call leads round no circle, and not deeper than the engine goes."""
        return caller not in self._below(called) and self._depth(called) + self._height(caller) < DEEPEST_CALLS

    def _below(self, process: str) -> set[str]:
        found, todo = {process}, [process]
        while todo:
            todo += (new := self.calls.get(todo.pop(), set()) - found)
            found |= new
        return found

    def _depth(self, process: str) -> int:
        return 1 + max((self._depth(called) for called in self.calls.get(process, ())), default=0)

    def _height(self, process: str) -> int:
        return 1 + max((self._height(caller) for caller, called in self.calls.items() if process in called), default=0)


@dataclass
class Work:
    """One file on the bench."""

    file: str
    diagram: Diagram
    ledger: Ledger
    desk: Desk
    bank: Bank
    upload: Upload
    names: Names

    def ask(self, kind: str, node: Node | Scope | Flow, *entries: Any, **facts: object) -> Mapping[str, str]:
        """Put a question about one element, and say on its line that it needs a person."""
        title = node.title if isinstance(node, Node | Flow) else node.name or node.id
        about = f"{self.file}#{node.id}"
        answer = self.desk.ask(kind, about, entries, file=self.file, elements=[title], name=title, **facts)
        if node.line is not None:
            self.say_asked(node.line, kind, f"{kind}:{about}")
        return answer

    def say_asked(self, line: Line, kind: str, id_: str, /, **facts: object) -> None:
        """Note on a line that a person must say something, or has."""
        line.note(Fate.CHANGED if self.desk.is_answered(id_) else Fate.NEEDS_YOU, f"asked_{kind}", **facts)

    def add(self, scope: Scope, kind: str, name: str, near: Node | None, code: str, /, **facts: object) -> Node:
        """A new node beside `near`."""
        id_ = self.diagram.fresh(f"{kind}_{near.id}" if near is not None else f"{kind}_{scope.id}")
        line = self.ledger.added(kind, id_, name, code, **facts)
        node = Node(id_, kind, name, scope, line, said={"dropped": [], "own": [], "element": id_, "default": ""})
        scope.nodes.append(node)
        if near is not None:
            node.box = _beside(near, kind)
            for lane in scope.lanes:
                _join_lane(lane, near, node)
        return node

    def call(self, node: Node, code: str) -> None:
        """Give an added node a name of ours, in every language."""
        if not node.name:
            node.labels = sentence(f"name_{code}")
            node.name = node.line.name = node.labels["en"]

    def connect(self, source: Node, target: Node, *, condition: str = "", name: str = "") -> Flow:
        """A new line between two nodes of one scope."""
        id_ = self.diagram.fresh(f"flow_{source.id}_{target.id}")
        line = self.ledger.added("sequenceFlow", id_, name, "added_flow", source=source.title, target=target.title)
        flow = Flow(id_, name, source, target, line, condition=condition)
        source.scope.flows.append(flow)
        return flow

    def before(self, node: Node, kind: str, name: str, code: str, /, **facts: object) -> Node:
        """A new node that takes over everything that led to `node` and leads there itself."""
        made = self.add(node.scope, kind, name, node, code, **facts)
        if made.box is not None and node.box is not None:
            made.box.x = node.box.x - made.box.width - 24
        for flow in node.incoming:
            self.retarget(flow, made)
        self.connect(made, node)
        return made

    def after(self, node: Node, kind: str, name: str, code: str, /, **facts: object) -> Node:
        """A new node that takes over everything that leaves `node`."""
        made = self.add(node.scope, kind, name, node, code, **facts)
        for flow in node.outgoing:
            flow.source = made
            flow.points = []
            flow.line.changed("flow_moved", node=made.title)
        self.connect(node, made)
        return made

    def retarget(self, flow: Flow, target: Node) -> None:
        """Let a line lead to another node."""
        flow.target = target
        flow.points = []
        flow.line.changed("flow_moved", node=target.title)

    def take_out(self, node: Node, code: str, /, **facts: object) -> None:
        """Take a node out with its lines and everything inside and on it; each says why."""
        if node not in node.scope.nodes:
            return
        node.line.left_out(code, **facts)
        for flow in [*node.incoming, *node.outgoing]:
            self.drop_flow(flow, "flow_with_node", node=node.title)
        for border in node.borders:
            self.take_out(border, "border_with_node", node=node.title)
        for scope in node.inside.walk() if node.inside is not None else ():
            for inner in scope.nodes:
                inner.line.left_out("inside_with_node", node=node.title)
            for flow in scope.flows:
                flow.line.left_out("inside_with_node", node=node.title)
            for artifact in scope.artifacts:
                artifact.line.left_out("inside_with_node", node=node.title)
            for lane in scope.lanes:
                drop_lane(lane, node.title)
        node.scope.nodes.remove(node)

    def drop_flow(self, flow: Flow, code: str, /, **facts: object) -> None:
        """Take one line out."""
        if flow in flow.source.scope.flows:
            flow.line.left_out(code, **facts)
            flow.source.scope.flows.remove(flow)

    def merge_flow(self, flow: Flow, into: str, code: str, /, **facts: object) -> None:
        """A line that lives on in something else."""
        if flow in flow.source.scope.flows:
            flow.line.merged = True
            flow.line.changed(code, into=into, **facts)
            flow.source.scope.flows.remove(flow)


def drop_lane(lane: Any, title: str) -> None:
    lane.line.left_out("inside_with_node", node=title)
    for inner in lane.inside:
        drop_lane(inner, title)


def _join_lane(lane: Any, near: Node, node: Node) -> None:
    if near in lane.nodes:
        lane.nodes.append(node)
    for inner in lane.inside:
        _join_lane(inner, near, node)


def _beside(near: Node, kind: str) -> Box | None:
    """A place to the right of `near`, on its middle line; the layout moves it where it is in the way."""
    if near.box is None:
        return None
    width, height = next((size for word, size in _SIZE.items() if kind.endswith(word)), (100, 80))
    _, middle = near.box.middle
    return Box(near.box.x + near.box.width + 24, middle - height / 2, width, height)
