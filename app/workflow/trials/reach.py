"""Which stations can still be come to from where a case stands, told from the picture alone; rather too many than too few."""

from __future__ import annotations

from collections.abc import Iterable

from app.workflow.engine import Definition
from app.workflow.engine.model import START, Process, inner_process


class Reach:
    """The lines of a definition and of all it calls, as one graph."""

    def __init__(self, definition: Definition) -> None:
        self.stations_of = frozenset(definition.steps)
        self.next: dict[str, set[str]] = {}
        self.known: dict[str, frozenset[str]] = {}
        for process in definition.processes.values():
            for flow in process.flows:
                self.next.setdefault(flow.source, set()).add(flow.target)
        for process in definition.processes.values():
            for node in process.nodes:
                if node.attached_to is not None:
                    self.next.setdefault(node.attached_to, set()).add(node.id)
        for node in (node for process in definition.processes.values() for node in process.nodes):
            inside = definition.processes.get(inner_process(node) or "")
            if inside is not None:
                self._enter(node.id, inside)

    def _enter(self, activity: str, inside: Process) -> None:
        """Whatever happens inside may end the activity, or be interrupted by an event on its edge."""
        behind = set(self.next.get(activity, ()))
        for inner in inside.nodes:
            self.next.setdefault(inner.id, set()).update(behind)
        self.next.setdefault(activity, set()).update(inner.id for inner in inside.nodes if inner.kind == START)

    def stations(self, here: Iterable[str]) -> frozenset[str]:
        """The stations that come after any of these elements."""
        return frozenset().union(*(self._after(element) for element in here))

    def _after(self, element: str) -> frozenset[str]:
        if element not in self.known:
            seen: set[str] = set()
            ahead = list(self.next.get(element, ()))
            while ahead:
                node = ahead.pop()
                if node not in seen:
                    seen.add(node)
                    ahead += self.next.get(node, ())
            self.known[element] = frozenset(seen & self.stations_of)
        return self.known[element]
