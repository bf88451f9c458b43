"""What a token game may know of the variables: which ways out of a gateway can be taken together, and what that tells later on.

A variable that two gateways ask (or one, after a script set it to a constant) is *tracked*: a state of the game holds the values it
can still have, as a mask of atoms (`app.feel.conditions`). Taking a way narrows the masks; whatever may set a variable widens its
mask again. What is not understood narrows nothing, so the game may play too much, never too little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

from app.feel.conditions import Box, Condition, Space, literal
from app.workflow.engine.environment import assignments
from app.workflow.engine.model import MANUAL, Flow, Node, Process, inner_process

MOST_TRACKED = 10
MOST_WAYS = 8  # of an inclusive gateway, for which every combination is tried
DECIDING = frozenset({"exclusiveGateway", "inclusiveGateway"})
# These bring in values from outside: a person's form, a service's answer, a message's load.
BRINGING = MANUAL | {"serviceTask", "receiveTask", "intermediateCatchEvent", "startEvent", "eventBasedGateway"}
Knowledge = tuple[int, ...]


@dataclass(frozen=True)
class Way:
    """Flows that leave a gateway together, by id, and what is known once they are taken."""

    flows: tuple[str, ...]
    known: Knowledge


class Knowing:
    """The conditions of some processes that belong together.

    domains: every value a variable can have, where that is known. sets: the names that each station or service may set, by element
    id; one that is not in it may set any name but an answer of another station.
    """

    def __init__(
        self,
        processes: Mapping[str, Process],
        domains: Mapping[str, Sequence[Any]],
        sets: Mapping[str, frozenset[str]],
        *,
        tracking: bool = True,
    ) -> None:
        self.processes, self._sets = processes, sets
        gateways = [
            [flow.condition for flow in process.outgoing[node.id] if flow.condition]
            for process in processes.values()
            for node in process.nodes
            if node.kind in DECIDING
        ]
        self.space = Space(chain.from_iterable(gateways), domains)
        self._answers = {f"{node.id}_result" for process in processes.values() for node in process.nodes}
        self.tracked = tuple(self._worth_tracking(gateways)) if tracking else ()
        self._written = {node.id: self._writes(node) for process in processes.values() for node in process.nodes}
        self._ways: dict[tuple[str, Knowledge], tuple[Way, ...]] = {}

    @property
    def nothing(self) -> Knowledge:
        """Before anything is known."""
        return tuple(self.space.domain(name) for name in self.tracked)

    def ways(self, process: Process, node: Node, known: Knowledge) -> tuple[Way, ...]:
        """The ways out of a gateway that can be taken by what is known; none where the case would stop with an incident."""
        key = (node.id, known)
        if key not in self._ways:
            flows = process.outgoing[node.id]
            find = self._exclusive if node.kind == "exclusiveGateway" else self._inclusive
            self._ways[key] = tuple(dict.fromkeys(find(flows, known)))
        return self._ways[key]

    def after(self, node: Node, known: Knowledge) -> Knowledge:
        """What is still known when an activity or event has done its work."""
        written = self._written[node.id]
        return (
            tuple(
                written[name] if name in written else self.space.domain(name) if self._brings(node, name) else mask
                for name, mask in zip(self.tracked, known, strict=True)
            )
            if self.tracked
            else known
        )

    def _worth_tracking(self, gateways: Iterable[Sequence[str]]) -> Iterator[str]:
        asked = Counter(name for texts in gateways for name in {n for text in texts for n in self._names(text)})
        constants = {
            name
            for process in self.processes.values()
            for node in process.nodes
            for name, value in lines_of(node)
            if literal(value)[0]
        }
        ranked = sorted(asked, key=lambda name: (-asked[name], name))
        yield from [name for name in ranked if asked[name] > 1 or name in constants][:MOST_TRACKED]

    def _names(self, text: str) -> set[str]:
        return {name for box in self.space.conditions[text].boxes for name in box}

    def _writes(self, node: Node) -> dict[str, int]:
        """The tracked names a node sets by itself, and to what."""
        found: dict[str, int] = {}
        for name, text in lines_of(node):
            known, value = literal(text)
            if name in self.tracked:
                found[name] = self.space.mask_of(name, value) if known else self.space.domain(name)
        if node.decision:
            result = node.result or node.decision
            own = {name for name in self.tracked if name == result or name.startswith((f"{result}_", f"{result}."))}
            found.update({name: self.space.domain(name) for name in own})
        return found

    def _brings(self, node: Node, name: str) -> bool:
        """Whether a node may set the variable to anything."""
        inside = self.processes.get(inner_process(node) or "")
        if inside is not None:
            return any(self._brings(part, name) or name in self._writes(part) for part in inside.nodes)
        if node.kind == "boundaryEvent":
            return node.event is not None and node.event.kind == "message" and name not in self._answers
        if node.kind not in BRINGING:
            return False
        plain = name.partition(".")[0]
        if plain in (f"{node.id}_result", f"{node.id}_answers"):
            return True
        if node.id in self._sets:
            return plain in self._sets[node.id]
        return plain not in self._answers

    def _exclusive(self, flows: Sequence[Flow], known: Knowledge) -> Iterator[Way]:
        before: list[Flow] = []
        for flow in flows:
            if flow.condition and not flow.default:
                yield from self._taking((flow,), [flow], before, known)
                before.append(flow)
        for flow in (flow for flow in flows if flow.default or not flow.condition):
            yield from self._taking((flow,), [], before, known)

    def _inclusive(self, flows: Sequence[Flow], known: Knowledge) -> Iterator[Way]:
        asked = [flow for flow in flows if flow.condition and not flow.default]
        for some in _some(asked):
            yield from self._taking(tuple(some), some, [flow for flow in asked if flow not in some], known)
        otherwise = tuple(flow for flow in flows if flow.default or not flow.condition)
        if otherwise:
            yield from self._taking(otherwise, [], asked, known)

    def _taking(
        self, flows: tuple[Flow, ...], holding: Sequence[Flow], failing: Sequence[Flow], known: Knowledge
    ) -> Iterator[Way]:
        """The ways to take these flows when some conditions hold and others don't."""
        regions: list[Box] = [dict(zip(self.tracked, known, strict=True))]
        for flow in holding:
            boxes = self._of(flow).boxes
            regions = [met for region in regions for box in boxes if (met := self.space.meet(region, box)) is not None]
        for condition in (self._of(flow) for flow in failing):
            for box in condition.boxes if condition.exact else ():
                try:
                    regions = self.space.without(regions, box)
                except OverflowError:
                    break
        for region in regions:
            yield Way(tuple(flow.id for flow in flows), tuple(region[name] for name in self.tracked))

    def _of(self, flow: Flow) -> Condition:
        return self.space.conditions[flow.condition or ""]


def _some(flows: Sequence[Flow]) -> Iterator[list[Flow]]:
    """Every choice of at least one; of very many only one, each two, and all."""
    sizes: Iterable[int] = range(1, len(flows) + 1) if len(flows) <= MOST_WAYS else (1, 2, len(flows))
    for size in sizes:
        yield from (list(some) for some in combinations(flows, size))


def names_set_by(node: Node) -> frozenset[str]:
    """The variables that a script sets."""
    return frozenset(name for name, _ in lines_of(node))


def lines_of(node: Node) -> list[tuple[str, str]]:
    """Name and expression of each line of a script; none of one that can't be read."""
    try:
        return assignments(node.script or "")
    except ValueError:
        return []
