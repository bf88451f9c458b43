"""A migrated case always comes to its end, or was refused beforehand with a reason; none becomes unloadable.

Random processes, random progress, then random edits of the process (a station put in, taken out or renamed, a branch added or
removed, a part moved into a sub-process or out of one, a gateway of another kind, a clock or many people at a station), with and
without a mapping for what was renamed. The tree of the edited process is the oracle for what may be open together.

`MIGRATIONS=2000` runs as many; about 60 are in the suite.
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.workflow import engine
from tests.engine.drawing import Case, defined, no_services
from tests.property.engine_blocks import Block, Sketch, at_work, blocks
from tests.property.test_engine_rewinding import Play

MOST = int(os.environ.get("MIGRATIONS", "60"))
NUMBERS = st.lists(st.integers(0, 2**30), max_size=12)
EDITS = st.lists(st.integers(0, 2**30), min_size=0, max_size=3)
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
LEAVES = ("task", "many", "turns", "side", "timed")
seen: Counter[str] = Counter()


class Edited(Sketch):
    """A sketch that keeps the ids blocks have and gives fresh ones to new blocks."""

    def __init__(self, tree: Block) -> None:
        self._fresh = count(1000)
        super().__init__(tree)

    def _draw(self, block: Block) -> tuple[str, str, str]:
        block.id = block.id or f"{block.kind}{next(self._fresh)}"
        return getattr(self, f"_{block.kind}")(block)


def every(block: Block) -> list[tuple[Block, int]]:
    """(parent, place) of each block below this one."""
    return [pair for place, part in enumerate(block.parts) for pair in [(block, place), *every(part)]]


def ors(block: Block) -> list[Block]:
    """The parts of a block that are taken where their condition holds."""
    return block.parts if block.kind == "or" else []


class Editor:
    """Changes a copy of a tree; `mapping`: what stands for what was renamed."""

    def __init__(self, tree: Block) -> None:
        self.tree = copy.deepcopy(tree)
        self.mapping: dict[str, str] = {}
        self._names = count(1)

    def edit(self, number: int) -> None:
        places = every(self.tree)
        parent, place = places[number // 16 % len(places)]
        kind = (self.insert, self.insert, self.remove, self.rename, self.branch, self.branch, self.unbranch, self.wrap,
                self.gateway, self.gateway, self.unwrap, self.leaf, self.swap)[number % 13]  # fmt: skip
        kind(parent, place, number // 4096)

    def insert(self, parent: Block, place: int, number: int) -> None:
        part, new = parent.parts[place], Block(LEAVES[number % 5])
        parent.parts[place] = Block("seq", [part, new] if number % 2 else [new, part], id=f"put{next(self._names)}")

    def remove(self, parent: Block, place: int, number: int) -> None:
        if parent.kind == "seq" and len(parent.parts) > 1:
            del parent.parts[place]

    def rename(self, parent: Block, place: int, number: int) -> None:
        part = parent.parts[place]
        if part.kind in LEAVES:
            name = f"renamed{next(self._names)}"
            if number % 4:
                self.mapping |= {
                    part.id: name,
                    f"{part.id}_after": f"{name}_after",
                    f"{part.id}_clock": f"{name}_clock",
                }
            part.id = name

    def branch(self, parent: Block, place: int, number: int) -> None:
        part = parent.parts[place]
        if part.kind in ("par", "or", "xor"):
            part.parts.insert(number % (len(part.parts) + 1), Block(LEAVES[number % 5]))
        else:
            parent.parts[place] = Block(("par", "xor", "or")[number % 3], [part, Block("task")])

    def unbranch(self, parent: Block, place: int, number: int) -> None:
        if parent.kind in ("par", "or", "xor") and len(parent.parts) > 2:
            del parent.parts[place]

    def wrap(self, parent: Block, place: int, number: int) -> None:
        parent.parts[place] = Block(("sub", "call")[number % 2], [parent.parts[place]])

    def unwrap(self, parent: Block, place: int, number: int) -> None:
        part = parent.parts[place]
        if part.kind in ("sub", "call", "loop"):
            parent.parts[place] = part.parts[0]

    def gateway(self, parent: Block, place: int, number: int) -> None:
        part = parent.parts[place]
        if part.kind in ("par", "or", "xor", "seq"):
            part.kind = ("par", "or", "xor", "seq")[number % 4]

    def leaf(self, parent: Block, place: int, number: int) -> None:
        part = parent.parts[place]
        if part.kind in LEAVES:
            part.kind = LEAVES[number % 5]

    def swap(self, parent: Block, place: int, number: int) -> None:
        places = every(self.tree)
        other, there = places[number % len(places)]
        one, two = parent.parts[place], other.parts[there]
        if one.kind in LEAVES and two.kind in LEAVES:
            parent.parts[place], other.parts[there] = two, one


def migrated(tree: Block, moves: list[int], edits: list[int]) -> None:
    play = Play(tree)
    editor = Editor(tree)
    for number in edits:
        editor.edit(number)
    played_over(play, editor, moves, same=not edits)


def played_over(play: Play, editor: Editor, moves: list[int], *, same: bool) -> None:
    """Some moves in the old version, then over to the edited one and to the end."""
    sketch = Edited(editor.tree)
    new = defined(*sketch.parts)
    play._choices = lambda number: choices(play.sketch, sketch, number)  # type: ignore[method-assign]
    for number in moves:
        play.move(number)
    if play.case.last.finished:
        seen["finished before"] += 1
        return
    go_over(play.case, new, sketch, editor.mapping, same=same)


def choices(one: Sketch, two: Sketch, number: int) -> dict[str, Any]:
    names = dict.fromkeys([*one.choices, *two.choices])
    return {name: (number >> (index % 24)) % 3 for index, name in enumerate(names)}


def go_over(case: Case, new: engine.Definition, sketch: Sketch, mapping: dict[str, str], *, same: bool) -> None:
    before = case.last.state
    calm = {**dict.fromkeys(sketch.choices, 0), "calm": 0}
    went = tried(case, new, mapping)
    if isinstance(went, engine.MigrationRefused):
        must_be_reasoned(went, same=same)
        engine.look(case.definition, before, now=case.now)
        seen[f"refused: {went.code}"] += 1
        return
    kept = {task.id for task in case.last.open} & {task.id for task in went.open}
    seen["migrated"] += 1
    seen["tasks kept"] += len(kept)
    forks = {part.id for block in [sketch.tree, *(b.parts[i] for b, i in every(sketch.tree))] for part in ors(block)}
    fresh = {task.element_id for task in went.open} - {task.element_id for task in case.last.open} - {*mapping.values()}
    seen["begun at an inclusive fork"] += len(fresh & forks)
    case.definition, case.last = new, went
    held = [incident.code for incident in went.incidents]
    if held:
        # A choice that the old case never made: with the value given the way is free.
        case.retry(variables=calm)
    finish(case, sketch, calm)


def tried(case: Case, new: engine.Definition, mapping: dict[str, str]) -> engine.Progress | engine.MigrationRefused:
    try:
        return engine.migrate(case.definition, new, case.last.state, mapping, now=case.now, services=no_services())
    except engine.MigrationRefused as refusal:
        return refusal


def must_be_reasoned(refusal: engine.MigrationRefused, *, same: bool) -> None:
    assert not same, f"a version that is the same was refused: {refusal.message('en')}"
    for locale in ("en", "zh_Hans", "zh_Hant"):
        said = refusal.message(locale)
        assert len(said) > 10
        assert "{" not in said


def finish(case: Case, sketch: Sketch, calm: dict[str, Any]) -> None:
    for _ in range(200):
        assert not case.last.incidents, case.last.incidents
        stored = engine.look(case.definition, case.last.state, now=case.now)
        assert {task.id: task for task in stored.open} == {task.id: task for task in case.last.open}
        at_work(sketch.tree, [task.element_id for task in case.last.open])
        if case.last.finished:
            return
        assert case.last.open or case.last.timers or case.last.waits, "a live case with nothing to wait for"
        if not case.last.open:
            case.wait_until(min(timer.due_at for timer in case.last.timers))
            continue
        case._moved(engine.complete, case.last.open[0].id, calm)
    pytest.fail(f"still open after 200 completions: {case.open}")


@settings(max_examples=MOST, deadline=None, suppress_health_check=QUIET, derandomize=MOST > 100)
@given(blocks(10), NUMBERS, EDITS)
def test_a_migrated_case_finishes_or_was_refused_with_a_reason(tree: Block, moves: list[int], edits: list[int]) -> None:
    migrated(tree, moves, edits)


@settings(max_examples=MOST // 2, deadline=None, suppress_health_check=QUIET, derandomize=MOST > 100)
@given(st.lists(blocks(3), min_size=2, max_size=3), NUMBERS, st.integers(0, 2**20), EDITS)
def test_so_does_one_at_an_inclusive_fork_that_gets_a_further_branch(
    parts: list[Block], moves: list[int], number: int, edits: list[int]
) -> None:
    tree = Block("seq", [Block("or", parts), Block("task")])
    play = Play(tree)
    editor = Editor(tree)
    ways = editor.tree.parts[0].parts
    ways.insert(number % (len(ways) + 1), Block(LEAVES[number // 8 % 5]))
    for edit in edits[:1]:
        editor.edit(edit)
    played_over(play, editor, moves[:3], same=False)


def test_what_was_tried() -> None:
    """Figures of the run before; a run in which nothing was migrated would prove nothing."""
    print(dict(seen))
    assert seen["migrated"] > seen.total() / 10 or not seen
