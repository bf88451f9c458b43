"""One try of one job: its effect key and its work in one transaction, its fault in another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from app.jobs import operations
from app.jobs.registry import JobKind, running_attempt
from app.kernel import db
from app.kernel.clock import now

# For this transaction only; a sweep ends the session by this name when the worker has stopped beating.
NAME_SESSION = text("SELECT set_config('application_name', :name, true)")


def run(kind: JobKind, *, job_id: int, tries_before: int, args: Mapping[str, Any], key: str | None) -> bool:
    """Run a job once; False where its effect has happened before. Raises what the job raised, after noting it."""
    effect = f"{kind.name}:{key or f'job {job_id}'}"
    which = running_attempt(tries_before + 1, is_last=tries_before + 1 >= kind.tries)
    try:
        with which, db.transaction() as opened:
            opened.execute(NAME_SESSION, {"name": operations.session_name(job_id)})
            if not operations.note_effect(key=effect, now=now()):
                return False
            kind.function(**args, key=effect)
    except Exception as fault:
        _note(job_id, fault)
        raise
    return True


def _note(job_id: int, fault: Exception) -> None:
    with db.transaction():
        operations.note_fault(job_id=job_id, fault=fault, now=now())
