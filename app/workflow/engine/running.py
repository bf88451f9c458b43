"""The moves: start, complete, deliver, tick, retry. State in, `Progress` out.

Each move loads the case into memory, changes it, runs what runs by itself, and gives back the whole new state. A move
that is refused raises and gives nothing back, so the caller still holds the case as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.kernel.working_time import Calendar
from app.workflow.engine import clockwork
from app.workflow.engine import state as states
from app.workflow.engine.definition import Definition
from app.workflow.engine.environment import PUT_OFF, FeelEnvironment
from app.workflow.engine.events import Message, is_for_a_date
from app.workflow.engine.repeating import INDEX
from app.workflow.engine.specs import HELD, Boundary
from app.workflow.engine.texts import sentence
from app.workflow.engine.values import (
    EngineError,
    Incident,
    NobodyWaits,
    OpenTask,
    Progress,
    PutOff,
    Services,
    TaskNotOpen,
    Ticket,
    Timer,
    Wait,
)
from app.workflow.engine.workflow import Case, Running


def start(
    definition: Definition,
    variables: Mapping[str, Any],
    *,
    now: datetime,
    services: Services,
    message: str | None = None,
) -> Progress:
    """Begin a case, at the start event that waits for nothing or at the one that waits for `message`.

    Raises NobodyWaits for a message that starts nothing, EngineError if the process starts only by messages.
    """
    event = None
    if message is not None:
        event = definition.start_messages.get(message)
        if event is None:
            raise NobodyWaits("nobody_waits", message=message)
    case = fresh(definition, variables, now, services)
    case.begin(event)
    if next(case.live(), None) is None:
        raise EngineError("no_plain_start", process=definition.key)
    return moved(case)


def complete(
    definition: Definition,
    state: bytes,
    task_id: str,
    variables: Mapping[str, Any],
    *,
    now: datetime,
    services: Services,
) -> Progress:
    """Complete an open task and go on as far as the case goes by itself. Raises TaskNotOpen."""
    case = load(definition, state, now, services)
    before = open_ids(case)
    task = open_task(case, task_id)
    for name, value in variables.items():
        case.script_engine.environment.put(name, value, task.data)
    task.run()
    return moved(case, before - {task_id})


def deliver(
    definition: Definition,
    state: bytes,
    message: str,
    variables: Mapping[str, Any],
    *,
    now: datetime,
    services: Services,
) -> Progress:
    """Hand a message to the case. Raises NobodyWaits, and then nothing has changed."""
    case = load(definition, state, now, services)
    before = open_ids(case)
    case.script_engine.environment.variables.update(variables)
    if case.event_manager.catch(BpmnEvent(Message(message)), internal=False) == 0:
        raise NobodyWaits("nobody_waits", message=message)
    return moved(case, before)


def tick(definition: Definition, state: bytes, *, now: datetime, services: Services) -> Progress:
    """Let the clocks that are due ring."""
    case = load(definition, state, now, services)
    return moved(case, open_ids(case))


def retry(
    definition: Definition,
    state: bytes,
    *,
    now: datetime,
    services: Services,
    variables: Mapping[str, Any] | None = None,
    task_id: str | None = None,
) -> Progress:
    """Try again what met trouble (everything, or the incident of one task), with corrected variables if given.

    Raises TaskNotOpen if nothing is held.
    """
    case = load(definition, state, now, services)
    before = open_ids(case)
    case.script_engine.environment.variables.update(variables or {})
    if not case.release_held(_uuid(task_id) if task_id else None):
        raise TaskNotOpen("nothing_held", task=task_id or "")
    return moved(case, before)


def postpone(
    definition: Definition, state: bytes, by: timedelta, *, now: datetime, calendar: Callable[[], Calendar] = Calendar
) -> Progress:
    """Put off the clocks of a case that stood still for so long until now; one set for a date ("on 1 July") keeps its date."""
    case = load(definition, state, now, NO_SERVICES)
    fixed = {node.id for process in definition.processes.values() for node in process.nodes if is_for_a_date(node)}
    for notes in _clocks(case):
        clockwork.put_off(notes, by, fixed, calendar, now)
    return progress(case)


def look(definition: Definition, state: bytes, *, now: datetime) -> Progress:
    """The case as it is, without moving it."""
    return progress(load(definition, state, now, NO_SERVICES))


def fresh(definition: Definition, variables: Mapping[str, Any], now: datetime, services: Services) -> Case:
    """A case without tokens."""
    environment = FeelEnvironment(variables, now, services, definition.decisions)
    specs = dict(definition.specs)
    return Case(specs[definition.key], specs, environment)


def load(definition: Definition, state: bytes, now: datetime, services: Services) -> Case:
    """The case stored in `state`. Raises StateUnreadable."""
    body = states.read(state)
    case = fresh(definition, body["vars"], now, services)
    states.restore(case, body["tokens"])
    case.completed = not body["tokens"]
    if services.calendar is not None:
        for notes in _clocks(case):
            clockwork.lay_out(notes, services.calendar)
    return case


def moved(case: Case, before: frozenset[str] = frozenset(), ticket: Ticket | None = None) -> Progress:
    """Let the case run on and tell what came of it. `before`: open tasks that the move did not complete."""
    case.advance()
    return progress(case, before, ticket)


def progress(case: Case, before: frozenset[str] = frozenset(), ticket: Ticket | None = None) -> Progress:
    environment = case.script_engine.environment
    live = [task for process in case.processes() for task in process.live()]
    opened = tuple(_opened(task) for task in live if is_open(task))
    held = [task for task in live if HELD in task.internal_data]
    return Progress(
        state=states.dump(case),
        open=opened,
        timers=tuple(timer for task in live for timer in _timer(task)),
        waits=tuple(wait for task in live for wait in _waits(task)),
        sent=case.sent(),
        finished=not live,
        end_event=environment.end_event if not live else None,
        variables=dict(environment.variables),
        passed=tuple(environment.passed),
        decisions=tuple(environment.taken),
        incidents=tuple(_incident(task) for task in held if not _is_put_off(task)),
        put_off=tuple(PutOff(str(task.id), task.task_spec.bpmn_id) for task in held if _is_put_off(task)),
        cancelled=tuple(sorted(before - {task.id for task in opened})),
        ticket=ticket,
        paced=any(is_paced(task) for task in live),
    )


def is_paced(task: Task) -> bool:
    """Whether the clock on the edge of an activity counts working time: it stands still while that waits for the customer."""
    return isinstance(task.task_spec, Boundary) and clockwork.counts_working_time(task.internal_data)


def is_open(task: Task) -> bool:
    """Whether a person can work on `task` now."""
    return bool(task.state == TaskState.READY and task.task_spec.manual)


def open_ids(case: Case) -> frozenset[str]:
    return frozenset(str(task.id) for process in case.processes() for task in process.live() if is_open(task))


def open_task(case: Case, task_id: str) -> Task:
    """The open task of that id. Raises TaskNotOpen."""
    key = _uuid(task_id)
    for process in case.processes():
        task = process.tasks.get(key)
        if task is not None and is_open(task):
            return task
    raise TaskNotOpen("task_not_open", task=task_id)


def scope_of(process: Running) -> tuple[str, ...]:
    """The activities that a process at work lies in, outermost first."""
    scope: tuple[str, ...] = ()
    while process.parent_task_id is not None:
        activity = process.top_workflow.get_task_from_id(process.parent_task_id)
        scope = (activity.task_spec.bpmn_id, *scope)
        process = activity.workflow
    return scope


def _opened(task: Task) -> OpenTask:
    return OpenTask(
        id=str(task.id),
        element_id=task.task_spec.bpmn_id,
        process_id=task.workflow.spec.name,
        scope=scope_of(task.workflow),
        instance=task.internal_data.get(INDEX),
        data=dict(task.data),
    )


def _timer(task: Task) -> Iterator[Timer]:
    if task.state == TaskState.WAITING and task.internal_data.get(clockwork.DUE):
        yield Timer(str(task.id), task.task_spec.bpmn_id, clockwork.next_ring(task.internal_data))


def _clocks(case: Case) -> Iterator[dict[str, Any]]:
    """The notes of the tokens that hold clocks."""
    live = (task.internal_data for process in case.processes() for task in process.live())
    return (notes for notes in live if clockwork.DUE in notes or clockwork.WORK in notes)


def _waits(task: Task) -> Iterator[Wait]:
    definition = getattr(task.task_spec, "event_definition", None)
    if task.state != TaskState.WAITING or definition is None:
        return
    parts = definition.event_definitions if isinstance(definition, MultipleEventDefinition) else [definition]
    for part in parts:
        if isinstance(part, MessageEventDefinition) and not isinstance(part, TimerEventDefinition):
            yield Wait(str(task.id), task.task_spec.bpmn_id, part.name)


def _is_put_off(task: Task) -> bool:
    return bool(task.internal_data[HELD][0] == PUT_OFF)


def _incident(task: Task) -> Incident:
    code, facts, _ = task.internal_data[HELD]
    element = task.task_spec.bpmn_id or task.task_spec.name
    return Incident(str(task.id), element, code, sentence(code, element=element, **facts))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise TaskNotOpen("task_not_open", task=text) from error


def _no_service(delegate: str, variables: dict[str, Any]) -> Mapping[str, Any]:
    raise RuntimeError(f"looking at a case calls no service ({delegate})")


NO_SERVICES = Services(_no_service, calendar=None)
