"""The platform's jobs."""

from __future__ import annotations

import uuid

from app.jobs import Queue, attempt, job
from app.kernel.clock import now
from app.workflow import instances


@job("workflow.serve", queue=Queue.SERVICE)
def serve(*, instance: str, task: str, key: str) -> None:
    """Run a service task that the diagram calls asynchronous; after the last try its failure is an incident of the case."""
    instances.serve(instance_id=uuid.UUID(instance), engine_id=task, now=now(), is_last=attempt().is_last)
