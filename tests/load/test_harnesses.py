"""Short runs of the harnesses; by hand they run longer: `python -m tests.load.kill_harness`, `….races`, `….clock_harness`."""

from __future__ import annotations

import pytest

from tests.load import clock_harness, kill_harness, races

pytestmark = pytest.mark.slow


def test_nothing_confirmed_is_lost_or_done_twice_when_processes_are_killed() -> None:
    outcome = kill_harness.run(kills=8, clients=3)
    print("\n".join(outcome.lines()))
    assert not outcome.violations, "\n".join(outcome.lines())
    assert outcome.kills.total() == 8
    assert outcome.after_the_last > 0


def test_every_clock_has_its_effect_exactly_once_when_workers_are_killed() -> None:
    outcome = clock_harness.run(clocks=240, workers=2, kills=4)
    print("\n".join(outcome.lines()))
    assert not outcome.violations, "\n".join(outcome.lines())
    assert outcome.kills == 4
    assert outcome.fired.total() == 240


def test_of_two_who_press_at_once_one_wins_and_the_other_reads_why() -> None:
    outcome = races.run(rounds=3 * len(races.RACES))
    assert outcome.whole, "\n".join(outcome.lines())
    assert set(outcome.rounds.values()) == {3}
