"""SpiffWorkflow's task specs as this engine runs them: no prediction, no copies of data, joins that count tokens.

What differs from stock, and why:

- Stock predicts the whole future as tasks at every step. Here a task's children are made when it completes, so a step
  costs the same at any length of path.
- Stock gives each task a copy of all data and merges the copies at joins (lists come out wrong). Here the variables of
  the case are one mapping in the environment; `task.data` holds only what belongs to one instance of a repetition.
- Stock joins look for their ancestors in the tree, recursively. Here an arrived token is a waiting task that knows
  which flow it came by, so a join needs no history and a tree that was cut short still joins.
- A condition that is neither true nor false stops the case with an incident, where stock takes it for "no".
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import control, defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.event_definitions.timer import CycleTimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.operators import Operator
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.workflow.engine.environment import Trouble

HELD = "held"  # internal data of a task that met trouble: [code, facts, state to try again from]
VIA = "via"  # internal data of a task waiting at a join: the id of the node it came from


class ProcessSpec(BpmnProcessSpec):
    """The runnable form of one process. `reaches` answers which nodes lead to a node (for inclusive joins)."""

    def __init__(self, process_id: str) -> None:
        super().__init__(name=process_id)
        self._reaches: dict[tuple[str, str], frozenset[str]] = {}

    def reaches(self, target: str, without: str) -> frozenset[str]:
        """Names of the specs from which a token may come to `target` without passing `without`."""
        key = (target, without)
        if key not in self._reaches:
            self._reaches[key] = self._climb(target, without)
        return self._reaches[key]

    def _climb(self, target: str, without: str) -> frozenset[str]:
        found, todo = {target}, [target]
        while todo:
            for name in self.task_specs[todo.pop()]._inputs:
                if name not in found and name != without:
                    found.add(name)
                    todo.append(name)
        return frozenset(found)


class Lean(TaskSpec):
    """A spec whose tasks get their children when they complete."""

    def _predict(self, my_task: Task, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        return None

    def _update(self, my_task: Task) -> None:
        try:
            super()._update(my_task)
        except Trouble as trouble:
            # Entering failed (a timer or a collection that can't be read): hold the token here, lose nothing.
            my_task.workflow.top_workflow.hold(my_task, trouble, TaskState.FUTURE)

    def _on_complete(self, my_task: Task) -> None:
        self._grow(my_task)
        super()._on_complete(my_task)

    def _grow(self, my_task: Task) -> None:
        my_task._sync_children(self.outputs, TaskState.FUTURE)


class Condition(Operator):
    """The condition of a sequence flow. `args`: the expression and the id of the flow."""

    def _matches(self, task: Task) -> bool:
        expression, flow = self.args
        return bool(task.workflow.script_engine.environment.decide(expression, task.data, flow))


class Chooses(Lean):
    """Gateways that take their ways out when they run."""

    def connect_if_text(self, expression: str, flow: str, target: TaskSpec) -> None:
        self.connect_if(Condition(expression, flow), target)

    def _grow(self, my_task: Task) -> None:
        return None


class Exclusive(Chooses, defaults.ExclusiveGateway):
    def _run_hook(self, my_task: Task) -> bool:
        conditions = [(condition, name) for condition, name in self.cond_task_specs if condition is not None]
        holding = (name for condition, name in conditions if condition._matches(my_task))
        name = next(holding, self.default_task_spec)
        if name is None:
            raise Trouble("no_way_out")
        my_task._sync_children([self._wf_spec.task_specs[name]], TaskState.FUTURE)
        return True


class Joins(Lean):
    """A gateway that waits for tokens. Each waiting task is one token; the last to come goes on."""

    def _update_hook(self, my_task: Task) -> bool:
        if len(self._inputs) > 1:
            my_task.internal_data.setdefault(VIA, my_task.parent.task_spec.name)
            waiting = self._waiting(my_task)
            if not self._complete(my_task, {via(task) for task in (*waiting, my_task)}):
                my_task._set_state(TaskState.WAITING)
                return False
            self._consume(my_task, waiting)
        my_task._inherit_data()
        return True

    def _waiting(self, my_task: Task) -> list[Task]:
        tasks = my_task.workflow.tasks.values()
        return [t for t in tasks if t.task_spec is self and t is not my_task and t.state == TaskState.WAITING]

    def _consume(self, my_task: Task, waiting: list[Task]) -> None:
        """Take one token of each flow; a second token of the same flow stays for the next round."""
        taken = {via(my_task)}
        for task in waiting:
            if via(task) not in taken:
                taken.add(via(task))
                my_task.data.update(task.data)
                my_task.workflow._remove_task(task.id)
        my_task.internal_data.pop(VIA)

    def _complete(self, my_task: Task, arrived: set[str]) -> bool:
        raise NotImplementedError


def via(task: Task) -> str:
    """Where the token that waits in `task` came from."""
    return str(task.internal_data[VIA])


class Parallel(Joins, defaults.ParallelGateway):
    def _complete(self, my_task: Task, arrived: set[str]) -> bool:
        return arrived.issuperset(self._inputs)

    def _run_hook(self, my_task: Task) -> bool:
        return True


class Inclusive(Joins, Chooses, defaults.InclusiveGateway):
    def _complete(self, my_task: Task, arrived: set[str]) -> bool:
        """No other token can still come by an empty flow, except one that could as well come by a taken flow."""
        spec = self._wf_spec
        coming = {name for source in self._inputs if source not in arrived for name in spec.reaches(source, self.name)}
        coming.difference_update(name for source in arrived for name in spec.reaches(source, self.name))
        return not any(
            task.task_spec.name in coming
            for task in my_task.workflow.tasks.values()
            if task.task_spec is not self and task.has_state(TaskState.NOT_FINISHED_MASK)
        )

    def would_take(self, name: object, my_task: Task) -> bool:
        """Whether the way to `name` would be taken now; a default way and a way into a join always."""
        asked = [condition for condition, target in self.cond_task_specs if target == name and condition is not None]
        return all(condition._matches(my_task) for condition in asked)

    def _run_hook(self, my_task: Task) -> bool:
        conditions = [(condition, name) for condition, name in self.cond_task_specs if condition is not None]
        names = [name for condition, name in conditions if condition._matches(my_task)]
        names = names or [name for condition, name in self.cond_task_specs if condition is None]
        if not names:
            raise Trouble("no_way_out")
        my_task._sync_children([self._wf_spec.task_specs[name] for name in names], TaskState.FUTURE)
        return True


class UserTask(Lean, defaults.UserTask):
    pass


class StartEvent(Lean, defaults.StartEvent):
    pass


class EndEvent(Lean, defaults.EndEvent):
    def _on_complete_hook(self, my_task: Task) -> None:
        my_task.workflow.top_workflow.script_engine.environment.note_end(my_task)
        super()._on_complete_hook(my_task)


class Catch(Lean, defaults.IntermediateCatchEvent):
    pass


class Throw(Lean, defaults.IntermediateThrowEvent):
    pass


class EventGateway(Lean, defaults.EventBasedGateway):
    def _run_hook(self, my_task: Task) -> bool:
        # Stock picks the ways out from predicted children; here they are made for the purpose.
        my_task._sync_children(self.outputs, TaskState.MAYBE)
        return bool(super()._run_hook(my_task))

    def _grow(self, my_task: Task) -> None:
        return None


class Boundary(Lean, defaults.BoundaryEvent):
    def ways_out(self) -> list[TaskSpec]:
        """What follows, without the join that closes the group."""
        return [spec for spec in self.outputs if not isinstance(spec, control.BoundaryEventJoin)]

    def _grow(self, my_task: Task) -> None:
        # A repeating clock starts its branches itself, one per ring; the end of the repetition starts none.
        if not isinstance(self.event_definition, CycleTimerEventDefinition):
            super()._grow(my_task)


class BoundarySplit(Lean, control.BoundaryEventSplit):
    def _run_hook(self, my_task: Task) -> bool:
        self._predict_hook(my_task)
        return bool(super()._run_hook(my_task))

    def _grow(self, my_task: Task) -> None:
        return None


class BoundaryJoin(Lean, control.BoundaryEventJoin):
    """Closes the group of an activity and its boundary events once one of them has decided."""

    def _update_hook(self, my_task: Task) -> bool:
        decided, _ = self._check_threshold_structured(my_task)
        if not decided:
            # A side event rang while the activity goes on: nothing to close yet, and nothing may wait here.
            my_task._set_state(TaskState.CANCELLED)
            return False
        for task in my_task.find_ancestor(self.split_task).children:
            if not task.has_state(TaskState.FINISHED_MASK):
                task.cancel()
        return True


class ScriptTask(Lean, defaults.ScriptTask):
    def _run_hook(self, task: Task) -> bool:
        task.workflow.script_engine.environment.execute(self.script, task.data)
        return True


class ServiceTask(Lean, defaults.ServiceTask):
    def __init__(self, wf_spec: ProcessSpec, name: str, delegate: str, is_async: bool) -> None:
        super().__init__(wf_spec, name)
        self.delegate, self.is_async = delegate, is_async

    def _run_hook(self, task: Task) -> bool:
        environment = task.workflow.script_engine.environment
        if self.is_async:
            environment.must_run_now(str(task.id), self.delegate)
        environment.serve(self.delegate, task.data)
        return True


class DecisionTask(Lean, BpmnSpecMixin):
    """A business rule task: our decisions, not SpiffWorkflow's."""

    def __init__(self, wf_spec: ProcessSpec, name: str, decision: str, result: str) -> None:
        super().__init__(wf_spec, name)
        self.decision, self.result = decision, result

    def _run_hook(self, task: Task) -> bool:
        task.workflow.script_engine.environment.rule(task, self.decision, self.result)
        return True


class Inside(Lean):
    """Activities with a process inside. The inner process works on the same variables; only data of one instance is handed in
    and back."""

    def copy_data(self, my_task: Task, subworkflow: Any) -> None:
        subworkflow.task_tree.data = dict(my_task.data)

    def update_data(self, my_task: Task, subworkflow: Any) -> None:
        my_task.data.update(subworkflow.last_task.data)

    def start_workflow(self, my_task: Task) -> None:
        my_task._set_state(TaskState.STARTED)
        subworkflow = my_task.workflow.top_workflow.create_subprocess(my_task, self.spec)
        self.copy_data(my_task, subworkflow)
        # An instance that a send-back enters starts in its middle: the tokens are put there by the one who sends.
        if my_task.workflow.entering != self.name:
            subworkflow.begin()


class SubProcess(Inside, defaults.SubWorkflowTask):
    pass


class Transaction(Inside, defaults.TransactionSubprocess):
    pass


class CallActivity(Inside, defaults.CallActivity):
    pass


class Start(Lean, control.BpmnStartTask):
    pass
