"""The worker: a ticker in memory that looks for due work in the database; any number of workers may run at once.

Each job claims one piece of work per transaction with SKIP LOCKED, so no two workers do the same, and a killed one leaves
nothing half done.
"""

from __future__ import annotations

import logging
import signal
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app
from sqlalchemy.exc import OperationalError

from app import create_app
from app.audit import checkpoints
from app.documents import operations as documents
from app.identity import operations as identity
from app.kernel import db
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.supervision import operations as supervision
from app.workflow import checkup, idempotency, instances
from config import Settings

log = logging.getLogger("creditflow.worker")

Job = Callable[[], None]
LONGEST_LOGIN = timedelta(days=7)
LONGEST_RUN = 1000
UNCONFIRMED = timedelta(days=1)
CHECKED = 200


def work(settings: Settings) -> None:
    """Tick until told to stop."""
    app = create_app(settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    scheduler = BackgroundScheduler()
    for job, seconds in JOBS:
        scheduler.add_job(patient(app, job), "interval", seconds=seconds, max_instances=1, coalesce=True)
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)


def fire_timers() -> None:
    """Let every due timer fire, one case per transaction; a case that can't be moved does not keep up the others."""
    for _ in range(LONGEST_RUN):
        due = None
        try:
            with db.transaction():
                due = instances.next_due(now())
                if due is None:
                    return
                instances.tick(instance_id=due, now=now())
        except OperationalError:
            raise
        # Whatever is wrong with one case (a state of another version, a diagram that can't be built) is its own trouble.
        except Exception as fault:
            if due is None:
                raise
            log.exception("the clocks of case %s can't be moved", due)
            with db.transaction():
                instances.stall(instance_id=due, fault=fault, now=now())


def sweep() -> None:
    """Forget logins and idempotency keys that are long over, and files that no row names."""
    with db.transaction():
        identity.sweep_logins(now=now(), longest=LONGEST_LOGIN)
        idempotency.sweep(now())
        supervision.sweep(now(), now() - UNCONFIRMED)
    documents.sweep_orphans(now())


def carry_on_acts() -> None:
    """Go on with acts on many rows that somebody has confirmed, a chunk per transaction; their page may do the same."""
    for _ in range(LONGEST_RUN):
        with db.transaction():
            act_id = supervision.next_running()
            if act_id is None:
                return
            supervision.carry_on(act_id=act_id, now=now())


class Round:
    """Where this worker's look at all cases has come to; begins anew when it has been at the last one."""

    after: uuid.UUID | None = None


def check_cases() -> None:
    """Look at the next live cases for damage; what looks wrong is looked at again under its lock."""
    with db.reading():
        ids = checkup.next_cases(Round.after, size=CHECKED)
        wanting = checkup.suspects(ids, now=now())
    Round.after = ids[-1] if ids else None
    for instance_id in wanting:
        with db.transaction():
            checkup.check(instance_id, now=now())


def sign_the_record() -> None:
    """Write a checkpoint of the audit, where something has grown."""
    settings: Settings = current_app.config["SETTINGS"]
    with db.transaction():
        checkpoints.make(checkpoints.Place(settings.checkpoints_folder, settings.keys_folder), now())


JOBS: tuple[tuple[Job, float], ...] = (
    (fire_timers, 1),
    (carry_on_acts, 1),
    (check_cases, 60),
    (sweep, 3600),
    (sign_the_record, 3600),
)


def patient(app: Flask, job: Job) -> Job:
    """A job that outlives a restart of the database: it says so and is tried again at the next tick."""

    def run() -> None:
        with app.app_context():
            try:
                job()
            except OperationalError as fault:
                log.warning("%s: the database does not answer (%s); trying again", job.__name__, fault.orig)
            except Refusal as refusal:
                log.warning("%s: %s", job.__name__, refusal)

    return run
