"""Sub-processes of every kind: empty ones become one step, ad-hoc ones and event sub-processes become what the engine can run."""

from __future__ import annotations

from app.workflow.importing.desk import choice
from app.workflow.importing.model import AND, BOUNDARY, END, START, Node, Scope
from app.workflow.importing.texts import sentence
from app.workflow.importing.work import Work


def mend(work: Work) -> None:
    """All repairs of sub-processes, the innermost last."""
    for scope in list(work.diagram.running):
        for node in [node for node in scope.nodes if node.triggered]:
            _alone(work, node)
        for node in list(scope.nodes):
            if node.inside is None or node not in scope.nodes:
                continue
            if node.triggered:
                _triggered(work, node)
            elif not node.inside.nodes:
                empty(node)
            elif node.kind == "adHocSubProcess":
                _ad_hoc(work, node)


def lift_flows(work: Work) -> None:
    """A line that crosses the border of a sub-process or a pool hangs on the sub-process; between pools there are only messages."""
    for scope in work.diagram.scopes:
        for flow in list(scope.flows):
            if flow.source.scope is flow.target.scope:
                continue
            source, target = _common(flow.source, flow.target)
            scope.flows.remove(flow)
            if source is None or target is None or source is target:
                flow.line.left_out("flow_between_pools" if source is None else "flow_over_border")
                continue
            flow.source, flow.target, flow.points = source, target, []
            flow.line.changed("flow_lifted", source=source.title, target=target.title)
            source.scope.flows.append(flow)


def _common(one: Node, two: Node) -> tuple[Node | None, Node | None]:
    """The two nodes, or the sub-processes around them, that stand in one scope."""
    around = {id(node.scope): node for node in _outward(one)}
    for node in _outward(two):
        if id(node.scope) in around:
            return around[id(node.scope)], node
    return None, None


def _outward(node: Node) -> list[Node]:
    found = [node]
    while found[-1].scope.owner is not None:
        found.append(found[-1].scope.owner)
    return found


def _alone(work: Work, node: Node) -> None:
    """What begins by an event of its own hangs on no line, and nothing waits on its edge."""
    for flow in [*node.incoming, *node.outgoing]:
        work.drop_flow(flow, "flow_at_event_sub", node=node.title)
    for border in node.borders:
        work.take_out(border, "boundary_alone")


def empty(node: Node) -> None:
    """A sub-process in which nothing is drawn is one step."""
    node.kind, node.inside, node.triggered = "userTask", None, False
    node.line.changed("empty_sub_process")


def _ad_hoc(work: Work, node: Node) -> None:
    node.kind = "subProcess"
    node.line.changed("ad_hoc")
    inside = node.inside
    if inside is None or any(inner.kind == START for inner in inside.nodes):
        return
    firsts = [n for n in inside.nodes if not n.incoming and n.kind != BOUNDARY]
    if len(firsts) < 2:
        return
    fork = work.add(inside, AND, "", firsts[0], "ad_hoc_fork")
    join = work.add(inside, AND, "", firsts[-1], "ad_hoc_fork")
    for last in [n for n in inside.nodes if not n.outgoing and n not in (fork, join) and n.kind != END]:
        work.connect(last, join)
    for first in firsts:
        work.connect(fork, first)


def _triggered(work: Work, node: Node) -> None:
    """An event sub-process inside another becomes that one's boundary event; elsewhere it is asked what to do."""
    inside = node.inside
    start = next((n for n in inside.nodes if n.kind == START and n.events), None) if inside is not None else None
    owner = node.scope.owner
    if start is None or start.events[0].kind == "compensate":
        work.take_out(node, "event_sub_process_out")
        return
    if owner is not None:
        _outside(work, node, start, owner)
        return
    options = [(word, sentence(f"event_sub_{word}")) for word in ("wrap", "leave")]
    if work.ask("event_sub", node, choice("what", "wrap", options))["what"] == "leave":
        work.take_out(node, "event_sub_process_out")
        return
    _outside(work, node, start, _wrapped(work, node))


def _outside(work: Work, node: Node, start: Node, owner: Node) -> None:
    """Put the handler beside the activity it watches, behind a boundary event with its trigger."""
    old, new = node.scope, owner.scope
    old.nodes.remove(node)
    new.nodes.append(node)
    node.scope, node.triggered, node.kind = new, False, "subProcess"
    node.box = None
    border = work.add(new, BOUNDARY, start.name, owner, "event_sub_border", on=owner.title)
    border.events, border.attached, border.interrupting = start.events, owner, start.interrupting
    start.events = []
    start.line.changed("event_sub_start")
    work.connect(border, node)
    node.line.changed("event_sub_process", on=owner.title)


def _wrapped(work: Work, handler: Node) -> Node:
    """Everything else of the process goes into a sub-process, on whose border the trigger can then wait."""
    process = handler.scope
    around = next((n for n in process.nodes if n.kind == "subProcess" and n.said.get("wraps")), None)
    if around is not None:
        return around
    around = work.add(process, "subProcess", process.name or process.id, None, "event_sub_wrapped")
    around.said["wraps"] = True
    inside = around.inside = Scope(around.id, around.name, owner=around)
    inside.nodes = [n for n in process.nodes if n is not around and not n.triggered]
    inside.flows, process.flows = process.flows, []
    for inner in inside.nodes:
        inner.scope = inside
        inner.line.changed("moved_inside", sub=around.title)
    process.nodes = [n for n in process.nodes if n is around or n.triggered]
    _begin(work, around, inside)
    return around


def _begin(work: Work, around: Node, inside: Scope) -> None:
    """Messages that begin the process still do so outside."""
    begun = [n for n in inside.nodes if n.kind == START]
    for inner in begun:
        start = work.add(around.scope, START, inner.name, None, "event_sub_begin")
        start.events, inner.events = inner.events, []
        start.said["fields"], start.said["initiator"] = inner.said.pop("fields", []), inner.said.get("initiator")
        work.connect(start, around)
    if not begun:
        work.connect(work.add(around.scope, START, "", None, "event_sub_begin"), around)
    end = work.add(around.scope, END, "", None, "added_end", after=around.title)
    work.connect(around, end)
