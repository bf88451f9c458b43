"""The arithmetic of trying again: pure."""

from __future__ import annotations

from datetime import timedelta

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
GROWTH = 3


def wait_after(tries: int) -> timedelta:
    """How long to rest after so many failed tries (1 or more): 10 s, 30 s, 90 s … one hour at most."""
    steps = min(tries, 12) - 1
    return min(FIRST_WAIT * GROWTH**steps, LONGEST_WAIT)
