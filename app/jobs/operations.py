"""Enqueuing, trying again, and taking jobs away from workers that have died."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, bindparam, delete, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from app.jobs.models import JobEffect, JobFault
from app.jobs.registry import kinds
from app.kernel.db import session
from app.kernel.errors import NotFound

# A worker that dies on the same job again and again is killed by it: the job is set aside.
DEATHS = 5
KEPT = timedelta(days=14)
LONGEST_TEXT = 400

ENQUEUE = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)"
    " VALUES (:queue, :name, :lock, :queueing_lock, :args, :run_at)"
    " ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING RETURNING id"
).bindparams(bindparam("args", type_=JSONB))

ENQUEUE_MANY = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)"
    " SELECT :queue, :name, args, run_at FROM unnest(:args, :run_at) AS jobs (args, run_at)"
).bindparams(bindparam("args", type_=ARRAY(JSONB)), bindparam("run_at", type_=ARRAY(DateTime(timezone=True))))

# Without a lock of its own, and past rows that another sweep holds: the sweep itself must never get stuck.
STALLED = text(
    "SELECT job.id, job.attempts FROM procrastinate_jobs job LEFT JOIN procrastinate_workers w ON w.id = job.worker_id"
    " WHERE job.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => :seconds))"
    " ORDER BY job.id LIMIT 1000 FOR UPDATE OF job SKIP LOCKED"
)
END_SESSIONS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = ANY(:names) AND datname = current_database() AND pid <> pg_backend_pid()"
)
AGAIN = text(
    "UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1, scheduled_at = NULL"
    " WHERE id = ANY(:ids) AND status = 'doing'"
)
SET_ASIDE = text("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = ANY(:ids) AND status = 'doing'")
PRUNE = text(
    "DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => :seconds)"
    " AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.worker_id = procrastinate_workers.id AND j.status = 'doing')"
)
RETRY = text(
    "UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL, queueing_lock = NULL"
    " WHERE id = :id AND status = 'failed' RETURNING task_name"
)
DISCARD = text(
    "DELETE FROM procrastinate_jobs WHERE id = :id AND status IN ('failed', 'cancelled', 'aborted') RETURNING task_name"
)


def session_name(job_id: int) -> str:
    """What the database session of a running job calls itself, so that it can be ended from outside."""
    return f"creditflow job {job_id}"


def enqueue(
    *,
    name: str,
    args: Mapping[str, Any],
    run_at: datetime | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
    key: str | None = None,
) -> int | None:
    """Put a job into its queue, in the open transaction: no commit, no job. One statement.

    lock: jobs with the same one run one after another. queueing_lock: no second job with it waits (the answer is then None).
    key: jobs of this name with the same effect key have one effect between them; without it each job is its own.
    run_at: not before; for retries and quiet hours, not for thousands of far-off moments (each poll passes over them).
    Raises KeyError where no such job is registered.
    """
    kind = kinds()[name]
    values = {
        "queue": kind.queue,
        "name": name,
        "lock": lock,
        "queueing_lock": queueing_lock,
        "args": {"args": dict(args), "key": key},
        "run_at": run_at,
    }
    return session.scalar(ENQUEUE, values)


def enqueue_many(*, name: str, jobs: Sequence[tuple[Mapping[str, Any], datetime | None, str | None]]) -> None:
    """The same for any number of jobs of one kind in one statement: args, not before, effect key of each."""
    if not jobs:
        return
    kind = kinds()[name]
    session.execute(
        ENQUEUE_MANY,
        {
            "queue": kind.queue,
            "name": name,
            "args": [{"args": dict(args), "key": key} for args, _, key in jobs],
            "run_at": [run_at for _, run_at, _ in jobs],
        },
    )


def note_effect(*, key: str, now: datetime) -> bool:
    """Claim the effect in the open transaction; False where it has been committed before.

    Who comes second waits until the first has committed or rolled back.
    """
    statement = insert(JobEffect).values(key=key, at=now).on_conflict_do_nothing().returning(JobEffect.key)
    return session.scalar(statement) is not None


def forget_effect(*, key: str) -> None:
    """Give a claimed effect up in the open transaction: it has certainly not happened."""
    session.execute(delete(JobEffect).where(JobEffect.key == key))


def note_fault(*, job_id: int, fault: BaseException, now: datetime) -> None:
    """Keep why a try failed."""
    session.add(JobFault(job_id=job_id, at=now, text=f"{type(fault).__name__}: {fault}"[:LONGEST_TEXT]))


def give_back_stalled(*, seconds: float, now: datetime) -> int:
    """Take the jobs of workers without a heartbeat for so long, so that others run them; returns how many.

    Their database sessions are ended first: a worker that was only frozen can't commit after its job was given away.
    """
    stalled = session.execute(STALLED, {"seconds": seconds}).all()
    if stalled:
        _give_back([row.id for row in stalled if row.attempts + 1 < DEATHS])
        _set_aside([row.id for row in stalled if row.attempts + 1 >= DEATHS], now)
    session.execute(PRUNE, {"seconds": seconds * 10})
    return len(stalled)


def _give_back(ids: Sequence[int]) -> None:
    session.execute(END_SESSIONS, {"names": [session_name(i) for i in ids]})
    session.execute(AGAIN.bindparams(bindparam("ids", type_=ARRAY(BigInteger))), {"ids": list(ids)})


def _set_aside(ids: Sequence[int], now: datetime) -> None:
    session.execute(END_SESSIONS, {"names": [session_name(i) for i in ids]})
    session.execute(SET_ASIDE.bindparams(bindparam("ids", type_=ARRAY(BigInteger))), {"ids": list(ids)})
    session.add_all(JobFault(job_id=i, at=now, text=f"Its worker died {DEATHS} times.") for i in ids)


def retry(*, job_id: int) -> str:
    """Try a failed job again from the first try on; returns its name. Raises NotFound where it is not failed (any more)."""
    name: str | None = session.scalar(RETRY, {"id": job_id})
    if name is None:
        raise NotFound("There is no such failed job.")
    return name


def discard(*, job_id: int) -> str:
    """Take a failed job away for good; returns its name. Raises NotFound where it is not failed (any more)."""
    name: str | None = session.scalar(DISCARD, {"id": job_id})
    if name is None:
        raise NotFound("There is no such failed job.")
    session.execute(delete(JobFault).where(JobFault.job_id == job_id))
    return name


def sweep(*, now: datetime) -> None:
    """Forget effects and faults of long ago."""
    session.execute(delete(JobEffect).where(JobEffect.at < now - KEPT))
    gone = text("NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.id = job_fault.job_id)")
    session.execute(delete(JobFault).where(JobFault.at < now - KEPT, gone))
