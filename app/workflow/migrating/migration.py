"""One case goes over to another version of its process, and back as long as nobody has acted on it since.

The engine decides whether it can (`engine.migrate`); here the rows follow: open tasks keep their holder, draft and due date under
the new station's name, who did what stays known under the new names, straight returns find their way in the new picture.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.kernel.db import session
from app.kernel.errors import Conflict, Refusal
from app.notifications import operations as notifications
from app.workflow import cases, engine, progress
from app.workflow.assigning import addressing, conflicts
from app.workflow.cases import Held
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.models import CaseReturn, CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.recording import Act

MIGRATE, UNDO = "migrate", "undo_migration"
KEPT = ("state", "element_id", "definition_id", "cancel_reason", "completed_at", "assignee_id", "claimed_at", "owner_ids",
        "candidate_group_id", "candidate_group_ids", "candidate_user_ids", "excluded_ids", "why")  # fmt: skip
MOMENTS, IDS = ("completed_at", "claimed_at"), ("definition_id",)

Mapped = Mapping[str, str | None]


@dataclass(frozen=True)
class Snapshot:
    """What a case was before: the engine's state, and as JSON the columns and rows that changed. voided: ballots were made void,
    which can't be undone."""

    blob: bytes
    rest: dict[str, Any]
    voided: bool


def migrate(*, instance_id: uuid.UUID, to_id: uuid.UUID, mapping: Mapped, act: Act) -> tuple[ProcessInstance, Snapshot]:
    """Put a case under the definition `to_id`, locked, in the open transaction; returns it with what undoing needs.

    `mapping`: element of today → element there, None for a token taken away; elements not named keep their id.
    Raises NotFound, Conflict (not at work, or under that version already) or Refusal with the engine's reason.
    """
    held = cases.hold_case(instance_id)
    case, new = held.case, definitions.load(to_id)
    _check(held, new)
    before = _snapshot(held)
    act.detail = {**act.detail, "from_version": held.loaded.version, "to_version": new.version, "cancels": "migrated"}
    lent = progress.services(case, act)
    try:
        step = engine.migrate(held.loaded.compiled, new.compiled, case.blob, mapping, now=act.now, services=lent)
    except engine.EngineError as error:
        raise refusal_of(error) from error
    gone = [task for task in held.open if task.engine_id not in {open_task.id for open_task in step.open}]
    _rename(held, new, mapping, step, act)
    opened = progress.apply(case, held.open, new, step, act)
    session.flush()
    kept = [task for task in held.open if task.state == TaskState.OPEN and task.parent_id is None]
    _look_at_hands(case, kept, held.loaded, new, step.variables, act)
    _tell(case, kept, act)
    rest = {**before, "opened": [str(task.id) for task in opened]}
    return case, Snapshot(held_blob(before), rest, any(task.is_vote for task in gone))


def preview(held: Held, new: Loaded, mapping: Mapped, now: datetime) -> engine.Progress:
    """What `migrate` would make of a case, before anything goes on by itself. Changes nothing; raises as `migrate`."""
    _check(held, new)
    try:
        return engine.migration_price(held.loaded.compiled, new.compiled, held.case.blob, mapping, now=now)
    except engine.EngineError as error:
        raise refusal_of(error) from error


def undo(*, instance_id: uuid.UUID, snapshot: Snapshot, after_event: int, act: Act) -> ProcessInstance:
    """Put the case back under its earlier version, with its tasks. Raises Conflict where anybody has acted on it since."""
    held = cases.hold_case(instance_id)
    case = held.case
    if case.events != after_event or case.state != CaseState.ACTIVE:
        raise Conflict("Somebody has acted on the case since; it stays under the new version.")
    if snapshot.voided:
        raise Refusal("A vote was made void by the migration; that can't be undone.")
    rest = snapshot.rest
    before = definitions.load(uuid.UUID(rest["definition_id"]))
    act.detail = {
        **act.detail,
        "from_version": held.loaded.version,
        "to_version": before.version,
        "cancels": "migrated",
    }
    new_ones = [task for task in held.open if str(task.id) in rest["opened"]]
    progress.cancel_tasks(new_ones, "migrated", act)
    case.definition_id = before.id
    case.visits, case.picked, case.returns = rest["visits"], rest["picked"], rest["returns"]
    _put_back_tasks(rest["tasks"])
    _put_back_tickets(rest["tickets"])
    session.flush()
    step = engine.look(before.compiled, snapshot.blob, now=act.now)
    open_now = list(cases.open_tasks(case.id))
    progress.apply(case, open_now, before, step, act)
    _tell(case, [task for task in open_now if task.parent_id is None], act)
    return case


def refusal_of(error: engine.EngineError) -> Refusal:
    """The engine's reason as a refusal, in every language."""
    refusal = Refusal(error.message("en").replace("{", "(").replace("}", ")"))
    refusal.texts = {language: error.message(language) for language in ("en", "zh_Hans", "zh_Hant")}
    return refusal


def held_blob(before: Mapping[str, Any]) -> bytes:
    """The engine's state in a snapshot taken by `_snapshot`."""
    return base64.b64decode(before["blob"])


def _check(held: Held, new: Loaded) -> None:
    cases.must_be(held.case, CaseState.ACTIVE)
    if held.case.process_key != new.key:
        raise Refusal("That is a version of another process.")
    if held.case.definition_id == new.id:
        raise Conflict("The case is under this version already.")


def _snapshot(held: Held) -> dict[str, Any]:
    case = held.case
    tickets = session.scalars(select(CaseReturn).where(CaseReturn.instance_id == case.id))
    return {
        "blob": base64.b64encode(case.blob).decode(),
        "definition_id": str(case.definition_id),
        "visits": case.visits,
        "picked": case.picked,
        "returns": case.returns,
        "tasks": {str(task.id): {name: _plain(getattr(task, name)) for name in KEPT} for task in held.open},
        "tickets": {str(row.id): base64.b64encode(row.ticket).decode() for row in tickets},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _rename(held: Held, new: Loaded, mapping: Mapped, step: engine.Progress, act: Act) -> None:
    """The rows speak of the new version from here on."""
    case, elements = held.case, {task.id: task.element_id for task in step.open}
    for task in held.open:
        if task.engine_id in elements:
            task.element_id, task.definition_id = elements[task.engine_id], new.id
    case.visits = _renamed(case.visits, mapping)
    case.picked = _renamed(case.picked, mapping)
    case.returns = [
        entry for entry in (_moved_return(case, e, held.loaded, new, mapping) for e in case.returns) if entry
    ]
    case.definition_id = new.id


def _renamed(by_element: Mapping[str, Any], mapping: Mapped) -> dict[str, Any]:
    """Who did a station that has another name now is known under both names: a record keeps its words."""
    found = dict(by_element)
    for element, value in by_element.items():
        target = mapping.get(element)
        if target is not None and target not in found:
            found[target] = value
    return found


def _moved_return(
    case: ProcessInstance, entry: Mapping[str, Any], old: Loaded, new: Loaded, mapping: Mapped
) -> dict[str, Any] | None:
    """An entry of the stack of returns under the new version; None where its way straight back is no more."""
    row = session.get(CaseReturn, uuid.UUID(entry["id"])) if entry.get("id") else None
    if row is None or row.instance_id != case.id:
        return dict(entry)
    ticket = engine.migrate_ticket(old.compiled, new.compiled, engine.Ticket(row.ticket), mapping)
    if ticket is None:
        return None
    row.ticket = ticket.body
    named = {mapping.get(element, element): who for element, who in entry.get("holders", {}).items()}
    target, sender = (mapping.get(entry[name], entry[name]) for name in ("target", "sender"))
    return {**entry, "target": target, "sender": sender, "holders": named}


def _look_at_hands(
    case: ProcessInstance, kept: Sequence[UserTask], old: Loaded, new: Loaded, variables: Mapping[str, Any], act: Act
) -> None:
    """Whom the new version keeps away loses the task; one that nobody holds is offered to whom the new version names."""
    names = {task.id: task for task in kept}
    for task in names.values():
        step = new.step(task.element_id)
        away = conflicts.kept_away(step, new.compiled.steps, case, act.now)
        strange = {user_id: why for user_id, why in away.items() if user_id not in task.excluded_ids}
        if strange:
            addressing.take_back(case, task, strange, new, act)
        earlier = old.compiled.steps.get(task.element_id)
        same = earlier is not None and earlier.candidates == step.candidates
        if not same and task.assignee_id is None and not task.is_vote:
            addressing.address_again(case, task, new, variables, act)


def _tell(case: ProcessInstance, kept: Sequence[UserTask], act: Act) -> None:
    """Whoever has a task of the case learns that it goes by another version now."""
    for task in kept:
        people = {task.assignee_id, *task.candidate_user_ids} if task.is_vote else {task.assignee_id}
        told = sorted(user_id for user_id in people if user_id is not None and user_id != act.actor.user_id)
        place = {"element": task.element_id, "definition": str(task.definition_id)}
        if told:
            notifications.notify(user_ids=told, event="case_migrated", case_id=case.id, now=act.now, params=place)


def _put_back_tasks(rows: Mapping[str, Mapping[str, Any]]) -> None:
    for task_id, values in rows.items():
        task = session.get_one(UserTask, uuid.UUID(task_id))
        for name, value in values.items():
            if value is not None and name in MOMENTS:
                value = datetime.fromisoformat(value)
            setattr(task, name, uuid.UUID(value) if name in IDS else value)


def _put_back_tickets(tickets: Mapping[str, str]) -> None:
    for row_id, ticket in tickets.items():
        row = session.get(CaseReturn, uuid.UUID(row_id))
        if row is not None:
            row.ticket = base64.b64decode(ticket)
