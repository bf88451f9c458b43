"""The worker: a ticker in memory that looks for due work in the database, and a crew that runs jobs; any number may run at once.

Each tick claims one piece of work per transaction with SKIP LOCKED, so no two workers do the same, and a killed one leaves
nothing half done. Jobs are handed out by Procrastinate (app/jobs).
"""

from __future__ import annotations

import logging
import signal
import threading
import uuid
from collections.abc import Callable
from datetime import date, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app
from sqlalchemy.exc import OperationalError

from app import create_app
from app.audit import checkpoints
from app.documents import operations as documents
from app.identity import operations as identity
from app.jobs import operations as jobs
from app.jobs.crew import Crew, Pace
from app.kernel import db
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.notifications import digest, routing
from app.notifications import operations as notifications
from app.studio import presence
from app.studio.files import history
from app.supervision import operations as supervision
from app.workflow import idempotency, instances
from app.workflow.assigning import handover
from app.workflow.clocks import due_dates, escalation
from app.workflow.committees import ballots
from app.workflow.monitoring import counting
from app.workflow.watching import checkup
from config import Settings

log = logging.getLogger("creditflow.worker")

Job = Callable[[], None]
PACE = Pace()
LONGEST_LOGIN = timedelta(days=7)
LONGEST_RUN = 1000
UNCONFIRMED = timedelta(days=1)
CHECKED = 200
NOTICES_KEPT = timedelta(days=400)


def work(settings: Settings) -> None:
    """Tick and run jobs until told to stop."""
    app = create_app(settings)
    crew = Crew(app, settings.database_url, pace=PACE, threads=settings.job_threads, queues=settings.job_queues)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    scheduler = BackgroundScheduler()
    for job, seconds in (*JOBS, (crew.watch, PACE.beat)):
        scheduler.add_job(patient(app, job), "interval", seconds=seconds, max_instances=1, coalesce=True)
    scheduler.start()
    crew.start()
    stop.wait()
    crew.stop()
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


def give_back_jobs() -> None:
    """Take the jobs of dead workers for the living."""
    with db.transaction():
        given = jobs.give_back_stalled(seconds=PACE.stalled, now=now())
    if given:
        log.warning("%d jobs of dead workers go back to their queues", given)


def count_up() -> None:
    """Count up what has happened since the last time, for the pages of monitoring; a few days of the record per transaction."""
    done: set[date] = set()
    for _ in range(LONGEST_RUN):
        with db.transaction():
            if not counting.advance(now=now(), done=done):
                return


def route_notices() -> None:
    """Look by which channels the newest notices go out."""
    for _ in range(LONGEST_RUN):
        with db.transaction():
            if not routing.route(now=now()):
                return


def put_digests() -> None:
    """Let those who want a digest have it."""
    with db.transaction():
        digest.put_digests(now=now())


def carry_out_chains() -> None:
    """Carry out the due links of the chains after due dates, one per transaction, the longest due first."""
    for _ in range(LONGEST_RUN):
        if not _carry_out_next():
            return


def _carry_out_next() -> bool:
    """One link, if one is due. A case that can't be read is put off and told of; the others must not wait for it."""
    due = None
    try:
        with db.transaction():
            due = escalation.next_link(now())
            if due is not None:
                escalation.carry_out(task_id=due, now=now())
    except OperationalError:
        raise
    except Exception:
        if due is None:
            raise
        log.exception("the chain of task %s could not go on; trying again later", due)
        with db.transaction():
            escalation.put_off(task_id=due, now=now())
    return due is not None


def settle_calendar() -> None:
    """Take up a change of the bank's calendar wherever it was not known yet."""
    with db.transaction():
        due_dates.settle(now())


def close_votes() -> None:
    """Close every vote whose time is over, one per transaction."""
    for _ in range(LONGEST_RUN):
        with db.transaction():
            due = ballots.next_due(now())
            if due is None:
                return
            ballots.close_in_time(task_id=due, now=now())


def hand_over() -> None:
    """Carry out what supervisors have handed over, a chunk per transaction."""
    for _ in range(LONGEST_RUN):
        with db.transaction():
            waiting = handover.next_waiting()
            if waiting is None:
                return
            handover.advance(hand_over_id=waiting, now=now())


def sweep() -> None:
    """Forget logins, idempotency keys and effects of jobs that are long over, old notices, and files that no row names."""
    with db.transaction():
        identity.sweep_logins(now=now(), longest=LONGEST_LOGIN)
        idempotency.sweep(now())
        supervision.sweep(now(), now() - UNCONFIRMED)
        jobs.sweep(now=now())
        notifications.forget_old(before=now() - NOTICES_KEPT)
    documents.sweep_orphans(now())


def carry_on_acts() -> None:
    """Go on with acts on many rows that somebody has confirmed, a chunk per transaction; their page may do the same."""
    for _ in range(LONGEST_RUN):
        with db.transaction():
            act_id = supervision.next_running()
            if act_id is None:
                return
            supervision.carry_on(act_id=act_id, now=now())


def thin_drafts() -> None:
    """Take away what autosaving left of drafts, and forget who had one open."""
    with db.transaction():
        thinned = history.thin(now())
        presence.forget_old(now())
    if thinned:
        log.info("%d automatic savings of drafts thinned out", thinned)


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
    """Write a checkpoint of the audit, where the last one is an hour old and something has grown."""
    settings: Settings = current_app.config["SETTINGS"]
    with db.transaction():
        checkpoints.make_when_due(checkpoints.Place(settings.checkpoints_folder, settings.keys_folder), now())


JOBS: tuple[tuple[Job, float], ...] = (
    (fire_timers, 1),
    (carry_on_acts, 1),
    (check_cases, 60),
    (carry_out_chains, 1),
    (close_votes, 5),
    (hand_over, 1),
    (settle_calendar, 20),
    (route_notices, 1),
    (put_digests, 60),
    (give_back_jobs, PACE.beat),
    (count_up, 60),
    (sweep, 3600),
    (sign_the_record, 60),
    (thin_drafts, 6 * 3600),
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
