"""Kills, freezes and robs workers of their database in the middle of jobs, and proves that each job has exactly one effect.

`python -m tests.load.job_harness --jobs 400 --kills 40 [--workers 3] [--seed N] [--restarts 2]`: exit 0 when every job had one
effect, 1 with each that had not and the seed otherwise. The database is an embedded server of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import config
from app import create_app, embedded
from app.jobs import Queue, enqueue, job, operations
from app.jobs.crew import Crew, Pace
from app.kernel import db
from app.kernel.clock import now
from app.migrating import migrate
from config import ROOT

QUICK = Pace(poll=0.2, beat=0.5, stalled=3.0, silent=30.0, grace=1.0)
TABLE = "CREATE TABLE IF NOT EXISTS harness_effect (number integer NOT NULL, worker integer NOT NULL)"
STARTED = "CREATE TABLE IF NOT EXISTS harness_start (number integer NOT NULL, worker integer NOT NULL)"
UNFINISHED = "SELECT id, status, attempts, scheduled_at - now(), worker_id FROM procrastinate_jobs"


@job("harness.mark", queue=Queue.SERVICE, tries=50)
def mark(*, number: int, seconds: float, key: str) -> None:
    """Say that it has begun (whatever becomes of it), work for a while, have the effect."""
    with db.separate_transaction() as own:
        own.execute(text("INSERT INTO harness_start VALUES (:number, :pid)"), {"number": number, "pid": os.getpid()})
    time.sleep(seconds)
    db.session.execute(
        text("INSERT INTO harness_effect VALUES (:number, :pid)"), {"number": number, "pid": os.getpid()}
    )


@dataclass
class Outcome:
    """What a run found."""

    seed: int
    jobs: int
    acts: Counter[str] = field(default_factory=Counter)
    begun: int = 0
    wrong: dict[int, int] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """The run in words."""
        acts = ", ".join(f"{n} {what}" for what, n in sorted(self.acts.items()))
        return [
            f"seed {self.seed}: {self.jobs} jobs in {self.seconds:.0f} s; {acts}",
            f"{self.begun} runs begun, {len(self.wrong)} jobs without exactly one effect",
            *[f"job {number}: {effects} effects" for number, effects in sorted(self.wrong.items())],
            *self.unfinished,
        ]


def prepare(url: str) -> None:
    """The harness's own tables in a migrated database."""
    with db.transaction() as opened:
        opened.execute(text(TABLE))
        opened.execute(text(STARTED))


def put(numbers: range, seconds: float) -> None:
    """Enqueue jobs, each with its own effect key."""
    with db.transaction():
        for number in numbers:
            enqueue(name="harness.mark", args={"number": number, "seconds": seconds}, key=str(number))


def start_worker(url: str, home: Path) -> subprocess.Popen[bytes]:
    """A worker process at the quick pace."""
    command = [sys.executable, "-m", "tests.load.job_harness", "--worker"]
    environ = {**os.environ, "DATABASE_URL": url, "CREDITFLOW_HOME": str(home)}
    return subprocess.Popen(command, cwd=ROOT, env=environ, start_new_session=True)


def work() -> None:
    """What such a process does: a crew, and the sweep beside it."""
    settings = config.load()
    crew = Crew(create_app(settings), settings.database_url, pace=QUICK, threads=2)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    crew.start()
    while not stop.wait(QUICK.beat):
        try:
            with db.transaction():
                operations.give_back_stalled(seconds=QUICK.stalled, now=now())
            crew.watch()
        except OperationalError:
            continue
    crew.stop()


def begun() -> dict[int, int]:
    """Job number → process that began it last."""
    return {row.number: row.worker for row in _ask("SELECT number, worker FROM harness_start")}


def effects() -> Counter[int]:
    """Job number → how many effects it has had."""
    return Counter(row.number for row in _ask("SELECT number FROM harness_effect"))


def left() -> int:
    """Jobs that still wait or run."""
    return len(_ask("SELECT id FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"))


def wait_for(condition, seconds: float) -> bool:
    """Whether it becomes true in time; the database may be away meanwhile."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            if condition():
                return True
        except OperationalError:
            db.session.remove()
        time.sleep(0.1)
    return False


def _ask(statement: str) -> list:
    with db.reading() as opened:
        return list(opened.execute(text(statement)))


@contextmanager
def own_database() -> Iterator[tuple[Any, str, Path]]:
    """An embedded server of our own with a migrated database, its address, and the home of its keys."""
    with tempfile.TemporaryDirectory(prefix="cf", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        home = Path(folder)
        server = embedded.start(home / "postgres")
        try:
            url = embedded.url(server)
            migrate(url)
            create_app(replace(config.load({}), home=home), url)
            prepare(url)
            yield server, url, home
        finally:
            db.disconnect()
            embedded.stop(server)


def run(*, jobs: int, kills: int, workers: int, restarts: int, seed: int | None = None) -> Outcome:
    """One run."""
    outcome = Outcome(seed if seed is not None else random.randrange(10**9), jobs)
    chance = random.Random(outcome.seed)
    with own_database() as (server, url, home):
        began = time.monotonic()
        put(range(jobs), 0.5)
        crew = [start_worker(url, home) for _ in range(workers)]
        try:
            _harm(crew, outcome, chance, kills, restarts, (server, url, home))
            wait_for(lambda: left() == 0, 180)
        finally:
            _end(crew)
        outcome.seconds = time.monotonic() - began
        found = effects()
        outcome.begun = len(_ask("SELECT number FROM harness_start"))
        outcome.unfinished = [str(tuple(row)) for row in _ask(UNFINISHED)]
        outcome.wrong = {number: found[number] for number in range(jobs) if found[number] != 1}
    return outcome


def _harm(crew: list, outcome: Outcome, chance: random.Random, kills: int, restarts: int, house: tuple) -> None:
    server, url, home = house
    when_restart = set(chance.sample(range(kills), min(restarts, kills)))
    for turn in range(kills):
        time.sleep(chance.uniform(0.2, 2.0))
        victim = chance.randrange(len(crew))
        if turn in when_restart:
            _kill_database(home / "postgres", server)
            outcome.acts["database killed"] += 1
        elif chance.random() < 0.4:
            _freeze(crew[victim], chance.uniform(1.0, 8.0))
            outcome.acts["frozen"] += 1
        else:
            crew[victim].kill()
            outcome.acts["killed"] += 1
        for number, worker in enumerate(crew):
            if worker.poll() is not None:
                crew[number] = start_worker(url, home)


def _kill_database(folder: Path, server: Any) -> None:
    """kill -9 of the postmaster, and its revival, as `python run.py` does it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(int((folder / "postmaster.pid").read_text().partition("\n")[0]), signal.SIGKILL)
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        with contextlib.suppress(embedded.EmbeddedFault):
            if embedded.revive(server):
                return
        time.sleep(0.1)


def _freeze(worker: subprocess.Popen[bytes], seconds: float) -> None:
    """SIGSTOP now, SIGCONT later, while other things happen."""
    os.kill(worker.pid, signal.SIGSTOP)
    threading.Timer(seconds, lambda: worker.poll() is None and os.kill(worker.pid, signal.SIGCONT)).start()


def _end(crew: list) -> None:
    for worker in crew:
        worker.kill()
        worker.wait(10)


def main(arguments: list[str]) -> int:
    """Run by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--restarts", type=int, default=2)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args(arguments)
    if chosen.worker:
        work()
        return 0
    outcome = run(
        jobs=chosen.jobs, kills=chosen.kills, workers=chosen.workers, restarts=chosen.restarts, seed=chosen.seed
    )
    print("\n".join(outcome.lines()))
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
