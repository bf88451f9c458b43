"""A process as a net of places: what can be open at the same time, and what comes after what.

A **place** is a node at work, or an arrived flow waiting at a joining gateway (`Arrival`). Two places are
*concurrent* when both can hold a token at once. That one relation, computed from the picture alone, answers three
questions: which open tasks a send-back leaves alone, which joins can never fire, and where two tokens could meet on
one node.

The relation is the least one with: the outputs of a fork are pairwise concurrent; what is concurrent with every
input of a move is concurrent with each of its outputs (Kovalyov's rule, exact for sound free-choice nets).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from app.workflow.engine.model import JOINS, START, Process


@dataclass(frozen=True)
class Arrival:
    """A token that came from `source` and waits at the joining gateway `join`."""

    source: str
    join: str


Place = str | Arrival


@dataclass(frozen=True)
class Move:
    """One way tokens go: taken from all `inputs`, put on all `outputs`."""

    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]


class Net:
    """The net of one process (the inside of a sub-process is a net of its own)."""

    def __init__(self, process: Process) -> None:
        self.process = process

    @cached_property
    def joins(self) -> frozenset[str]:
        """Parallel and inclusive gateways with more than one way in."""
        incoming = self.process.incoming
        return frozenset(node.id for node in self.process.nodes if node.kind in JOINS and len(incoming[node.id]) > 1)

    def arrivals(self, join: str) -> tuple[Arrival, ...]:
        return tuple(Arrival(flow.source, join) for flow in self.process.incoming[join])

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        return tuple(self._moves())

    def _moves(self) -> Iterator[Move]:
        for node in self.process.nodes:
            outputs = tuple(self._place(node.id, flow.target) for flow in self.process.outgoing[node.id])
            if node.id in self.joins:
                yield Move(self.arrivals(node.id), (node.id,))
            if outputs and (node.kind in JOINS or node.kind not in ("exclusiveGateway", "eventBasedGateway")):
                yield Move((node.id,), outputs)
            else:
                yield from (Move((node.id,), (output,)) for output in outputs)
            for event in self.process.boundary.get(node.id, ()):
                yield Move((node.id,), (event.id,) if event.interrupting else (node.id, event.id))

    def _place(self, source: str, target: str) -> Place:
        return Arrival(source, target) if target in self.joins else target

    @cached_property
    def starts(self) -> tuple[str, ...]:
        return tuple(node.id for node in self.process.nodes if node.kind == START)

    @cached_property
    def concurrent(self) -> dict[Place, set[Place]]:
        """For each place the places that can be marked together with it (itself too, if it can hold two tokens)."""
        return self._relation(self.moves)

    @cached_property
    def concurrent_by_gateways(self) -> dict[Place, set[Place]]:
        """The relation as if no boundary event left its activity at work: what forks alone make concurrent."""
        return self._relation([move for move in self.moves if not _keeps_its_input(move)])

    def together_with(self, target: str) -> set[Place]:
        """What may stay open when a token is put back on `target`.

        Branches that side events (not interrupting) of `target`, or of activities still to come, have started are not
        among them: those events will fire anew, and nobody wants the same reminder open twice.
        """
        ahead = self.ahead(target)
        moves = [m for m in self.moves if not (_keeps_its_input(m) and ahead.intersection(m.inputs))]
        relation = self.concurrent if len(moves) == len(self.moves) else self._relation(moves)
        return relation.get(target, set())

    def arrivals_to_fill(self, target: str, kept: Collection[Place]) -> list[Arrival]:
        """The tokens that joins around `target` need back, because the branches beside it are finished.

        A parallel join is around `target` if one of its ways in belongs to the target's own branch and others are
        concurrent with it. A way in is left alone if a kept token is on it or may still come to it.
        """
        together = self.together_with(target)
        found = []
        for join in sorted(self.joins):
            if self.process.by_id[join].kind != "parallelGateway":
                continue  # an inclusive join asks only for tokens that can still come
            beside = [arrival for arrival in self.arrivals(join) if arrival in together]
            own = set(self.arrivals(join)).difference(beside)
            if beside and own.intersection(self.after(target, without=[join])):
                found += [way for way in beside if not any(self._comes(place, way, together) for place in kept)]
        return found

    def _comes(self, place: Place, way: Arrival, beside: set[Place]) -> bool:
        """Whether a token on `place` is on `way` or comes to it through places that lie beside the target.

        A token that would have to leave them (join, go round an outer loop and fork again) does not come in this pass.
        """
        leaving = self._next.keys() - beside
        return place == way or way in self.after(place, without=leaving)

    def branches_beside(self, target: str) -> list[tuple[str, Place]]:
        """For each fork around `target`: the fork and the first place of each of its other branches."""
        together = self.together_with(target)
        found = []
        for node in self.process.nodes:
            ways = [self._place(node.id, flow.target) for flow in self.process.outgoing[node.id]]
            if node.kind not in JOINS or len(ways) < 2:
                continue
            own = [way for way in ways if way == target or target in self.after(way, without=[node.id])]
            if any(way not in together for way in own):
                found += [(node.id, way) for way in ways if way in together]
        return found

    def ahead(self, start: Place) -> set[Place]:
        """`start` and what lies before a token on it, loops back not counted."""
        found: set[Place] = {start}
        todo: list[Place] = [start]
        while todo:
            place = todo.pop()
            for following in self._next.get(place, ()):
                if following not in found and (place, following) not in self._backward:
                    found.add(following)
                    todo.append(following)
        return found

    @cached_property
    def _backward(self) -> set[tuple[Place, Place]]:
        """The steps of the net that close a loop, found by a depth-first walk from the start events."""
        backward: set[tuple[Place, Place]] = set()
        done: set[Place] = set()
        for start in self.starts:
            path: list[tuple[Place, Iterator[Place]]] = [(start, iter(self._ordered(start)))]
            open_now: set[Place] = {start}
            while path:
                place, rest = path[-1]
                following = next(rest, None)
                if following is None:
                    path.pop()
                    open_now.discard(place)
                    done.add(place)
                elif following in open_now:
                    backward.add((place, following))
                elif following not in done:
                    open_now.add(following)
                    path.append((following, iter(self._ordered(following))))
        return backward

    def _ordered(self, place: Place) -> list[Place]:
        return sorted(self._next.get(place, ()), key=str)

    def _relation(self, moves: Iterable[Move]) -> dict[Place, set[Place]]:
        relation: dict[Place, set[Place]] = {}
        for move in moves:
            for place in (*move.inputs, *move.outputs):
                relation.setdefault(place, set())
        for move in moves:
            for one in move.outputs:
                relation[one].update(other for other in move.outputs if other != one)
        learning = True
        while learning:
            learning = False
            for move in moves:
                learning = _spread(relation, move) or learning
        return relation

    @cached_property
    def _next(self) -> dict[Place, set[Place]]:
        following: dict[Place, set[Place]] = {}
        for move in self.moves:
            for place in move.inputs:
                following.setdefault(place, set()).update(move.outputs)
        return following

    def after(self, start: Place, without: Iterable[Place] = ()) -> set[Place]:
        """Places that a token on `start` may come to, not passing a place in `without` (nor `start` again)."""
        closed: set[Place] = set(without)
        found: set[Place] = set()
        todo = [start]
        while todo:
            for place in self._next.get(todo.pop(), ()):
                if place not in found and place not in closed:
                    found.add(place)
                    todo.append(place)
        return found

    @cached_property
    def reachable(self) -> set[Place]:
        """Everything a case can come to from a start event."""
        return set(self.starts).union(*(self.after(start) for start in self.starts))


def _spread(relation: dict[Place, set[Place]], move: Move) -> bool:
    """Apply the rule to one move; true if it taught something new."""
    together = set.intersection(*(relation[place] for place in move.inputs)).difference(move.inputs)
    changed = False
    for output in move.outputs:
        new = together - relation[output]
        changed = changed or bool(new)
        relation[output] |= new
        for place in new:
            relation[place].add(output)
    return changed


def _keeps_its_input(move: Move) -> bool:
    return bool(set(move.inputs).intersection(move.outputs))
