"""From XML to `Process` values: one tolerant walk over a checked document.

The reader keeps every node and flow that it finds and says of each element it can't run why not. It gives ids to
sequence flows that have none; SpiffWorkflow would drop those without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from app.workflow.engine.model import MANUAL, RUNNABLE, SCOPES, Event, Flow, Loop, Node, Process
from app.workflow.engine.stations import Step
from app.workflow.engine.steps import credit_child, labels, read_customs, read_starters, read_step
from app.workflow.engine.texts import Findings
from app.workflow.engine.timers import read_timer
from app.workflow.engine.values import Texts
from app.workflow.engine.xmlgate import BPMN

FORBIDDEN = {"adHocSubProcess": "forbidden_ad_hoc", "complexGateway": "forbidden_complex_gateway"}
# What may stand in a process beside nodes and lines: notes, data and resources that the engine leaves alone.
DRAWN_ONLY = frozenset({"documentation", "extensionElements", "laneSet", "textAnnotation", "association", "group"})
_PLAIN_NAME = re.compile(r"(?:[$#]\{)?\s*([^\W\d]\w*)\s*\}?")
DRAWN_ONLY |= {
    "dataObject",
    "dataObjectReference",
    "property",
    "ioSpecification",
    "ioBinding",
    "auditing",
    "monitoring",
}
DRAWN_ONLY |= {"correlationSubscription", "resourceRole", "performer", "humanPerformer", "potentialOwner", "supports"}
DRAWN_ONLY |= {"category", "incoming", "outgoing", "dataInputAssociation", "dataOutputAssociation"}
DRAWN_ONLY |= {"standardLoopCharacteristics", "multiInstanceLoopCharacteristics"}
DATA_STORES = frozenset({"dataStoreReference", "dataStore"})


@dataclass
class Document:
    """What one file holds. `processes` includes the insides of embedded sub-processes."""

    processes: list[Process] = field(default_factory=list)
    steps: dict[str, Step] = field(default_factory=dict)


def read(root: etree._Element, findings: Findings) -> Document:
    """Every process of a BPMN document; what can't be run becomes a finding."""
    document = Document()
    names = References(root)
    for element in root.iterfind(f"{{{BPMN}}}process"):
        _Reader(document, names, findings).process(element)
    if not document.processes:
        findings.error("no_process")
    return document


class References:
    """Names and codes that events refer to by id."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root

    @cached_property
    def _known(self) -> dict[str, dict[str, str]]:
        words = {"message": "name", "signal": "name", "error": "errorCode", "escalation": "escalationCode"}
        return {
            tag: {
                str(element.get("id")): str(element.get(word) or element.get("name") or element.get("id"))
                for element in self._root.iterfind(f"{{{BPMN}}}{tag}")
            }
            for tag, word in words.items()
        }

    def resolve(self, tag: str, reference: str) -> str | None:
        known = self._known[tag]
        return known.get(reference) or known.get(reference.rpartition(":")[2])


class _Reader:
    """Reads one process and, by calling itself, the sub-processes inside it."""

    def __init__(self, document: Document, names: References, findings: Findings) -> None:
        self.document, self.names, self.findings = document, names, findings

    def process(self, element: etree._Element, parent: str | None = None, lane: Texts | None = None) -> None:
        process_id = element.get("id")
        if not process_id:
            self.findings.error("process_without_id")
            return
        self.findings.named[process_id] = labels(element)
        lanes = _lanes(element)
        nodes = [
            node
            for child in element
            if (node := self._child(child, process_id, lanes.get(child.get("id", ""), lane))) is not None
        ]
        process = Process(
            id=process_id,
            name=labels(element),
            file=self.findings.file,
            executable=element.get("isExecutable", "true") == "true",
            nodes=tuple(nodes),
            flows=self._flows(element),
            parent=parent,
            customs=read_customs(element, self.findings),
            administrator=_process_setting(element, "administrator"),
            starters=read_starters(element, self.findings),
        )
        self.document.processes.append(process)

    def _child(self, element: etree._Element, process_id: str, lane: Texts | None) -> Node | None:
        kind = _tag(element)
        if kind is None or kind in DRAWN_ONLY or kind == "sequenceFlow":
            return None
        node_id = element.get("id")
        if kind in DATA_STORES:
            self.findings.error("forbidden_data_store", node_id)
            return None
        if kind not in RUNNABLE and kind not in FORBIDDEN:
            self.findings.error("unknown_element", node_id, kind=kind, line=element.sourceline)
            return None
        if not node_id:
            self.findings.error("node_without_id", None, kind=kind, line=element.sourceline)
            return None
        self.findings.named[node_id] = labels(element)
        return self._node(element, node_id, kind, process_id, lane)

    def _node(self, element: etree._Element, node_id: str, kind: str, process_id: str, lane: Texts | None) -> Node:
        if kind in FORBIDDEN:
            self.findings.error(FORBIDDEN[kind], node_id)
        if kind in SCOPES:
            if element.get("triggeredByEvent") == "true":
                self.findings.error("forbidden_event_subprocess", node_id)
            self.process(element, parent=process_id, lane=lane)
        if kind in MANUAL:
            self.document.steps[node_id] = read_step(element, process_id, lane, self.findings)
        decision, service = credit_child(element, "decision"), credit_child(element, "service")
        end = credit_child(element, "end")
        return Node(
            id=node_id,
            kind=kind,
            name=labels(element),
            lane=lane,
            event=self._event(element, node_id, kind),
            attached_to=element.get("attachedToRef") if kind == "boundaryEvent" else None,
            interrupting=element.get("cancelActivity", "true") == "true",
            script=_text(element, "script"),
            delegate=service.get("delegate") if service is not None else None,
            is_async=service is not None and service.get("async") == "true",
            decision=decision.get("ref") if decision is not None else None,
            result=decision.get("result") if decision is not None else None,
            called=element.get("calledElement"),
            loop=self._loop(element, node_id),
            status=end.get("status") if end is not None else None,
            outside=service is not None and service.get("outside") == "true",
            compensation=service.get("compensation") if service is not None else None,
        )

    def _event(self, element: etree._Element, node_id: str, kind: str) -> Event | None:
        config = credit_child(element, "timer")
        event = self._happens(element, config, node_id, kind)
        if config is not None and (event is None or event.kind != "timer"):
            self.findings.error("timer_misplaced", node_id)
        return event

    def _happens(self, element: etree._Element, config: etree._Element | None, node_id: str, kind: str) -> Event | None:
        if kind in ("sendTask", "receiveTask"):
            reference = element.get("messageRef")
            return Event("message", self._named("message", reference, node_id) if reference else node_id)
        if not kind.endswith("Event"):
            return None
        definitions = [child for child in element if (_tag(child) or "").endswith("EventDefinition")]
        if len(definitions) > 1:
            return Event("multiple")
        return self._definition(definitions[0], config, node_id) if definitions else Event()

    def _definition(self, element: etree._Element, config: etree._Element | None, node_id: str) -> Event:
        kind = (_tag(element) or "").removesuffix("EventDefinition")
        if kind == "timer":
            return read_timer(element, config, node_id, self.findings)
        if kind == "conditional":
            return Event(kind, _text(element, "condition"))
        reference = element.get(f"{kind}Ref")
        return Event(kind, self._named(kind, reference, node_id) if reference else None)

    def _named(self, tag: str, reference: str, node_id: str) -> str:
        name = self.names.resolve(tag, reference)
        if name is None:
            self.findings.error("reference_dangling", node_id, reference=reference)
        return name or reference

    def _loop(self, element: etree._Element, node_id: str) -> Loop | None:
        standard = element.find(f"{{{BPMN}}}standardLoopCharacteristics")
        if standard is not None:
            maximum = standard.get("loopMaximum")
            return Loop(
                kind="standard",
                condition=_text(standard, "loopCondition"),
                maximum=int(maximum) if maximum and maximum.isdigit() else None,
                test_before=standard.get("testBefore") == "true",
            )
        many = element.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
        if many is None:
            return None
        return Loop(
            kind="sequential" if many.get("isSequential") == "true" else "parallel",
            cardinality=_text(many, "loopCardinality"),
            collection=_text(many, "loopDataInputRef") or _vendors(many, "collection"),
            item=_item(many, "inputDataItem") or _vendors(many, "elementVariable"),
            output=_text(many, "loopDataOutputRef"),
            output_item=_item(many, "outputDataItem"),
            condition=_text(many, "completionCondition"),
        )

    def _flows(self, element: etree._Element) -> tuple[Flow, ...]:
        defaults = {child.get("default") for child in element if child.get("default")}
        flows, taken = [], set()
        for number, flow in enumerate(element.iterfind(f"{{{BPMN}}}sequenceFlow"), start=1):
            source, target = flow.get("sourceRef", ""), flow.get("targetRef", "")
            flow_id = flow.get("id") or f"flow_{number}_{source}_{target}"
            if not source or not target or flow_id in taken:
                self.findings.error("flow_dangling", flow_id, source=source or "?", target=target or "?")
                continue
            taken.add(flow_id)
            condition = _text(flow, "conditionExpression")
            name = labels(flow, fallback=flow_id)
            self.findings.named[flow_id] = name
            flows.append(Flow(flow_id, source, target, name, condition, flow_id in defaults))
        return tuple(flows)


def _process_setting(element: etree._Element, name: str) -> str | None:
    settings = credit_child(element, "process")
    return (settings.get(name) or None) if settings is not None else None


def _tag(element: etree._Element) -> str | None:
    """The local name of a BPMN element; None for other namespaces, which are tolerated and left alone."""
    name = etree.QName(element)
    return name.localname if name.namespace == BPMN else None


def _text(element: etree._Element, name: str) -> str | None:
    child = element.find(f"{{{BPMN}}}{name}")
    return (child.text or "").strip() or None if child is not None else None


def _item(element: etree._Element, name: str) -> str | None:
    child = element.find(f"{{{BPMN}}}{name}")
    return None if child is None else child.get("name") or child.get("id")


def _lanes(process: etree._Element) -> Mapping[str, Texts]:
    """Lane of each node; of nested lanes the innermost, which stands later in the document, wins."""
    found: dict[str, Texts] = {}
    for lane in process.iterfind(f"{{{BPMN}}}laneSet//{{{BPMN}}}lane"):
        for reference in lane.iterfind(f"{{{BPMN}}}flowNodeRef"):
            found[(reference.text or "").strip()] = labels(lane)
    return found


def _vendors(many: etree._Element, name: str) -> str | None:
    """The same said in the words of other engines (`camunda:collection="${people}"`), as long as it is a plain name."""
    said = next((str(value) for key, value in many.attrib.items() if etree.QName(key).localname == name), "")
    match = _PLAIN_NAME.fullmatch(said.strip())
    return match.group(1) if match else None
