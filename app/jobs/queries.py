"""What waits, runs and has failed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from app.jobs.models import EVENTS, JOBS, WORKERS, JobFault
from app.kernel.db import session

PAGE = 50
# Three times as long as others wait until they take the jobs of a worker that has fallen silent.
SILENT = timedelta(seconds=60)
STATES = {"todo": "waiting", "doing": "running", "failed": "failed", "aborted": "failed", "cancelled": "failed"}


@dataclass(frozen=True)
class JobRow:
    """A job as a line. since: when it came into its present state; fault: why the last try failed."""

    id: int
    name: str
    queue: str
    tries: int
    run_at: datetime | None
    since: datetime | None
    fault: str | None


@dataclass(frozen=True)
class WorkerRow:
    """A worker process: its last heartbeat, and how many jobs it runs now."""

    id: int
    beat: datetime
    running: int


def counts() -> dict[str, dict[str, int]]:
    """How many jobs of each queue there are: queue → {"waiting": n, "running": n, "failed": n}."""
    found: dict[str, dict[str, int]] = {}
    grouped = select(JOBS.c.queue_name, JOBS.c.status, func.count()).group_by(JOBS.c.queue_name, JOBS.c.status)
    for queue, status, number in session.execute(grouped):
        if status in STATES:
            of_queue = found.setdefault(queue, dict.fromkeys(STATES.values(), 0))
            of_queue[STATES[status]] += number
    return found


def jobs(state: str, *, before: int | None = None, limit: int = PAGE) -> Sequence[JobRow]:
    """The jobs in a state ("waiting", "running", "failed"), newest first; `before` is the id to go on from."""
    faults = select(JobFault.text).where(JobFault.job_id == JOBS.c.id).order_by(JobFault.id.desc()).limit(1)
    since = select(func.max(EVENTS.c.at)).where(EVENTS.c.job_id == JOBS.c.id)
    columns = (JOBS.c.id, JOBS.c.task_name, JOBS.c.queue_name, JOBS.c.attempts, JOBS.c.scheduled_at)
    statement = select(*columns, since.scalar_subquery().label("since"), faults.scalar_subquery().label("fault"))
    wanted = [raw for raw, shown in STATES.items() if shown == state]
    statement = statement.where(JOBS.c.status.in_(wanted)).order_by(JOBS.c.id.desc()).limit(limit)
    rows = session.execute(statement if before is None else statement.where(JOBS.c.id < before))
    return [JobRow(r.id, r.task_name, r.queue_name, r.attempts, r.scheduled_at, r.since, r.fault) for r in rows]


def locks_in_use() -> Select[tuple[str]]:
    """The locks of jobs that wait or run: what has one will be seen to without anybody."""
    return select(JOBS.c.lock).where(JOBS.c.status.in_(("todo", "doing")), JOBS.c.lock.is_not(None))


def is_seen_to(lock: str) -> bool:
    """Whether a job with this lock waits, or runs in a worker that has beaten within the last minute."""
    return _is_any_alive(JOBS.c.lock == lock)


def are_seen_to(names: Collection[str], args: Mapping[str, Any]) -> bool:
    """The same for jobs of these names with these among their args."""
    return _is_any_alive(JOBS.c.task_name.in_(names) & JOBS.c.args.contains({"args": dict(args)}))


def _is_any_alive(chosen: ColumnElement[bool]) -> bool:
    beating = select(WORKERS.c.id).where(WORKERS.c.last_heartbeat > func.now() - SILENT)
    alive = (JOBS.c.status == "todo") | ((JOBS.c.status == "doing") & JOBS.c.worker_id.in_(beating))
    return bool(session.scalar(select(exists().where(chosen, alive))))


def has_worker() -> bool:
    """Whether any worker has beaten within the last minute."""
    return bool(session.scalar(select(exists().where(WORKERS.c.last_heartbeat > func.now() - SILENT))))


def workers() -> Sequence[WorkerRow]:
    """The worker processes that the database knows of, the liveliest first."""
    running = select(func.count()).where(JOBS.c.worker_id == WORKERS.c.id, JOBS.c.status == "doing").scalar_subquery()
    statement = select(WORKERS.c.id, WORKERS.c.last_heartbeat, running.label("running"))
    rows = session.execute(statement.order_by(WORKERS.c.last_heartbeat.desc()))
    return [WorkerRow(row.id, row.last_heartbeat, row.running) for row in rows]
