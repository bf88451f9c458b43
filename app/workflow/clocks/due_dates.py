"""What a change of the bank's calendar does to the deadlines that run: looked at first, then laid out anew."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from app.bank_calendar import queries as bank_calendar
from app.bank_calendar.models import OpeningHours
from app.kernel.db import session
from app.kernel.working_time import Calendar
from app.workflow.clocks import case_clocks
from app.workflow.committees import closing
from app.workflow.models import ProcessInstance, TaskState, UserTask

BATCH, EXAMPLES = 1000, 20
# Every process has read the changed calendar by then.
SETTLED_AFTER = timedelta(seconds=2 * bank_calendar.FRESH_SECONDS)
Calendars = Mapping[int | None, Calendar]


@dataclass(frozen=True)
class Move:
    """A task whose due date the change moves, a timer of the diagram that counts working time, or a vote that closes at a time."""

    number: str
    definition_id: uuid.UUID
    element_id: str
    before: datetime
    after: datetime


@dataclass(frozen=True)
class Foreseen:
    """What a change would do: how many deadlines run, how many of them move earlier and later, and the first of them."""

    running: int
    earlier: int
    later: int
    examples: Sequence[Move]

    @property
    def moved(self) -> int:
        """How many due dates move."""
        return self.earlier + self.later


def foresee(calendars: Calendars) -> Foreseen:
    """What these calendars would do to the deadlines that run; writes nothing."""
    running, earlier, later = 0, 0, 0
    examples: list[Move] = []
    for move in _deadlines(calendars):
        running += 1
        earlier += move.after < move.before
        later += move.after > move.before
        if move.after != move.before and len(examples) < EXAMPLES:
            examples.append(move)
    return Foreseen(running, earlier, later, examples)


def _deadlines(calendars: Calendars) -> Iterator[Move]:
    for row in _running():
        due, _ = _laid_out(row, calendars)
        yield Move(row.number, row.definition_id, row.element_id, row.due_at, due)
    for ring in case_clocks.rings(calendars):
        yield Move(ring.number, ring.definition_id, ring.element_id, ring.before, ring.after)
    for end in closing.rings(calendars):
        yield Move(end.number, end.definition_id, end.element_id, end.before, end.after)


def lay_out_anew(calendars: Calendars) -> int:
    """Set the moments of every running clock by these calendars; returns how many due dates moved.

    A clock that was stopped or started meanwhile is left alone: whoever did it went by the newest calendar.
    """
    moved, changes = 0, []
    for row in _running():
        due, chain = _laid_out(row, calendars)
        moved += due != row.due_at
        if (due, chain) != (row.due_at, row.chain_at):
            changes.append({"of": row.id, "since": row.due_from, "due": due, "chain": chain, "done": row.chain_done})
    for start in range(0, len(changes), BATCH):
        session.connection().execute(SET, changes[start : start + BATCH])
    return moved + case_clocks.lay_out_anew(calendars) + closing.lay_out_anew(calendars)


TASK: Any = UserTask.__table__
SET = (
    update(TASK)
    .where(
        TASK.c.id == bindparam("of"),
        TASK.c.state == TaskState.OPEN,
        TASK.c.due_from == bindparam("since"),
        TASK.c.chain_done == bindparam("done"),
    )
    .values(due_at=bindparam("due"), chain_at=bindparam("chain"))
)


def settle(now: datetime) -> None:
    """Some time after a change, once every process knows it, lay out what was laid out by the old calendar meanwhile.

    Costs one row where nothing has changed. Several workers at once: the first does it.
    """
    unsettled = select(OpeningHours).where(
        OpeningHours.settled_at.is_(None), OpeningHours.changed_at <= now - SETTLED_AFTER
    )
    row = session.scalars(unsettled.with_for_update(skip_locked=True)).first()
    if row is None:
        return
    bank_calendar.forget()
    lay_out_anew(bank_calendar.read_all())
    row.settled_at = now


def _running() -> Iterator[Any]:
    """Every clock that runs, in the order of the ids, a batch at a time."""
    columns = (UserTask.id, UserTask.definition_id, UserTask.element_id, UserTask.due_from, UserTask.due_left)
    more = (UserTask.chain_left, UserTask.chain_at, UserTask.chain_done, UserTask.due_at)
    statement = (
        select(*columns, *more, ProcessInstance.number, ProcessInstance.branch_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.state == TaskState.OPEN, UserTask.due_from.is_not(None))
        .order_by(UserTask.id)
    )
    yield from session.execute(statement.execution_options(yield_per=BATCH))


def _laid_out(row: Any, calendars: Calendars) -> tuple[datetime, datetime | None]:
    """When a running clock ends and when its next link comes, by these calendars."""
    calendar = calendars.get(row.branch_id) or calendars[None]
    due = calendar.shift(row.due_from, row.due_left)
    return due, None if row.chain_left is None else calendar.shift(row.due_from, row.chain_left)
