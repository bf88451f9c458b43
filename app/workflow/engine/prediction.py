"""Which stations a case will probably come to: the way the picture draws, as far as it is decided.

At a gateway whose conditions can all be judged by what is known, the ways that hold are followed. Where they can't, only
stations that every way leads to are predicted (ways without any station, such as an early refusal, aside).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app import feel
from app.workflow.engine.definition import Definition
from app.workflow.engine.model import Flow, Process, inner_process

DECIDING = frozenset({"exclusiveGateway", "inclusiveGateway"})


def predicted(definition: Definition, element_id: str, variables: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the stations that will come after the station `element_id`, nearest first."""
    found: list[str] = []
    for scope in definition.owners.get(element_id, ())[:1]:
        path = [*scope, element_id]
        for depth in range(len(path), 0, -1):
            way = _Way(definition, definition.process_in(path[: depth - 1]), variables)
            found += way.after(path[depth - 1])
    return tuple(step for step in dict.fromkeys(found) if step != element_id)


def following(definition: Definition, element_id: str) -> tuple[str, ...]:
    """Ids of the stations that can come right after the station `element_id`, without another one between."""
    found: dict[str, None] = {}
    for scope in definition.owners.get(element_id, ())[:1]:
        path = [*scope, element_id]
        for depth in range(len(path), 0, -1):
            process = definition.process_in(path[: depth - 1])
            if not _walk(definition, process, [flow.target for flow in process.outgoing[path[depth - 1]]], found):
                break
    return tuple(found)


def _walk(definition: Definition, process: Process, ahead: list[str], found: dict[str, None]) -> bool:
    """Put the first stations from the nodes `ahead` on into `found`; tells whether the process can end without one."""
    ends, seen = False, set()
    while ahead:
        node = process.by_id[ahead.pop()]
        if node.id in seen:
            continue
        seen.add(node.id)
        inside = definition.processes.get(inner_process(node) or "")
        if node.id in definition.steps:
            found[node.id] = None
        elif inside is None or _walk(definition, inside, [n.id for n in inside.nodes if n.kind == "startEvent"], found):
            ends = ends or node.kind == "endEvent"
            ahead += [flow.target for flow in process.outgoing[node.id]]
    return ends


class _Way:
    """The stations ahead in one process; each node is asked once, a node asked while it is being answered closes a loop."""

    def __init__(self, definition: Definition, process: Process, variables: Mapping[str, Any]) -> None:
        self.definition, self.process, self.variables = definition, process, variables
        self.answers: dict[str, list[str]] = {}

    def after(self, node_id: str) -> list[str]:
        """Stations behind a node."""
        flows = self.process.outgoing.get(node_id, [])
        if self.process.by_id[node_id].kind in DECIDING and len(flows) > 1:
            return self._behind_decision(flows)
        return [step for flow in flows for step in self.at(flow.target)]

    def at(self, node_id: str) -> list[str]:
        """Stations from a node on, its own included."""
        if node_id not in self.answers:
            self.answers[node_id] = []
            self.answers[node_id] = list(dict.fromkeys([*self._own(node_id), *self.after(node_id)]))
        return self.answers[node_id]

    def _own(self, node_id: str) -> list[str]:
        inside = inner_process(self.process.by_id[node_id])
        if inside is not None and inside in self.definition.processes:
            process = self.definition.processes[inside]
            inner = _Way(self.definition, process, self.variables)
            return [step for node in process.nodes if node.kind == "startEvent" for step in inner.after(node.id)]
        return [node_id] if node_id in self.definition.steps else []

    def _behind_decision(self, flows: Sequence[Flow]) -> list[str]:
        chosen = self._chosen(flows)
        ways = [way for way in (self.at(flow.target) for flow in chosen or flows) if way]
        if chosen or not ways:
            return [step for way in ways for step in way]
        return [step for step in ways[0] if all(step in way for way in ways[1:])]

    def _chosen(self, flows: Sequence[Flow]) -> list[Flow]:
        """The ways whose conditions hold; empty where one can't be judged yet or none holds."""
        verdicts = [self._verdict(flow) for flow in flows if flow.condition]
        if None in verdicts:
            return []
        holding = [flow for flow, verdict in zip((f for f in flows if f.condition), verdicts, strict=True) if verdict]
        return holding or [flow for flow in flows if flow.default]

    def _verdict(self, flow: Flow) -> bool | None:
        try:
            found = feel.parse(flow.condition or "", names=self.variables.keys()).evaluate(self.variables)
        except feel.FeelError:
            return None
        return found if isinstance(found, bool) else None
