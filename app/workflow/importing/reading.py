"""From a tree to a `Diagram`: everything that stands in it gets a line in the ledger, whether it can be used or not.

Ids are put in order on the way: missing, used twice, reserved or unusable ones are replaced, and what refers to them follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from app.workflow.importing import vendors
from app.workflow.importing.elements import docs, kind_of, local, loop, named, tool
from app.workflow.importing.gate import BPMN, text_in
from app.workflow.importing.interchange import edges, shapes
from app.workflow.importing.ledger import Ledger, Line
from app.workflow.importing.model import (
    ACTIVITIES,
    EVENTS,
    LONGEST_ID,
    NODES,
    SUBPROCESSES,
    Artifact,
    Box,
    Diagram,
    Event,
    Flow,
    Lane,
    Node,
    Point,
    Pool,
    Scope,
)
from app.workflow.importing.values import Fate

RESERVED = frozenset({"start", "end", "root"})
RESERVED_PARTS = (".BoundaryEvent", " [child]", ".EndJoin", "StartEventSplit", "StartEventJoin")
ARTIFACTS = frozenset(
    {"textAnnotation", "group", "dataObject", "dataObjectReference", "dataStoreReference", "dataStore"}
)
_LEGAL = re.compile(r"[^\W\d][\w.-]*")
_STATION = re.compile(r"[A-Za-z_]\w*", re.ASCII)
NEAR = 14
DEEPEST = 20


def read(root: etree._Element, ledger: Ledger, taken: Iterable[str] = ()) -> Diagram:
    """Everything that is in the tree; no id is one of `taken`, those of the files beside it. Never raises for what people draw."""
    return _Reader(root, ledger, taken).diagram()


class _Reader:
    """Reads one tree."""

    def __init__(self, root: etree._Element, ledger: Ledger, taken: Iterable[str]) -> None:
        self.root, self.ledger = root, ledger
        self.made = Diagram(id=root.get("id") or "definitions", name=root.get("name") or "", tool=tool(root))
        self.made.ids |= set(taken)
        self.by_scope: dict[int, dict[str, Node]] = {}
        self.everywhere: dict[str, Node] = {}
        self.seen: set[etree._Element] = set()
        self.shapes, self.edges = shapes(root), edges(root)
        self.names = named(root)
        self.pending: list[tuple[Scope, etree._Element]] = []

    def diagram(self) -> Diagram:
        for participant in self.root.iterfind(f"{{{BPMN}}}collaboration/{{{BPMN}}}participant"):
            self._pool(participant)
        for process in self.root.iterfind(f"{{{BPMN}}}process"):
            self.made.processes.append(self._process(process))
        for collaboration in self.root.iterfind(f"{{{BPMN}}}collaboration"):
            for child in collaboration if self.made.processes else ():
                kind = kind_of(child)
                if kind in ARTIFACTS or kind == "association":
                    self._artifact(child, kind, self.made.processes[0])
        for scope, element in self.pending:
            self._flow(element, scope)
        for pool in self.made.pools:
            pool.scope = next((p for p in self.made.processes if p.said["given"] == local(pool.process)), None)
        for flow in self.root.iterfind(f"{{{BPMN}}}collaboration/{{{BPMN}}}messageFlow"):
            self._message_flow(flow)
        for scope in self.made.scopes:
            self._attach(scope)
            for lane in scope.lanes:
                self._fill(lane, scope)
        self.made.has_picture = bool(self.shapes)
        self._strays()
        return self.made

    def _pool(self, element: etree._Element) -> None:
        id_ = self._id(element, "pool")
        line = self.ledger.line("participant", element.get("id") or "", element.get("name") or "", is_node=False)
        box = self._shape(element)[0]
        self.made.pools.append(Pool(id_, element.get("name") or "", line, element.get("processRef") or "", box=box))

    def _message_flow(self, element: etree._Element) -> None:
        line = self.ledger.line("messageFlow", element.get("id") or "", element.get("name") or "", is_node=False)
        ends = (self._ref(element.get("sourceRef")), self._ref(element.get("targetRef")))
        points = self.edges.get(element.get("id") or "", [])
        id_ = self._id(element, "message_flow")
        self.made.message_flows.append(
            Artifact(id_, "messageFlow", element.get("name") or "", line, ends, points=points)
        )

    def _process(self, element: etree._Element) -> Scope:
        said = vendors.said(element)
        said["given"] = element.get("id") or ""
        said["own"] = vendors.own(element)
        flag = element.get("isExecutable")
        scope = Scope(self._id(element, "process"), element.get("name") or "", docs=docs(element), said=said)
        scope.line = self.ledger.line("process", element.get("id") or "", element.get("name") or "", is_node=False)
        scope.executable = None if flag is None else flag == "true"
        self._inside(element, scope, 0)
        return scope

    def _inside(self, element: etree._Element, scope: Scope, depth: int) -> None:
        known = self.by_scope.setdefault(id(scope), {})
        for child in element:
            kind = kind_of(child)
            if kind in NODES:
                node = self._node(child, kind, scope, depth)
                known.setdefault(child.get("id") or "", node)
                self.everywhere.setdefault(child.get("id") or "", node)
            elif kind == "sequenceFlow":
                self.seen.add(child)
                self.pending.append((scope, child))
            elif kind == "laneSet":
                scope.lanes += [self._lane(lane) for lane in child.iterfind(f"{{{BPMN}}}lane")]
            elif kind in ARTIFACTS or kind == "association":
                self._artifact(child, kind, scope)
            elif kind and kind not in _SILENT:
                line = self.ledger.line(kind, child.get("id") or "", child.get("name") or "", is_node=False)
                line.left_out("unknown_kind")

    def _node(self, element: etree._Element, kind: str, scope: Scope, depth: int) -> Node:
        self.seen.add(element)
        name = " ".join((element.get("name") or "").split())
        line = self.ledger.line(kind, element.get("id") or "", name)
        node = Node(self._id(element, kind, line), kind, name, scope, line, docs=docs(element))
        node.box, node.expanded = self._shape(element)
        scope.nodes.append(node)
        node.said = {**vendors.said(element), "own": vendors.own(element), "element": element.get("id") or ""}
        node.said["default"] = element.get("default") or ""
        node.compensates = element.get("isForCompensation") == "true"
        if kind in EVENTS:
            self._event(element, node)
        if kind in ACTIVITIES:
            self._activity(element, node, depth)
        _data(element, node, self.ledger, scope, self)
        return node

    def _event(self, element: etree._Element, node: Node) -> None:
        node.events = [
            self._definition(child) for child in element if (kind_of(child) or "").endswith("EventDefinition")
        ]
        for reference in element.iterfind(f"{{{BPMN}}}eventDefinitionRef"):
            defined = self.names.get(("definition", local((reference.text or "").strip())))
            if defined is not None:
                node.events.append(self._definition(defined))
        node.attached_to = element.get("attachedToRef") or ""
        node.interrupting = element.get("cancelActivity", element.get("isInterrupting", "true")) != "false"
        node.parallel_multiple = element.get("parallelMultiple") == "true"

    def _definition(self, element: etree._Element) -> Event:
        kind = (kind_of(element) or "").removesuffix("EventDefinition")
        event = Event(kind)
        if kind == "timer":
            for timer in ("date", "duration", "cycle"):
                text = element.findtext(f"{{{BPMN}}}time{timer.capitalize()}")
                if text is not None:
                    event.text, event.timer = text.strip(), timer
                    break
        elif kind == "conditional":
            event.text = (element.findtext(f"{{{BPMN}}}condition") or "").strip()
        elif kind == "link":
            event.name = element.get("name") or ""
            event.ref = (element.findtext(f"{{{BPMN}}}target") or "").strip()
        else:
            event.ref = element.get(f"{kind}Ref") or element.get(f"{kind}Code") or ""
            named = self.names.get((kind, local(event.ref)))
            event.name = (named.get("name") or "") if named is not None else ""
            event.text = (named.get(f"{kind}Code") or "") if named is not None else ""
            if event.ref and named is None:
                event.timer = "dangling"
        return event

    def _activity(self, element: etree._Element, node: Node, depth: int) -> None:
        node.loop = loop(element)
        node.called = local(element.get("calledElement") or node.said.get("called") or "")
        node.script = (element.findtext(f"{{{BPMN}}}script") or node.said.get("script_expression") or "").strip()
        node.script_language = element.get("scriptFormat") or ""
        node.instantiates = element.get("instantiate") == "true"
        if node.kind in ("sendTask", "receiveTask"):
            reference = element.get("messageRef") or ""
            named = self.names.get(("message", local(reference)))
            event = Event("message", reference, (named.get("name") or "") if named is not None else "")
            event.timer = "dangling" if reference and named is None else ""
            node.events = [event]
        if node.kind in SUBPROCESSES:
            node.triggered = element.get("triggeredByEvent") == "true"
            node.inside = Scope(node.id, node.name, owner=node)
            if depth < DEEPEST:
                self._inside(element, node.inside, depth + 1)

    def _lane(self, element: etree._Element) -> Lane:
        line = self.ledger.line("lane", element.get("id") or "", element.get("name") or "", is_node=False)
        lane = Lane(self._id(element, "lane"), " ".join((element.get("name") or "").split()), line)
        lane.box = self._shape(element)[0]
        lane.refs = [(ref.text or "").strip() for ref in element.iterfind(f"{{{BPMN}}}flowNodeRef")]
        lane.inside = [self._lane(child) for child in element.iterfind(f"{{{BPMN}}}childLaneSet/{{{BPMN}}}lane")]
        return lane

    def _artifact(self, element: etree._Element, kind: str, scope: Scope) -> None:
        text = element.findtext(f"{{{BPMN}}}text") or ""
        name = element.get("name") or " ".join(text.split())[:80]
        if kind == "dataStoreReference" and not name:
            stored = self.names.get(("store", local(element.get("dataStoreRef") or "")))
            name = (stored.get("name") or "") if stored is not None else ""
        line = self.ledger.line(kind, element.get("id") or "", name, is_node=False)
        ends = (self._ref(element.get("sourceRef")), self._ref(element.get("targetRef")))
        made = Artifact(self._id(element, kind), kind, name, line, ends, text=text)
        made.box = self._shape(element)[0]
        made.points = self.edges.get(element.get("id") or "", [])
        scope.artifacts.append(made)

    def _flow(self, element: etree._Element, scope: Scope) -> None:
        given = element.get("id") or ""
        line = self.ledger.line("sequenceFlow", given, element.get("name") or "")
        points = self.edges.get(given, [])
        source = self._end(element, "source", scope, points[:1], line)
        target = self._end(element, "target", scope, points[-1:], line)
        if source is None or target is None:
            line.left_out(
                "flow_nowhere", source=element.get("sourceRef") or "?", target=element.get("targetRef") or "?"
            )
            return
        if not given:
            line.changed("flow_id")
        flow = Flow(self._id(element, "flow", line), element.get("name") or "", source, target, line, points=points)
        text = element.find(f"{{{BPMN}}}conditionExpression")
        if text is not None:
            flow.condition, flow.language = text_in(text).strip(), text.get("language") or ""
        flow.default = bool(given) and source.said["default"] == given
        flow.docs = docs(element)
        source.scope.flows.append(flow)

    def _end(self, element: etree._Element, side: str, scope: Scope, points: list[Point], line: Line) -> Node | None:
        """The node at one end of a line: as it says, as the nodes say, or as the picture shows."""
        reference = element.get(f"{side}Ref") or ""
        known = self.by_scope[id(scope)]
        for name in (reference, local(reference)):
            if name and (name in known or name in self.everywhere):
                return known.get(name) or self.everywhere[name]
        given = element.get("id") or ""
        word = "outgoing" if side == "source" else "incoming"
        for node in scope.nodes:
            if given and given in node.said.get(word, ()):
                line.changed("flow_end_by_node", node=node.title)
                return node
        for node in scope.nodes:
            if points and node.box is not None and node.box.holds(points[0], NEAR):
                line.changed("flow_end_by_picture", node=node.title)
                return node
        return None

    def _attach(self, scope: Scope) -> None:
        for node in scope.nodes:
            if node.kind != "boundaryEvent":
                continue
            reference = local(node.attached_to)
            node.attached = self.by_scope[id(scope)].get(reference)
            if node.attached is None and node.box is not None:
                middle = node.box.middle
                near = (n for n in scope.nodes if n.kind in ACTIVITIES and n.box and n.box.holds(middle, NEAR))
                node.attached = next(near, None)
                if node.attached is not None:
                    node.line.changed("attached_by_picture", node=node.attached.title)

    def _fill(self, lane: Lane, scope: Scope) -> None:
        """The nodes of a lane: those it names; where it names none, those that stand in it."""
        for inner in lane.inside:
            self._fill(inner, scope)
        known = {n.said["element"]: n for inside in scope.walk() for n in inside.nodes}
        lane.nodes = [known[local(ref)] for ref in lane.refs if local(ref) in known]
        if not lane.nodes and not lane.inside and lane.box is not None:
            lane.nodes = [n for n in scope.nodes if n.box is not None and lane.box.holds(n.box.middle)]

    def _strays(self) -> None:
        """Nodes and lines that stand where none may stand are told of, not overlooked."""
        for element in self.root.iter():
            kind = kind_of(element)
            if (kind in NODES or kind == "sequenceFlow") and element not in self.seen:
                line = self.ledger.line(kind or "", element.get("id") or "", element.get("name") or "")
                line.left_out("misplaced")

    def _id(self, element: etree._Element, kind: str, line: Line | None = None) -> str:
        """An id that is legal, free, and usable in expressions where a station's result is asked for."""
        given = (element.get("id") or "").strip()
        legal = len(given) <= LONGEST_ID and bool(_LEGAL.fullmatch(given)) and given.lower() not in RESERVED
        legal = legal and not any(part in given for part in RESERVED_PARTS)
        if kind in ACTIVITIES:
            legal = legal and bool(_STATION.fullmatch(given))
        if legal and given not in self.made.ids:
            self.made.ids.add(given)
            return given
        made = self.made.fresh(given if given.lower() not in RESERVED else f"{given}_{kind}" if given else kind)
        if line is not None and given:
            # An id that only has signs in it which no expression can name says nothing to the analyst.
            fate = (
                Fate.KEPT if not legal and _LEGAL.fullmatch(given) and given.lower() not in RESERVED else Fate.CHANGED
            )
            line.note(fate, "id_twice" if legal else "id_changed", was=given, now=made)
        elif line is not None and line.kind != "sequenceFlow":
            line.changed("id_missing", now=made)
        return made

    def _ref(self, reference: str | None) -> str:
        return local(reference or "")

    def _shape(self, element: etree._Element) -> tuple[Box | None, bool]:
        return self.shapes.get(element.get("id") or "", (None, True))


_SILENT = frozenset(
    ("documentation", "extensionElements", "ioSpecification", "property", "auditing", "monitoring", "supports")
)
_SILENT |= {"incoming", "outgoing", "resourceRole", "performer", "humanPerformer", "potentialOwner", "ioBinding"}
_SILENT |= {"correlationSubscription", "artifact", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics"}
_SILENT |= {"completionCondition", "dataInputAssociation", "dataOutputAssociation", "category", "script", "text"}
_SILENT |= {"rendering"}


def _data(element: etree._Element, node: Node, ledger: Ledger, scope: Scope, reader: _Reader) -> None:
    """The lines from and to data, and which flows the node itself names."""
    for word in ("incoming", "outgoing"):
        node.said[word] = {local(child.text or "") for child in element.iterfind(f"{{{BPMN}}}{word}")}
    if element.find(f"{{{BPMN}}}ioSpecification") is not None or element.find(f"{{{BPMN}}}property") is not None:
        node.said["io"] = True
    for kind in ("dataInputAssociation", "dataOutputAssociation"):
        for association in element.iterfind(f"{{{BPMN}}}{kind}"):
            line = ledger.line(kind, association.get("id") or "", "", is_node=False)
            side = "sourceRef" if kind == "dataInputAssociation" else "targetRef"
            other = local(association.findtext(f"{{{BPMN}}}{side}") or "")
            own = element.get("id") or ""
            ends = (other, own) if side == "sourceRef" else (own, other)
            points = reader.edges.get(association.get("id") or "", [])
            made = Artifact(reader._id(association, "association"), "dataAssociation", "", line, ends, points=points)
            scope.artifacts.append(made)
