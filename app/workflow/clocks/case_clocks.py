"""The clocks of the diagram as rows: what a case waits for, by which calendar, and when its clocks stand still.

The truth is in the engine's state: a clock of working time keeps what it has left, and its row only says when that ends. So a
changed calendar moves rows alone; what a clock was laid out by is asked again whenever its case is moved.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select, update

from app.bank_calendar import queries as bank_calendar
from app.kernel.db import session
from app.kernel.working_time import Calendar
from app.workflow import engine
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.models import CaseTimer, CaseWait, ProcessInstance, TaskState, UserTask

BATCH = 500
Calendars = Mapping[int | None, Calendar]


def calendar_of(case: ProcessInstance) -> Callable[[], Calendar]:
    """Gives the calendar that the clocks of a case go by, when it is asked for."""
    return lambda: bank_calendar.calendar(case.branch_id)


def sync(case: ProcessInstance, step: engine.Progress) -> None:
    """Make the rows equal to the timers and messages that the case waits for."""
    had_clock, case.has_clock = case.has_clock, bool(step.timers or step.waits)
    if not had_clock and not case.has_clock:
        return
    session.execute(delete(CaseTimer).where(CaseTimer.instance_id == case.id))
    session.execute(delete(CaseWait).where(CaseWait.instance_id == case.id))
    session.add_all(
        CaseTimer(instance_id=case.id, engine_id=t.task_id, element_id=t.element_id, due_at=t.due_at)
        for t in step.timers
    )
    session.add_all(CaseWait(instance_id=case.id, message=name) for name in {w.message for w in step.waits})


def stop(case: ProcessInstance) -> None:
    """The case waits for no clock and no message any more."""
    if case.has_clock:
        session.execute(delete(CaseTimer).where(CaseTimer.instance_id == case.id))
        session.execute(delete(CaseWait).where(CaseWait.instance_id == case.id))
    case.has_clock = False


def keep_pace(
    case: ProcessInstance, tasks: Sequence[UserTask], loaded: Loaded, step: engine.Progress, now: datetime
) -> engine.Progress:
    """The step with the clocks of working time stopped on activities where all open tasks wait for the customer."""
    waiting = {task.engine_id for task in tasks if task.state == TaskState.OPEN and task.waiting_since is not None}
    return engine.pace(loaded.compiled, step, waiting, now=now, calendar=calendar_of(case))


def turn(case: ProcessInstance, tasks: Sequence[UserTask], loaded: Loaded, now: datetime) -> engine.Progress | None:
    """Stop or start the clocks around a task that waits for the customer from now on, or no longer; None where there are none."""
    step = engine.look(loaded.compiled, case.blob, now=now)
    if not step.paced:
        return None
    paced = keep_pace(case, tasks, loaded, step, now)
    case.blob = paced.state
    sync(case, paced)
    return paced


@dataclass(frozen=True)
class Ring:
    """When a running clock rings, and when it rings by other calendars."""

    number: str
    instance_id: uuid.UUID
    definition_id: uuid.UUID
    engine_id: str
    element_id: str
    before: datetime
    after: datetime


def rings(calendars: Calendars) -> Iterator[Ring]:
    """Every running clock, in cases of processes that count working time, as these calendars lay it out."""
    for row in session.execute(_running(_keys())):
        loaded = definitions.load(row.definition_id)
        calendar = calendars.get(row.branch_id) or calendars[None]
        for timer in _timers(loaded, row.blob, calendar):
            if timer.task_id == row.engine_id:
                place = (row.number, row.instance_id, row.definition_id, row.engine_id, row.element_id)
                yield Ring(*place, row.due_at, timer.due_at)


def _timers(loaded: Loaded, state: bytes, calendar: Calendar) -> Sequence[engine.Timer]:
    """Those of a case; none where its state can't be read, which must not stop the calendar of all others."""
    try:
        return engine.timers_by(loaded.compiled, state, calendar)
    except engine.StateUnreadable:
        return ()


def _running(keys: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Every timer that runs in a case of these processes, with the state of the case."""
    columns = (CaseTimer.instance_id, CaseTimer.engine_id, CaseTimer.element_id, CaseTimer.due_at)
    of_case = (ProcessInstance.number, ProcessInstance.definition_id, ProcessInstance.branch_id, ProcessInstance.blob)
    statement = select(*columns, *of_case).join(ProcessInstance, ProcessInstance.id == CaseTimer.instance_id)
    wanted = statement.where(ProcessInstance.process_key.in_(keys)).order_by(CaseTimer.instance_id)
    return wanted.execution_options(yield_per=BATCH)


def _keys() -> list[str]:
    """The processes of which some version counts working time; a case that went over to another keeps its clocks."""
    waiting = select(ProcessInstance.process_key).join(CaseTimer, CaseTimer.instance_id == ProcessInstance.id)
    versions = select(ProcessDefinition.id, ProcessDefinition.key).where(ProcessDefinition.key.in_(waiting.distinct()))
    found = {key for definition_id, key in session.execute(versions) if _counts_working_time(definition_id)}
    return sorted(found)


def _counts_working_time(definition_id: uuid.UUID) -> bool:
    return definitions.load(definition_id).compiled.counts_working_time


def lay_out_anew(calendars: Calendars) -> int:
    """Set when the clocks of working time ring by these calendars; returns how many moved.

    One that was wound or stopped meanwhile is left alone: whoever did it went by the newest calendar.
    """
    moved = [ring for ring in rings(calendars) if ring.before != ring.after]
    for clock in moved:
        same = (CaseTimer.instance_id == clock.instance_id, CaseTimer.engine_id == clock.engine_id)
        session.execute(update(CaseTimer).where(*same, CaseTimer.due_at == clock.before).values(due_at=clock.after))
    return len(moved)
