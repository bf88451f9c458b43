"""From `Process` values to runnable specs, node by node and flow by flow.

SpiffWorkflow's own parser is not used to build: it recurses along paths, hangs on a dangling data object and drops
what it doesn't reach. Here every node and every flow becomes exactly one spec and one connection, or the build fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import (
    CancelEventDefinition,
    NoneEventDefinition,
    TerminateEventDefinition,
)
from SpiffWorkflow.specs.base import TaskSpec

from app.workflow.engine import specs
from app.workflow.engine.events import Clock, Message, RepeatingClock
from app.workflow.engine.model import Event, Flow, Node, Process
from app.workflow.engine.repeating import ForEach, Repeated, While

SPLIT = ".BoundaryEventSplit"
JOIN = ".BoundaryEventJoin"
CHILD = " [child]"


def build(processes: Iterable[Process]) -> Mapping[str, specs.ProcessSpec]:
    """Runnable specs by process id. Raises KeyError for a flow or a boundary event that leads nowhere."""
    return {process.id: _Builder(process).spec for process in processes}


class _Builder:
    """Builds one process."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.spec = specs.ProcessSpec(process.id)
        for node in process.nodes:
            self._frame(node, self._plain(node, node.id + (CHILD if node.loop else "")))
        for node in process.nodes:
            if node.id in process.boundary:
                self._group(node)
        for flow in process.flows:
            self._connect(flow)

    def _plain(self, node: Node, name: str) -> TaskSpec:
        spec = _PLAIN[node.kind](self.spec, node, name)
        spec.bpmn_id = node.id
        if node.kind == "startEvent":
            self.spec.start.connect(spec)
        return spec

    def _frame(self, node: Node, plain: TaskSpec) -> None:
        """Put a repeated activity into its frame."""
        if node.loop is None:
            return
        kind: type[Repeated] = While if node.loop.kind == "standard" else ForEach
        frame = kind(self.spec, node.id, node.loop, plain.name)
        frame.bpmn_id = node.id
        plain.inputs = [frame]
        # An instance is a visit of its own only in its frame, so it is not noted as passed.
        plain.completed_event.connect(frame.instance_done)

    def _group(self, node: Node) -> None:
        """Put an activity and its boundary events between a split and a join."""
        split = specs.BoundarySplit(self.spec, node.id + SPLIT)
        join = specs.BoundaryJoin(self.spec, node.id + JOIN, split_task=split.name, cancel=True)
        for member in (node, *self.process.boundary[node.id]):
            spec = self.spec.task_specs[member.id]
            split.connect(spec)
            spec.connect(join)

    def _connect(self, flow: Flow) -> None:
        source = self.spec.task_specs[flow.source]
        target = self.spec.task_specs[flow.target]
        target = self.spec.task_specs.get(flow.target + SPLIT, target)
        if isinstance(source, specs.Chooses) and flow.condition is not None and not flow.default:
            source.connect_if_text(flow.condition, flow.id, target)
        else:
            source.connect(target)


def definition_of(event: Event | None, name: str, repeats: bool = False) -> EventDefinition:
    """What an event waits for or throws. `repeats`: a side clock, which may ring again and again."""
    if event is None or event.kind == "none":
        return NoneEventDefinition()
    if event.kind == "timer":
        clock = RepeatingClock if repeats and event.timer == "cycle" else Clock
        return clock(name, event.value or "", event.working)
    value = event.value or name
    return _EVENTS[event.kind](value, event.value)


_EVENTS: dict[str, Callable[[str, str | None], EventDefinition]] = {
    "message": lambda name, _: Message(name),
    "signal": lambda name, _: SignalEventDefinition(name),
    "error": lambda name, code: ErrorEventDefinition(name, code),
    "escalation": lambda name, code: EscalationEventDefinition(name, code),
    "terminate": lambda *_: TerminateEventDefinition(),
    "cancel": lambda *_: CancelEventDefinition(),
    "conditional": lambda name, _: ConditionalEventDefinition(name),
}

_Make = Callable[[specs.ProcessSpec, Node, str], TaskSpec]


def _event(kind: type[TaskSpec]) -> _Make:
    return lambda wf, node, name: kind(wf, name, event_definition=definition_of(node.event, node.id))


def _boundary(wf: specs.ProcessSpec, node: Node, name: str) -> TaskSpec:
    definition = definition_of(node.event, node.id, repeats=not node.interrupting)
    return specs.Boundary(wf, name, event_definition=definition, cancel_activity=node.interrupting)


def _inside(kind: type[TaskSpec]) -> _Make:
    return lambda wf, node, name: kind(wf, name, subworkflow_spec=node.called or node.id)


def _bare(kind: type[TaskSpec]) -> _Make:
    return lambda wf, node, name: kind(wf, name)


_PLAIN: dict[str, _Make] = {
    "startEvent": _event(specs.StartEvent),
    "endEvent": _event(specs.EndEvent),
    "intermediateCatchEvent": _event(specs.Catch),
    "receiveTask": _event(specs.Catch),
    "intermediateThrowEvent": _event(specs.Throw),
    "sendTask": _event(specs.Throw),
    "boundaryEvent": _boundary,
    "userTask": _bare(specs.UserTask),
    "manualTask": _bare(specs.UserTask),
    "task": _bare(specs.UserTask),
    "scriptTask": lambda wf, node, name: specs.ScriptTask(wf, name, node.script or ""),
    "serviceTask": lambda wf, node, name: specs.ServiceTask(wf, name, node.delegate or "", node.is_async),
    "businessRuleTask": lambda wf, node, name: specs.DecisionTask(wf, name, node.decision or "", node.result or ""),
    "subProcess": _inside(specs.SubProcess),
    "transaction": _inside(specs.Transaction),
    "callActivity": _inside(specs.CallActivity),
    "exclusiveGateway": _bare(specs.Exclusive),
    "parallelGateway": _bare(specs.Parallel),
    "inclusiveGateway": _bare(specs.Inclusive),
    "eventBasedGateway": lambda wf, node, name: specs.EventGateway(
        wf, name, event_definition=MultipleEventDefinition()
    ),
}
