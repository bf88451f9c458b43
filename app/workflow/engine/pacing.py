"""Clocks of working time on the edge of an activity stand still while those who work in it wait for the customer.

Who waits is the caller's knowledge (it is no state of the diagram), so he asks after every act; where somebody else in the
activity is still at work, its clock runs on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from SpiffWorkflow.task import Task

from app.kernel.working_time import Calendar
from app.workflow.engine import clockwork
from app.workflow.engine.definition import Definition
from app.workflow.engine.running import NO_SERVICES, is_open, is_paced, load, progress
from app.workflow.engine.specs import Boundary
from app.workflow.engine.values import Progress, Timer
from app.workflow.engine.workflow import Case

_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # what has been wound asks for no time


def pace(
    definition: Definition,
    step: Progress,
    waiting: Collection[str],
    *,
    now: datetime,
    calendar: Callable[[], Calendar] = Calendar,
) -> Progress:
    """The step with its clocks stopped or going. `waiting`: ids of the open tasks that wait for the customer."""
    if not step.paced:
        return step
    case = load(definition, step.state, now, NO_SERVICES)
    for task in [task for process in case.processes() for task in process.live() if is_paced(task)]:
        inside = set(_open_beside(case, task))
        turn = clockwork.stop if inside and inside.issubset(waiting) else clockwork.go
        turn(task.internal_data, calendar(), now)
    paced = progress(case)
    return replace(step, state=paced.state, timers=paced.timers)


def timers_by(definition: Definition, state: bytes, calendar: Calendar) -> tuple[Timer, ...]:
    """The timers of a case as this calendar lays them out. Raises StateUnreadable."""
    return progress(load(definition, state, _ANY_TIME, replace(NO_SERVICES, calendar=lambda: calendar))).timers


def _open_beside(case: Case, clock: Task) -> Iterator[str]:
    """The open tasks of the activity that the clock sits on."""
    group = clock.parent.children if clock.parent is not None else ()
    for member in group:
        if not isinstance(member.task_spec, Boundary):
            yield from _open_in(case, member)


def _open_in(case: Case, task: Task) -> Iterator[str]:
    if is_open(task):
        yield str(task.id)
    for child in task.children:
        yield from _open_in(case, child)
    inner = case.subprocesses.get(task.id)
    for inside in inner.live() if inner is not None else ():
        if is_open(inside):
            yield str(inside.id)
        elif inside.id in case.subprocesses:
            yield from _open_in(case, inside)
