"""What events wait for: clocks that follow the `now` they are given, and messages without a load.

Stock timers ask the machine's clock and evaluate Python; stock messages carry a copy of all data. Here a clock's due
time is fixed when the token arrives and kept with it, and variables reach a case only through the front door.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import date, datetime, time, timedelta
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import CycleTimerEventDefinition, TimerEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.workflow.engine.environment import LITERAL_TIME, Trouble
from app.workflow.engine.model import Node

DUE = "due"  # internal data: by clock name the ISO 8601 time at which it rings (an event gateway holds several)
LEFT = "left"  # internal data: how often a repeating clock still rings; -1 for ever


class Clock(TimerEventDefinition):
    """A clock that rings once, at a time or after a while."""

    def has_fired(self, my_task: Task) -> bool:
        environment = my_task.workflow.script_engine.environment
        dues = my_task.internal_data.setdefault(DUE, {})
        if self.name not in dues:
            value = environment.evaluate(self.expression, my_task.data)
            dues[self.name] = _times(value, environment.now, self.expression)[1].isoformat()
        return datetime.fromisoformat(dues[self.name]) <= environment.now

    def reset(self, my_task: Task) -> None:
        my_task.internal_data.pop(DUE, None)


class RepeatingClock(CycleTimerEventDefinition):
    """A side clock that starts a branch at each ring and goes on. Rings missed while nobody looked count as one."""

    def has_fired(self, my_task: Task) -> bool:
        if DUE not in my_task.internal_data:
            environment = my_task.workflow.script_engine.environment
            value = environment.evaluate(self.expression, my_task.data)
            left, due, interval = _times(value, environment.now, self.expression)
            my_task.internal_data.update({DUE: {self.name: due.isoformat()}, LEFT: left})
            my_task.internal_data["interval"] = interval.total_seconds()
        return bool(my_task.internal_data[LEFT] == 0)

    def update_task(self, my_task: Task) -> None:
        now, due = my_task.workflow.script_engine.environment.now, due_at(my_task)
        if due > now or my_task.internal_data[LEFT] == 0:
            return
        interval = timedelta(seconds=max(1.0, my_task.internal_data["interval"]))
        my_task.internal_data[LEFT] -= 1
        my_task.internal_data[DUE][self.name] = (due + ((now - due) // interval + 1) * interval).isoformat()
        my_task.workflow.script_engine.environment.note_passed(my_task)
        for output in my_task.task_spec.ways_out():
            # The branch hangs on the root, so that it outlives the clock.
            branch = my_task.workflow.task_tree._add_child(output, TaskState.FUTURE)
            output._update(branch)

    def reset(self, my_task: Task) -> None:
        for name in (DUE, LEFT, "interval"):
            my_task.internal_data.pop(name, None)


class Message(MessageEventDefinition):
    """A message known by its name alone."""

    def throw(self, my_task: Task) -> None:
        my_task.workflow.top_workflow.catch(BpmnEvent(self))


def due_at(task: Task) -> datetime:
    """When the next clock of `task` rings. Raises KeyError if it holds none."""
    return min(datetime.fromisoformat(due) for due in task.internal_data[DUE].values())


def put_off(task: Task, by: timedelta, fixed: Container[str]) -> None:
    """Let the clocks of `task` ring later, save those whose names are `fixed`."""
    for name, due in task.internal_data.get(DUE, {}).items():
        if name not in fixed:
            task.internal_data[DUE][name] = (datetime.fromisoformat(due) + by).isoformat()


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
