"""Activities that run more than once: for each of many (in parallel or in turn), or in a loop.

Written anew rather than taken from stock: there the completion condition sees only the last answer ("3 of 5" can't be
said), a second visit fails on the first visit's results, and nothing bounds the number.

A station of people asked one by one (会签) collects their buttons too: the condition sees `answers` and `nrOf_<outcome>`, and
afterwards the case has `<id>_answers`, and `<id>_result`: the outcome all chose, or "mixed".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.workflow.engine.environment import FeelEnvironment, Trouble, compiled
from app.workflow.engine.model import COUNT, Loop
from app.workflow.engine.specs import HELD, Lean, ProcessSpec

MOST = 200  # instances of one activity
INDEX = "index"
MIXED = "mixed"


class Repeated(Lean, LoopTask):
    """The frame around the instances; it is STARTED while they run and READY when they are through."""

    def __init__(self, wf_spec: ProcessSpec, name: str, loop: Loop, child: str) -> None:
        super().__init__(wf_spec, name)
        self.loop, self.task_spec = loop, child

    def spawn(self, my_task: Task, index: int, own: dict[str, Any]) -> None:
        """Start instance `index` with data of its own."""
        spec = self._wf_spec.task_specs[self.task_spec]
        child = my_task._add_child(spec, TaskState.FUTURE)
        child.triggered = True
        child.internal_data[INDEX] = index
        child.data = {**my_task.data, **own, "loopCounter": index + 1}
        spec._update(child)

    def instance_done(self, workflow: Any, child: Task) -> None:
        """Called when an instance completes."""
        self.note(child.parent, child)
        self.go_on(child.parent)

    def go_on(self, my_task: Task) -> None:
        """Decide whether there is more to do; if that can't be decided, the frame is held until somebody retries."""
        my_task.internal_data.pop(HELD, None)
        try:
            self.decide(my_task)
        except Trouble as trouble:
            my_task.workflow.top_workflow.hold(my_task, trouble, TaskState.STARTED)

    def note(self, my_task: Task, child: Task) -> None:
        """Keep what the instance brought."""
        raise NotImplementedError

    def decide(self, my_task: Task) -> None:
        """Finish, or start the next instance. Raises Trouble."""
        raise NotImplementedError

    def finish(self, my_task: Task) -> None:
        """Drop what still runs and let the frame go on."""
        for child in my_task.children:
            if child.has_state(TaskState.NOT_FINISHED_MASK):
                child.workflow._remove_task(child.id)
        my_task._set_state(TaskState.READY)

    def ask(self, my_task: Task, expression: str, seen: dict[str, Any]) -> bool:
        environment: FeelEnvironment = my_task.workflow.script_engine.environment
        return environment.decide(expression, {**my_task.data, **seen}, self.name)


class ForEach(Repeated):
    """Multi-instance. The condition sees the answers collected so far under the name of the output."""

    def _update_hook(self, my_task: Task) -> bool:
        my_task._inherit_data()
        items = self._items(my_task)
        my_task.internal_data.update(items=items, answers=[])
        if not items:
            self._hand_over(my_task)
            return True
        my_task._set_state(TaskState.STARTED)
        for index in range(1 if self.loop.kind == "sequential" else len(items)):
            self._spawn(my_task, index)
        return False

    def _items(self, my_task: Task) -> list[Any]:
        environment = my_task.workflow.script_engine.environment
        value = environment.evaluate(self.loop.collection or self.loop.cardinality or "null", my_task.data)
        if self.loop.collection is None and not isinstance(value, bool) and _is_count(value):
            value = range(int(value))
        if isinstance(value, (str, dict)) or not isinstance(value, Iterable):
            raise Trouble(
                "many_unreadable", expression=str(self.loop.collection or self.loop.cardinality), value=repr(value)
            )
        items = list(value)
        if len(items) > MOST:
            raise Trouble("too_many_instances", number=str(len(items)), most=str(MOST))
        return items

    def _spawn(self, my_task: Task, index: int) -> None:
        own = {self.loop.item: my_task.internal_data["items"][index]} if self.loop.item else {}
        if self.loop.output_item:
            own.setdefault(self.loop.output_item, None)
        if self._asks_people:
            own.setdefault(self._result, None)
        self.spawn(my_task, index, own)

    @property
    def _asks_people(self) -> bool:
        return bool(self._wf_spec.task_specs[self.task_spec].manual)

    @property
    def _result(self) -> str:
        return f"{self.bpmn_id}_result"

    def note(self, my_task: Task, child: Task) -> None:
        index = child.internal_data[INDEX]
        my_task.internal_data["answers"].append([index, child.data.get(self.loop.output_item or "")])
        if self._asks_people:
            my_task.internal_data.setdefault("chosen", []).append([index, child.data.get(self._result)])

    def decide(self, my_task: Task) -> None:
        answers, items = my_task.internal_data["answers"], my_task.internal_data["items"]
        if len(answers) == len(items) or self._decided(my_task):
            self._hand_over(my_task)
            self.finish(my_task)
        elif self.loop.kind == "sequential":
            self._spawn(my_task, len(answers))

    def _decided(self, my_task: Task) -> bool:
        if self.loop.condition is None:
            return False
        total, done = len(my_task.internal_data["items"]), len(my_task.internal_data["answers"])
        seen: dict[str, Any] = {
            "nrOfInstances": total,
            "nrOfCompletedInstances": done,
            "nrOfActiveInstances": total - done,
        }
        if self._asks_people:
            seen |= self._chosen(my_task, self.loop.condition)
        if self.loop.output:
            seen[self.loop.output] = self._answers(my_task)
        return self.ask(my_task, self.loop.condition, seen)

    def _chosen(self, my_task: Task, condition: str) -> dict[str, Any]:
        """The buttons pressed so far, and how many chose each that the condition asks for."""
        chosen = self._answers(my_task, "chosen")
        asked = {name for name in compiled(condition).names if name.startswith(COUNT)}
        return {"answers": chosen, **{name: chosen.count(name.removeprefix(COUNT)) for name in asked}}

    def _answers(self, my_task: Task, kind: str = "answers") -> list[Any]:
        """The answers in the order of the items, whatever the order of their coming."""
        return [answer for _, answer in sorted(my_task.internal_data.get(kind, ()), key=lambda pair: pair[0])]

    def _hand_over(self, my_task: Task) -> None:
        environment: FeelEnvironment = my_task.workflow.script_engine.environment
        if self.loop.output:
            environment.put(self.loop.output, self._answers(my_task), my_task.data)
        chosen = self._answers(my_task, "chosen")
        if self._asks_people and any(answer is not None for answer in chosen):
            environment.put(f"{self.bpmn_id}_answers", chosen, my_task.data)
            same = all(answer == chosen[0] for answer in chosen)
            environment.put(self._result, chosen[0] if same else MIXED, my_task.data)


class While(Repeated):
    """Standard loop: again while the condition holds, at most `maximum` times."""

    def _update_hook(self, my_task: Task) -> bool:
        my_task._inherit_data()
        my_task.internal_data["rounds"] = 0
        if self.loop.test_before and not self._again(my_task):
            return True
        my_task._set_state(TaskState.STARTED)
        self.spawn(my_task, 0, {})
        return False

    def note(self, my_task: Task, child: Task) -> None:
        my_task.internal_data["rounds"] += 1

    def decide(self, my_task: Task) -> None:
        if self._again(my_task):
            self.spawn(my_task, my_task.internal_data["rounds"], {})
        else:
            self.finish(my_task)

    def _again(self, my_task: Task) -> bool:
        rounds = my_task.internal_data["rounds"]
        if rounds >= min(MOST, self.loop.maximum or MOST):
            return False
        return self.loop.condition is None or self.ask(my_task, self.loop.condition, {"loopCounter": rounds})


def _is_count(value: Any) -> bool:
    try:
        return int(value) == value and value >= 0
    except (TypeError, ValueError):
        return False
