"""Every marking that a process can come to, played out, and from which of them it can still end.

`Net.concurrent` answers quickly which two places may hold tokens together; whether a whole marking can be reached, and whether the
case can end from it, needs the game itself. It is played once per process and kept. What side events (those that leave their
activity at work) start stands for itself and is left out of the game: else each reminder would double the number of markings.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from app.workflow.engine.definition import Definition
from app.workflow.engine.model import END, START, Node, Process
from app.workflow.engine.net import Arrival, Net, Place

Marking = frozenset[Place]
MOST = 20_000
CLEARING = frozenset({"terminate", "error", "cancel"})


@dataclass(frozen=True)
class Markings:
    """`reached`: the markings a case can come to; `ending`: those of them it can end from. Both are cut short where not `whole`."""

    reached: frozenset[Marking]
    ending: frozenset[Marking]
    whole: bool


@lru_cache(maxsize=128)
def markings(definition: Definition, process_id: str) -> Markings:
    """The markings of one process of a definition, from all its start events."""
    net = definition.nets[process_id]
    return explored(Game(net), first_markings(definition.processes[process_id]))


def fits(definition: Definition, process_id: str, places: Iterable[Place]) -> bool:
    """Whether the process can have these tokens (sides aside) and end from there. Where it is too large to be played out, the net's
    relation stands in for the first, and a walk to the end for the second."""
    net = definition.nets[process_id]
    game, known = Game(net), markings(definition, process_id)
    given = frozenset(places)
    sides = frozenset(place for place in given if place not in game.main)
    main = given - sides
    if not all(_ends(game, frozenset({side})) for side in sides):
        return False
    if not main:
        return False
    if known.whole:
        return main in known.ending
    pairs = all(two in net.concurrent.get(one, ()) for one, two in combinations(main, 2))
    return pairs and _ends(game, main)


def first_markings(process: Process) -> set[Marking]:
    """Where a case can begin: on all start events that wait for nothing, or on one that waits."""
    starts = [node for node in process.nodes if node.kind == START]
    plain = frozenset(node.id for node in starts if node.event is None or node.event.kind == "none")
    return {frozenset({node.id}) for node in starts if node.id not in plain} | ({plain} if plain else set())


def explored(game: Game, first: Iterable[Marking], most: int = MOST) -> Markings:
    """Play every move from `first`, at most `most` markings."""
    before: dict[Marking, set[Marking]] = {marking: set() for marking in first}
    todo = deque(before)
    while todo and len(before) <= most:
        marking = todo.popleft()
        for following in game.moves(marking):
            if following not in before:
                before[following] = set()
                todo.append(following)
            before[following].add(marking)
    ending, back = {frozenset[Place]()} & before.keys(), deque([frozenset[Place]()])
    while back:
        for earlier in before.get(back.popleft(), ()):
            if earlier not in ending:
                ending.add(earlier)
                back.append(earlier)
    return Markings(frozenset(before), frozenset(ending), not todo)


def _ends(game: Game, marking: Marking) -> bool:
    seen, todo = {marking}, [marking]
    while todo and len(seen) <= MOST:
        here = todo.pop()
        if not here:
            return True
        new = [following for following in game.moves(here) if following not in seen]
        seen.update(new)
        todo += new
    return False


class Game:
    """The moves that tokens make in one process, without the side events."""

    def __init__(self, net: Net) -> None:
        self.net, self.process = net, net.process
        self.main = self._main()
        self._led: dict[tuple[Place, str], set[Place]] = {}

    def _main(self) -> frozenset[Place]:
        """The places that can be come to without a side event."""
        found: set[Place] = set(self.net.starts)
        learning = True
        while learning:
            learning = False
            for move in self.net.moves:
                if not set(move.inputs).intersection(move.outputs) and found.issuperset(move.inputs):
                    new = set(move.outputs) - found
                    found |= new
                    learning = learning or bool(new)
        return frozenset(found)

    def moves(self, marking: Marking) -> Iterator[Marking]:
        """The markings that come right after this one."""
        for place in marking:
            if isinstance(place, str):
                yield from self._from(place, marking)
        for join in {place.join for place in marking if isinstance(place, Arrival)}:
            arrivals = frozenset[Place](self.net.arrivals(join))
            if self._fires(join, arrivals, marking):
                yield (marking - arrivals) | {join}

    def _from(self, place: str, marking: Marking) -> Iterator[Marking]:
        node, rest = self.process.by_id[place], marking - {place}
        if node.kind == END and node.event is not None and node.event.kind in CLEARING:
            yield frozenset()
            return
        for outputs in self._choices(node):
            if rest.isdisjoint(outputs):
                yield rest.union(outputs)
        for event in self.process.boundary.get(place, ()):
            if event.interrupting:
                yield rest | {event.id}

    def _choices(self, node: Node) -> list[tuple[Place, ...]]:
        flows = self.process.outgoing[node.id]
        ways: list[Place] = [
            Arrival(node.id, flow.target) if flow.target in self.net.joins else flow.target for flow in flows
        ]
        if node.kind == "inclusiveGateway":
            return [some for size in range(1, len(ways) + 1) for some in combinations(ways, size)]
        if node.kind in ("exclusiveGateway", "eventBasedGateway"):
            return [(way,) for way in ways]
        return [tuple(ways)]

    def _fires(self, join: str, arrivals: frozenset[Place], marking: Marking) -> bool:
        here = arrivals & marking
        if self.process.by_id[join].kind == "parallelGateway":
            return here == arrivals
        return not any(self._leads(place, join) & (arrivals - here) for place in marking - arrivals)

    def _leads(self, place: Place, join: str) -> set[Place]:
        if (place, join) not in self._led:
            self._led[place, join] = self.net.after(place, without=[join])
        return self._led[place, join]
