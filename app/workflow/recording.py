"""An act on a case, and what stays of it: an event of the history and an entry of the audit; and the jobs it leaves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.audit import operations as audit
from app.audit.models import case_chain
from app.audit.operations import Actor
from app.jobs import enqueue
from app.kernel.db import append
from app.kernel.ids import new_id
from app.workflow import engine, proofs, registry
from app.workflow.models import CaseEvent, ProcessInstance, UserTask

LOCK = "case:"  # begins the lock of the jobs of a case


ZONE = "Asia/Shanghai"


@dataclass
class Act:
    """One act on a case while it is being carried out: who, when, which verb, on which task.

    proof: digests of contents, for the audit alone (see `proofs`).
    """

    verb: str
    actor: Actor
    now: datetime
    task: UserTask | None = None
    comment: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    proof: dict[str, Any] = field(default_factory=dict)


def context_of(case: ProcessInstance, actor: Actor, now: datetime) -> registry.CaseContext:
    """The case as delegates and bindings know it; its title comes from the records, so without one there are none."""
    has_records = case.title_cipher is not None
    return registry.CaseContext(case.id, case.number, case.process_key, case.started_by, actor, now, has_records)


def put_off(instance_id: uuid.UUID, engine_id: str, run_at: datetime | None = None) -> None:
    """Let an asynchronous service run as a job, after the commit; services of one case run one after another."""
    enqueue(
        name="workflow.serve",
        args={"instance": str(instance_id), "task": engine_id},
        run_at=run_at,
        lock=f"{LOCK}{instance_id}",
        queueing_lock=f"serve:{engine_id}",
    )


def record(case: ProcessInstance, act: Act, step: engine.Progress | None = None) -> None:
    """The act as an event of the case's history and as an entry of the audit."""
    case.events += 1
    case.changed_at = act.now
    event_id, comment = new_id(), act.comment or None
    element_id = act.task.element_id if act.task else None
    append(
        CaseEvent,
        {
            "id": event_id,
            "instance_id": case.id,
            "seq": case.events,
            "at": act.now,
            "verb": act.verb,
            "actor_id": act.actor.user_id,
            "for_id": act.actor.for_id,
            "task_id": act.task.id if act.task else None,
            "element_id": element_id,
            "passed": list(step.passed) if step else [],
            "detail": {**act.detail, **_decisions(step)},
            "comment_cipher": CaseEvent.comment.sealed(comment, CaseEvent.__tablename__, event_id),
            "snapshot": step.state if step else None,
            "returns": case.returns or None if step else None,
        },
    )
    audit.record(
        chain=case_chain(case.id),
        verb=act.verb,
        object_type="user_task" if act.task else "process_instance",
        object_id=act.task.id if act.task else case.id,
        actor=act.actor,
        now=act.now,
        detail={
            "event": case.events,
            "element": element_id,
            "stations": case.stations,
            "state": case.state,
            **act.detail,
            **proofs.of_words(case, comment),
            **act.proof,
        },
    )


def _decisions(step: engine.Progress | None) -> dict[str, Any]:
    if step is None or not step.decisions:
        return {}
    taken = [
        {
            "element": d.element_id,
            "decision": d.id,
            "result": d.result,
            "rules": list(d.rules),
            "inputs": dict(d.inputs),
        }
        for d in step.decisions
    ]
    return {"decisions": taken}
