"""The token game as the engine plays it: where tokens can lie, and every move from one marking to the next.

A marking is a set of spots: a node at work, an arrived flow that waits at a joining gateway, a side event that may still ring. The
inside of a sub-process or called process is played along only where it can be left by an error, an escalation, a signal or a cancel
event; any other inside has an examination of its own, and outside it is one activity like others.

Held against the engine in tests/property/test_soundness.py. Where it says less than the engine does: a repeated activity is at work
once, a repeating clock rings once, and values are known only as far as `knowing.py` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from app.workflow.engine.knowing import DECIDING, Knowing, Knowledge
from app.workflow.engine.model import ACTIVITIES, END, JOINS, START, Event, Node, Process, inner_process

TALKING = frozenset({"signal", "error", "escalation", "cancel"})
CATCHING = frozenset({"intermediateCatchEvent", "receiveTask"})
FROM_OUTSIDE = frozenset({"timer", "message", "conditional"})


class Spot(NamedTuple):
    """Where a token lies. `scope`: the activities around it; `via`: where one that waits at a join came from; `armed`: this is no
    token but a side event that has not rung yet."""

    scope: tuple[str, ...]
    node: str
    via: str = ""
    armed: bool = False


Marking = frozenset[Spot]


class State(NamedTuple):
    """A moment of the game."""

    spots: Marking
    known: Knowledge


@dataclass(frozen=True)
class Move:
    """One move: to which state, which node it is about, by which flows; `doubled`: spots that would hold two tokens."""

    to: State
    at: Spot
    flows: tuple[str, ...] = ()
    doubled: tuple[Spot, ...] = ()
    happens: str = ""  # id of the event that did it, where it is not the node itself


class _Board:
    """A marking under change."""

    def __init__(self, spots: Iterable[Spot]) -> None:
        self.spots = set(spots)
        self.doubled: list[Spot] = []
        self.flows: list[str] = []

    def put(self, spot: Spot) -> None:
        if spot in self.spots:
            self.doubled.append(spot)
        self.spots.add(spot)

    def clear(self, scope: tuple[str, ...]) -> None:
        """Take everything inside an activity away."""
        self.spots = {spot for spot in self.spots if spot.scope[: len(scope)] != scope}


class Game:
    """The moves of one process with what it holds. `side`: whether events that do not interrupt may ring."""

    def __init__(self, root: Process, processes: Mapping[str, Process], knowing: Knowing, *, side: bool = True) -> None:
        self.root, self.processes, self.knowing, self.side = root, processes, knowing, side
        self._climb = cache(self._climbed)
        self._inside_of = cache(self._played_inside)

    def starts(self) -> Iterator[tuple[str, State]]:
        """A first state for each start event."""
        for node in self.root.nodes:
            if node.kind == START:
                yield node.id, State(frozenset({Spot((), node.id)}), self.knowing.nothing)

    def process(self, scope: tuple[str, ...]) -> Process:
        """The process that runs in a scope."""
        process = self.root
        for host in scope:
            process = self.processes[inner_process(process.by_id[host]) or ""]
        return process

    def node(self, spot: Spot) -> Node:
        return self.process(spot.scope).by_id[spot.node]

    def moves(self, state: State) -> Iterator[Move]:
        """Every move. An inclusive join that can go on goes on before anything else, as in the engine."""
        joining = list(self._joining(state, "inclusiveGateway"))
        if joining:
            yield from joining
            return
        yield from self._joining(state, "parallelGateway")
        for spot in sorted(state.spots):  # in a fixed order, so that the same route gives the same walks
            if not spot.via and not spot.armed:
                yield from self._at(spot, state)

    def stops(self, state: State) -> bool:
        """Whether the case would stop here with an incident (no way out holds), which is a finding of its own."""
        return any(
            not spot.via
            and not spot.armed
            and (node := self.node(spot)).kind in DECIDING
            and not self.knowing.ways(self.process(spot.scope), node, state.known)
            for spot in state.spots
        )

    def expands(self, node: Node) -> bool:
        """Whether the inside of an activity is played along."""
        return self._inside_of(inner_process(node) or "")

    def _played_inside(self, process_id: str) -> bool:
        return process_id in self.processes and talks(self.processes[process_id], self.processes)

    # What a token at a node can do

    def _at(self, spot: Spot, state: State) -> Iterator[Move]:
        process, node = self.process(spot.scope), self.node(spot)
        if node.kind in DECIDING:
            for way in self.knowing.ways(process, node, state.known):
                yield self._leave(spot, State(state.spots, way.known), list(way.flows))
        elif node.kind == "eventBasedGateway":
            yield from self._by_event(spot, state)
        elif node.kind == END:
            yield self._end(spot, node, state)
        elif node.kind in CATCHING:
            if node.event is None or node.event.kind != "signal":
                yield self._leave(spot, self._learnt(node, state))
        elif node.kind in ACTIVITIES:
            yield from self._activity(spot, node, state)
        else:
            yield self._pass(spot, node, state)

    def _activity(self, spot: Spot, node: Node, state: State) -> Iterator[Move]:
        inner = (*spot.scope, spot.node)
        if not self.expands(node) or not any(other.scope[: len(inner)] == inner for other in state.spots):
            yield self._pass(spot, node, state)
        for event in self.process(spot.scope).boundary.get(node.id, ()):
            if event.event is not None and event.event.kind in FROM_OUTSIDE:
                armed = Spot(spot.scope, event.id, armed=True)
                if event.interrupting or (self.side and armed in state.spots):
                    board = _Board(state.spots)
                    self._ring(board, spot, event)
                    yield self._move(board, self._learnt(event, state).known, spot, happens=event.id)

    def _pass(self, spot: Spot, node: Node, state: State) -> Move:
        """A node does its work and its token goes on; what it throws is caught at once."""
        known = self.knowing.after(node, state.known)
        board = _Board(state.spots)
        thrown = node.event if node.kind in ("intermediateThrowEvent", "sendTask") else None
        if thrown is not None and thrown.kind in TALKING:
            self._throw(board, spot, thrown)
        if spot in board.spots:
            self._forward(board, spot, [flow.id for flow in self.process(spot.scope).outgoing[node.id]])
        return self._move(board, known, spot)

    def _end(self, spot: Spot, node: Node, state: State) -> Move:
        board = _Board(state.spots)
        kind = node.event.kind if node.event is not None else "none"
        if node.event is not None and kind in TALKING:
            self._throw(board, spot, node.event)
        board.spots.discard(spot)
        if kind in ("terminate", "cancel"):
            board.clear(spot.scope)
        return self._move(board, state.known, spot)

    def _by_event(self, spot: Spot, state: State) -> Iterator[Move]:
        process = self.process(spot.scope)
        for flow in process.outgoing[spot.node]:
            target = process.by_id[flow.target]
            if target.event is None or target.event.kind != "signal":
                board = _Board(state.spots)
                self._choose(board, spot, flow.id, target)
                yield self._move(board, self._learnt(target, state).known, spot, happens=target.id)

    def _leave(self, spot: Spot, state: State, flows: list[str] | None = None) -> Move:
        board = _Board(state.spots)
        ways = [flow.id for flow in self.process(spot.scope).outgoing[spot.node]] if flows is None else flows
        self._forward(board, spot, ways)
        return self._move(board, state.known, spot)

    def _learnt(self, node: Node, state: State) -> State:
        return State(state.spots, self.knowing.after(node, state.known))

    def _move(self, board: _Board, known: Knowledge, spot: Spot, happens: str = "") -> Move:
        return Move(State(frozenset(board.spots), known), spot, tuple(board.flows), tuple(board.doubled), happens)

    # Tokens going on

    def _forward(self, board: _Board, spot: Spot, flow_ids: Iterable[str]) -> None:
        """Take the token from its spot and put one at the end of each of these flows."""
        self._remove(board, spot)
        process, wanted = self.process(spot.scope), set(flow_ids)
        for flow in process.outgoing[spot.node]:
            if flow.id in wanted:
                board.flows.append(flow.id)
                self._enter(board, spot.scope, spot.node, flow.target)

    def _remove(self, board: _Board, spot: Spot) -> None:
        board.spots.discard(spot)
        board.clear((*spot.scope, spot.node))
        for event in self.process(spot.scope).boundary.get(spot.node, ()):
            board.spots.discard(Spot(spot.scope, event.id, armed=True))

    def _enter(self, board: _Board, scope: tuple[str, ...], source: str, target: str) -> None:
        process = self.process(scope)
        node = process.by_id[target]
        if node.kind in JOINS and len(process.incoming[target]) > 1:
            board.put(Spot(scope, target, via=source))
            return
        board.put(Spot(scope, target))
        if self.side:
            armed = [event.id for event in process.boundary.get(target, ()) if not event.interrupting]
            board.spots.update(Spot(scope, event_id, armed=True) for event_id in armed)
        if node.kind in ACTIVITIES and self.expands(node):
            inside = self.processes[inner_process(node) or ""]
            plain = [n for n in inside.nodes if n.kind == START and (n.event is None or n.event.kind == "none")]
            board.spots.update(Spot((*scope, target), start.id) for start in plain)

    def _ring(self, board: _Board, host: Spot, event: Node) -> None:
        """A boundary event happens: its token starts, and what it interrupts is gone."""
        if event.interrupting:
            self._remove(board, host)
        else:
            board.spots.discard(Spot(host.scope, event.id, armed=True))
        board.put(Spot(host.scope, event.id))

    def _choose(self, board: _Board, gateway: Spot, flow_id: str, event: Node) -> None:
        board.spots.discard(gateway)
        board.flows.append(flow_id)
        for flow in self.process(gateway.scope).outgoing[event.id]:
            board.flows.append(flow.id)
            self._enter(board, gateway.scope, event.id, flow.target)

    # Joins

    def _joining(self, state: State, kind: str) -> Iterator[Move]:
        waiting: dict[Spot, list[Spot]] = {}
        for spot in sorted(state.spots):
            if spot.via:
                waiting.setdefault(Spot(spot.scope, spot.node), []).append(spot)
        for join, arrived in waiting.items():
            process = self.process(join.scope)
            if process.by_id[join.node].kind == kind and self._complete(state, process, join, arrived):
                board = _Board(state.spots.difference(arrived))
                board.put(join)
                yield self._move(board, state.known, join)

    def _complete(self, state: State, process: Process, join: Spot, arrived: list[Spot]) -> bool:
        here = {spot.via for spot in arrived}
        empty = {flow.source for flow in process.incoming[join.node]} - here
        if process.by_id[join.node].kind == "parallelGateway" or not empty:
            return not empty
        climb = self._climb
        coming = {name for source in empty for name in climb(process.id, source, join.node)}
        coming -= {name for source in here for name in climb(process.id, source, join.node)}
        return not any(name in coming for name in self._live(state, process, join))

    def _live(self, state: State, process: Process, join: Spot) -> Iterator[str]:
        """The nodes in the join's process from which a token may still come, side events included."""
        for spot in state.spots:
            if spot.scope != join.scope or spot.node == join.node:
                continue
            yield spot.node
            if not spot.via and not spot.armed:
                yield from (event.id for event in process.boundary.get(spot.node, ()) if event.interrupting)

    def _climbed(self, process_id: str, target: str, without: str) -> frozenset[str]:
        """The nodes that lead to `target` without passing `without`."""
        process = self.processes[process_id]
        found, todo = {target}, [target]
        while todo:
            node = process.by_id[todo.pop()]
            for flow in process.incoming[node.attached_to or node.id]:
                if flow.source not in found and flow.source != without:
                    found.add(flow.source)
                    todo.append(flow.source)
        return frozenset(found)

    # Events thrown inside the case

    def _throw(self, board: _Board, spot: Spot, event: Event) -> None:
        if event.kind == "signal":
            for other in sorted(board.spots):
                if other in board.spots and not other.via and not other.armed:
                    self._hear(board, other, event)
            return
        scope = spot.scope[:-1] if event.kind == "cancel" else spot.scope
        while True:
            heard = [
                other for other in sorted(board.spots) if other.scope == scope and not other.via and not other.armed
            ]
            caught = [(host, b) for host in heard for b in self._boundaries(host) if catches(b, event)]
            for host, boundary in caught:
                if host in board.spots and self._may_ring(board, host, boundary):
                    self._ring(board, host, boundary)
            if caught or not scope:
                return
            scope = scope[:-1]

    def _hear(self, board: _Board, spot: Spot, signal: Event) -> None:
        """A signal reaches a waiting token."""
        process, node = self.process(spot.scope), self.node(spot)
        if node.kind in CATCHING and node.event is not None and catches(node, signal):
            self._forward(board, spot, [flow.id for flow in process.outgoing[node.id]])
        elif node.kind == "eventBasedGateway":
            for flow in process.outgoing[node.id]:
                if spot in board.spots and catches(process.by_id[flow.target], signal):
                    self._choose(board, spot, flow.id, process.by_id[flow.target])
        for boundary in self._boundaries(spot):
            if spot in board.spots and catches(boundary, signal) and self._may_ring(board, spot, boundary):
                self._ring(board, spot, boundary)

    def _boundaries(self, host: Spot) -> list[Node]:
        return self.process(host.scope).boundary.get(host.node, [])

    def _may_ring(self, board: _Board, host: Spot, event: Node) -> bool:
        return event.interrupting or Spot(host.scope, event.id, armed=True) in board.spots


def catches(catcher: Node, event: Event) -> bool:
    """Whether an event that is thrown is the one a node waits for; an error or escalation without a code is any."""
    waits = catcher.event
    if waits is None or waits.kind != event.kind:
        return False
    if event.kind in ("error", "escalation"):
        return waits.value is None or waits.value == event.value
    return event.kind == "cancel" or waits.value == event.value


def talks(process: Process, processes: Mapping[str, Process], seen: frozenset[str] = frozenset()) -> bool:
    """Whether something in a process, or in what it holds, may reach beyond it or be reached from beyond."""
    if process.id in seen:
        return False
    for node in process.nodes:
        if node.event is not None and node.event.kind in TALKING and node.kind != "boundaryEvent":
            return True
        if node.event is not None and node.event.kind == "signal":
            return True
        inside = processes.get(inner_process(node) or "")
        if inside is not None and talks(inside, processes, seen | {process.id}):
            return True
    return False
