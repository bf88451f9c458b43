"""A running case: SpiffWorkflow's workflow with a flat tree and a bounded, quick loop.

The task tree of a case is only as deep as the current move: the root, the tokens on it, and what this move adds.
What is done with leaves no trace here; history is kept by the rooms above. So nothing walks trees, nothing recurses
along them, and stock's limit of depth 1,000 (beyond which tasks become invisible) is out of reach.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.util.subworkflow import BpmnBaseWorkflow, BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.workflow.engine.building import SPLIT
from app.workflow.engine.environment import FeelEngine, FeelEnvironment, Trouble
from app.workflow.engine.specs import HELD, VIA, Boundary, BoundarySplit, ProcessSpec

# SpiffWorkflow lists every task, with its data, for each line it might log. Nobody reads those lines, and data of
# customers has no place in a log.
for _name in ("spiff.task", "spiff.workflow"):
    logging.getLogger(_name).setLevel(logging.WARNING)

STEPS = 2000  # engine steps in one move; more means a loop that nobody waits in


class Running(BpmnBaseWorkflow):
    """What the case and each process inside it have in common."""

    spec: ProcessSpec
    tasks: dict[Any, Task]
    task_tree: Task
    entering: str | None = None

    def root(self) -> None:
        self.task_tree = Task(self, self.spec.start, state=TaskState.COMPLETED)

    def begin(self, start_event: str | None = None) -> None:
        """Put a token on the start event given, else on each that waits for nothing."""
        for spec in self.spec.start.outputs:
            if spec.name == start_event or (start_event is None and not _waits(spec)):
                self.plant(spec.name, fired=_waits(spec))

    def plant(self, name: str, *, fired: bool = False, **internal: Any) -> Task:
        """Put a new token on the node `name`. `fired`: its event has already happened."""
        spec = self.spec.task_specs.get(name + SPLIT) or self.spec.task_specs[name]
        task = self.task_tree._add_child(spec, TaskState.FUTURE)
        task.internal_data.update(internal)
        if fired:
            task.internal_data["event_fired"] = True
        spec._update(task)
        return task

    def plant_arrival(self, join: str, source: str) -> Task:
        """Put a token on the way from `source` into the joining gateway `join`, where it waits for the others."""
        task = Task(self, self.spec.task_specs[join], self.task_tree, TaskState.WAITING)
        task.internal_data[VIA] = source
        return task

    def enter(self, activity: str) -> Inner:
        """Put a token on `activity` whose inside is at work, but empty: the caller puts the tokens there."""
        self.entering = activity
        task = self.plant(activity)
        if isinstance(task.task_spec, BoundarySplit):
            task.run()
            task = next(child for child in task.children if child.task_spec.name == activity)
        self.entering = None
        return self.top_workflow.subprocesses[task.id]

    def live(self) -> Iterator[Task]:
        return (task for task in self.tasks.values() if task.has_state(TaskState.NOT_FINISHED_MASK))

    def update_waiting_tasks(self) -> None:
        for task in [task for task in self.tasks.values() if task.state == TaskState.WAITING]:
            if task.state == TaskState.WAITING and task.id in self.tasks:
                task.task_spec._update(task)

    def _task_completed_notify(self, task: Task) -> None:
        self.last_task = task
        self.top_workflow.script_engine.environment.note_passed(task)
        if next(self.live(), None) is None:
            self.completed = True
            self.when_completed()
        else:
            self.update_waiting_tasks()

    def when_completed(self) -> None:
        """Nothing more to do in the case itself; a process inside it wakes its activity."""

    def _task_removed_notify(self, task: Task) -> None:
        self.top_workflow.forget(task)


class Inner(Running, BpmnSubWorkflow):
    """A sub-process or called process at work."""

    def __init__(self, spec: ProcessSpec, parent_task_id: Any, top_workflow: Case) -> None:
        super().__init__(spec, parent_task_id, top_workflow, deserializing=True)
        self.root()

    def when_completed(self) -> None:
        activity = self.top_workflow.get_task_from_id(self.parent_task_id)
        activity.task_spec._on_subworkflow_completed(self, activity)


class Case(Running, BpmnWorkflow):
    """The case itself, with every process at work inside it."""

    def __init__(self, spec: ProcessSpec, specs: dict[str, ProcessSpec], environment: FeelEnvironment) -> None:
        super().__init__(spec, specs, script_engine=FeelEngine(environment), deserializing=True)
        self.root()

    def create_subprocess(self, my_task: Task, spec_name: str) -> Inner:
        inner = Inner(self.subprocess_specs[spec_name], my_task.id, self)
        self.subprocesses[my_task.id] = inner
        return inner

    def forget(self, task: Task) -> None:
        """A task has left the tree: its clock stops and what ran inside it is gone."""
        self.event_manager.remove_task(task)
        inner = self.subprocesses.pop(task.id, None)
        if inner is not None:
            for inside in list(inner.tasks.values()):
                self.forget(inside)

    def hold(self, task: Task, trouble: Trouble, state: int) -> None:
        """Keep the token at `task` until somebody tries again.

        `state` is where to try from: FUTURE enters the element, READY runs it, STARTED goes on with a repetition (whose
        open instances stay).
        """
        for child in task.children if state != TaskState.STARTED else ():
            if not child.has_state(TaskState.FINISHED_MASK):
                task.workflow._remove_task(child.id)
        task.internal_data[HELD] = [trouble.code, trouble.facts, int(state)]
        task._set_state(state)
        self.event_manager.remove_task(task)

    def release_held(self, task_id: Any = None) -> int:
        """Try again what is held (all of it, or one task); the number of tokens set free."""
        held = [t for wf in self.processes() for t in wf.tasks.values() if HELD in t.internal_data]
        held = [task for task in held if task_id in (None, task.id)]
        for task in held:
            *_, state = task.internal_data.pop(HELD)
            if state == TaskState.FUTURE:
                task.task_spec._update(task)
            elif state == TaskState.STARTED:
                task.task_spec.go_on(task)
        return len(held)

    def processes(self) -> list[Running]:
        """Every process at work, innermost first."""
        inner = [process for process in self.subprocesses.values() if not process.completed]
        return [*sorted(inner, key=lambda process: process.depth, reverse=True), self]

    def advance(self) -> None:
        """Run everything that needs nobody, until only people, clocks, messages and trouble are left."""
        for _ in range(STEPS):
            task = self._next_engine_task()
            if task is None:
                self.refresh_timers()
                task = self._next_engine_task()
            if task is None:
                return
            self._run(task)
        task = self._next_engine_task()
        if task is not None:
            self.hold(task, Trouble("step_budget", steps=str(STEPS)), TaskState.READY)

    def _run(self, task: Task) -> None:
        try:
            task.run()
        except Trouble as trouble:
            self.hold(task, trouble, TaskState.READY)

    def _next_engine_task(self) -> Task | None:
        """Events that interrupt come first: they may take away what else is ready."""
        for process in self.processes():
            ready = [
                task
                for task in process.tasks.values()
                if task.state == TaskState.READY and not task.task_spec.manual and HELD not in task.internal_data
            ]
            if ready:
                return next((task for task in ready if isinstance(task.task_spec, Boundary)), ready[0])
        return None

    def sent(self) -> tuple[str, ...]:
        """Names of the messages thrown that nobody inside the case took."""
        events = [event.event_definition for event in self.get_events()]
        return tuple(event.name for event in events if isinstance(event, MessageEventDefinition))


def _waits(spec: TaskSpec) -> bool:
    """Whether a start event starts by itself (False) or only when something comes (True)."""
    return type(spec.event_definition).__name__ != "NoneEventDefinition"
