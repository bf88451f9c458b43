"""What events wait for: clocks that follow the `now` they are given, and messages without a load.

Stock timers ask the machine's clock and evaluate Python; stock messages carry a copy of all data. Here a clock's due
time is fixed when the token arrives and kept with it, and variables reach a case only through the front door.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import CycleTimerEventDefinition, TimerEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.kernel.working_time import BadDuration, Calendar, parse_duration
from app.workflow.engine import clockwork
from app.workflow.engine.clockwork import INTERVAL, LEFT
from app.workflow.engine.environment import LITERAL_TIME, FeelEnvironment, Trouble
from app.workflow.engine.model import Node

_WORKING = re.compile(r"(?P<cycle>R(?P<times>[1-9]\d{0,4})?/)?(?P<work>P[\dWDTHM]+)")


class Clock(TimerEventDefinition):
    """A clock that rings once, at a time or after a while; `working`: a while in which the bank is open."""

    def __init__(self, name: str, expression: str, working: bool = False) -> None:
        super().__init__(name, expression)
        self.working = working

    def has_fired(self, my_task: Task) -> bool:
        environment, notes = my_task.workflow.script_engine.environment, my_task.internal_data
        if not clockwork.is_wound(notes, self.name):
            self._wind(notes, environment, environment.evaluate(self.expression, my_task.data))
        due = clockwork.rings_at(notes, self.name)
        return due is not None and due <= environment.now

    def _wind(self, notes: dict[str, Any], environment: FeelEnvironment, value: Any) -> None:
        if self.working:
            _, work = _working(value, environment.calendar, self.expression)
            clockwork.wind_working(notes, self.name, work, environment.calendar, environment.now)
        else:
            clockwork.wind(notes, self.name, _times(value, environment.now, self.expression)[1])

    def reset(self, my_task: Task) -> None:
        my_task.internal_data.pop(clockwork.DUE, None)
        my_task.internal_data.pop(clockwork.WORK, None)


class RepeatingClock(CycleTimerEventDefinition):
    """A side clock that starts a branch at each ring and goes on. Rings missed while nobody looked count as one."""

    def __init__(self, name: str, expression: str, working: bool = False) -> None:
        super().__init__(name, expression)
        self.working = working

    def has_fired(self, my_task: Task) -> bool:
        environment, notes = my_task.workflow.script_engine.environment, my_task.internal_data
        if not clockwork.is_wound(notes, self.name):
            self._wind(notes, environment, environment.evaluate(self.expression, my_task.data))
        return bool(notes[LEFT] == 0)

    def _wind(self, notes: dict[str, Any], environment: FeelEnvironment, value: Any) -> None:
        if self.working:
            left, interval = _working(value, environment.calendar, self.expression)
            clockwork.wind_working(notes, self.name, interval, environment.calendar, environment.now)
        else:
            left, due, interval = _times(value, environment.now, self.expression)
            clockwork.wind(notes, self.name, due)
        notes.update({LEFT: left, INTERVAL: max(1.0, interval.total_seconds())})

    def update_task(self, my_task: Task) -> None:
        environment, notes = my_task.workflow.script_engine.environment, my_task.internal_data
        due = clockwork.rings_at(notes, self.name)
        if due is None or due > environment.now or notes[LEFT] == 0:
            return
        notes[LEFT] -= 1
        self._wind_again(notes, due, environment)
        environment.note_passed(my_task)
        for output in my_task.task_spec.ways_out():
            # The branch hangs on the root, so that it outlives the clock.
            branch = my_task.workflow.task_tree._add_child(output, TaskState.FUTURE)
            output._update(branch)

    def _wind_again(self, notes: dict[str, Any], due: datetime, environment: FeelEnvironment) -> None:
        """Set the ring that comes next after now; how the clock was wound first says how it counts."""
        interval = timedelta(seconds=notes[INTERVAL])
        if clockwork.counts_working_time(notes):
            missed = environment.calendar.between(due, environment.now) // interval
            clockwork.wind_working(notes, self.name, (missed + 1) * interval, environment.calendar, due)
        else:
            missed = (environment.now - due) // interval
            clockwork.wind(notes, self.name, due + (missed + 1) * interval)

    def reset(self, my_task: Task) -> None:
        for name in clockwork.OWN:
            my_task.internal_data.pop(name, None)


class Message(MessageEventDefinition):
    """A message known by its name alone."""

    def throw(self, my_task: Task) -> None:
        my_task.workflow.top_workflow.catch(BpmnEvent(self))


def is_for_a_date(node: Node) -> bool:
    """Whether a clock waits for a certain date and not for a length of time."""
    return node.event is not None and node.event.timer == "date"


def _times(value: Any, now: datetime, expression: str) -> tuple[int, datetime, timedelta]:
    """Rings left, first ring and interval of an ISO 8601 text or a FEEL date, time or duration."""
    try:
        if isinstance(value, str) and value.upper().startswith("R"):
            return _cycle(value, now)
        due = _due(value, now)
    except Exception as error:  # stock's ISO parser raises bare Exception
        raise Trouble("timer_unreadable", expression=expression, value=repr(value)) from error
    return 1, due, due - now


def _working(value: Any, calendar: Calendar, expression: str) -> tuple[int, timedelta]:
    """Rings left and working time until the first, of a text like P2D or R3/PT4H. Raises Trouble."""
    try:
        left, text = working_cycle(value)
        return left, calendar.work(text)
    except BadDuration as error:
        raise Trouble("timer_not_working", expression=expression, value=repr(value)) from error


def working_cycle(value: Any) -> tuple[int, str]:
    """Number of rings (-1 for ever) and working time of a text like P2D (once), R3/PT4H or R/P1D. Raises BadDuration."""
    match = _WORKING.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadDuration(f"{value!r} is no working time like P2D or PT8H.")
    parse_duration(match["work"])
    return (1 if match["cycle"] is None else int(match["times"] or -1)), match["work"]


def _cycle(text: str, now: datetime) -> tuple[int, datetime, timedelta]:
    head, *rest = text.upper().split("/")
    left = int(head[1:]) if head[1:] else -1
    if len(rest) == 1:
        due = _due(rest[0], now)
        return left, due, due - now
    start, interval = rest
    first = _due(start, now)
    return left, first, _due(interval, first) - first


def _due(value: Any, now: datetime) -> datetime:
    if isinstance(value, timedelta):
        return now + value
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=now.tzinfo)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=now.tzinfo)
    if not isinstance(value, str):
        raise ValueError(value)
    if value.upper().startswith("P") and LITERAL_TIME.fullmatch(value):
        parts = TimerEventDefinition.parse_iso_duration(value)
        return now + TimerEventDefinition.get_timedelta_from_start(parts, now)
    return _due(datetime.fromisoformat(value), now)
