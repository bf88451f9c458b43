"""A move that was refused writes nothing but this: who wanted to do what with which task or case, and why he could not."""

from __future__ import annotations

from flask import request
from flask_login import current_user

from app.audit import operations as audit
from app.kernel import db
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal

SUBJECTS = {"task_id": "user_task", "case_id": "process_instance", "instance_id": "process_instance"}


def note(refusal: Refusal) -> None:
    """An audit entry of its own transaction, on a chain per person: the case itself may be held by whoever was faster.

    What does not exist for the reader, and requests that are about no task or case, leave nothing.
    """
    places = request.view_args or {}
    named = [(kind, places[name]) for name, kind in SUBJECTS.items() if name in places]
    if not named or isinstance(refusal, NotFound) or not current_user.is_authenticated:
        return
    kind, subject_id = named[0]
    with db.separate_transaction():
        audit.record(
            chain=f"refused:{current_user.id}",
            verb="refused",
            object_type=kind,
            object_id=subject_id,
            actor=current_user.actor,
            now=now(),
            detail={"act": _act(), "why": refusal.text, "status": refusal.status},
        )


def _act() -> str:
    """What was wanted: the verb of the address, or else the name of the endpoint."""
    verb = (request.view_args or {}).get("verb")
    return str(verb or (request.endpoint or "").rpartition(".")[2])
