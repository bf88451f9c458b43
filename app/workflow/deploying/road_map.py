"""What comes before what in a route with all that it calls, loops included; and the findings that follow from it alone.

A station that a case never comes through before is no target of a return, and nobody has done it whose hands could be asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from app.workflow import engine
from app.workflow.engine import Findings, Step
from app.workflow.rules import apart_from

FIXED = frozenset({"always", "never", ""})
LEADS = frozenset({"follow", "end", "initiator", "previous"})


class RoadMap:
    """The elements of a definition as one graph: lines, side events, and the ways into and out of what is called."""

    def __init__(self, definition: engine.Definition) -> None:
        self.definition = definition

    @cached_property
    def following(self) -> Mapping[str, tuple[str, ...]]:
        """The elements right after each element."""
        found: dict[str, list[str]] = {}
        for process in self.definition.processes.values():
            held = {node.id for node in process.nodes if engine.inner_process(node) in self.definition.processes}
            for flow in process.flows:
                found.setdefault(flow.source, []).extend([flow.target] if flow.source not in held else [])
            for node in process.nodes:
                found.setdefault(node.id, [])
                if node.attached_to:
                    found.setdefault(node.attached_to, []).append(node.id)
                inside = self.definition.processes.get(engine.inner_process(node) or "")
                if inside is not None:
                    found[node.id] += [part.id for part in inside.nodes if part.kind == "startEvent"]
                    for end in (part for part in inside.nodes if part.kind == "endEvent"):
                        found.setdefault(end.id, []).extend(flow.target for flow in process.outgoing[node.id])
        return {element: tuple(dict.fromkeys(targets)) for element, targets in found.items()}

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """The start events of the route itself."""
        nodes = self.definition.processes[self.definition.key].nodes
        return tuple(node.id for node in nodes if node.kind == "startEvent")

    def reached_from(self, element: str) -> frozenset[str]:
        """What a case at an element may come to afterwards."""
        seen, todo = set[str](), [element]
        while todo:
            new = [target for target in self.following.get(todo.pop(), ()) if target not in seen]
            seen.update(new)
            todo += new
        return frozenset(seen)

    def way(self, goal: str, without: Iterable[str]) -> tuple[str, ...]:
        """The shortest way from a start to an element that passes none of `without`; empty where there is none."""
        closed = set(without)
        came: dict[str, str] = dict.fromkeys((start for start in self.starts if start not in closed), "")
        todo = deque(came)
        while todo:
            element = todo.popleft()
            if element == goal:
                return tuple(_back(came, goal))
            for target in self.following.get(element, ()):
                if target not in came and (target == goal or target not in closed):
                    came[target] = element
                    todo.append(target)
        return ()


def _back(came: Mapping[str, str], goal: str) -> list[str]:
    found = [goal]
    while came[found[-1]]:
        found.append(came[found[-1]])
    return found[::-1]


def check_returns(road: RoadMap, findings: Findings) -> None:
    """Findings about targets of returns and refusals, recall, four eyes and "who did", that can't be."""
    definition = road.definition
    steps = definition.steps
    ahead = {element: road.reached_from(element) for element in steps}
    for step in steps.values():
        for code, target in _named(step, steps):
            before = target in steps and step.element_id in ahead[target]
            if not before and not (code == "apart_never" and target in ahead[step.element_id]):
                findings.warning(code, step.element_id, target=findings.called(target))
    until = definition.customs.recall
    passed = frozenset().union(*(road.reached_from(start) for start in road.starts))
    if until not in FIXED and until not in passed:
        findings.error("recall_unreachable", definition.key, target=findings.called(until))


def _named(step: Step, steps: Mapping[str, Step]) -> Iterator[tuple[str, str]]:
    if not isinstance(step.send_back.to, str):
        yield from (("return_unreachable", target) for target in step.send_back.to)
    yield from (("refusal_unreachable", o.then) for o in step.outcomes if o.then not in LEADS)
    yield from (
        ("apart_never", other) for other in sorted(apart_from(step.element_id, steps)) if other in step.four_eyes
    )
    for candidates in engine.every_rule(step):
        subject = candidates.value if candidates.rule == "actor_of" else candidates.value.partition(" ")[2]
        if candidates.rule in ("actor_of", "superior") and subject:
            yield "actor_never", subject
