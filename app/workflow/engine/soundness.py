"""Whether a case can always finish: every state of the token game, and what is wrong among them.

The states are a graph (networkx): a state without a way on is a deadlock, a part that nothing leads out of is an endless loop, a
spot with two tokens a doubled token, a node that no move is about a dead step. Each finding has the shortest walk that leads to it.
The game ends at a limit of states; what is found until then is true, what is not found is then not decided.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.workflow.engine.model import END, MANUAL, Node, Process, inner_process
from app.workflow.engine.tokens import Game, Move, Spot, State

MOST_STATES = 40_000
MOST_OF_A_KIND = 5


class Kind(StrEnum):
    """What is wrong."""

    STUCK = "sound_stuck"
    STUCK_EVENT = "sound_stuck_event"
    STUCK_INCLUSIVE = "sound_stuck_inclusive"
    ENDLESS = "sound_endless"
    DOUBLED = "sound_doubled"
    DOUBLED_SIDE = "sound_doubled_side"
    DEAD = "sound_dead"
    DEAD_WAY = "sound_dead_way"
    DEAD_EVENT = "sound_dead_event"
    UNDECIDED = "sound_undecided"


@dataclass(frozen=True)
class Stride:
    """One step of a walk. `at`: the element the move was about ("" at the beginning); `flows`: the lines taken; `tokens`: the
    elements that hold a token afterwards."""

    at: str
    flows: tuple[str, ...]
    tokens: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a process: where, why (elements, by role), and the walk that leads there."""

    kind: Kind
    process_id: str
    element: str
    facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    walk: tuple[Stride, ...] = ()


@dataclass(frozen=True)
class Explored:
    """What was looked at: how many states, and whether those were all."""

    process_id: str
    states: int
    complete: bool
    faults: tuple[Fault, ...]


@dataclass
class _Map:
    """The states seen, with the first way to each."""

    game: Game
    most: int
    graph: Any
    came: dict[State, tuple[State, Move] | None] = field(default_factory=dict)
    doubled: dict[Spot, tuple[State, Move]] = field(default_factory=dict)
    settled: set[State] = field(
        default_factory=set
    )  # ended, stopped by an incident, or not followed: a token is doubled
    tainted: set[State] = field(default_factory=set)  # come to by letting two tokens be one
    visited: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    complete: bool = True


def examine(
    game: Game, most: int = MOST_STATES, main: frozenset[Spot] | None = None
) -> tuple[Explored, frozenset[Spot]]:
    """Play the game out and say what is wrong, and which spots tokens came to.

    main: the spots of the game without side events; a doubled token elsewhere then only means a side branch that is started again.
    """
    seen = _explored(game, most, follow_doubled=main is not None)
    faults = [*_doubled(seen, main), *_stuck(seen), *(_endless(seen) if seen.complete else ())]
    if seen.complete and not faults:  # else what is dead may only be what lies behind a fault
        faults += _dead(seen)
    spots = frozenset(spot for state in seen.came for spot in state.spots)
    return Explored(game.root.id, len(seen.came), seen.complete, tuple(faults)), spots


def _explored(game: Game, most: int, *, follow_doubled: bool) -> _Map:
    import networkx  # a library for workers and child processes: too large for every web process

    seen = _Map(game, most, networkx.DiGraph())
    todo: deque[State] = deque()
    for _, state in game.starts():
        seen.came.setdefault(state, None)
        todo.append(state)
    while todo:
        state = todo.popleft()
        seen.graph.add_node(state)
        seen.visited.update(spot.node for spot in state.spots if not spot.armed and not spot.via)
        moves = list(game.moves(state))
        if not state.spots or (not moves and game.stops(state)):
            seen.settled.add(state)
        for move in moves:
            _note(seen, state, move, todo, follow_doubled)
        if len(seen.came) > most:
            seen.complete = False
            break
    return seen


def _note(seen: _Map, state: State, move: Move, todo: deque[State], follow_doubled: bool) -> None:
    seen.taken.update(move.flows)
    seen.visited.update((move.at.node, move.happens))
    doubled = [spot for spot in move.doubled if seen.game.node(spot).kind != END]  # an end takes any number
    for spot in doubled:
        seen.doubled.setdefault(spot, (state, move))
    if move.to not in seen.came:
        seen.came[move.to] = (state, move)
        if doubled or state in seen.tainted:
            seen.tainted.add(move.to)
        if doubled and not follow_doubled:
            seen.settled.add(move.to)
        else:
            todo.append(move.to)
    seen.graph.add_edge(state, move.to)


def _doubled(seen: _Map, main: frozenset[Spot] | None) -> Iterator[Fault]:
    told: set[str] = set()
    for spot, (state, move) in seen.doubled.items():
        aside = main is not None and spot not in main
        if spot.node in told or len(told) == MOST_OF_A_KIND:
            continue
        told.add(spot.node)
        process = seen.game.process(spot.scope)
        facts = {"from": (move.at.node,), "last": _last(seen, state)}
        kind = Kind.DOUBLED_SIDE if aside else Kind.DOUBLED
        yield Fault(kind, process.id, spot.node, facts, _walk(seen, state, move))


def _stuck(seen: _Map) -> Iterator[Fault]:
    told: set[tuple[str, str]] = set()
    for state in seen.came:
        known = state in seen.settled or state in seen.tainted or state not in seen.graph
        if known or seen.graph.out_degree(state) or not _has_no_move(seen.game, state):
            continue
        for fault in _why(seen, state):
            if (fault.kind, fault.element) not in told and len(told) < MOST_OF_A_KIND:
                told.add((fault.kind, fault.element))
                yield fault


def _has_no_move(game: Game, state: State) -> bool:
    return next(game.moves(state), None) is None


def _why(seen: _Map, state: State) -> Iterator[Fault]:
    """The joins and events that wait in vain; the host of an inside that is stuck is no reason of its own."""
    game, joins = seen.game, {Spot(spot.scope, spot.node) for spot in state.spots if spot.via}
    walk, last = _walk(seen, state), _last(seen, state)
    for join in sorted(joins):
        process = game.process(join.scope)
        here = tuple(sorted(s.via for s in state.spots if s.via and (s.scope, s.node) == (join.scope, join.node)))
        missing = tuple(sorted({flow.source for flow in process.incoming[join.node]}.difference(here)))
        kind = Kind.STUCK if process.by_id[join.node].kind == "parallelGateway" else Kind.STUCK_INCLUSIVE
        yield Fault(kind, process.id, join.node, {"arrived": here, "missing": missing, "last": last}, walk)
    waiting = [s for s in sorted(state.spots) if not s.via and not s.armed and not _holds_more(s, state)]
    for spot in waiting if not joins else ():
        yield Fault(Kind.STUCK_EVENT, game.process(spot.scope).id, spot.node, {"last": last}, walk)


def _holds_more(spot: Spot, state: State) -> bool:
    inner = (*spot.scope, spot.node)
    return any(other.scope[: len(inner)] == inner for other in state.spots)


def _endless(seen: _Map) -> Iterator[Fault]:
    """Parts of the graph that nothing leads out of, in which the case goes round for ever."""
    import networkx

    graph = seen.graph
    good = seen.settled | seen.tainted | {state for state in graph if not graph.out_degree(state)}
    rest = graph.subgraph(set(graph) - _leading_to(graph, good))
    order = {state: number for number, state in enumerate(seen.came)}  # nearest to the start first
    parts = sorted(
        (sorted(part, key=order.__getitem__) for part in networkx.attracting_components(rest)),
        key=lambda p: order[p[0]],
    )
    for part in parts[:MOST_OF_A_KIND]:
        first = part[0]
        nodes = tuple(dict.fromkeys(spot.node for state in part for spot in sorted(state.spots) if not spot.armed))
        stations = [node_id for node_id in nodes if _is_station(seen.game, node_id)] or list(nodes)
        process = seen.game.process(min(first.spots).scope)
        walk = _walk(seen, first)
        yield Fault(Kind.ENDLESS, process.id, stations[0], {"round": tuple(stations), "last": _last(seen, first)}, walk)


def _leading_to(graph: Any, goals: Iterable[State]) -> set[State]:
    found, todo = set(goals), list(goals)
    while todo:
        for before in graph.predecessors(todo.pop()):
            if before not in found:
                found.add(before)
                todo.append(before)
    return found


def _dead(seen: _Map) -> Iterator[Fault]:
    """Steps, and ways out of gateways, that no case ever comes to."""
    for process, nodes in _played(seen.game):
        dead = [node for node in nodes if node.id not in seen.visited]
        first = [n for n in dead if not any(f.source in {d.id for d in dead} for f in process.incoming[n.id])] or dead
        for node in first:
            kind = Kind.DEAD_EVENT if node.kind == "boundaryEvent" else Kind.DEAD
            yield Fault(kind, process.id, node.id)
        for flow in process.flows:
            if flow.id not in seen.taken and flow.source in seen.visited and flow.target in seen.visited:
                yield Fault(Kind.DEAD_WAY, process.id, flow.id, {"from": (flow.source,), "to": (flow.target,)})


def _played(game: Game) -> Iterator[tuple[Process, list[Node]]]:
    """The processes the game plays, each once, with their nodes (side events only where they may ring)."""
    todo, known = [game.root], {game.root.id}
    while todo:
        process = todo.pop()
        side = {n.id for n in process.nodes if n.kind == "boundaryEvent" and not n.interrupting}
        yield process, [node for node in process.nodes if game.side or node.id not in side]
        for node in process.nodes:
            inside = inner_process(node)
            if game.expands(node) and inside is not None and inside not in known:
                known.add(inside)
                todo.append(game.processes[inside])


def _is_station(game: Game, node_id: str) -> bool:
    return any(process.by_id[node_id].kind in MANUAL for process, _ in _played(game) if node_id in process.by_id)


def _steps_to(seen: _Map, state: State) -> list[tuple[State, Move]]:
    found: list[tuple[State, Move]] = []
    while (step := seen.came[state]) is not None:
        found.append(step)
        state = step[0]
    return found[::-1]


def _walk(seen: _Map, state: State, last: Move | None = None) -> tuple[Stride, ...]:
    steps = _steps_to(seen, state)
    first = steps[0][0] if steps else state
    moves = [move for _, move in steps] + ([last] if last is not None else [])
    begin = Stride("", (), _tokens(first))
    return (begin, *(Stride(move.happens or move.at.node, move.flows, _tokens(move.to)) for move in moves))


def _tokens(state: State) -> tuple[str, ...]:
    return tuple(sorted(spot.node for spot in state.spots if not spot.armed))


def _last(seen: _Map, state: State) -> tuple[str, ...]:
    """The station after which the ways parted that do not meet again: the one before the last split of the walk."""
    split = False
    for _, move in reversed(_steps_to(seen, state)):
        split = split or len(seen.game.process(move.at.scope).outgoing[move.at.node]) > 1
        if split and seen.game.node(move.at).kind in MANUAL:
            return (move.at.node,)
    return ()
