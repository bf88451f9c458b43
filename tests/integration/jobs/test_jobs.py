"""A job belongs to the transaction that enqueues it, has one effect, and when it fails for good somebody sees it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from app import create_app
from app.jobs import GiveUp, Queue, attempt, enqueue, job, operations, queries, registry, running
from app.jobs.crew import Crew, Pace
from app.kernel import db
from app.kernel.clock import now
from app.kernel.errors import NotFound
from app.migrating import migrate

done: list[tuple[Any, str, int]] = []
PACE = Pace(poll=0.05, beat=1.0, grace=2.0)


@job("test.note", queue=Queue.REPORT, tries=2)
def note(*, what: str, key: str) -> None:
    done.append((what, key, attempt().number))
    db.session.execute(text("INSERT INTO noted VALUES (:what)"), {"what": what})
    if what == "broken":
        raise ValueError("it is broken")
    if what == "hopeless":
        raise GiveUp("nothing helps")


@pytest.fixture(scope="module")
def app(databases: Any, settings: Any) -> Iterator[Any]:
    url = databases.create("jobs")
    migrate(url)
    made = create_app(replace(settings, database_url=url), url)
    with db.transaction() as opened:
        opened.execute(text("CREATE TABLE noted (what text)"))
    made.url = url
    yield made
    db.disconnect()


@pytest.fixture(autouse=True)
def clean(app: Any) -> None:
    done.clear()
    with db.transaction() as opened:
        opened.execute(text("DELETE FROM procrastinate_jobs"))
        opened.execute(text("TRUNCATE noted, job_effect, job_fault"))


@pytest.fixture
def crew(app: Any) -> Iterator[Crew]:
    made = Crew(app, app.url, pace=PACE, threads=2)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.jobs.crew.wait_after", lambda _tries: timedelta())


def put(what: str, **more: Any) -> int | None:
    with db.transaction():
        return enqueue(name="test.note", args={"what": what}, **more)


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.02)
    return False


def counts() -> dict[str, int]:
    with db.reading():
        return queries.counts().get("report", {})


def noted() -> list[str]:
    with db.reading() as opened:
        return sorted(opened.scalars(text("SELECT what FROM noted")))


def run(job_id: int, what: str, *, key: str | None = None, tries_before: int = 0) -> bool:
    kind = registry.kinds()["test.note"]
    return running.run(kind, job_id=job_id, tries_before=tries_before, args={"what": what}, key=key)


def test_what_is_rolled_back_leaves_no_job(app: Any) -> None:
    with db.transaction():
        assert enqueue(name="test.note", args={"what": "never"}) is not None
        raise db.Rollback
    assert counts() == {}


def test_a_committed_job_is_run_and_leaves_its_queue(crew: Crew) -> None:
    job_id = put("a thing")
    assert until(lambda: noted() == ["a thing"])
    assert done == [("a thing", f"test.note:job {job_id}", 1)]
    assert until(lambda: counts() == {})


def test_a_job_that_nobody_has_registered_cannot_be_enqueued(app: Any) -> None:
    with db.reading(), pytest.raises(KeyError):
        enqueue(name="test.unknown", args={})


def test_a_second_run_of_the_same_job_has_no_second_effect(app: Any) -> None:
    assert run(7, "once") is True
    assert run(7, "once", tries_before=1) is False
    assert noted() == ["once"]


def test_two_jobs_with_one_effect_key_have_one_effect_between_them(crew: Crew) -> None:
    put("same", key="invoice 5")
    put("same", key="invoice 5")
    assert until(lambda: counts() == {} and len(noted()) > 0)
    assert noted() == ["same"]


def test_a_failed_try_leaves_neither_effect_nor_key_but_its_reason(app: Any) -> None:
    with pytest.raises(ValueError, match="it is broken"):
        run(8, "broken")
    assert noted() == []
    with db.reading() as opened:
        assert list(opened.scalars(text("SELECT text FROM job_fault"))) == ["ValueError: it is broken"]
        assert list(opened.scalars(text("SELECT key FROM job_effect"))) == []


def test_no_second_job_waits_with_the_same_queueing_lock(app: Any) -> None:
    assert put("first", queueing_lock="nightly") is not None
    assert put("second", queueing_lock="nightly") is None
    assert put("third") is not None
    assert counts()["waiting"] == 2


def test_jobs_with_one_lock_run_one_after_another(app: Any) -> None:
    put("first", lock="case 1")
    put("second", lock="case 1")
    with psycopg.connect(app.url.replace("+psycopg", ""), autocommit=True) as other:
        fetch = "SELECT args FROM procrastinate_fetch_job_v2(NULL, NULL)"
        assert other.execute(fetch).fetchone()[0]["args"] == {"what": "first"}
        assert other.execute(fetch).fetchone() == (None,)


def test_a_job_for_later_waits(crew: Crew) -> None:
    put("later", run_at=now() + timedelta(hours=1))
    put("now")
    assert until(lambda: noted() == ["now"])
    assert until(lambda: counts() == {"waiting": 1, "running": 0, "failed": 0})


def test_after_the_last_try_the_job_is_kept_as_failed_with_its_reason(crew: Crew, impatient: None) -> None:
    job_id = put("broken")
    assert until(lambda: counts().get("failed") == 1)
    assert [number for _, _, number in done] == [1, 2]
    with db.reading():
        (row,) = queries.jobs("failed")
    assert (row.id, row.name, row.queue, row.fault) == (job_id, "test.note", "report", "ValueError: it is broken")


def test_a_hopeless_job_is_tried_once(crew: Crew) -> None:
    put("hopeless")
    assert until(lambda: counts().get("failed") == 1)
    assert len(done) == 1


def test_a_supervisor_lets_a_failed_job_begin_again_from_the_first_try(crew: Crew, impatient: None) -> None:
    job_id = put("broken")
    assert until(lambda: counts().get("failed") == 1)
    with db.transaction() as opened:
        opened.execute(text("UPDATE procrastinate_jobs SET args = :a"), {"a": json.dumps({"args": {"what": "mended"}})})
        assert operations.retry(job_id=job_id) == "test.note"
    assert until(lambda: noted() == ["mended"])
    assert done[-1][2] == 1


def test_only_failed_jobs_are_tried_again_or_taken_away(app: Any) -> None:
    job_id = put("waits")
    with db.reading(), pytest.raises(NotFound):
        operations.retry(job_id=job_id)
    with db.reading(), pytest.raises(NotFound):
        operations.discard(job_id=job_id)


def test_the_jobs_of_a_worker_without_a_heartbeat_go_back_and_its_session_is_ended(app: Any) -> None:
    job_id = put("held")
    with psycopg.connect(app.url.replace("+psycopg", ""), autocommit=True) as other:
        (worker,) = other.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 min') RETURNING id"
        ).fetchone()
        other.execute("SELECT procrastinate_fetch_job_v2(NULL, %s)", [worker])
    frozen = psycopg.connect(app.url.replace("+psycopg", ""))
    frozen.execute("SELECT set_config('application_name', %s, true)", [operations.session_name(job_id)])
    with db.transaction():
        assert operations.give_back_stalled(seconds=90, now=now()) == 0
    with db.transaction():
        assert operations.give_back_stalled(seconds=30, now=now()) == 1
    assert counts() == {"waiting": 1, "running": 0, "failed": 0}
    with pytest.raises(psycopg.OperationalError):
        frozen.execute("SELECT 1")


def test_a_job_that_kills_every_worker_is_set_aside(app: Any) -> None:
    put("deadly")
    for death in range(operations.DEATHS):
        with psycopg.connect(app.url.replace("+psycopg", ""), autocommit=True) as other:
            taken = other.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)").fetchone()
        assert taken is not None, f"death {death}"
        with db.transaction():
            operations.give_back_stalled(seconds=30, now=now())
    assert counts() == {"waiting": 0, "running": 0, "failed": 1}
    with db.reading():
        assert queries.jobs("failed")[0].fault == "Its worker died 5 times."


def test_enqueuing_notifies_nobody(app: Any) -> None:
    with psycopg.connect(app.url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("LISTEN procrastinate_any_queue_v1")
        put("quiet")
        assert list(other.notifies(timeout=0.5, stop_after=1)) == []


def test_old_effects_and_faults_are_forgotten_but_not_those_of_a_job_that_is_still_there(app: Any) -> None:
    job_id = put("stays")
    with db.transaction():
        long_ago = now() - operations.KEPT - timedelta(days=1)
        operations.note_effect(key="old", now=long_ago)
        operations.note_effect(key="new", now=now())
        operations.note_fault(job_id=job_id, fault=OSError("kept"), now=long_ago)
        operations.note_fault(job_id=-1, fault=OSError("gone"), now=long_ago)
    with db.transaction():
        operations.sweep(now=now())
    with db.reading() as opened:
        assert list(opened.scalars(text("SELECT key FROM job_effect"))) == ["new"]
        assert list(opened.scalars(text("SELECT text FROM job_fault"))) == ["OSError: kept"]


def test_the_page_of_jobs_goes_on_where_it_ended(app: Any) -> None:
    ids = [put(f"job {n}") for n in range(5)]
    with db.reading():
        first = queries.jobs("waiting", limit=3)
        second = queries.jobs("waiting", limit=3, before=first[-1].id)
    assert [row.id for row in (*first, *second)] == ids[::-1]


def test_a_crew_that_works_is_seen_and_one_that_is_silent_ends_its_process(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr("app.jobs.crew.os._exit", ended.append)

    def is_registered() -> bool:
        with db.reading():
            return any(row.beat for row in queries.workers())

    assert until(is_registered)
    crew.watch()
    assert ended == []
    crew.pace = replace(PACE, silent=-1.0)
    crew.watch()
    assert ended == [70]
