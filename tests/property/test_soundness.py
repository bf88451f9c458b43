"""What the proof says of random diagrams is held against the engine: what it calls sound never gets stuck there, and where it shows
a walk into a dead end, the engine comes to the same dead end by it. `CREDITFLOW_LONG=1` tries many more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.workflow import engine
from app.workflow.engine.checking import read_all
from app.workflow.engine.definition import Definition
from app.workflow.engine.proving import Proof, Proved, prove_here
from tests.engine import drawing as draw
from tests.engine.drawing import NOW
from tests.property.engine_blocks import Block, Sketch, blocks

MANY = 30 if os.environ.get("CREDITFLOW_LONG") else 1
QUIET = list(HealthCheck)
SERVICES = engine.Services(lambda delegate, variables: {})
FAULTS = {"par": ("par_xor",), "xor": ("xor_par",), "or": ("or_par", "or_xor"), "loop": ("endless",)}


class Faulty(Sketch):
    """Draws blocks in which split and join do not fit, and a loop that nobody leaves."""

    def _par_xor(self, block: Block) -> tuple[str, str, str]:
        body, split, join = self._par(block)
        return body.replace(draw.fork(join), draw.xor(join)), split, join

    def _xor_par(self, block: Block) -> tuple[str, str, str]:
        return self._other_merge(*self._xor(block), old=draw.xor)

    def _or_par(self, block: Block) -> tuple[str, str, str]:
        return self._other_merge(*self._or(block), old=draw.inclusive)

    def _or_xor(self, block: Block) -> tuple[str, str, str]:
        body, split, merge = self._or(block)
        return body.replace(draw.inclusive(merge), draw.xor(merge)), split, merge

    def _other_merge(self, body: str, split: str, merge: str, old: object) -> tuple[str, str, str]:
        return body.replace(old(merge), draw.fork(merge)), split, merge  # type: ignore[operator]

    def _endless(self, block: Block) -> tuple[str, str, str]:
        """The way out leads back as well; what follows the block is then reached by nothing."""
        body, into, out = self._loop(block)
        again = f"{block.id}_again"
        return (
            body.replace(draw.flow(again, out, None, f"{again}_on"), draw.flow(again, into, None, f"{again}_on")),
            into,
            out,
        )


def seeded(tree: Block, number: int) -> Block | None:
    """The tree with one block made faulty; None if there is none to spoil."""
    every = [block for block in _all(tree) if block.kind in FAULTS]
    if not every:
        return None
    block = every[number % len(every)]
    faults = FAULTS[block.kind] if len(block.parts) != 2 else FAULTS[block.kind][:1]  # of two ways one is the default
    block.kind = faults[number % len(faults)]
    return block


def _all(block: Block) -> list[Block]:
    return [block, *(inner for part in block.parts for inner in _all(part))]


def definition_of(parts: Sequence[str]) -> tuple[Definition, Proof]:
    """The diagram as the engine would run it if no check kept it out, and what the proof says of it."""
    files = {"test.bpmn": draw.document(*parts)}
    _, processes, steps = read_all(files)
    known = {process.id: process for process in processes}
    return Definition("p", known["p"].name, known, steps, frozenset()), prove_here(files)


def errors(proof: Proof) -> list[Proved]:
    return [proved for proved in proof.findings if proved.finding.severity == "error"]


def is_stuck(last: engine.Progress) -> bool:
    return not (last.finished or last.open or last.timers or last.waits or last.incidents)


def played(definition: Definition, names: Sequence[str], seed: int) -> engine.Progress:
    """A random case: tasks done in random order, clocks ringing now and then, every choice made anew each time."""
    random, now = Random(seed), NOW

    def choices() -> dict[str, int]:
        return {name: random.choice((0, 0, 1, 2)) for name in names}

    last = engine.start(definition, choices(), now=now, services=SERVICES)
    for _ in range(60):
        if last.timers and (not last.open or random.random() < 0.2):
            now += timedelta(hours=2)
            last = engine.tick(definition, last.state, now=now, services=SERVICES)
        elif last.open:
            task = random.choice(last.open)
            last = engine.complete(definition, last.state, task.id, choices(), now=now, services=SERVICES)
        else:
            break
    return last


@settings(max_examples=25 * MANY, deadline=None, suppress_health_check=QUIET)
@given(blocks(8), st.integers(0, 2**16))
def test_a_block_structured_diagram_is_sound_and_the_engine_never_gets_stuck_in_it(tree: Block, seed: int) -> None:
    sketch = Sketch(tree)
    definition, proof = definition_of(sketch.parts)
    assert [proved.finding.message["en"] for proved in errors(proof)] == []
    for number in range(4):
        assert not is_stuck(played(definition, sketch.choices, seed + number))


@settings(max_examples=30 * MANY, deadline=None, suppress_health_check=QUIET)
@given(blocks(8), st.integers(0, 2**16))
def test_a_seeded_fault_is_found_and_its_walk_leads_the_engine_into_it(tree: Block, number: int) -> None:
    assume(seeded(tree, number) is not None)
    sketch = Faulty(tree)
    definition, proof = definition_of(sketch.parts)
    found = errors(proof)
    assert found, f"nothing found in {tree!r}"
    for proved in found:
        if proved.finding.code == "sound_stuck" and "side" not in repr(tree):
            assert is_stuck(followed(definition, proved, sketch)), f"{tree!r}: {[s.at for s in proved.walk]}"


def followed(definition: Definition, proved: Proved, sketch: Sketch) -> engine.Progress:
    """The case that goes the way of a walk: before each gateway its choice is set so that the walk's line is taken."""
    ways = [(n, step.at, set(step.flows)) for n, step in enumerate(proved.walk) if step.at in sketch.choices]
    stations = {
        node.id for process in definition.processes.values() for node in process.nodes if node.kind == "userTask"
    }
    clocks = {n.id: n.attached_to for p in definition.processes.values() for n in p.nodes if n.kind == "boundaryEvent"}

    def choices(after: int) -> dict[str, int]:
        chosen: dict[str, int] = {}  # gateways that the walk does not speak of take the default, out of their loop
        for place, gateway, flows in ways:
            if place > after and gateway not in chosen:
                chosen[gateway] = _value(gateway, flows)
        return dict.fromkeys(sketch.choices, 0) | chosen

    # A walk lies in the process that was played, the inside of a sub-process by itself.
    (key,) = (p.id for p in definition.processes.values() if proved.finding.element in p.by_id)
    definition = replace(definition, key=key)
    last, now = engine.start(definition, choices(-1), now=NOW, services=SERVICES), NOW
    for place, step in enumerate(proved.walk):
        if step.at in clocks and clocks[step.at] in {task.element_id for task in last.open}:
            last = _rung(definition, last, step.at, choices(place))
            continue
        while task := next(
            (t for t in last.open if step.at in (t.element_id, *t.scope)), None
        ):  # of two people, or inside
            last = engine.complete(definition, last.state, task.id, choices(place), now=now, services=SERVICES)
            if step.at in stations and task.instance is None:
                break
    return last


def _rung(definition: Definition, last: engine.Progress, clock: str, chosen: dict[str, int]) -> engine.Progress:
    """Only this clock rings: the others are put off."""
    from app.workflow.engine.events import DUE
    from app.workflow.engine.running import load, moved

    case = load(definition, last.state, NOW, SERVICES)
    case.script_engine.environment.variables.update(chosen)
    for process in case.processes():
        for task in process.live():
            if task.task_spec.bpmn_id == clock and DUE in task.internal_data:
                task.internal_data[DUE] = dict.fromkeys(task.internal_data[DUE], NOW.isoformat())
    return moved(case)


def _value(gateway: str, flows: set[str]) -> int:
    if gateway.endswith("_again"):
        return 0 if f"{gateway}_on" in flows else 1
    return max(int(flow.rpartition("_")[2]) for flow in flows)
