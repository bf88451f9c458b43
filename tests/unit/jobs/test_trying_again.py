"""How often and after how long a failed job is tried again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import procrastinate
import pytest
from procrastinate.jobs import Job
from sqlalchemy.exc import OperationalError

from app.jobs import GiveUp, Queue, registry
from app.jobs.crew import Backoff
from app.jobs.rules import LONGEST_WAIT, wait_after
from app.kernel.clock import now
from config import QUEUES, ROOT, SettingsError, load


def job(attempts: int) -> Job:
    return Job(queue="mail", lock=None, queueing_lock=None, task_name="any", attempts=attempts)


def test_waits_grow_threefold_up_to_an_hour() -> None:
    waits = [wait_after(tries).total_seconds() for tries in range(1, 8)]
    assert waits == [10, 30, 90, 270, 810, 2430, 3600]
    assert wait_after(1000) == LONGEST_WAIT


def test_a_failed_try_is_followed_by_another_after_its_wait() -> None:
    decision = Backoff(8).get_retry_decision(exception=OSError(), job=job(attempts=0))
    assert decision is not None
    assert decision.retry_at is not None
    assert timedelta(seconds=8) < decision.retry_at - now() <= timedelta(seconds=10)


def test_a_database_that_went_away_does_not_make_the_rest_longer() -> None:
    lost = OperationalError("SELECT 1", {}, Exception("terminating connection"))
    decision = Backoff(8).get_retry_decision(exception=lost, job=job(attempts=5))
    assert decision is not None
    assert decision.retry_at is not None
    assert decision.retry_at - now() <= timedelta(seconds=10)


def test_the_last_try_is_the_last() -> None:
    assert Backoff(3).get_retry_decision(exception=OSError(), job=job(attempts=1)) is not None
    assert Backoff(3).get_retry_decision(exception=OSError(), job=job(attempts=2)) is None


def test_a_job_that_gives_up_is_not_tried_again() -> None:
    assert Backoff(8).get_retry_decision(exception=GiveUp("no such address"), job=job(attempts=0)) is None


def test_outside_a_worker_a_try_is_the_first_and_the_last() -> None:
    assert registry.attempt() == registry.Attempt(1, True)


def test_the_settings_know_every_queue() -> None:
    assert tuple(Queue) == QUEUES
    assert load({"CREDITFLOW_JOB_QUEUES": "mail, report"}).job_queues == ("mail", "report")
    assert load({}).job_queues is None
    with pytest.raises(SettingsError, match="'post'"):
        load({"CREDITFLOW_JOB_QUEUES": "mail,post"})


def test_the_migration_makes_the_tables_that_the_installed_package_expects() -> None:
    ours = (ROOT / "migrations" / "sql" / "procrastinate_3_10_0.sql").read_text()
    assert ours == (Path(procrastinate.__file__).parent / "sql" / "schema.sql").read_text()
