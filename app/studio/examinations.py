"""Long work about a draft (report, cases in flight, dry run, scenarios): asked for on a page, done by a worker, shown with a bar.

A subject offers a function with `@examiner("kind")`; it gets the draft's files and what was asked, says how far it is, and gives
back what it found as JSON. It works on copies: whatever it writes is rolled back, only its progress and its result stay.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import defer

from app.audit.operations import Actor
from app.jobs import Queue, job, long_work
from app.kernel.clock import now as moment
from app.kernel.db import session
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.studio import drafts
from app.studio.models import Draft, Examination

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
    report: long_work.Report


Examiner = Callable[[Task], dict[str, Any]]
_examiners: dict[str, Examiner] = {}


def examiner(kind: str) -> Callable[[Examiner], Examiner]:
    """Register a function as the examiner of a kind."""

    def register(function: Examiner) -> Examiner:
        _examiners[kind] = function
        return function

    return register


def begin(*, draft: Draft, kind: str, asked: Mapping[str, Any], actor: Actor, now: datetime) -> Examination:
    """Ask a worker for an examination of the draft as it is now; KeyError where there is no such examiner.

    Where the same is at work already that one is given back, also to the second of two who press at once.
    """
    _examiners[kind]
    session.execute(select(Draft.id).where(Draft.id == draft.id).with_for_update(key_share=True))
    same = select(Examination).where(Examination.draft_id == draft.id, Examination.kind == kind)
    same = same.where(Examination.digest == draft.digest, Examination.asked == dict(asked))
    before = long_work.at_work(session.scalars(same.where(Examination.state.in_(long_work.AT_WORK))).all(), now)
    if before is not None:
        return before
    row = Examination(id=new_id(), draft_id=draft.id, kind=kind, digest=draft.digest, asked=dict(asked))
    row.begun_by, row.begun_at = actor.user_id, now
    long_work.begin(row, job=JOB, argument="examination")
    return row


def find(examination_id: uuid.UUID | None) -> Examination:
    """The examination; raises NotFound."""
    row = session.get(Examination, examination_id) if examination_id else None
    if row is None:
        raise NotFound("There is no such examination.")
    return row


def newest(draft: Draft, kind: str, *, lean: bool = False) -> Examination | None:
    """The last examination of this kind that was asked for; `lean`: what it found is read only when somebody asks for it."""
    statement = select(Examination).where(Examination.draft_id == draft.id, Examination.kind == kind)
    statement = statement.options(defer(Examination.found)) if lean else statement
    return session.scalars(statement.order_by(Examination.begun_at.desc(), Examination.id.desc()).limit(1)).first()


def is_old(row: Examination, draft: Draft) -> bool:
    """Whether the draft has changed since."""
    return row.digest != draft.digest


@job(JOB, queue=Queue.REPORT, tries=3)
def examine(*, examination: str, key: str) -> None:
    """Do the work; what it wrote on the way is taken back."""
    row = find(uuid.UUID(examination))
    draft = drafts.find(row.draft_id)

    def work(report: long_work.Report) -> dict[str, Any]:
        return _examiners[row.kind](Task(draft, drafts.files_of(draft), row.asked, moment(), report))

    long_work.perform(row, work, fault=FAULT)
