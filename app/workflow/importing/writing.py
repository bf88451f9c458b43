"""The diagram written anew as BPMN 2.0 with our own properties: in the order of the schema, with every id once, and a picture."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from app.workflow.importing.gate import BPMN, DC, DD, DI
from app.workflow.importing.interchange import draw
from app.workflow.importing.ledger import Ledger
from app.workflow.importing.model import ACTIVITIES, Artifact, Diagram, Event, Flow, Lane, Loop, Node, Point, Scope
from app.workflow.importing.picture import settle
from app.workflow.importing.vendors import CREDIT

XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMESPACES = {"bpmn": BPMN, "bpmndi": DI, "dc": DC, "di": DD, "xsi": XSI, "credit": CREDIT}
_DEFINED = ("message", "signal", "error", "escalation")
_NOTES = {"dataStoreReference": "textAnnotation", "dataStore": "textAnnotation"}


def write(diagram: Diagram, ledger: Ledger) -> bytes:
    """The file. Every line of the ledger that is in it learns under which id."""
    return _Writer(diagram, ledger).document()


class _Writer:
    """Writes one diagram."""

    def __init__(self, diagram: Diagram, ledger: Ledger) -> None:
        self.diagram, self.ledger = diagram, ledger
        self.root = etree.Element(f"{{{BPMN}}}definitions", nsmap=NAMESPACES)
        self.root.set("id", diagram.fresh(diagram.id))
        self.root.set("targetNamespace", "urn:creditflow:imported")
        if diagram.name:
            self.root.set("name", diagram.name)
        self.defined: dict[tuple[str, str], str] = {}
        self.places: dict[str, str] = {}  # what an id of the file that came in is called now
        self.edges: list[tuple[str, list[Point]]] = []

    def document(self) -> bytes:
        sheets = settle(self.diagram, self.ledger)
        self._learn()
        self._definitions()
        self._collaboration()
        for process in self.diagram.processes:
            self._process(process)
        draw(self.root, self.diagram, self.edges, sheets)
        etree.indent(self.root)
        return etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")

    def _learn(self) -> None:
        for pool in self.diagram.pools:
            self.places[pool.line.element] = pool.id
        for scope in self.diagram.scopes:
            for node in scope.nodes:
                self.places.setdefault(str(node.said.get("element")), node.id)
            for note in scope.artifacts:
                self.places.setdefault(note.line.element, note.id)
            for flow in scope.flows:
                self.places.setdefault(flow.line.element, flow.id)

    def _definitions(self) -> None:
        """Messages, signals, errors and escalations: one for each name."""
        for scope in self.diagram.scopes:
            for node in scope.nodes:
                for event in node.events:
                    name = event.name or event.text or event.ref
                    if event.kind in _DEFINED and name and (event.kind, name) not in self.defined:
                        self._define(event, name)

    def _define(self, event: Event, name: str) -> None:
        id_ = self.diagram.fresh(f"{event.kind}_{name}")
        self.defined[event.kind, name] = id_
        element = self._add(self.root, event.kind, id=id_, name=name)
        if event.kind in ("error", "escalation"):
            element.set(f"{event.kind}Code", event.text or name)

    def _collaboration(self) -> None:
        if not self.diagram.pools:
            for flow in self.diagram.message_flows:
                flow.line.left_out("message_flow_loose")
            return
        element = self._add(self.root, "collaboration", id=self.diagram.fresh("collaboration"))
        for pool in self.diagram.pools:
            pool.line.out = pool.id
            drawn = self._add(element, "participant", id=pool.id, name=pool.name)
            if pool.scope is not None:
                drawn.set("processRef", pool.scope.id)
        for flow in self.diagram.message_flows:
            source, target = (self.places.get(end) for end in flow.ends)
            if source is None or target is None:
                flow.line.left_out("message_flow_loose")
                continue
            flow.line.out = flow.id
            self._add(element, "messageFlow", id=flow.id, name=flow.name, sourceRef=source, targetRef=target)
            self.edges.append((flow.id, flow.points or self._straight(source, target)))

    def _process(self, scope: Scope) -> None:
        element = self._add(self.root, "process", id=scope.id, name=scope.name)
        element.set("isExecutable", "true" if scope.executable else "false")
        if scope.line is not None:
            scope.line.out = scope.id
        self._head(element, scope.docs, scope.said.get("own") or [])
        self._contents(element, scope)

    def _contents(self, element: etree._Element, scope: Scope) -> None:
        if scope.lanes:
            lanes = self._add(element, "laneSet", id=self.diagram.fresh(f"lanes_{scope.id}"))
            placed: set[int] = set()
            for lane in scope.lanes:
                self._lane(lanes, lane, scope, placed)
        for node in scope.nodes:
            self._node(element, node)
        for flow in scope.flows:
            self._flow(element, flow)
        notes = [note for note in scope.artifacts if note.kind not in ("association", "dataAssociation")]
        data = [note for note in notes if note.kind in ("dataObject", "dataObjectReference")]
        for note in [*data, *(note for note in notes if note not in data)]:
            self._note(element, note)
        for line in scope.artifacts:
            if line not in notes:
                self._association(element, line)

    def _lane(self, parent: etree._Element, lane: Lane, scope: Scope, placed: set[int]) -> None:
        lane.line.out = lane.id
        element = self._add(parent, "lane", id=lane.id, name=lane.name)
        for node in lane.nodes:
            if node.scope is scope and id(node) not in placed:
                placed.add(id(node))
                self._add(element, "flowNodeRef").text = node.id
        if lane.inside:
            inner = self._add(element, "childLaneSet", id=self.diagram.fresh(f"lanes_{lane.id}"))
            for child in lane.inside:
                self._lane(inner, child, scope, placed)

    def _node(self, parent: etree._Element, node: Node) -> None:
        node.line.out = node.id
        element = self._add(parent, node.kind, id=node.id, name=node.name)
        self._attributes(element, node)
        self._head(element, node.docs, self._ours(node))
        for flow in node.incoming:
            self._add(element, "incoming").text = flow.id
        for flow in node.outgoing:
            self._add(element, "outgoing").text = flow.id
        if node.loop is not None and node.kind in ACTIVITIES:
            self._loop(element, node.loop)
        if node.kind == "scriptTask" and node.script:
            self._add(element, "script").text = node.script
        if node.inside is not None:
            self._contents(element, node.inside)
        if node.kind.endswith("Event"):
            for event in node.events:
                self._event(element, event)

    def _attributes(self, element: etree._Element, node: Node) -> None:
        default = next((flow.id for flow in node.outgoing if flow.default), None)
        if default is not None and (node.kind.endswith("Gateway") or node.kind in ACTIVITIES):
            element.set("default", default)
        if node.attached is not None:
            element.set("attachedToRef", node.attached.id)
            element.set("cancelActivity", "true" if node.interrupting else "false")
        if node.kind == "callActivity" and node.called:
            element.set("calledElement", node.called)
        if node.kind in ("sendTask", "receiveTask") and node.events:
            reference = self._reference(node.events[0])
            if reference:
                element.set("messageRef", reference)

    def _ours(self, node: Node) -> list[etree._Element]:
        """Our own properties of a node."""
        own = list(node.said.get("own") or [])
        if own:
            return own
        made = []
        if node.kind in ("userTask", "manualTask"):
            made = [self._step(node)]
        elif node.delegate:
            made = [_ours("service", delegate=node.delegate)]
        elif node.decision:
            made = [_ours("decision", ref=node.decision, result=node.result)]
        return [*_labels(node), *(element for element in made if element is not None)]

    def _step(self, node: Node) -> etree._Element | None:
        step = _ours("step", form=node.form, due=node.due)
        for rule, value in node.candidates:
            step.append(_ours("candidates", rule=rule, value=value))
        for outcome in node.outcomes:
            element = _ours("outcome", id=outcome.id, kind=outcome.kind)
            for language in ("zh_Hans", "zh_Hant", "en"):
                label = _ours("label", lang=language)
                label.text = outcome.label
                element.append(label)
            step.append(element)
        if node.vote:
            step.append(_ours("vote", **node.vote))
        return step if len(step) or step.attrib else None

    def _event(self, parent: etree._Element, event: Event) -> None:
        element = self._add(parent, f"{event.kind}EventDefinition", id=self.diagram.fresh(f"{event.kind}_definition"))
        if event.kind == "timer" and event.text:
            self._formal(element, f"time{(event.timer or 'duration').capitalize()}", event.text)
        elif event.kind == "conditional":
            self._formal(element, "condition", event.text or "false")
        elif event.kind == "link":
            element.set("name", event.name or "link")
        elif event.kind in _DEFINED:
            reference = self._reference(event)
            if reference:
                element.set(f"{event.kind}Ref", reference)

    def _reference(self, event: Event) -> str | None:
        return self.defined.get((event.kind, event.name or event.text or event.ref))

    def _formal(self, parent: etree._Element, name: str, text: str) -> None:
        element = self._add(parent, name)
        element.set(f"{{{XSI}}}type", "bpmn:tFormalExpression")
        element.text = text

    def _loop(self, parent: etree._Element, loop: Loop) -> None:
        if loop.kind == "standard":
            element = self._add(parent, "standardLoopCharacteristics")
            element.set("testBefore", "true" if loop.before else "false")
            if loop.maximum:
                element.set("loopMaximum", loop.maximum)
            if loop.condition:
                self._formal(element, "loopCondition", loop.condition)
            return
        element = self._add(parent, "multiInstanceLoopCharacteristics")
        element.set("isSequential", "true" if loop.kind == "sequential" else "false")
        if loop.cardinality:
            self._formal(element, "loopCardinality", loop.cardinality)
        elif loop.collection:
            self._add(element, "loopDataInputRef").text = loop.collection
            if loop.item:
                self._add(element, "inputDataItem", id=self.diagram.fresh(f"item_{loop.item}"), name=loop.item)
        if loop.condition:
            self._formal(element, "completionCondition", loop.condition)

    def _flow(self, parent: etree._Element, flow: Flow) -> None:
        flow.line.out = flow.id
        element = self._add(
            parent, "sequenceFlow", id=flow.id, name=flow.name, sourceRef=flow.source.id, targetRef=flow.target.id
        )
        self._head(element, flow.docs, [])
        if flow.condition and not flow.default:
            self._formal(element, "conditionExpression", flow.condition)
        self.edges.append((flow.id, flow.points))

    def _note(self, parent: etree._Element, note: Artifact) -> None:
        kind = _NOTES.get(note.kind, note.kind)
        note.line.out = note.id
        if kind == "dataObjectReference":
            held = self.diagram.fresh(f"{note.id}_object")
            self._add(parent, "dataObject", id=held)
            self._add(parent, kind, id=note.id, name=note.name, dataObjectRef=held)
            note.line.changed("data_drawn")
            return
        element = self._add(parent, kind, id=note.id)
        if kind == "dataObject":
            element.set("name", note.name)
            note.line.changed("data_drawn")
        if kind == "textAnnotation":
            self._add(element, "text").text = note.text.strip() or note.name
        if kind != note.kind:
            note.line.changed("data_store")

    def _association(self, parent: etree._Element, line: Artifact) -> None:
        source, target = (self.places.get(end) for end in line.ends)
        if source is None or target is None:
            line.line.left_out("association_loose")
            return
        line.line.out = line.id
        if line.kind == "dataAssociation":
            line.line.changed("data_line")
        self._add(parent, "association", id=line.id, sourceRef=source, targetRef=target)
        self.edges.append((line.id, line.points or self._straight(source, target)))

    def _head(self, element: etree._Element, docs: str, own: Iterable[etree._Element]) -> None:
        if docs:
            self._add(element, "documentation").text = docs
        children = list(own)
        if children:
            self._add(element, "extensionElements").extend(children)

    def _add(self, parent: etree._Element, kind: str, **attributes: str) -> etree._Element:
        element = etree.SubElement(parent, f"{{{BPMN}}}{kind}")
        for name, value in attributes.items():
            if value:
                element.set(name, value)
        return element

    def _straight(self, source: str, target: str) -> list[Point]:
        """A line between the middles of two things, as far as they stand somewhere."""
        boxes = {pool.id: pool.box for pool in self.diagram.pools}
        for scope in self.diagram.scopes:
            boxes.update((node.id, node.box) for node in scope.nodes)
            boxes.update((note.id, note.box) for note in scope.artifacts)
        ends = [boxes.get(end) for end in (source, target)]
        return [box.middle for box in ends if box is not None]


def _labels(node: Node) -> list[etree._Element]:
    """The name of an added node in the languages beside that of its `name`."""
    made = []
    for language in ("zh_Hans", "zh_Hant") if node.labels is not None else ():
        element = _ours("label", lang=language)
        element.text = (node.labels or {}).get(language)
        made.append(element)
    return made


def _ours(name: str, **attributes: str) -> etree._Element:
    element = etree.Element(f"{{{CREDIT}}}{name}", nsmap={"credit": CREDIT})
    for word, value in attributes.items():
        if value:
            element.set(word, value)
    return element
