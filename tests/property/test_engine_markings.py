"""The relation that decides what a send-back leaves alone is right: held against the token game, played out in full.

And on every diagram of the house and every real one that can be deployed: whatever is done and sent back in whatever
order, the tokens of each process at work are always a marking that the picture can reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.workflow import engine
from app.workflow.engine.checking import check_here
from app.workflow.engine.model import inner_process
from app.workflow.engine.net import Arrival, Net
from app.workflow.engine.state import read
from tests.engine.drawing import NOW, defined
from tests.property.engine_blocks import Block, Sketch, blocks
from tests.property.token_game import Marking, TooMany, markings

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted(folder for folder in (ROOT / "bpmn").glob("*") if folder.is_dir())
REAL = sorted((ROOT.parent / "shared" / "data" / "bpmn").glob("*/*.bpmn"))
QUIET = list(HealthCheck)


def gateways_only(block: Block) -> bool:
    """Whether the tree has no side clocks, whose branches may be started again while they are open."""
    return block.kind not in ("side",) and all(gateways_only(part) for part in block.parts)


@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
@given(blocks(8).filter(gateways_only))
def test_two_places_are_concurrent_exactly_if_some_reachable_marking_has_both(tree: Block) -> None:
    definition = defined(*Sketch(tree).parts)
    for process in definition.processes.values():
        try:
            reachable = markings(process)
        except TooMany:
            continue
        met = {pair for marking in reachable for pair in combinations(sorted(marking, key=str), 2)}
        relation = definition.nets[process.id].concurrent
        known = {pair for pair in combinations(sorted(relation, key=str), 2) if pair[1] in relation[pair[0]]}
        assert met <= known
        if not any(node.kind == "inclusiveGateway" for node in process.nodes):
            assert known <= met


@settings(max_examples=80, deadline=None, suppress_health_check=QUIET)
@given(blocks(8).filter(gateways_only))
def test_every_reachable_marking_has_a_next_move_or_is_an_end(tree: Block) -> None:
    """The drawings of the property tests are sound, so a case that gets stuck is the engine's fault."""
    for process in defined(*Sketch(tree).parts).processes.values():
        try:
            reachable = markings(process)
        except TooMany:
            continue
        assert frozenset() in reachable


@pytest.mark.parametrize("folder", OURS, ids=lambda folder: folder.name)
def test_on_our_diagrams_every_order_of_finishing_and_sending_back_keeps_the_invariants(folder: Path) -> None:
    files = {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix in (".bpmn", ".dmn")}
    (definition,) = check_here(files, engine.Catalogue()).definitions
    watch = Watch(definition)
    for seed in range(40):
        watch.play(Random(seed))


@pytest.mark.skipif(not REAL, reason="no real diagrams beside the checkout (../shared/data/bpmn)")
def test_on_real_diagrams_every_order_of_finishing_and_sending_back_keeps_the_invariants() -> None:
    played = 0
    for file in REAL:
        for definition in check_here({file.name: file.read_bytes()}, engine.Catalogue()).definitions:
            watch = Watch(definition)
            for seed in range(6):
                watch.play(Random(seed))
            played += 1
    assert played >= 5


class Watch:
    """Plays random cases of one definition and looks at the tokens after each move."""

    def __init__(self, definition: engine.Definition) -> None:
        self.definition = definition
        self.reachable: dict[str, set[Marking] | None] = {}
        self.services = engine.Services(lambda delegate, variables: {})
        names = sorted(definition.routing_names)
        self.guesses = {name: self._values(name) for name in names}

    def _values(self, name: str) -> list[Any]:
        """Values that the diagram's own conditions speak of, so that random cases get about."""
        texts = [flow.condition or "" for process in self.definition.processes.values() for flow in process.flows]
        quoted = [part for text in texts if name in text for part in text.split('"')[1::2]]
        step = self.definition.steps.get(name.removesuffix("_result"))
        quoted += [outcome.id for outcome in step.outcomes] if step else []
        return quoted or [True, False, 1, 600_000]

    def play(self, random: Random) -> None:
        last = engine.start(self.definition, self.guess(random), now=NOW, services=self.services)
        done: list[str] = []
        for step in range(40):
            self.look(last)
            if last.finished or last.incidents or not last.open:
                return
            task = random.choice(last.open)
            targets = sorted(set(done) - {open_.element_id for open_ in last.open})
            run = {"now": NOW + timedelta(minutes=step), "services": self.services}
            if targets and random.random() < 0.3:
                target, redo = random.choice(targets), random.random() < 0.3
                last = self.back(last, target, task.id, redo, run)
            else:
                last = engine.complete(self.definition, last.state, task.id, self.guess(random), **run)
                done.append(task.element_id)

    def back(self, last: engine.Progress, target: str, sender: str, redo: bool, run: dict[str, Any]) -> engine.Progress:
        try:
            after = engine.rewind(self.definition, last.state, target, from_task=sender, redo_branches=redo, **run)
        except engine.RewindRefused as refusal:
            if refusal.code != "rewind_ambiguous":
                raise
            return last
        assert target in {task.element_id for task in after.open}
        return after

    def guess(self, random: Random) -> dict[str, Any]:
        return {name: random.choice(values) for name, values in self.guesses.items()}

    def look(self, last: engine.Progress) -> None:
        assert last.finished or last.open or last.timers or last.waits or last.incidents
        self._level(self.definition.key, read(last.state)["tokens"])

    def _level(self, process_id: str, tokens: list[dict[str, Any]]) -> None:
        places = [self._place(token) for token in tokens]
        assert len(places) == len(set(places)), f"two tokens on one place: {places}"
        reachable = self._reachable(process_id)
        if reachable is not None:
            assert any(set(places) <= marking for marking in reachable), f"{places} is no marking of {process_id}"
        for token in [token for root in tokens for token in self._family(root)]:
            if "in" in token:
                node = self.definition.processes[process_id].by_id[token["s"].removesuffix(" [child]")]
                self._level(inner_process(node) or "", token["in"])

    def _reachable(self, process_id: str) -> set[Marking] | None:
        if process_id not in self.reachable:
            try:
                self.reachable[process_id] = markings(self.definition.processes[process_id])
            except (TooMany, AssertionError):
                self.reachable[process_id] = None
        return self.reachable[process_id]

    def _place(self, token: dict[str, Any]) -> Any:
        source = token.get("n", {}).get("via")
        return Arrival(source, token["s"]) if source else token["s"].removesuffix(".BoundaryEventSplit")

    def _family(self, token: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield token
        for child in token.get("c", ()):
            yield from self._family(child)


def order_of(tree: Block, seed: int) -> tuple[Any, ...]:
    """What a case of `tree` comes to if its open tasks are done in a random order, with no choice made twice."""
    sketch = Sketch(tree)
    definition = defined(*sketch.parts)
    random = Random(seed)
    services = engine.Services(lambda delegate, variables: {})
    choices = {name: index % 2 if "again" not in name else 0 for index, name in enumerate(sketch.choices)}
    last = engine.start(definition, choices, now=NOW, services=services)
    done: list[str] = []
    while not last.finished:
        task = random.choice(last.open)
        done.append(task.element_id)
        last = engine.complete(
            definition, last.state, task.id, {f"by_{task.element_id}": 1}, now=NOW, services=services
        )
        assert len(done) < 200
    return (sorted(done), sorted(last.variables), last.end_event)


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(blocks(10), st.integers(0, 2**16), st.integers(0, 2**16))
def test_the_order_of_finishing_changes_neither_what_is_done_nor_what_is_known(tree: Block, one: int, two: int) -> None:
    assert order_of(tree, one) == order_of(tree, two)


def test_the_net_of_a_long_rework_is_worked_out_once_per_definition() -> None:
    definition = defined(*Sketch(Block("seq", [Block("task"), Block("loop", [Block("task")]), Block("task")])).parts)
    assert isinstance(definition.nets["p"], Net)
    assert definition.nets["p"] is definition.nets["p"]
