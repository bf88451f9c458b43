"""What of one version is not as in the other, and what of that lies ahead of a case: by element, insides included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from app.workflow.engine.definition import Definition
from app.workflow.engine.model import Process, inner_process
from app.workflow.engine.net import Arrival


def changed_elements(old: Definition, new: Definition) -> frozenset[str]:
    """Ids of the elements that are in one version only, or are drawn, configured or left in another way."""
    before, after = _signatures(old), _signatures(new)
    return frozenset(element for element in before.keys() | after.keys() if before.get(element) != after.get(element))


def ahead_of(definition: Definition, elements: Iterable[str]) -> frozenset[str]:
    """The elements at which a case stands that stands at `elements`, and all it may still come to, insides included."""
    return frozenset[str]().union(*(_ahead(definition, element) for element in elements))


@lru_cache(maxsize=4096)
def _ahead(definition: Definition, element: str) -> frozenset[str]:
    found: set[str] = set()
    for scope in definition.owners.get(element, ()):
        path = (*scope, element)
        for depth in range(len(path), 0, -1):
            process = definition.process_in(path[: depth - 1])
            places = definition.nets[process.id].after(path[depth - 1])
            after = {place.join if isinstance(place, Arrival) else place for place in places}
            for node_id in {path[depth - 1], *after}:
                _with_inside(definition, process, node_id, found)
    return frozenset(found)


def _with_inside(definition: Definition, process: Process, node_id: str, found: set[str]) -> None:
    if node_id in found:
        return
    found.add(node_id)
    inside = inner_process(process.by_id[node_id]) or ""
    if inside in definition.processes:
        inner = definition.processes[inside]
        for node in inner.nodes:
            _with_inside(definition, inner, node.id, found)


@lru_cache(maxsize=64)
def _signatures(definition: Definition) -> Mapping[str, Any]:
    """By element: how it is drawn and configured, its ways out with their conditions, the decision it asks."""
    found: dict[str, Any] = {}
    for process in definition.processes.values():
        for node in process.nodes:
            step = definition.steps.get(node.id)
            ways = [asdict(flow) for flow in process.outgoing[node.id]]
            decision = _decision(definition, node.decision) if node.decision else None
            mine = sorted(event.id for event in process.boundary.get(node.id, ()))
            found[node.id] = (process.id, asdict(node), step and asdict(step), ways, decision, mine)
    return found


def _decision(definition: Definition, decision: str) -> bytes | None:
    """The file the decision is in: a table that it reads may stand in the same file."""
    needle = f'id="{decision}"'.encode()
    return next((content for content in definition.decision_files.values() if needle in content), None)
