"""Which element of one version stands for which of another: proposals by id and by name, and what may stand for what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.workflow.engine.definition import Definition
from app.workflow.engine.model import MANUAL, SCOPES, Loop, Node

AUTOMATIC = frozenset({"scriptTask", "serviceTask", "businessRuleTask", "sendTask", "intermediateThrowEvent"})
WAITING = frozenset({"intermediateCatchEvent", "receiveTask"})


@dataclass(frozen=True)
class Proposal:
    """What an element of the old version could become. `by`: "id", "name", or "" where nothing was found (`to` is then None)."""

    element_id: str
    to: str | None
    by: str


def proposed(old: Definition, new: Definition) -> tuple[Proposal, ...]:
    """A proposal for each element a case may stand at: the same id, else the only element of that kind with the same name."""
    known = nodes_of(new)
    taken = {node_id for node_id in nodes_of(old) if node_id in known}
    by_name: dict[tuple[str, str], list[str]] = {}
    for node in known.values():
        if node.id not in taken:
            for key in _names(node):
                by_name.setdefault(key, []).append(node.id)
    return tuple(_proposal(node, known, by_name) for node in nodes_of(old).values() if may_hold(node))


def may_hold(node: Node) -> bool:
    """Whether a case can stand at the element: people, events, activities that may be held, and whatever has an inside."""
    return node.kind in MANUAL | WAITING | AUTOMATIC | SCOPES | {"callActivity", "eventBasedGateway"}


def nodes_of(definition: Definition) -> dict[str, Node]:
    """Every node by id, those of called processes included."""
    return {node.id: node for process in definition.processes.values() for node in process.nodes}


def stands_for(one: Node, other: Node) -> bool:
    """Whether a token on `one` could go on from `other`: both ask a person, both wait for the same kind of event, and so on."""
    return sort_of(one) == sort_of(other)


def same_event(one: Node, other: Node) -> bool:
    """Whether what has been waited for so far still counts (a clock that runs goes on)."""
    if one.event is None or other.event is None or one.event.kind != other.event.kind:
        return False
    return _repeats(one) == _repeats(other)


def same_loop(one: Loop | None, other: Loop | None) -> bool:
    """Whether a repetition that is half done can go on as the other one."""
    if one is None or other is None:
        return one is other
    return one.kind == other.kind


def sort_of(node: Node) -> str:
    """What a token on the node waits for."""
    if node.kind in MANUAL:
        return "person"
    if node.kind in AUTOMATIC:
        return "automatic"
    if node.kind in WAITING:
        return f"event {node.event.kind if node.event else 'message'}"
    return "inside" if node.kind in SCOPES or node.kind == "callActivity" else node.kind


def _repeats(node: Node) -> bool:
    return node.event is not None and node.event.timer == "cycle" and not node.interrupting


def _proposal(node: Node, known: Mapping[str, Node], by_name: Mapping[tuple[str, str], list[str]]) -> Proposal:
    if node.id in known:
        return Proposal(node.id, node.id, "id")
    found = {to for key in _names(node) for to in by_name.get(key, ())}
    same = [to for to in found if stands_for(node, known[to])]
    return Proposal(node.id, same[0], "name") if len(same) == 1 else Proposal(node.id, None, "")


def _names(node: Node) -> Iterator[tuple[str, str]]:
    return ((locale, name) for locale, name in node.name.items() if name and name != node.id)
