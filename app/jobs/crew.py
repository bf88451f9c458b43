"""The crew of a worker process: Procrastinate's loop in a thread of its own, beside the ticker.

Settings that differ from Procrastinate's, and why:
- It polls each second and does not LISTEN: a listening connection that is half open hangs for ever, and a NOTIFY in every
  enqueuing transaction would let these commit only one after another.
- Its loop ends quietly when the database goes away; here it is begun anew until somebody says stop.
- A loop that hangs is not seen by itself: `watch` looks at our own heartbeat row from another thread and ends the process.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from procrastinate.worker import Worker
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.jobs import running
from app.jobs.models import WORKERS
from app.jobs.registry import GiveUp, JobKind, kinds
from app.jobs.rules import FIRST_WAIT, wait_after
from app.kernel import db
from app.kernel.clock import now

log = logging.getLogger("creditflow.jobs")

EXIT_SILENT = 70
PAUSE = 1.0


@dataclass(frozen=True)
class Pace:
    """Seconds. poll: looking for work; beat: own heartbeat; stalled: without a beat for so long, others take the jobs;
    silent: without a beat for so long, the process ends itself; grace: what a running job gets when told to stop."""

    poll: float = 1.0
    beat: float = 5.0
    stalled: float = 20.0
    silent: float = 60.0
    grace: float = 8.0


class Backoff(BaseRetryStrategy):
    """Our own waits between tries; a job that gave up is not tried again."""

    def __init__(self, tries: int) -> None:
        self.tries = tries

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """None: failed for good."""
        done = job.attempts + 1
        if isinstance(exception, GiveUp) or done >= self.tries:
            return None
        # That the database went away is not the job's fault; it need not rest the longer for it.
        rest = FIRST_WAIT if isinstance(exception, OperationalError) else wait_after(done)
        return RetryDecision(retry_at=now() + rest)


class Crew:
    """Runs jobs until stopped. `threads`: how many at the same time; `queues`: only these."""

    def __init__(
        self, app: Flask, url: str, *, pace: Pace | None = None, threads: int = 4, queues: tuple[str, ...] | None = None
    ) -> None:
        self.app, self.url, self.pace, self.threads, self.queues = app, url, pace or Pace(), threads, queues
        self._stop = threading.Event()
        self._worker: Worker | None = None
        self._begun = time.monotonic()
        self._thread = threading.Thread(target=self._keep_working, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin working."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more jobs, let the running ones end, and return."""
        self._stop.set()
        if self._worker is not None:
            self._worker.stop()
        self._thread.join(self.pace.grace + 2)

    def watch(self) -> None:
        """End the process when our heartbeat row has not moved for too long although the database answers."""
        if not self._stop.is_set() and self._silence() > self.pace.silent:
            log.critical("the job loop has been silent for more than %.0f s; ending this process", self.pace.silent)
            os._exit(EXIT_SILENT)

    def _silence(self) -> float:
        """Seconds since the last sign of life: our row's beat, else the last start of the loop."""
        worker_id = self._worker.worker_id if self._worker else None
        since_begun = time.monotonic() - self._begun
        if worker_id is None:
            return since_begun
        with db.reading() as opened:
            last = opened.scalar(select(WORKERS.c.last_heartbeat).where(WORKERS.c.id == worker_id))
        return min(since_begun, (now() - last).total_seconds()) if last else since_begun

    def _keep_working(self) -> None:
        """The loop ends with its database, by exception or quietly; nothing but `stop` may end our work."""
        while not self._stop.is_set():
            self._begun = time.monotonic()
            try:
                asyncio.run(self._work())
            except Exception as fault:  # whatever ended the loop, the answer is to begin it anew
                log.warning("the job loop has ended (%s: %s); beginning anew", type(fault).__name__, fault)
            self._worker = None
            self._stop.wait(PAUSE)

    async def _work(self) -> None:
        connector = PsycopgConnector(
            conninfo=self.url.replace("+psycopg", ""), kwargs=dict(db.ALIVE), min_size=1, max_size=3, timeout=10.0
        )
        jobs = App(connector=connector)
        for kind in kinds().values():
            work = partial(self._run, kind)
            jobs.task(name=kind.name, queue=kind.queue, retry=Backoff(kind.tries), pass_context=True)(work)
        async with jobs.open_async():
            self._worker = Worker(
                jobs,
                queues=self.queues,
                concurrency=self.threads,
                fetch_job_polling_interval=self.pace.poll,
                abort_job_polling_interval=3600.0,
                shutdown_graceful_timeout=self.pace.grace,
                listen_notify=False,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=self.pace.beat,
                stalled_worker_timeout=self.pace.stalled * 10,
            )
            if not self._stop.is_set():
                await self._worker.run()

    def _run(self, kind: JobKind, context: JobContext, *, args: dict[str, Any], key: str | None = None) -> None:
        """In a thread of Procrastinate's: one try."""
        assert context.job.id is not None
        with self.app.app_context():
            running.run(kind, job_id=context.job.id, tries_before=context.job.attempts, args=args, key=key)
