"""Sending back keeps a case whole, on any process, at any time, by any way.

Random processes (choices, forks, inclusive forks, loops, sub-processes, called processes, repetitions, clocks), random
progress, random send-backs with and without redoing the other branches, straight returns; every move goes through the
stored form. After each move the two invariants hold, and in the end every case comes to its end:

1. a live case always has an open task, a clock or a message it waits for;
2. one open task per node and visit, and nothing behind a join is open while a branch it joins is open.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.workflow import engine
from tests.engine.drawing import Case, defined
from tests.property.engine_blocks import Block, Sketch, at_work, blocks, together

MOVES = st.lists(st.integers(0, 2**30), max_size=16)
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


class Play:
    """One random case and what has been done in it."""

    def __init__(self, tree: Block) -> None:
        self.sketch = Sketch(tree)
        self.definition = defined(*self.sketch.parts)
        self.case = Case(self.definition, self._choices(0))
        self.done: list[str] = []
        self.tickets: list[tuple[str, engine.Ticket]] = []
        self.check()

    def _choices(self, number: int) -> dict[str, Any]:
        return {name: (number >> (index % 24)) % 3 for index, name in enumerate(self.sketch.choices)}

    def move(self, number: int) -> None:
        kind, number = number % 8, number // 8
        if self.case.last.finished:
            return
        if kind < 4:
            self.complete(number)
        elif kind < 6:
            self.send_back(number)
        elif kind == 6:
            self.ring()
        else:
            self.straight_back(number)
        self.check()

    def complete(self, number: int, **chosen: Any) -> None:
        task = self.case.last.open[number % len(self.case.last.open)]
        self.case._moved(engine.complete, task.id, chosen or self._choices(number))
        self.done.append(task.element_id)

    def ring(self) -> None:
        self.case.wait_until(self.case.now + timedelta(hours=2))

    def send_back(self, number: int) -> None:
        sender = self.case.last.open[number % len(self.case.last.open)]
        targets = sorted(set(self.done) - {task.element_id for task in self.case.last.open})
        if not targets:
            return
        target, redo = targets[number // 7 % len(targets)], number % 5 == 0
        before = self.case.last.open
        price = engine.rewind_price(
            self.definition, self.case.last.state, target, from_task=sender.id, redo_branches=redo
        )
        self.case._moved(engine.rewind, target, from_task=sender.id, redo_branches=redo)
        if self.case.last.ticket is not None:
            self.tickets.append((target, self.case.last.ticket))
        assert target in self.case.open, f"{target} is not open after the case was sent back to it"
        assert set(price.cancelled) == {task.id for task in before} - {task.id for task in self.case.last.open}
        self.untouched(before, target, redo)

    def untouched(self, before: tuple[engine.OpenTask, ...], target: str, redo: bool) -> None:
        """Without redo nothing but the target opens, and exactly what the tree has beside it stays."""
        if redo:
            return
        after = {task.id: task.element_id for task in self.case.last.open}
        opened = set(after.values()) - {task.element_id for task in before}
        assert opened <= {target}
        for task in before:
            if "_after" not in task.element_id and "_after" not in target:
                beside = together(self.sketch.tree, task.element_id, target)
                assert (task.id in after) == beside, f"{task.element_id} beside {target}: stays {task.id in after}"

    def straight_back(self, number: int) -> None:
        waiting = [(target, ticket) for target, ticket in self.tickets[-1:] if target in self.case.open]
        if not waiting:
            return self.complete(number)
        target, ticket = waiting[0]
        self.tickets.pop()
        try:
            self.case._moved(engine.go_straight_back, self.case.task(target).id, ticket, {})
        except engine.RewindRefused:
            return self.complete(number)
        self.done.append(target)
        return None

    def check(self) -> None:
        last = self.case.last
        assert not last.incidents, last.incidents
        assert last.finished or last.open or last.timers or last.waits, "a live case with nothing to wait for"
        assert len({task.id for task in last.open}) == len(last.open)
        at_work(self.sketch.tree, [task.element_id for task in last.open])

    def finish(self) -> None:
        """Without further loops every case ends after a bounded number of completions."""
        calm = dict.fromkeys(self.sketch.choices, 0) or {"calm": 0}
        for _ in range(200):
            if self.case.last.finished:
                return
            self.complete(0, **calm)
            self.check()
        pytest.fail(f"still open after 200 completions: {self.case.open}")


def played(tree: Block, moves: list[int]) -> None:
    play = Play(tree)
    for number in moves:
        play.move(number)
    play.finish()


@settings(max_examples=100, deadline=None, suppress_health_check=QUIET)
@given(blocks(), MOVES)
def test_sending_back_keeps_a_case_whole(tree: Block, moves: list[int]) -> None:
    played(tree, moves)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=QUIET, derandomize=True)
@given(blocks(14), MOVES)
def test_two_thousand_random_cases_keep_the_invariants(tree: Block, moves: list[int]) -> None:
    played(tree, moves)
