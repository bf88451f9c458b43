"""Getting hold of a case: the row lock, the open tasks, and the values its forms show."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, bindparam, select
from sqlalchemy.orm import aliased, undefer

from app.audit.operations import Actor
from app.identity.models import User
from app.identity.rules import Person
from app.kernel.crypto import KeyFault, blind_index, seal, unseal
from app.kernel.db import session
from app.kernel.errors import Conflict, NotFound
from app.workflow import engine, forms, queries, registry, rules
from app.workflow.assigning import assignment
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.recording import context_of


class TaskGone(Conflict):
    """Somebody else completed, cancelled or returned the task; nothing of this request was written."""


@dataclass
class Held:
    """A case locked for an act: its row, its open tasks, its definition, and the task in question if there is one."""

    case: ProcessInstance
    open: list[UserTask]
    loaded: Loaded
    task: UserTask | None = None

    @property
    def the_task(self) -> UserTask:
        """The task in question, where the act is about one."""
        assert self.task is not None
        return self.task

    @property
    def step(self) -> engine.Step:
        """The configuration of the task's station."""
        return self.loaded.step(self.the_task.element_id)

    @property
    def setting(self) -> rules.Setting:
        """What the diagram says of the moves here."""
        return setting_of(self.loaded, self.task)


def setting_of(loaded: Loaded, task: UserTask | None) -> rules.Setting:
    """What the diagram says that bears on who may do what with the task and its case."""
    compiled = loaded.compiled
    owner = compiled.customs.owner
    return rules.Setting(
        barred=frozenset(compiled.steps[task.element_id].moves.barred) if task is not None else frozenset(),
        owner_group_id=assignment.group_id(owner) if owner else None,
        final_steps=compiled.final_steps,
    )


def hold_task(task_id: uuid.UUID) -> Held:
    """Lock the case of an open task, with all its open tasks, in one statement. Raises TaskGone or NotFound."""
    held = _hold(CASE_OF_TASK, task_id)
    task = next((t for t in held.open if t.id == task_id), None) if held else None
    if held is None or task is None:
        raise why_gone(task_id)
    held.task = task
    return held


def hold_tasks(task_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Held]:
    """The same for many tasks in one statement, locked in the order of their cases; those that are no longer open are left out."""
    by_case: dict[uuid.UUID, list[Row[ProcessInstance, UserTask, int]]] = {}
    for row in session.execute(CASES_OF_TASKS, {"wanted": list(task_ids)}).all():
        by_case.setdefault(row.ProcessInstance.id, []).append(row)
    cases = [_under_lock(rows) for rows in by_case.values()]
    open_now = {task.id: (case, task) for case in cases for task in case.open}
    return {
        one: Held(case.case, case.open, case.loaded, task=task)
        for one in task_ids
        if one in open_now
        for case, task in [open_now[one]]
    }


def hold_task_of(task_id: uuid.UUID, person: Person) -> Held:
    """The same for a person who wants to act on the task in an active case.

    Raises NotFound where he is not concerned with the case, and Conflict where the case does not stand still for him.
    """
    try:
        held = hold_task(task_id)
    except TaskGone:
        task = queries.task_by_id(task_id)
        case = queries.case_by_id(task.instance_id) if task else None
        if case is None or not queries.may_see(person, case):
            raise NotFound("There is no such task.") from None
        raise
    if not rules.relations(person, held.case, held.task, held.setting) and not queries.may_see(person, held.case):
        raise NotFound("There is no such task.")
    must_be(held.case, CaseState.ACTIVE)
    return held


def hold_case(instance_id: uuid.UUID) -> Held:
    """Lock a case with its open tasks; raises NotFound."""
    held = _hold(CASE, instance_id)
    if held is not None:
        return held
    case = session.get(ProcessInstance, instance_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise NotFound("There is no such case.")
    return Held(case, _tasks_under_lock(case.id), definitions.load(case.definition_id))


def hold_case_of(instance_id: uuid.UUID, person: Person) -> Held:
    """The same for a person who wants to act on the case; raises NotFound where he is not concerned with it."""
    held = hold_case(instance_id)
    concerned = any(rules.relations(person, held.case, task, held.setting) for task in (None, *held.open))
    if not concerned and not queries.may_see(person, held.case):
        raise NotFound("There is no such case.")
    return held


def must_be(case: ProcessInstance, *states: CaseState) -> None:
    """Raise Conflict with a plain sentence where the case is in none of the states."""
    if case.state in states:
        return
    sentences = {
        CaseState.SUSPENDED: "The case is suspended; nobody may act on it until a supervisor resumes it.",
        CaseState.COMPLETED: "The case has already been decided.",
        CaseState.CANCELLED: "The case was ended by a supervisor.",
        CaseState.WITHDRAWN: "The case was withdrawn by its initiator.",
        CaseState.ACTIVE: "The case is at work already.",
    }
    raise Conflict(sentences[CaseState(case.state)])


def values_of(case: ProcessInstance, actor: Actor, now: datetime) -> dict[str, Any]:
    """Everything known of a case: routing variables and case data by key, record values by bind name ("application.amount")."""
    binding = registry.binding_of(case.process_key)
    bound = binding.load(context_of(case, actor, now)) if binding else {}
    return {**case.variables, **(case.data or {}), **bound}


def form_values(form: forms.Form, known: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form's fields, by field key, typed as the form says."""
    raw = {key: known.get(field.bind or key) for key, field in form.fields.items()}
    return forms.from_json(form, {key: value for key, value in raw.items() if value is not None})


def store_values(
    case: ProcessInstance,
    form: forms.Form,
    values: Mapping[str, Any],
    shown: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    """Write what a submission changed: bound values to the records, the others to the case data; refresh the inbox's line."""
    changed = {key: value for key, value in values.items() if key in form.fields and shown.get(key) != value}
    own = {key: value for key, value in changed.items() if not form.fields[key].bind}
    bound = {bind: value for key, value in changed.items() if (bind := form.fields[key].bind)}
    if own:
        case.data = {**(case.data or {}), **forms.to_json(own)}
    binding = registry.binding_of(case.process_key)
    if binding and bound:
        show(case, binding.save(context_of(case, actor, now), bound))


def show(case: ProcessInstance, head: registry.CaseHead) -> None:
    """What the inbox and searches know of the case."""
    case.title = head.title
    case.amount = head.amount
    case.party_index = blind_index(head.party, "party") if head.party else None
    if head.related is not None and list(head.related) != case.related:
        case.related = [dict(entry) for entry in head.related]


def routing_values(loaded: Loaded, form: forms.Form | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values a step may write and the diagram decides by, under the field's key and under the last part of its bind."""
    wanted, found = loaded.compiled.routing_names, {}
    for key, value in values.items():
        field = form.fields.get(key) if form else None
        if field is not None and not field.editable and field.calculated is None:
            continue
        for name in {key, field.bind.rpartition(".")[2] if field and field.bind else key} & set(wanted):
            found[name] = value
    return found


def sealed(values: Mapping[str, Any], task_id: uuid.UUID) -> str:
    """What is on the screen of a task, for the page to hand back; nobody can read or forge it."""
    return base64.b64encode(seal(orjson.dumps(forms.to_json(values)), f"screen:{task_id}")).decode()


def unsealed(form: forms.Form, screen: str | None, task_id: uuid.UUID) -> dict[str, Any] | None:
    """The values a page was given by `sealed`; None where it sends none, or what is not its own."""
    try:
        plain = unseal(base64.b64decode(screen or "", validate=True), f"screen:{task_id}")
    except (ValueError, KeyFault):
        return None
    return forms.from_json(form, {k: v for k, v in orjson.loads(plain).items() if k in form.fields})


def open_tasks(instance_id: uuid.UUID) -> Sequence[UserTask]:
    """The open tasks of a case, oldest first."""
    statement = select(UserTask).where(UserTask.instance_id == instance_id, UserTask.state == TaskState.OPEN)
    return session.scalars(statement.order_by(UserTask.id)).all()


def _locking(wanted: ColumnElement[bool]) -> Select[ProcessInstance, UserTask, int]:
    """A case with its open tasks, locked; and its version as it was when the statement began."""
    before = aliased(ProcessInstance)
    return (
        select(ProcessInstance, UserTask, before.version.label("seen"))
        .join(UserTask, UserTask.instance_id == ProcessInstance.id)
        .join(before, before.id == ProcessInstance.id)
        .where(wanted, UserTask.state == TaskState.OPEN)
        .order_by(UserTask.id)
        .options(undefer(UserTask.draft_cipher))
        .with_for_update(of=(ProcessInstance, UserTask))
        .execution_options(populate_existing=True)
    )


# Made once: putting such a statement together costs as much as carrying it out.
WANTED: ColumnElement[uuid.UUID] = bindparam("wanted", type_=UserTask.id.type)
CASE = _locking(ProcessInstance.id == WANTED)
CASE_OF_TASK = _locking(
    ProcessInstance.id == select(UserTask.instance_id).where(UserTask.id == WANTED).scalar_subquery()
)
THESE = select(UserTask.instance_id).where(UserTask.id.in_(bindparam("wanted", expanding=True)))
CASES_OF_TASKS = _locking(ProcessInstance.id.in_(THESE)).order_by(None).order_by(ProcessInstance.id, UserTask.id)


def _hold(locking: Select[ProcessInstance, UserTask, int], wanted: uuid.UUID) -> Held | None:
    """Lock the case and its open tasks in one statement; None where it has none.

    A statement sees the rows as they were when it began. Where it had to wait for somebody else's act, that act may have opened
    tasks it does not see: the version it first saw tells, and the tasks are read again under the lock.
    """
    rows = session.execute(locking, {"wanted": wanted}).all()
    return _under_lock(rows) if rows else None


def _under_lock(rows: Sequence[Row[ProcessInstance, UserTask, int]]) -> Held:
    """One case with its open tasks, of the rows that were locked."""
    case = rows[0].ProcessInstance
    waited = rows[0].seen != case.version
    tasks = _tasks_under_lock(case.id) if waited else [row.UserTask for row in rows]
    return Held(case, tasks, definitions.load(case.definition_id))


def _tasks_under_lock(instance_id: uuid.UUID) -> list[UserTask]:
    """The open tasks of a case that is locked already, as they are now."""
    statement = select(UserTask).where(UserTask.instance_id == instance_id, UserTask.state == TaskState.OPEN)
    fresh = statement.order_by(UserTask.id).options(undefer(UserTask.draft_cipher))
    return list(session.scalars(fresh, execution_options={"populate_existing": True}))


def why_gone(task_id: uuid.UUID) -> TaskGone | NotFound:
    """What to refuse with where a task is not open: there is none, or what became of it."""
    row = session.execute(
        select(UserTask, User.name).outerjoin(User, User.id == UserTask.completed_by).where(UserTask.id == task_id)
    ).first()
    if row is None:
        return NotFound("There is no such task.")
    if row.UserTask.state == TaskState.COMPLETED and row.name:
        return TaskGone("{name} has already completed this task. Nothing of yours was written.", name=row.name)
    return TaskGone("This task is no longer open: the case was returned, ended, or went on without it.")
