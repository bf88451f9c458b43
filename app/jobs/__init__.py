"""Work outside the request: jobs in the same PostgreSQL, enqueued in the transaction of the step that wants them.

Terms: job (a row that waits for a worker), queue (what kind of work), effect key (what makes a second run harmless),
try (one run; after the last one the job is kept as failed and a supervisor sees it). Procrastinate hands the rows to
workers; only `crew` imports it, so a web process never loads it.
"""

from app.jobs.operations import enqueue, enqueue_many
from app.jobs.registry import GiveUp, Queue, attempt, job

__all__ = ["GiveUp", "Queue", "attempt", "enqueue", "enqueue_many", "job"]
