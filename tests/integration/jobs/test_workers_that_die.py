"""A worker is killed, frozen or loses its database in the middle of a job: the job has exactly one effect."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app import create_app
from app.kernel import db
from app.migrating import migrate
from config import Settings
from tests.load import job_harness as harness

pytestmark = pytest.mark.slow


@pytest.fixture
def url(databases: Any, settings: Settings, request: pytest.FixtureRequest) -> Iterator[str]:
    made = databases.create(f"jobs_{abs(hash(request.node.name)) % 10**6}")
    migrate(made)
    create_app(settings, made)
    harness.prepare(made)
    yield made
    db.disconnect()


@pytest.fixture
def workers(url: str, settings: Settings) -> Iterator[Any]:
    started = []

    def start() -> Any:
        started.append(harness.start_worker(url, Path(settings.home)))
        return started[-1]

    yield start
    for worker in started:
        if worker.poll() is None:
            os.kill(worker.pid, signal.SIGCONT)
            worker.kill()
        worker.wait(10)


def test_the_job_of_a_killed_worker_is_done_once_by_another(url: str, workers: Any) -> None:
    harness.put(range(1), 2.0)
    first = workers()
    assert harness.wait_for(lambda: harness.begun() == {0: first.pid}, 30)
    first.kill()
    second = workers()
    assert harness.wait_for(lambda: harness.effects() == {0: 1}, 40)
    assert harness.begun()[0] == second.pid
    assert harness.wait_for(lambda: harness.left() == 0, 10)


def test_a_frozen_worker_that_wakes_up_has_no_second_effect(url: str, workers: Any) -> None:
    harness.put(range(1), 2.0)
    first = workers()
    assert harness.wait_for(lambda: harness.begun() == {0: first.pid}, 30)
    os.kill(first.pid, signal.SIGSTOP)
    workers()
    assert harness.wait_for(lambda: harness.effects() == {0: 1}, 40)
    os.kill(first.pid, signal.SIGCONT)
    harness.put(range(1, 4), 0.1)
    assert harness.wait_for(lambda: harness.left() == 0, 30)
    assert harness.effects() == {0: 1, 1: 1, 2: 1, 3: 1}
    assert first.poll() is None


def test_workers_go_on_after_the_database_has_cut_all_their_connections(url: str, workers: Any) -> None:
    worker = workers()
    harness.put(range(2), 1.0)
    assert harness.wait_for(lambda: len(harness.begun()) == 2, 30)
    db.disconnect()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        everybody = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        other.execute(f"SELECT pg_terminate_backend(pid) FROM ({everybody}) AS them")
    harness.put(range(2, 6), 0.1)
    assert harness.wait_for(lambda: harness.left() == 0, 60)
    assert harness.effects() == dict.fromkeys(range(6), 1)
    assert worker.poll() is None
