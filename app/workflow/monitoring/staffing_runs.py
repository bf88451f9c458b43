"""Simulated staffings that somebody asked for: begun on a page, played by a worker (`foretelling`), kept with their answers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select

from app.audit import operations as audit
from app.audit.operations import Actor
from app.jobs import Queue, job, long_work
from app.kernel.clock import now as moment
from app.kernel.db import session
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.monitoring import foretelling
from app.workflow.monitoring.foretelling import Asked
from app.workflow.monitoring.models import StaffingRun

JOB = "monitoring.staffing"
FAULT = "The simulation failed on our side. Begin it again, and tell the operators if it fails twice."


def begin(*, process_key: str, asked: Asked, actor: Actor, now: datetime) -> StaffingRun:
    """Ask a worker for a simulated staffing; the one that is at work on the same question is given back instead of a second.

    Raises NotFound for a process that there is not.
    """
    definition = definitions.active(process_key)
    session.execute(
        select(ProcessDefinition.id).where(ProcessDefinition.id == definition.id).with_for_update(key_share=True)
    )
    same = select(StaffingRun).where(StaffingRun.definition_id == definition.id, StaffingRun.asked == asdict(asked))
    before = long_work.at_work(session.scalars(same.where(StaffingRun.state.in_(long_work.AT_WORK))).all(), now)
    if before is not None:
        return before
    row = StaffingRun(id=new_id(), process_key=process_key, definition_id=definition.id, asked=asdict(asked))
    row.begun_by, row.begun_at = actor.user_id, now
    long_work.begin(row, job=JOB, argument="run")
    audit.record(
        chain="system",
        verb="simulate_staffing",
        object_type="process_definition",
        object_id=definition.id,
        actor=actor,
        now=now,
        detail={"process": process_key, **asdict(asked)},
    )
    return row


def find(run_id: uuid.UUID | None) -> StaffingRun:
    """The run; raises NotFound."""
    row = session.get(StaffingRun, run_id) if run_id else None
    if row is None:
        raise NotFound("There is no such simulation.")
    return row


def newest(process_key: str) -> Sequence[StaffingRun]:
    """The last runs of a process, newest first."""
    statement = select(StaffingRun).where(StaffingRun.process_key == process_key)
    return session.scalars(statement.order_by(StaffingRun.begun_at.desc(), StaffingRun.id.desc()).limit(10)).all()


@job(JOB, queue=Queue.REPORT, tries=3)
def work(*, run: str, key: str) -> None:
    """Do it; progress and result are written beside the work."""
    row = find(uuid.UUID(run))
    asked = Asked(**{**row.asked, "absent": tuple(row.asked["absent"])})
    long_work.perform(row, lambda report: foretelling.simulate(row.process_key, asked, moment(), report), fault=FAULT)
