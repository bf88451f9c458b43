"""What is wrong with a net as a whole: what nothing leads to, branches that meet without a join, joins that wait for
what never comes.

The engine's own net says it; a joining inclusive gateway, which waits for whatever can still come, mends both kinds of
join.
"""

from __future__ import annotations

from app.workflow.engine.model import Event as EngineEvent
from app.workflow.engine.model import Flow as EngineFlow
from app.workflow.engine.model import Node as EngineNode
from app.workflow.engine.model import Process
from app.workflow.engine.net import Net
from app.workflow.importing.desk import choice
from app.workflow.importing.model import (
    AND,
    BOUNDARY,
    CATCH,
    END,
    EVENT_GATEWAY,
    OR,
    START,
    THROW,
    XOR,
    Flow,
    Node,
    Scope,
)
from app.workflow.importing.structure import merge_lines
from app.workflow.importing.texts import sentence
from app.workflow.importing.work import MOST_NODES, Work

ROUNDS = 40
# Looking at a net costs its nodes times all that is drawn. What is left when this is used up, the check before deployment names.
LOOKS = 400_000
_CHOOSING = frozenset({XOR, OR})
_PASSING = frozenset({THROW, AND, "scriptTask", "serviceTask", "businessRuleTask", "sendTask", START, END})


def mend(work: Work) -> None:
    """All repairs of nets, scope by scope."""
    for scope in list(work.diagram.running):
        if scope.nodes:
            _orphans(work, scope)
            _dead_ends(work, scope)
            _joins(work, scope)
            _endless(work, scope)
            merge_lines(work, scope)


def net_of(scope: Scope) -> Net:
    """The scope as the engine sees it."""
    nodes = tuple(
        EngineNode(
            id=node.id,
            kind=node.kind,
            name={},
            event=EngineEvent(node.events[0].kind if node.events else "none"),
            attached_to=node.attached.id if node.attached is not None else None,
            interrupting=node.interrupting,
        )
        for node in scope.nodes
    )
    flows = tuple(EngineFlow(flow.id, flow.source.id, flow.target.id, {}) for flow in scope.flows)
    return Net(Process(scope.id, {}, "", True, nodes, flows))


def _orphans(work: Work, scope: Scope) -> None:
    """What no case can come to: left out, or begun together with the process, as the person says."""
    while True:
        reachable = net_of(scope).reachable
        lonely = [node for node in scope.nodes if node.id not in reachable]
        if not lonely:
            return
        island = _island(lonely)
        first = next((node for node in island if not node.incoming), island[0])
        options = [(word, sentence(f"orphan_{word}")) for word in ("leave", "begin")]
        answer = work.ask("orphan", first, choice("what", "leave", options), number=len(island))
        if answer["what"] == "begin":
            _begin(work, scope, first)
            continue
        for node in island:
            work.take_out(node, "unreachable")


def _island(lonely: list[Node]) -> list[Node]:
    """The nodes that hang together with the first of them."""
    members = {id(node): node for node in lonely}
    found, todo = {id(lonely[0])}, [lonely[0]]
    while todo:
        node = todo.pop()
        near = [f.target for f in node.outgoing] + [f.source for f in node.incoming] + node.borders
        near += [node.attached] if node.attached is not None else []
        for other in near:
            if id(other) in members and id(other) not in found:
                found.add(id(other))
                todo.append(other)
    return [node for node in lonely if id(node) in found]


def _begin(work: Work, scope: Scope, first: Node) -> None:
    start = next(node for node in scope.nodes if node.kind == START)
    ways = start.outgoing
    fork = ways[0].target if len(ways) == 1 and ways[0].target.said.get("forks") else None
    if fork is None:
        fork = work.after(start, AND, "", "orphan_fork")
        fork.said["forks"] = True
    if first.kind == BOUNDARY:
        first.kind, first.attached = CATCH if first.events else THROW, None
    work.connect(fork, first)


def _dead_ends(work: Work, scope: Scope) -> None:
    """Ends for what lost its way, and choosing gateways that have nothing left to choose."""
    for node in list(scope.nodes):
        ways = node.outgoing
        if node.kind != END and not ways:
            work.connect(node, work.add(scope, END, "", node, "added_end", after=node.title))
        if node.kind in (XOR, OR) and len(node.outgoing) == 1:
            node.outgoing[0].condition, node.outgoing[0].default = "", False
        if node.kind == EVENT_GATEWAY and len(node.outgoing) < 2:
            node.kind = XOR
            node.line.changed("event_gateway_single")


def _joins(work: Work, scope: Scope) -> None:
    """Put joins in until the net has nothing to say; the earliest meeting first, since it causes the later trouble."""
    cost = len(scope.nodes) * (len(scope.nodes) + len(scope.flows))
    for _ in range(max(1, min(ROUNDS, LOOKS // max(cost, 1)))):
        if len(scope.nodes) > MOST_NODES:
            return
        net = net_of(scope)
        troubled = [node for node in scope.nodes if _is_troubled(node, net)]
        if not troubled:
            circle = _waiting_for_each_other(scope, net)
            if not circle or not _fork_chooses(work, scope, circle, net):
                return
            continue
        meeting = [node for node in troubled if _is_meeting(node, net)]
        if meeting:
            _join(work, _earliest(meeting, net))
        elif not _fork_chooses(work, scope, troubled, net):
            return


def _is_troubled(node: Node, net: Net) -> bool:
    """Whether the engine would find fault with how ways meet at the node."""
    together = net.concurrent_by_gateways
    sources = [flow.source.id for flow in node.incoming]
    if node.kind == AND and len(sources) > 1:
        arrivals = net.arrivals(node.id)
        return any(two not in together.get(one, ()) for one in arrivals for two in arrivals if one != two)
    if node.kind in (AND, OR, END):
        return False
    return any(
        other in together.get(source, ()) for source in sources for other in (*sources, node.id) if other != source
    )


def _is_meeting(node: Node, net: Net) -> bool:
    """Whether ways that can be open at once come together at this very node, so that a join there would help."""
    if node.kind == AND:
        return True
    together = net.concurrent_by_gateways
    sources = [flow.source.id for flow in node.incoming]
    return any(two in together.get(one, ()) for one in sources for two in sources if one != two)


def _waiting_for_each_other(scope: Scope, net: Net) -> list[Node]:
    """Two inclusive joins on one circle with a branch at each: either waits for what the other holds, for ever."""
    joins = [node for node in scope.nodes if node.kind == OR and len(node.incoming) > 1]
    after = {node.id: net.after(node.id) for node in joins}
    together = net.concurrent_by_gateways
    for number, one in enumerate(joins):
        for two in joins[number + 1 :]:
            if one.id not in after[two.id] or two.id not in after[one.id]:
                continue
            if any(b in together.get(a, ()) for a in net.arrivals(one.id) for b in net.arrivals(two.id)):
                return [one, two]
    return []


def _earliest(troubled: list[Node], net: Net) -> Node:
    """The one that no other comes before; in a circle, the one nearest to the start."""
    after = {node.id: net.after(node.id) for node in troubled}
    distance = _distances(net)

    def rank(node: Node) -> tuple[int, int]:
        before = sum(node.id in after[o.id] and o.id not in after[node.id] for o in troubled if o is not node)
        return before, distance.get(node.id, 0)

    return min(troubled, key=rank)


def _endless(work: Work, scope: Scope) -> None:
    """A circle in which nobody chooses and nothing waits would turn for ever: the line that closes it is left out."""
    while circle := _turning(scope):
        net = net_of(scope)
        distance = _distances(net)
        closing = [flow for flow in circle if flow.source is flow.target or flow.source.id in net.after(flow.target.id)]
        back = max(closing, key=lambda flow: distance.get(flow.source.id, 0) - distance.get(flow.target.id, 0))
        work.drop_flow(back, "line_turns_for_ever", node=back.target.title)
        _dead_ends(work, scope)


def _turning(scope: Scope) -> list[Flow]:
    """The lines of a part in which every step leads on to another of it without a choice or a wait; empty where there is none."""
    rest = [n for n in scope.nodes if n.kind in _PASSING or (n.kind in _CHOOSING and len(n.outgoing) < 2)]
    while True:
        inside = {id(node) for node in rest}
        ways = [f for n in rest for f in n.outgoing if id(f.target) in inside]
        entered, left = {id(flow.target) for flow in ways}, {id(flow.source) for flow in ways}
        kept = [node for node in rest if id(node) in entered & left]
        if len(kept) == len(rest):
            return ways
        rest = kept


def _distances(net: Net) -> dict[str, int]:
    """How many lines each node is from the start."""
    found = dict.fromkeys(net.starts, 0)
    todo = list(net.starts)
    for node_id in todo:
        ways = [flow.target for flow in net.process.outgoing[node_id]]
        ways += [event.id for event in net.process.boundary.get(node_id, ())]
        for target in ways:
            if target not in found:
                found[target] = found[node_id] + 1
                todo.append(target)
    return found


def _fork_chooses(work: Work, scope: Scope, troubled: list[Node], net: Net) -> bool:
    """No join helps, since a branch goes round and forks again: the fork nearest before the trouble takes one way at a time."""
    distance = _distances(net)
    ids = {node.id for node in troubled}
    forks = [n for n in scope.nodes if n.kind in (AND, OR) and len(n.outgoing) > 1 and ids & net.after(n.id)]
    if not forks:
        return False
    fork = max(forks, key=lambda node: distance.get(node.id, 0))
    fork.kind = XOR
    fork.line.changed("fork_chooses")
    return True


def _join(work: Work, node: Node) -> None:
    if node.kind == AND:
        if len(node.outgoing) == 1:
            node.kind = OR
            node.line.changed("join_never")
        else:
            work.before(node, OR, "", "join_before_fork", node=node.title)
        return
    if node.kind == XOR and len(node.outgoing) == 1:
        node.kind = OR
        node.line.changed("merge_joins")
        return
    if node.kind == EVENT_GATEWAY or node.kind not in (START, BOUNDARY):
        work.before(node, OR, "", "join_added", node=node.title)
