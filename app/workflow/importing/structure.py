"""Starts, ends and lines: what BPMN leaves unsaid is drawn, and what the engine can't take is drawn otherwise with the
same meaning.
"""

from __future__ import annotations

from app.workflow.importing.desk import choice
from app.workflow.importing.events import settle
from app.workflow.importing.expressions import condition
from app.workflow.importing.model import (
    ACTIVITIES,
    AND,
    BOUNDARY,
    CATCH,
    END,
    EVENT_GATEWAY,
    OR,
    START,
    THROW,
    XOR,
    Event,
    Flow,
    Node,
    Scope,
)
from app.workflow.importing.texts import sentence
from app.workflow.importing.work import Work

CATCHERS = frozenset({CATCH, "receiveTask"})


def mend(work: Work) -> None:
    """All repairs of structure, scope by scope."""
    for scope in list(work.diagram.running):
        merge_lines(work, scope)
        _misplaced(work, scope)
        _starts(work, scope)
        _ends(work, scope)
        for node in list(scope.nodes):
            _gateway(work, node)
            _splits(work, node)
        for node in list(scope.nodes):
            if node.kind == EVENT_GATEWAY:
                _event_gateway(work, node)
        _starts_once(work, scope)


def merge_lines(work: Work, scope: Scope) -> None:
    """Of two lines between the same nodes one remains, for either condition."""
    seen: dict[tuple[int, int], Flow] = {}
    for flow in list(scope.flows):
        kept = seen.setdefault((id(flow.source), id(flow.target)), flow)
        if kept is flow:
            continue
        if flow.condition and kept.condition:
            kept.also.append(flow.condition)
        else:
            kept.condition, kept.also = "", []
        kept.default = kept.default or flow.default
        work.merge_flow(flow, kept.title, "flow_merged")


def _misplaced(work: Work, scope: Scope) -> None:
    for node in scope.nodes:
        if node.kind == END and node.outgoing:
            node.kind = THROW
            node.line.changed("end_goes_on")
        if node.kind == BOUNDARY:
            for flow in node.incoming:
                work.drop_flow(flow, "flow_into_border", node=node.title)
        if node.kind == START and node.incoming:
            _start_entered(work, node)


def _start_entered(work: Work, node: Node) -> None:
    """A start to which a line leads back: what comes back goes to where the start leads."""
    targets = [flow.target for flow in node.outgoing]
    if len(targets) == 1 and targets[0] is not node:
        for flow in node.incoming:
            work.retarget(flow, targets[0])
        node.line.changed("start_entered", node=targets[0].title)
        return
    node.kind = THROW if not node.events else CATCH
    node.line.changed("start_becomes_event")
    settle(work, node)


def _starts(work: Work, scope: Scope) -> None:
    starts = [node for node in scope.nodes if node.kind == START]
    if not starts:
        _begin(work, scope)
    elif scope.owner is not None:
        for node in starts:
            if node.events:
                node.events = []
                node.line.changed("start_plain_inside")
        _one_start(work, scope, starts)
    else:
        _start_triggers(work, starts)


def _begin(work: Work, scope: Scope) -> None:
    """No start is drawn: BPMN then begins with everything that nothing leads to."""
    firsts = [n for n in scope.nodes if n.kind != BOUNDARY and not n.incoming and not n.triggered]
    waiting = [n for n in firsts if n.kind in CATCHERS and (n.instantiates or n.kind == CATCH)]
    firsts = sorted(waiting or firsts or scope.nodes[:1], key=_place)
    if not firsts:
        return
    start = work.add(scope, START, "", firsts[0] if firsts else None, "added_start", scope=scope.name or scope.id)
    if start.box is not None and firsts[0].box is not None:
        start.box.x = firsts[0].box.x - 60
    if len(firsts) == 1:
        work.connect(start, firsts[0])
        return
    fork = work.add(scope, AND, "", firsts[0], "added_fork", number=len(firsts))
    work.connect(start, fork)
    for first in firsts:
        work.connect(fork, first)


def _place(node: Node) -> tuple[float, float]:
    return (node.box.x, node.box.y) if node.box is not None else (0.0, 0.0)


def _one_start(work: Work, scope: Scope, starts: list[Node]) -> None:
    """Inside a sub-process there is one start; the others become steps behind a gateway."""
    if len(starts) < 2:
        return
    first, *rest = sorted(starts, key=_place)
    gateway = work.after(first, XOR, first.name, "starts_inside", number=len(starts))
    for node in rest:
        node.kind = THROW
        node.line.changed("start_becomes_event")
        work.connect(gateway, node, name=node.name)


def _start_triggers(work: Work, starts: list[Node]) -> None:
    """The engine begins a case by hand or by a message; other triggers become one of the two."""
    plain = [node for node in starts if not node.events]
    for node in starts:
        kind = node.events[0].kind if node.events else "none"
        if kind in ("none", "message"):
            continue
        if not plain:
            node.line.changed("start_by_hand", kind=kind)
            node.events = []
            plain.append(node)
        else:
            name = node.name or node.events[0].name or node.id
            node.line.changed("start_by_message", kind=kind, name=name)
            node.events = [Event("message", name=name)]
    for node in plain[1:]:
        node.line.changed("start_second", name=node.title)
        node.events = [Event("message", name=node.title)]


def _ends(work: Work, scope: Scope) -> None:
    """Where a path just stops, an end is drawn."""
    for node in list(scope.nodes):
        if node.kind != END and not node.outgoing:
            if node.kind == START and len(scope.nodes) == 1:
                continue
            end = work.add(scope, END, "", node, "added_end", after=node.title)
            work.connect(node, end)


def _gateway(work: Work, node: Node) -> None:
    if node.kind == "complexGateway":
        node.kind = OR if len(node.outgoing) > 1 or len(node.incoming) > 1 else XOR
        node.line.changed("complex_gateway")
    if node.kind == EVENT_GATEWAY and len(node.outgoing) < 2:
        node.kind = XOR
        node.line.changed("event_gateway_single")


def _splits(work: Work, node: Node) -> None:
    """Several lines out of a step: BPMN takes all of them, or those whose condition holds. A gateway says so."""
    ways = node.outgoing
    if node.kind not in ACTIVITIES and node.kind not in (START, CATCH, THROW, BOUNDARY):
        return
    if len(ways) < 2:
        for flow in ways:
            if flow.condition:
                flow.line.changed("condition_idle", condition=flow.condition)
                flow.condition = ""
        return
    if any(flow.condition for flow in ways):
        conditioned = all(flow.condition or flow.default for flow in ways)
        gateway = work.after(
            node, XOR if conditioned and _exclusive(work, ways) else OR, "", "split_conditions", node=node.title
        )
        node.line.changed("split_drawn", gateway=gateway.id)
        return
    options = [(word, sentence(f"split_{word}")) for word in ("all", "one")]
    answer = work.ask("split", node, choice("what", "all", options), number=len(ways))
    gateway = work.after(node, AND if answer["what"] == "all" else XOR, "", "split_gateway", node=node.title)
    node.line.changed("split_drawn", gateway=gateway.id)


def _exclusive(work: Work, ways: list[Flow]) -> bool:
    """Whether at most one of the ways can be taken, as far as the conditions tell."""
    read = [condition(flow.condition, work.names, flow.language) for flow in ways if not flow.default]
    texts = [one.text for one in read if one is not None]
    if len(texts) < len(read):
        return len(ways) == 2
    if len(texts) == 1:
        return True
    compared = [one.values[0] if one is not None and len(one.values) == 1 else ("", "") for one in read]
    if all(value and text == f"{name} = {value}" for (name, value), text in zip(compared, texts, strict=True)):
        return len({name for name, _ in compared}) == 1 and len(set(compared)) == len(compared)
    return (len(texts) == 2 and f"not({texts[0]})" == texts[1]) or f"not({texts[-1]})" == texts[0]


def _event_gateway(work: Work, node: Node) -> None:
    """Behind an event gateway stand events; before anything else one is put in."""
    targets = [flow.target for flow in node.outgoing]
    if not any(target.kind in CATCHERS for target in targets):
        node.kind = XOR
        node.line.changed("event_gateway_no_events")
        return
    for flow in node.outgoing:
        target = flow.target
        alone = len(target.incoming) == 1 and not target.borders and target.loop is None
        if target.kind in CATCHERS and alone:
            continue
        name = flow.name or target.name or target.id
        event = work.add(node.scope, CATCH, name, node, "event_gateway_event", target=target.title)
        event.events = [Event("message", name=name)]
        work.retarget(flow, event)
        work.connect(event, target)


def _starts_once(work: Work, scope: Scope) -> None:
    """Two starts that lead to the same node are fine; a start that leads nowhere gets an end."""
    for node in scope.nodes:
        if node.kind == START and not node.outgoing and len(scope.nodes) == 1:
            end = work.add(scope, END, "", node, "added_end", after=node.title)
            work.connect(node, end)
            return
