"""Short runs of the two harnesses; by hand they run longer: `python -m tests.load.kill_harness`, `python -m tests.load.races`."""

from __future__ import annotations

import pytest

from tests.load import kill_harness, races

pytestmark = pytest.mark.slow


def test_nothing_confirmed_is_lost_or_done_twice_when_processes_are_killed() -> None:
    outcome = kill_harness.run(kills=8, clients=3)
    print("\n".join(outcome.lines()))
    assert not outcome.violations, "\n".join(outcome.lines())
    assert outcome.kills.total() == 8
    assert outcome.after_the_last > 0


def test_of_two_who_press_at_once_one_wins_and_the_other_reads_why() -> None:
    outcome = races.run(rounds=3 * len(races.RACES))
    assert outcome.whole, "\n".join(outcome.lines())
    assert set(outcome.rounds.values()) == {3}
