"""Whether every value that a route decides by is there when it is asked for.

A forward walk over the graph of the route keeps the names that are set on every way to an element: where ways meet, what both of
them set; where branches join, what any of them sets. Whatever a station's form lets people fill counts as set, empty or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app import feel
from app.workflow import engine, registry
from app.workflow.deploying.road_map import RoadMap
from app.workflow.engine import Findings

JOINING = frozenset({"parallelGateway"})


def check_values(
    road: RoadMap, fields: Mapping[str, frozenset[str]], findings: Findings, given: frozenset[str] = frozenset()
) -> None:
    """Findings about variables that are read. fields: what forms may set, by form key; given: what a case begins with."""
    definition = road.definition
    sets = {element: frozenset(names) for element, names in _sets(definition, fields)}
    ever = given.union(*sets.values())
    before = _known_before(road, sets, given)
    for element, names in _reads(definition):
        for name in sorted(names - ever):
            findings.warning("value_never_set", element, name=name)
        for name in sorted(names & ever - before.get(element, ever)):
            setters = [setter for setter, own in sets.items() if name in own and setter != element]
            way = road.way(element, setters)
            if way:
                findings.warning("value_before_set", element, name=name, path=findings.listed(_told(way, definition)))


def _told(way: tuple[str, ...], definition: engine.Definition) -> list[str]:
    """The stations of a way, or all of it where it has none."""
    return [element for element in way[:-1] if element in definition.steps] or list(way[:-1])


def _known_before(
    road: RoadMap, sets: Mapping[str, frozenset[str]], given: frozenset[str]
) -> dict[str, frozenset[str]]:
    """For each element the names that are surely set when a case comes to it."""
    definition = road.definition
    joins = {n.id for p in definition.processes.values() for n in p.nodes if n.kind in JOINING}
    edges = {node.id: node.attached_to for p in definition.processes.values() for node in p.nodes if node.attached_to}
    before: dict[str, frozenset[str]] = dict.fromkeys(road.starts, given)
    arrived: dict[str, dict[str, frozenset[str]]] = {}
    todo = list(road.starts)
    while todo:
        element = todo.pop(0)
        after = before[element] | sets.get(element, frozenset())
        for target in road.following.get(element, ()):
            seen = before[element] if edges.get(target) == element else after
            ways = arrived.setdefault(target, {})
            ways[element] = ways.get(element, seen) & seen
            merged = frozenset.union(*ways.values()) if target in joins else frozenset.intersection(*ways.values())
            if before.get(target) != merged:
                before[target] = merged
                todo.append(target)
    return before


def _sets(definition: engine.Definition, fields: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, set[str]]]:
    for process in definition.processes.values():
        for node in process.nodes:
            own = {*engine.names_set_by(node), *registry.set_by(node.delegate)}
            step = definition.steps.get(node.id)
            if step is not None:
                own |= {f"{node.id}_result", f"{node.id}_answers", *fields.get(step.form or "", ())}
            if node.decision:
                result = node.result or node.decision
                model = definition.decisions.get(node.decision)
                outputs = model.decisions[node.decision].outputs if model is not None else ()
                own |= {result, *(f"{result}_{output}" for output in outputs)}
            yield node.id, own


def _reads(definition: engine.Definition) -> Iterator[tuple[str, frozenset[str]]]:
    """Each element that reads variables, with their names."""
    for process in definition.processes.values():
        for node in process.nodes:
            texts = [flow.condition for flow in process.outgoing[node.id] if flow.condition and not flow.default]
            texts += [expression for _, expression in engine.lines_of(node)]
            names = {name for text in texts for name in _names(text)}
            if node.decision and node.decision in definition.decisions:
                names |= definition.decisions[node.decision].decisions[node.decision].names
            if node.id in definition.steps:
                step = definition.steps[node.id]
                names |= {name for text in engine.candidate_expressions(step) for name in _names(text)}
            if names:
                yield node.id, frozenset(names)


def _names(text: str) -> frozenset[str]:
    try:
        return feel.parse(text).names
    except feel.FeelError:
        return frozenset()
