"""A process played with learnt times and shares: cases come, walk the drawn route, and wait for officers who may be ill.

The route is the engine's own model of the diagram: gateways, joins, called processes. Where several lines leave a decision, one
is drawn by the share it had in history. Boundary events and message events are not played: their time is in the habits of their
station. simpy and numpy are imported by the worker alone, when it plays.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.workflow.engine.definition import Definition
from app.workflow.engine.model import Node, Process, inner_process
from app.workflow.engine.net import Net
from app.workflow.monitoring.learning import Learnt, Mode, Place

if TYPE_CHECKING:
    import numpy
    import simpy

HOUR = 3600.0
LONGEST_WALK = 400
LEAST_RUNS, MOST_RUNS, EVENTS = 5, 60, 80_000

Steps = Generator[Any, Any, None]


@dataclass(frozen=True)
class Change:
    """What is different from history. growth: arrivals times so much; absent: officers who are away for the first `away` working
    seconds."""

    growth: float = 1.0
    absent: frozenset[int] = frozenset()
    away: float = 0.0


@dataclass
class Diary:
    """What one play saw: per station the time of each visit that ended, and the time spent there within the horizon."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    left: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True)
class Outlook:
    """A station over all plays: visits per play, median and 90 % of the time in working hours, how many were there on average,
    and at the end."""

    visits: float
    median: float | None
    ninety: float | None
    queue: float
    left: float


def play(
    definition: Definition,
    learnt: Learnt,
    standing: Sequence[Sequence[str]],
    horizon: float,
    change: Change,
    report: Callable[[int, int], None],
    seed: int = 20261122,
) -> dict[str, Outlook]:
    """Play the process several times from where the cases stand; horizon in working seconds. The same seed plays the same."""
    expected = learnt.rate * change.growth * horizon / HOUR + len(standing)
    runs = int(min(MOST_RUNS, max(LEAST_RUNS, EVENTS / max(expected * 10, 1))))
    diaries = []
    for number in range(runs):
        diaries.append(_Play(definition, learnt, change, horizon, seed + number).run(standing))
        report(number + 1, runs)
    return outlooks(diaries, horizon)


def outlooks(diaries: Sequence[Diary], horizon: float) -> dict[str, Outlook]:
    """The plays taken together, by station."""
    import numpy

    found = {}
    for station in sorted({key for diary in diaries for key in diary.spent}):
        times = [time for diary in diaries for time in diary.times.get(station, ())]
        median, ninety = (float(q) / HOUR for q in numpy.quantile(times, (0.5, 0.9))) if times else (None, None)
        number = len(diaries)
        spent = sum(diary.spent.get(station, 0.0) for diary in diaries) / number
        left = sum(diary.left.get(station, 0) for diary in diaries) / number
        found[station] = Outlook(len(times) / number, median, ninety, spent / max(horizon, 1.0), left)
    return found


class _Play:
    """One play."""

    def __init__(self, definition: Definition, learnt: Learnt, change: Change, horizon: float, seed: int) -> None:
        import simpy

        self.env = simpy.Environment()
        self.definition, self.learnt, self.change = definition, learnt, change
        self.horizon, self.seed, self.diary = horizon, seed, Diary()
        self.draws: dict[str, numpy.random.Generator] = {}
        self.officers: dict[int, simpy.Resource] = {
            officer: simpy.Resource(self.env) for place in learnt.places.values() for officer in place.officers
        }
        self.callers = _callers(definition)
        self.open: dict[int, tuple[str, float]] = {}
        self.number = 0

    def run(self, standing: Sequence[Sequence[str]]) -> Diary:
        for stations in standing:
            self.env.process(self._go_on(list(stations)))
        self.env.process(self._arrivals())
        self.env.run(until=max(self.horizon, 1.0))
        for station, came in self.open.values():
            self.diary.spent[station] += self.horizon - came
            self.diary.left[station] += 1
        return self.diary

    def _arrivals(self) -> Steps:
        rate = self.learnt.rate * self.change.growth / HOUR
        while rate > 0:
            yield self.env.timeout(float(self.draw("arrivals").exponential(1 / rate)))
            main = self.definition.processes[self.definition.key]
            self.env.process(Walk(self, main).begin())

    def _go_on(self, stations: list[str]) -> Steps:
        """A case that stands at stations now; when its called process ends, the one that called it goes on."""
        here = next((p for p in self.definition.processes.values() if stations[0] in p.by_id), None)
        if here is None:
            return
        walk = Walk(self, here)
        yield self.env.process(walk.from_nodes([name for name in stations if name in here.by_id]))
        while not walk.over and here.id in self.callers:
            outer, node = self.callers[here.id]
            walk, here = Walk(self, outer), outer
            yield self.env.process(walk.after(node))

    def visit(self, station: str) -> Steps:
        """Come to a station, wait for somebody, be worked on."""
        place = self.learnt.places.get(station)
        self.number += 1
        key, came = self.number, self.env.now
        self.open[key] = (station, came)
        if place is not None and place.works:
            number = int(self.draw(station).integers(len(place.works)))
            yield self.env.timeout(place.habits[number])
            if place.mode is not Mode.VOTE and place.officers:
                yield from self._work(place, place.works[number])
        del self.open[key]
        self.diary.times[station].append(self.env.now - came)
        self.diary.spent[station] += self.env.now - came

    def _work(self, place: Place, work: float) -> Steps:
        present = [officer for officer in place.officers if not self._is_away(officer)]
        while not present:
            yield self.env.timeout(max(self.change.away - self.env.now, 1.0))
            present = [officer for officer in place.officers if not self._is_away(officer)]
        officer = self.officers[self._choose(place, present)]
        with officer.request() as turn:
            yield turn
            yield self.env.timeout(work)

    def _choose(self, place: Place, present: Sequence[int]) -> int:
        """Of a pool who is free first; where tasks are given to persons, by how often each had them."""
        if place.mode is Mode.POOL:
            return min(present, key=lambda one: (self.officers[one].count + len(self.officers[one].queue), one))
        weights = [place.officers[one] for one in present]
        return present[self.pick("officers", weights)]

    def _is_away(self, officer: int) -> bool:
        return officer in self.change.absent and self.env.now < self.change.away

    def draw(self, what: str) -> numpy.random.Generator:
        """Chance with a stream of its own for each purpose, so that two plays differ by what was changed and little else."""
        if what not in self.draws:
            import numpy

            self.draws[what] = numpy.random.default_rng([self.seed, zlib.crc32(what.encode())])
        return self.draws[what]

    def pick(self, what: str, weights: Sequence[float]) -> int:
        """A place in the list, drawn by weight; by even chances where none has any."""
        whole = sum(weights)
        point = float(self.draw(what).random()) * (whole or len(weights))
        for number, weight in enumerate(weights):
            point -= weight if whole else 1
            if point < 0:
                return number
        return len(weights) - 1

    def chance(self, what: str, probability: float) -> bool:
        """True with that probability."""
        return probability > 0 and float(self.draw(what).random()) < probability


class Walk:
    """A case in one process: its tokens, and those that wait at joins. over: the whole case has ended early."""

    def __init__(self, game: _Play, process: Process) -> None:
        self.game, self.process, self.net = game, process, Net(process)
        self.alive = 0
        self.steps = 0
        self.over = False
        self.waiting: dict[str, set[str]] = defaultdict(set)
        self.ended = game.env.event()

    def begin(self) -> Steps:
        """From the start event to the end."""
        yield from self.from_nodes([node.id for node in self.process.nodes if node.kind == "startEvent"][:1])

    def from_nodes(self, nodes: Sequence[str]) -> Steps:
        """With a token at each of these nodes."""
        if nodes:
            for name in nodes:
                self._send(name, "")
            yield self.ended

    def after(self, node: str) -> Steps:
        """From behind a node that is done."""
        if self._leave(self.process.by_id[node]):
            yield self.ended

    def _send(self, name: str, source: str) -> None:
        self.alive += 1
        self.game.env.process(self._token(name, source))

    def _token(self, name: str, source: str) -> Steps:
        self.steps += 1
        node = self.process.by_id.get(name)
        if node is None or self.over or self.steps > LONGEST_WALK:
            return self._die()
        if name in self.net.joins and not self._joins(node, source):
            return self._die()
        yield from self._stay(node)
        if not self.over:
            self._leave(node)
        return self._die()

    def _joins(self, node: Node, source: str) -> bool:
        """Whether the token goes on: the last one to come does. One that nobody else can come to any more does, too."""
        waits = self.waiting[node.id]
        waits.add(source)
        complete = waits.issuperset(flow.source for flow in self.process.incoming[node.id])
        if complete or self.alive == 1:
            waits.clear()
            return True
        return False

    def _stay(self, node: Node) -> Steps:
        inner = self.game.definition.processes.get(inner_process(node) or "")
        if inner is not None:
            walk = Walk(self.game, inner)
            yield self.game.env.process(walk.begin())
            self.over = self.over or walk.over
        elif node.id in self.game.definition.steps:
            yield from self._visit(node.id)

    def _visit(self, station: str) -> Steps:
        place = self.game.learnt.places.get(station)
        yield from self.game.visit(station)
        if place is None:
            return
        if self.game.chance(f"{station} dropped", place.dropped):
            self.over = True
        for target, probability in place.returns.items():
            if self.game.chance(f"{station} {target}", probability):
                yield from self.game.visit(target)
                yield from self.game.visit(station)

    def _leave(self, node: Node) -> int:
        """Send tokens on; how many."""
        flows = self.process.outgoing.get(node.id, [])
        if len(flows) > 1 and node.kind != "parallelGateway":
            weights = [self.game.learnt.flows.get(flow.id, 0) for flow in flows]
            flows = [flows[self.game.pick(node.id, weights)]]
        for flow in flows:
            self._send(flow.target, node.id)
        return len(flows)

    def _die(self) -> None:
        self.alive -= 1
        stuck = [name for name, waits in self.waiting.items() if waits]
        if self.alive == 0 and stuck and not self.over:
            # Only tokens at joins are left, and nothing can come to them: they go on with what there is.
            self.waiting[stuck[0]].clear()
            self.alive += 1
            self.game.env.process(self._freed(self.process.by_id[stuck[0]]))
        elif self.alive == 0 and not self.ended.triggered:
            self.ended.succeed()

    def _freed(self, node: Node) -> Steps:
        yield self.game.env.timeout(0)
        self._leave(node)
        self._die()


def _callers(definition: Definition) -> Mapping[str, tuple[Process, str]]:
    """Per called process where it is called from."""
    return {
        inner: (process, node.id)
        for process in definition.processes.values()
        for node in process.nodes
        if (inner := inner_process(node) or "") in definition.processes
    }
