"""The token game, played out in full: every marking that a process can reach, found by trying every move.

Slow and simple on purpose: it is the yardstick for `Net.concurrent`, which answers without playing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import combinations

from app.workflow.engine.model import Process
from app.workflow.engine.net import Arrival, Place

Marking = frozenset[Place]


class TooMany(Exception):
    """More markings than anybody wants to look at."""


def markings(process: Process, most: int = 20_000) -> set[Marking]:
    """All markings reachable from each start event. Raises TooMany; AssertionError if a place gets two tokens."""
    game = Game(process)
    found: set[Marking] = {frozenset({node.id}) for node in process.nodes if node.kind == "startEvent"}
    todo = deque(found)
    while todo:
        for following in game.moves(todo.popleft()):
            if following not in found:
                found.add(following)
                todo.append(following)
        if len(found) > most:
            raise TooMany
    return found


class Game:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.ways = {node.id: [flow.target for flow in process.outgoing[node.id]] for node in process.nodes}
        kinds = {node.id: node.kind for node in process.nodes}
        self.joins = {
            node_id
            for node_id, flows in process.incoming.items()
            if kinds.get(node_id) in ("parallelGateway", "inclusiveGateway") and len(flows) > 1
        }

    def moves(self, marking: Marking) -> Iterator[Marking]:
        for place in marking:
            if isinstance(place, Arrival):
                continue
            rest = marking - {place}
            for targets in self.choices(place):
                yield self.put(rest, [self.place(place, target) for target in targets])
            for event in self.process.boundary.get(place, ()):
                left = rest if event.interrupting else marking
                if event.interrupting or event.id not in marking:
                    yield self.put(left, [event.id])
        for join in self.joins:
            yield from self.join(join, marking)

    def choices(self, place: str) -> list[list[str]]:
        """The sets of ways that a token on `place` may take; a token at an end is taken off."""
        ways, kind = self.ways[place], self.process.by_id[place].kind
        if kind == "inclusiveGateway":
            return [list(some) for size in range(1, len(ways) + 1) for some in combinations(ways, size)]
        if kind == "parallelGateway" or not ways:
            return [ways]
        return [[way] for way in ways]

    def join(self, join: str, marking: Marking) -> Iterator[Marking]:
        arrivals = {Arrival(flow.source, join) for flow in self.process.incoming[join]}
        here = arrivals & marking
        if not here:
            return
        if self.process.by_id[join].kind == "parallelGateway":
            ready = here == arrivals
        else:
            ready = not any(self.leads(place, join, arrivals - here) for place in marking - arrivals)
        if ready:
            yield self.put(marking - here, [join])

    def leads(self, place: Place, join: str, empty: set[Place]) -> bool:
        """Whether a token on `place` may still come to an empty way into `join`."""
        start = place.join if isinstance(place, Arrival) else place
        seen, todo = {start}, [start]
        while todo:
            node = todo.pop()
            events = [event.id for event in self.process.boundary.get(node, ())]
            for target in [*self.ways[node], *events]:
                if target == join and Arrival(node, join) in empty:
                    return True
                if target != join and target not in seen:
                    seen.add(target)
                    todo.append(target)
        return False

    def place(self, source: str, target: str) -> Place:
        return Arrival(source, target) if target in self.joins else target

    def put(self, marking: Marking, places: list[Place]) -> Marking:
        for place in places:
            assert place not in marking, f"two tokens on {place}"
        return marking | set(places)
