"""Long work that a page waits for: asked for there, done by a worker, shown with a bar, its result kept as JSON.

A room has a table of such work (`LongWork`), a job that calls `perform`, and pages that show `standing`. Whatever the work writes
is rolled back: only its progress and its result stay. A refusal is kept so that each reader gets it in his language.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from flask_babel import gettext
from sqlalchemy import ForeignKey, Integer, String, Uuid, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.jobs import operations, queries
from app.kernel.clock import now as moment
from app.kernel.db import separate_transaction, session
from app.kernel.errors import Refusal, recalled, said
from app.web.errors import translated

log = logging.getLogger("creditflow.jobs")

LOST = "The worker that was at it is gone, so this will not be finished. Nothing was changed; begin it again."
REFUSAL = "refusal"
LONGEST = 400

Report = Callable[[int, int], None]


class WorkState(StrEnum):
    """Where long work is in its life. `LOST` is never stored: it is what work without a job that could finish it is shown as."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"


AT_WORK = (WorkState.WAITING, WorkState.RUNNING)


class LongWork:
    """The columns that every table of long work has. asked: what for; done and total: for the bar; fault: why there is no result,
    in English; found: the result, or the refusal under "refusal" where it failed (read `result` instead)."""

    __tablename__: str

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(20), default=WorkState.WAITING)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    found: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    fault: Mapped[str | None] = mapped_column(String(LONGEST))
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    begun_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def result(self) -> dict[str, Any] | None:
        """What was found; None while there is nothing, and where the work failed."""
        return self.found if self.state == WorkState.DONE else None


Row = TypeVar("Row", bound=LongWork)


def begin(row: LongWork, *, job: str, argument: str) -> None:
    """Store the row and have a worker call the job with the row's id under `argument`; in the open transaction."""
    session.add(row)
    session.flush()
    operations.enqueue(name=job, args={argument: str(row.id)}, key=str(row.id), lock=_lock(row))


def at_work(same: Iterable[Row], now: datetime) -> Row | None:
    """The first of these that waits or runs; those that are lost are failed here and left out.

    Who asks holds a lock on what the work is about, so that of two who ask at once the second finds the row of the first.
    """
    for row in same:
        if standing(row) in AT_WORK:
            return row
        if row.state in AT_WORK:
            row.state, row.fault, row.ended_at = WorkState.FAILED, LOST, now
    return None


def standing(row: LongWork) -> WorkState:
    """Its state, as it has to be shown."""
    state = WorkState(row.state)
    return WorkState.LOST if state in AT_WORK and not queries.is_seen_to(_lock(row)) else state


def fault_of(row: LongWork) -> str:
    """Why there is no result, in the reader's language."""
    kept = (row.found or {}).get(REFUSAL) if row.state == WorkState.FAILED else None
    return translated(recalled(kept)) if kept else gettext(row.fault or LOST)


def refusal_of(row: LongWork) -> str:
    """The name of the class of the refusal it ended with; empty where it did not."""
    kept = (row.found or {}).get(REFUSAL) if row.state == WorkState.FAILED else None
    return str(kept["name"]) if kept else ""


def perform(row: LongWork, work: Callable[[Report], dict[str, Any]], *, fault: str) -> None:
    """Do the work of a row that waits (or runs: its worker before died), and keep what came out; nothing where it is over.

    work gets `report(done, total)` for the bar. fault: the sentence for what is our own mistake.
    """
    if row.state not in AT_WORK:
        return
    kind, row_id = type(row), row.id

    def report(done: int, total: int) -> None:
        _note(kind, row_id, done=done, total=total)

    _note(kind, row_id, state=WorkState.RUNNING, done=0)
    try:
        found = _on_a_copy(lambda: work(report))
    except Refusal as refusal:
        kept = {REFUSAL: said(refusal)}
        _note(kind, row_id, state=WorkState.FAILED, fault=str(refusal)[:LONGEST], found=kept, ended_at=moment())
    except Exception:
        # Whatever it is, the person at the bar must hear that nothing comes; a second try would end the same way, and a job
        # that raises leaves the bar standing while it rests. Operators find the traceback in the log.
        log.exception("%s %s failed", kind.__tablename__, row_id)
        _note(kind, row_id, state=WorkState.FAILED, fault=fault, ended_at=moment())
    else:
        _note(kind, row_id, state=WorkState.DONE, found=found, ended_at=moment())


def _on_a_copy(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Whatever the work writes is rolled back to before it."""
    nested = session.begin_nested()
    try:
        return work()
    finally:
        nested.rollback()


def _note(kind: type[LongWork], row_id: uuid.UUID, **values: Any) -> None:
    """Written at once, beside the work, so that the page sees it; never over an end that somebody has noted meanwhile."""
    statement = update(kind).where(kind.id == row_id, kind.state.in_(AT_WORK))
    with separate_transaction() as beside:
        beside.execute(statement.values(**values))


def _lock(row: LongWork) -> str:
    return f"{row.__tablename__}:{row.id}"
