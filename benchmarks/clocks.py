"""What the ticker costs while fifty thousand cases wait: the seconds of a pass that finds nothing due."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg

from app.kernel.clock import now
from app.worker import carry_out_chains, fire_timers
from benchmarks.house import House

WAITING, PASSES = 50_000, 25
CHAINS = """
UPDATE user_task SET chain_at = %(first)s + row.n * interval '1 second', chain_left = interval '1 hour'
FROM (SELECT id, row_number() OVER () AS n FROM user_task WHERE state = 'open' LIMIT %(waiting)s) row
WHERE row.id = user_task.id
"""
TIMERS = """
INSERT INTO case_timer (instance_id, engine_id, element_id, due_at)
SELECT id, 'benchmark', 'benchmark', %(first)s + row_number() OVER () * interval '1 second'
FROM process_instance WHERE state = 'active' LIMIT %(waiting)s ON CONFLICT DO NOTHING
"""


def wind_up(house: House) -> None:
    """Give fifty thousand of the cases that the crowd has filled in a chain and a timer that come due from tomorrow on."""
    values = {"first": now() + timedelta(days=1), "waiting": WAITING}
    with psycopg.connect(house.url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in (CHAINS, TIMERS):
            connection.execute(statement, values)
        connection.execute("VACUUM ANALYZE")


def idle_ms() -> float:
    """Milliseconds of an idle pass over timers and chains together, the median of many."""
    return statistics.median(_pass(fire_timers) + _pass(carry_out_chains) for _ in range(PASSES))


def _pass(job: Callable[[], None]) -> float:
    began = time.perf_counter()
    job()
    return 1000 * (time.perf_counter() - began)
