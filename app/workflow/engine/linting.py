"""What can be wrong with one process as drawn: its nodes, its lines, and whether it can come to an end.

Each check is a function of the process; it names the element and says how to mend it. Soundness (branches that never
meet, tasks that would be done twice) is read off the net's concurrency relation instead of played through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from app.workflow.engine.model import ACTIVITIES, END, EVENTS, JOINS, MANUAL, SCOPES, START, Node, Process
from app.workflow.engine.net import Net
from app.workflow.engine.repeating import MOST
from app.workflow.engine.texts import Findings

MAX_NODES = 400
RESERVED = frozenset({"Start", "End", "Root"})
RESERVED_PARTS = (".BoundaryEvent", " [child]", ".EndJoin", "StartEventSplit", "StartEventJoin")
CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
WAITING = frozenset({"timer", "message", "signal", "conditional"})
CATCHERS = frozenset({"intermediateCatchEvent", "receiveTask"})


def executable(processes: Iterable[Process]) -> list[Process]:
    """The processes that are meant to run, with their insides; pools drawn for show are left out."""
    everything = list(processes)
    known = {process.id: process for process in everything}
    return [process for process in everything if _outermost(process, known).executable]


def _outermost(process: Process, known: Mapping[str, Process]) -> Process:
    while process.parent is not None:
        process = known[process.parent]
    return process


def lint(process: Process, findings: Findings) -> None:
    """All findings about `process` alone."""
    if not process.nodes:
        findings.error("process_empty", process.id)
        return
    if len(process.nodes) > MAX_NODES:
        findings.error("too_many_nodes", process.id, number=len(process.nodes), most=MAX_NODES)
        return
    if _lines(process, findings):
        for rule in _RULES:
            rule(process, findings)


def _lines(process: Process, findings: Findings) -> bool:
    """Whether all lines and boundary events hang on nodes of this process; the other checks need that."""
    known = process.by_id
    loose = [flow for flow in process.flows if flow.source not in known or flow.target not in known]
    for flow in loose:
        findings.error("flow_dangling", flow.id, source=flow.source, target=flow.target)
    unattached = [
        node
        for node in process.nodes
        if node.kind == "boundaryEvent"
        and (node.attached_to not in known or known[node.attached_to].kind not in ACTIVITIES)
    ]
    for node in unattached:
        findings.error("boundary_unattached", node.id)
    seen: set[tuple[str, str]] = set()
    for flow in process.flows:
        if (flow.source, flow.target) in seen:
            findings.error("flow_twice", flow.id, source=flow.source, target=flow.target)
        seen.add((flow.source, flow.target))
    return not loose and not unattached


def _ids(process: Process, findings: Findings) -> None:
    seen: set[str] = set()
    for node in process.nodes:
        if node.id in RESERVED or any(part in node.id for part in RESERVED_PARTS):
            findings.error("reserved_id", node.id)
        if node.id in seen:
            findings.error("element_duplicate", node.id, other=process.id)
        seen.add(node.id)


def _starts(process: Process, findings: Findings) -> None:
    starts = [node for node in process.nodes if node.kind == START]
    plain = [node for node in starts if node.event is None or node.event.kind == "none"]
    if not starts:
        findings.error("no_start", process.id)
    elif process.parent is not None and (len(starts) > 1 or not plain):
        findings.error("start_inside", process.id)
    elif len(plain) > 1:
        findings.error("starts_twice", process.id)
    for node in starts:
        if process.incoming[node.id]:
            findings.error("start_with_incoming", node.id)
        if node not in plain and node.event is not None and node.event.kind != "message":
            findings.error("event_misplaced", node.id, kind=node.event.kind)


def _ends(process: Process, findings: Findings) -> None:
    for node in process.nodes:
        ways = process.outgoing[node.id]
        if node.kind == END and ways:
            findings.error("end_with_outgoing", node.id)
        if node.kind != END and not ways:
            findings.error("dead_end", node.id)
        if len(ways) > 1 and node.kind in ACTIVITIES | EVENTS:
            findings.error("split_without_gateway", node.id, number=len(ways))
        if node.kind == "eventBasedGateway":
            _event_gateway(process, node, findings)


def _event_gateway(process: Process, gateway: Node, findings: Findings) -> None:
    for flow in process.outgoing[gateway.id]:
        target = process.by_id[flow.target]
        alone = len(process.incoming[target.id]) == 1 and target.id not in process.boundary and target.loop is None
        if target.kind not in CATCHERS or not alone:
            findings.error("event_gateway_target", gateway.id, target=target.id)


def _reachability(process: Process, findings: Findings) -> None:
    reachable = Net(process).reachable
    for node in process.nodes:
        if node.id not in reachable and any(other.kind == START for other in process.nodes):
            findings.error("unreachable", node.id)


def _conditions(process: Process, findings: Findings) -> None:
    for node in process.nodes:
        ways = process.outgoing[node.id]
        if node.kind not in CHOOSING:
            for flow in ways:
                if flow.condition is not None:
                    findings.error("flow_condition_elsewhere", flow.id, source=node.id)
            continue
        if len(ways) < 2:
            continue
        for flow in ways:
            if flow.condition is None and not flow.default:
                findings.error("flow_without_condition", flow.id)


def _soundness(process: Process, findings: Findings) -> None:
    """Branches that meet without a join, and joins that wait for branches that exclude each other."""
    net = Net(process)
    together = net.concurrent_by_gateways
    for node in process.nodes:
        sources = [flow.source for flow in process.incoming[node.id]]
        if node.kind in JOINS:
            arrivals = net.arrivals(node.id) if node.id in net.joins else ()
            if node.kind == "parallelGateway" and any(
                two not in together.get(one, ()) for one in arrivals for two in arrivals if one != two
            ):
                findings.error("join_never", node.id, sources=", ".join(sources))
        elif node.kind != END and any(
            other in together.get(source, ()) for source in sources for other in (*sources, node.id) if other != source
        ):
            findings.error("merge_without_gateway", node.id)


def _events(process: Process, findings: Findings) -> None:
    for node in process.nodes:
        if node.event is None:
            continue
        kind = node.event.kind
        if kind in ("link", "compensate", "multiple"):
            name = {"compensate": "compensation"}.get(kind, kind)
            findings.error(f"forbidden_{name}", node.id)
        elif node.kind in CATCHERS | {"boundaryEvent"}:
            _catcher(process, node, findings)
        elif kind in ("error", "escalation") and node.kind == END and process.parent is None:
            findings.error("event_nobody_catches", node.id, kind=kind, value=node.event.value or "")
        elif kind == "cancel" and node.kind != END:
            findings.error("event_misplaced", node.id, kind=kind)


def _catcher(process: Process, node: Node, findings: Findings) -> None:
    event = node.event
    if event is None or event.kind == "none":
        findings.error("event_missing", node.id)
        return
    inside = {"error", "escalation", "cancel"} if node.kind == "boundaryEvent" else set()
    host = process.by_id.get(node.attached_to or "")
    if event.kind not in WAITING | inside or (event.kind == "cancel" and (host is None or host.kind != "transaction")):
        findings.error("event_misplaced", node.id, kind=event.kind)
    if event.kind == "timer" and not event.value:
        findings.error("timer_missing", node.id)
    if event.kind == "conditional" and not event.value:
        findings.error("event_missing", node.id)


def _contents(process: Process, findings: Findings) -> None:
    for node in process.nodes:
        if node.kind == "scriptTask" and not node.script:
            findings.error("script_missing", node.id)
        if node.kind == "serviceTask" and not node.delegate:
            findings.error("delegate_missing", node.id)
        if node.kind == "businessRuleTask" and not node.decision:
            findings.error("decision_missing", node.id)
        if node.kind == "callActivity" and not node.called:
            findings.error("called_missing", node.id)
        if node.loop is not None:
            _repetition(node, findings)


def _repetition(node: Node, findings: Findings) -> None:
    loop = node.loop
    if loop is None:
        return
    if loop.kind == "standard":
        if loop.condition is None and loop.maximum is None:
            findings.error("loop_unbounded", node.id)
        return
    if loop.cardinality is None and loop.collection is None:
        findings.error("many_missing", node.id)
    if (loop.cardinality or "").isdigit() and int(loop.cardinality or "0") > MOST:
        findings.error("too_many_instances", node.id, element=node.id, number=loop.cardinality, most=MOST)


def _endless(process: Process, findings: Findings) -> None:
    """Loops in which nothing ever waits: they would turn until the step budget stops them. One that a choice can leave is only
    pointed out."""
    quick = {
        node.id
        for node in process.nodes
        if node.kind not in MANUAL | SCOPES | CATCHERS | {"callActivity", "eventBasedGateway", "boundaryEvent"}
    }
    choices = {i for i in quick if process.by_id[i].kind in CHOOSING and len(process.outgoing[i]) > 1}
    if forced := _circles(process, quick - choices):
        findings.error("loop_without_wait", min(forced))
    elif free := _circles(process, quick):
        findings.warning("loop_without_wait", min(free))


def _circles(process: Process, nodes: set[str]) -> set[str]:
    """Those of the nodes from which the way leads round among them for ever."""
    rest = set(nodes)
    while leaving := {i for i in rest if not any(flow.target in rest for flow in process.outgoing[i])}:
        rest -= leaving
    return rest


_RULES: tuple[Callable[[Process, Findings], None], ...] = (
    _ids,
    _starts,
    _ends,
    _reachability,
    _conditions,
    _soundness,
    _events,
    _contents,
    _endless,
)
