"""Long work about a draft (report, cases in flight, dry run, scenarios): asked for on a page, done by a worker, shown with a bar.

A subject offers a function with `@examiner("kind")`; it gets the draft's files and what was asked, says how far it is, and gives
back what it found as JSON. It works on copies: whatever it writes is rolled back, only its progress and its result stay.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.audit.operations import Actor
from app.jobs import Queue, enqueue, job
from app.kernel.clock import now as moment
from app.kernel.db import separate_transaction, session
from app.kernel.errors import NotFound, Refusal
from app.kernel.ids import new_id
from app.studio import drafts
from app.studio.models import Draft, Examination, ExaminationState

log = logging.getLogger("creditflow.studio")

JOB = "studio.examine"
FAULT = (
    "The examination failed on our side. Nothing was changed; begin it again, and tell the operators if it fails twice."
)


@dataclass(frozen=True)
class Task:
    """What an examiner gets: the draft, its files by name, what was asked, and `report(done, total)` for the bar."""

    draft: Draft
    files: Mapping[str, bytes]
    asked: Mapping[str, Any]
    now: datetime
    report: Callable[[int, int], None]


Examiner = Callable[[Task], dict[str, Any]]
_examiners: dict[str, Examiner] = {}


def examiner(kind: str) -> Callable[[Examiner], Examiner]:
    """Register a function as the examiner of a kind."""

    def register(function: Examiner) -> Examiner:
        _examiners[kind] = function
        return function

    return register


def begin(*, draft: Draft, kind: str, asked: Mapping[str, Any], actor: Actor, now: datetime) -> Examination:
    """Ask a worker for an examination of the draft as it is now; KeyError where there is no such examiner."""
    _examiners[kind]
    row = Examination(id=new_id(), draft_id=draft.id, kind=kind, digest=draft.digest, asked=dict(asked))
    row.state, row.begun_by, row.begun_at = ExaminationState.WAITING, actor.user_id, now
    session.add(row)
    session.flush()
    enqueue(name=JOB, args={"examination": str(row.id)}, key=str(row.id))
    return row


def find(examination_id: uuid.UUID | None) -> Examination:
    """The examination; raises NotFound."""
    row = session.get(Examination, examination_id) if examination_id else None
    if row is None:
        raise NotFound("There is no such examination.")
    return row


def newest(draft: Draft, kind: str) -> Examination | None:
    """The last examination of this kind that was asked for."""
    statement = select(Examination).where(Examination.draft_id == draft.id, Examination.kind == kind)
    return session.scalars(statement.order_by(Examination.begun_at.desc(), Examination.id.desc()).limit(1)).first()


def is_old(row: Examination, draft: Draft) -> bool:
    """Whether the draft has changed since."""
    return row.digest != draft.digest


@job(JOB, queue=Queue.REPORT, tries=3)
def examine(*, examination: str, key: str) -> None:
    """Do the work; what it wrote on the way is taken back."""
    row = find(uuid.UUID(examination))
    if row.state == ExaminationState.DONE:
        return
    draft = drafts.find(row.draft_id)
    task = Task(
        draft, drafts.files_of(draft), row.asked, moment(), lambda done, total: _note(row_id, done=done, total=total)
    )
    row_id = row.id
    _note(row_id, state=ExaminationState.RUNNING, done=0)
    try:
        found = _on_a_copy(lambda: _examiners[row.kind](task))
    except Refusal as refusal:
        _note(row_id, state=ExaminationState.FAILED, fault=str(refusal)[:400], ended_at=moment())
        return
    except Exception:
        log.exception("examination %s failed", row_id)
        _note(row_id, state=ExaminationState.FAILED, fault=FAULT, ended_at=moment())
        return
    _note(row_id, state=ExaminationState.DONE, found=found, ended_at=moment())


def _on_a_copy(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Whatever the work writes is rolled back to before it."""
    nested = session.begin_nested()
    try:
        return work()
    finally:
        nested.rollback()


def _note(row_id: uuid.UUID, **values: Any) -> None:
    """Written at once, beside the work, so that the page sees it."""
    with separate_transaction() as beside:
        beside.execute(update(Examination).where(Examination.id == row_id).values(**values))
