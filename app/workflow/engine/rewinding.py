"""Going back: a new marking, decided by the picture.

A send-back does not undo history. It asks the net (`net.py`) which of the tokens on the board may stay while the
target is at work again, takes the others away, and puts a fresh token on the target. If the target lies in a branch
whose join has already been passed, the join gets the tokens of the other, finished branches back, so that it waits for
the reopened branch alone. Because nothing is looked up in the past, every step that was ever completed is a possible
target, after any number of rounds.

Where the target lies in a sub-process or called process that is at work, only that inside is touched; where its
activity is done, the activity is entered again, directly at the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from SpiffWorkflow.task import Task

from app.workflow.engine import clockwork
from app.workflow.engine import state as states
from app.workflow.engine.building import SPLIT
from app.workflow.engine.definition import Definition
from app.workflow.engine.model import ACTIVITIES, Node, inner_process
from app.workflow.engine.net import Arrival, Net, Place
from app.workflow.engine.repeating import Repeated
from app.workflow.engine.running import NO_SERVICES, load, moved, open_ids, open_task, scope_of
from app.workflow.engine.specs import VIA, Inclusive, Inside, Joins
from app.workflow.engine.values import Price, Progress, RewindRefused, Services, Ticket
from app.workflow.engine.workflow import Case, Running


def rewind(
    definition: Definition,
    state: bytes,
    target: str,
    *,
    from_task: str | None,
    redo_branches: bool = False,
    variables: Mapping[str, Any] | None = None,
    now: datetime,
    services: Services,
) -> Progress:
    """Send the case back to the step `target` (an element id, or its whole path `activity/…/element`).

    `from_task` is the sender's open task; it tells which inside is meant where several are at work. `redo_branches`:
    parallel branches beside the target begin anew, too. The answer's `ticket` leads straight back.
    Raises RewindRefused, TaskNotOpen.
    """
    case = load(definition, state, now, services)
    before = open_ids(case)
    case.script_engine.environment.variables.update(variables or {})
    board = _Board(definition, case, from_task)
    path = board.path_to(target)
    ticket = board.go(path, redo_branches)
    return replace(moved(case, before, ticket), region=tuple(_region(definition, path)))


def rewind_price(
    definition: Definition, state: bytes, target: str, *, from_task: str | None, redo_branches: bool = False
) -> Price:
    """What `rewind` would cancel and what would have to be passed again; changes nothing. Raises as `rewind`."""
    case = load(definition, state, datetime.now(UTC), NO_SERVICES)
    before = open_ids(case)
    board = _Board(definition, case, from_task)
    path = board.path_to(target)
    board.go(path, redo_branches)
    return Price(tuple(sorted(before - open_ids(case))), tuple(_region(definition, path)))


def go_straight_back(
    definition: Definition,
    state: bytes,
    task_id: str,
    ticket: Ticket,
    variables: Mapping[str, Any],
    *,
    now: datetime,
    services: Services,
) -> Progress:
    """Complete the returned task `task_id` and open again what the return cancelled: the sender's task and the rest.

    They come back as new tasks, with clocks and votes begun anew. Raises TaskNotOpen; RewindRefused if other branches
    have moved on so far that the old tasks don't fit beside them.
    """
    case = load(definition, state, now, services)
    before = open_ids(case) - {task_id}
    task = open_task(case, task_id)
    for name, value in variables.items():
        case.script_engine.environment.put(name, value, task.data)
    _Return(definition, task, states.unpack(ticket.body)).go()
    case.script_engine.environment.note_passed(task)
    return moved(case, before)


class _Board:
    """The tokens of a case, and how they change when somebody sends it back."""

    def __init__(self, definition: Definition, case: Case, from_task: str | None) -> None:
        self.definition, self.case = definition, case
        self.task = open_task(case, from_task) if from_task else None
        self.sender = self.task.workflow if self.task else None
        # Known before anything moves: a way that leaves the sender's activity takes it away together with what is inside it.
        self.at_work = dict(_stands_in(self.task))

    def path_to(self, target: str) -> tuple[str, ...]:
        """The activities around the target, outermost first, and the target. Raises RewindRefused."""
        *scope, element = target.split("/")
        scopes = [found for found in self.definition.owners.get(element, ()) if not scope or found == tuple(scope)]
        if not scopes:
            raise RewindRefused("rewind_unknown", target=target)
        here = scope_of(self.sender) if self.sender is not None else ()
        nearest = max(_shared(found, here) for found in scopes)
        best = [found for found in scopes if _shared(found, here) == nearest]
        if len(best) > 1:
            raise RewindRefused("rewind_ambiguous", target=target)
        process = self.definition.process_in(best[0])
        if process.by_id[element].kind not in ACTIVITIES:
            raise RewindRefused("rewind_kind", target=target)
        return (*best[0], element)

    def go(self, path: tuple[str, ...], redo: bool) -> Ticket:
        """Put the token on the end of `path`; the ticket undoes it."""
        process: Running = self.case
        for depth, activity in enumerate(path[:-1]):
            inner = self._inside(process, activity)
            if inner is None:
                return self._enter(process, path[depth:], redo)
            process = inner
        return self._put(process, path[-1], redo)

    def _inside(self, process: Running, activity: str) -> Running | None:
        """The process at work inside `activity`; of several instances the sender's own."""
        tasks = [task for task in process.tasks.values() if task.task_spec.bpmn_id == activity]
        inner = [self.case.subprocesses[task.id] for task in tasks if task.id in self.case.subprocesses]
        if len(inner) > 1 or isinstance(process.spec.task_specs[activity], Repeated):
            around = list(_around(self.sender))
            inner = [running for running in inner if running in around]
        return inner[0] if inner else None

    def _enter(self, process: Running, path: Sequence[str], redo: bool) -> Ticket:
        """Enter the activities on `path` anew, down to its last element."""
        activity = path[0]
        if isinstance(process.spec.task_specs[activity], Repeated):
            return self._put(process, activity, redo)  # which instance is not known: all of them begin anew
        ticket = self._put(process, activity, redo, inside=True)
        for element in path[1:]:
            process = self._inside(process, activity) or self.case
            last = element == path[-1] or isinstance(process.spec.task_specs[element], Repeated)
            self._put(process, element, redo, inside=not last)
            if last:
                break
            activity = element
        return ticket

    def _put(self, process: Running, element: str, redo: bool, inside: bool = False) -> Ticket:
        net = self.definition.nets[process.spec.name]
        # Who works beside the target is not behind a join with it: there is no branch to redo for him, only his own to lose.
        redo = redo and self.at_work.get(process) not in net.together_with(element)
        tokens = tokens_of(process)
        if any(place == element for place, _ in tokens) and not inside and not _frame(process, element):
            raise RewindRefused("rewind_open", target=element)
        staying = set() if redo else net.together_with(element)
        removed = [task for place, task in tokens if place not in staying]
        ticket = {"scope": list(scope_of(process)), "put": element, "removed": [states.token_of(t) for t in removed]}
        for task in removed:
            process._remove_task(task.id)
        beside = self._beside(process, net, element) if redo else []
        kept = [place for place, _ in tokens if place in staying] + beside
        filled = net.arrivals_to_fill(element, kept)
        for place in (*filled, *beside):
            _plant(process, place)
        if inside:
            process.enter(element)
        else:
            process.plant(element)
        process.update_waiting_tasks()  # a join may have waited for a token that is no more
        return Ticket(states.pack({**ticket, "filled": [[way.source, way.join] for way in filled]}))

    def _beside(self, process: Running, net: Net, element: str) -> list[Place]:
        """The first places of the branches to be redone; of an inclusive fork those whose condition holds."""
        found = []
        for fork, place in net.branches_beside(element):
            spec = process.spec.task_specs[fork]
            if isinstance(spec, Inclusive) and not spec.would_take(place, process.task_tree):
                continue
            found.append(place)
        return found


class _Return:
    """Going straight back: what a send-back took away comes again in place of the returned task."""

    def __init__(self, definition: Definition, task: Task, ticket: Mapping[str, Any]) -> None:
        self.ticket = ticket
        scope = tuple(ticket["scope"])
        self.process = next((process for process in _around(task.workflow) if scope_of(process) == scope), None)
        if self.process is None:
            raise RewindRefused("straight_changed", reason="/".join(scope))
        self.net = definition.nets[self.process.spec.name]
        self.task = task

    def go(self) -> None:
        assert self.process is not None
        leaving = {self.ticket["put"], *(Arrival(source, join) for source, join in self.ticket["filled"])}
        tokens = tokens_of(self.process)
        if not any(place == self.ticket["put"] for place, _ in tokens):
            raise RewindRefused("straight_changed", reason=self.ticket["put"])
        staying = [place for place, _ in tokens if place not in leaving]
        for token in self.ticket["removed"]:
            self._check(place_of_token(self.process, token), staying)
        for place, task in tokens:
            if place in leaving:
                self.process._remove_task(task.id)
        for token in self.ticket["removed"]:
            self._bring_back(self.process, self.process.task_tree, token)
        self.process.update_waiting_tasks()

    def _check(self, place: Place, staying: Sequence[Place]) -> None:
        for other in staying:
            if other not in self.net.concurrent.get(place, ()):
                raise RewindRefused("straight_changed", reason=str(other))

    def _bring_back(self, process: Running, parent: Task, token: Mapping[str, Any]) -> None:
        if isinstance(process.spec.task_specs[token["s"]], Repeated):
            process.plant(token["s"])
        else:
            states.plant(process, parent, renewed(token))


def renewed(token: Mapping[str, Any]) -> dict[str, Any]:
    """The token under a new id, its clocks to be wound anew, with all that is inside it."""
    fresh: dict[str, Any] = {**token, "id": uuid4().hex, "n": clockwork.unwound(token.get("n", {}))}
    for part in ("c", "in"):
        if part in token:
            fresh[part] = [renewed(child) for child in token[part]]
    return fresh


def tokens_of(process: Running) -> list[tuple[Place, Task]]:
    """Each token of a process at work with its place."""
    return [(place_of(task), task) for task in process.tasks.values() if states.is_token(task)]


def place_of(task: Task) -> Place:
    if isinstance(task.task_spec, Joins) and VIA in task.internal_data:
        return Arrival(task.internal_data[VIA], task.task_spec.name)
    return str(task.task_spec.name.removesuffix(SPLIT))


def place_of_token(process: Running, token: Mapping[str, Any]) -> Place:
    source = token.get("n", {}).get(VIA)
    return Arrival(source, token["s"]) if source is not None else token["s"].removesuffix(SPLIT)


def _plant(process: Running, place: Place) -> None:
    if isinstance(place, Arrival):
        process.plant_arrival(place.join, place.source)
    else:
        process.plant(place)


def _frame(process: Running, element: str) -> bool:
    """Whether `element` is a repetition with a process inside: to send back into it from outside restarts it."""
    spec = process.spec.task_specs[element]
    return isinstance(spec, Repeated) and isinstance(process.spec.task_specs[spec.task_spec], Inside)


def _around(process: Running | None) -> Iterator[Running]:
    """`process` and the processes around it, innermost first."""
    while process is not None:
        yield process
        process = process.parent_workflow


def _stands_in(task: Task | None) -> Iterator[tuple[Running, Place]]:
    """The place of a task in its process, and in each process around it that of the activity which holds it."""
    while task is not None:
        process, parent = task.workflow, task.workflow.parent_task_id
        yield process, place_of(task)
        task = process.top_workflow.get_task_from_id(parent) if parent is not None else None


def _shared(one: Sequence[str], two: Sequence[str]) -> int:
    """Length of the common beginning."""
    return next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _region(definition: Definition, path: tuple[str, ...]) -> list[str]:
    """Ids of the elements after the target that would have to be passed again, insides included."""
    found: dict[str, None] = {}
    for depth in range(len(path), 0, -1):
        process = definition.process_in(path[: depth - 1])
        net = definition.nets[process.id]
        element = path[depth - 1]
        after = net.after(element, without=[element]) - net.together_with(element)
        for node in process.nodes:
            if node.id in after:
                _list(definition, node, found)
    found.pop(path[-1], None)
    return list(found)


def _list(definition: Definition, node: Node, found: dict[str, None]) -> None:
    found[node.id] = None
    inside = inner_process(node) or ""
    if inside in definition.processes:
        for inner in definition.processes[inside].nodes:
            _list(definition, inner, found)
