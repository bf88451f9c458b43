"""The straight way back (直送): who waits for whom, when the way could now be another one, and what is passed over.

Whoever had decided between the target and the sender is not asked again: what the return made void stands once more, and they get a
copy of what was changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app.kernel.db import session
from app.workflow import engine, forms
from app.workflow.cases import Held
from app.workflow.committees.vote_models import Ballot
from app.workflow.models import CaseReturn, ProcessInstance, TaskState, UserTask
from app.workflow.moves import copies
from app.workflow.recording import Act


def waiting_for(case: ProcessInstance, element_id: str) -> dict[str, Any] | None:
    """The newest return whose target is `element_id`, if one is to come straight back; others wait beside it (branches)."""
    return next((entry for entry in reversed(case.returns) if entry["target"] == element_id), None)


def go_back(
    held: Held, waiting: Mapping[str, Any], routing: Mapping[str, Any], act: Act, lent: engine.Services
) -> engine.Progress:
    """Complete the target and go straight back to the sender; step by step where the path could now differ."""
    case, task, compiled = held.case, held.the_task, held.loaded.compiled
    case.returns = [entry for entry in case.returns if entry is not waiting]
    ticket = session.get(CaseReturn, uuid.UUID(waiting["id"])) if waiting.get("id") else None
    refused = sorted(_path_changed(held, waiting, routing))
    if ticket is not None and not refused:
        back = engine.Ticket(ticket.ticket)
        try:
            step = engine.go_straight_back(
                compiled, case.blob, task.engine_id, back, dict(routing), now=act.now, services=lent
            )
        except engine.RewindRefused:
            refused = ["branches"]
        else:
            act.detail = {**act.detail, "straight_to": waiting["sender"], "holders": waiting["holders"]}
            passed_over = _passed_over(held, waiting, step)
            for visit in passed_over:
                visit.superseded_at = None
            copies.inform(case, task, _who_approved(passed_over, held, waiting), act)
            return step
    act.detail = {**act.detail, "straight_refused": refused}
    return engine.complete(compiled, case.blob, task.engine_id, dict(routing), now=act.now, services=lent)


def _passed_over(held: Held, waiting: Mapping[str, Any], step: engine.Progress) -> list[UserTask]:
    """The visits that the return made void and that are not asked again: with the straight way back they stand as before."""
    again = {held.the_task.element_id, *(opened.element_id for opened in step.open)}
    void = made_void_by(waiting)
    return [visit for visit in void if visit.element_id not in again and visit.superseded_at is not None]


def made_void_by(waiting: Mapping[str, Any]) -> list[UserTask]:
    """The visits that a return on the stack made void, those of the people added to them included."""
    ids = [uuid.UUID(visit_id) for visit_id in waiting.get("void", ())]
    mine = UserTask.id.in_(ids) | UserTask.parent_id.in_(ids)
    done = select(UserTask).where(mine, UserTask.state == TaskState.COMPLETED).order_by(UserTask.completed_at)
    return list(session.scalars(done)) if ids else []


def _who_approved(visits: Sequence[UserTask], held: Held, waiting: Mapping[str, Any]) -> list[int]:
    """Whose decisions these visits are, members of a vote included; without the sender and who acts now."""
    votes = [visit.id for visit in visits if visit.is_vote]
    cast = select(Ballot.voter_id).where(Ballot.task_id.in_(votes), Ballot.void_at.is_(None))
    members = session.scalars(cast).all() if votes else ()
    found = {user_id for visit in visits for user_id in (visit.completed_by, visit.completed_for)} | {*members}
    asked = {waiting.get("holders", {}).get(waiting["sender"]), held.the_task.completed_by}
    return sorted(user_id for user_id in found - asked if user_id is not None)


def _path_changed(held: Held, waiting: Mapping[str, Any], routing: Mapping[str, Any]) -> set[str]:
    """The values the diagram decides by that differ from when the case was returned; answers of other stations aside."""
    own = held.the_task.element_id
    answers = {f"{element_id}_result" for element_id in held.loaded.compiled.steps if element_id != own}
    now = {**held.case.variables, **forms.to_json(dict(routing))}
    before = waiting["variables"]
    return {name for name, value in now.items() if name not in answers and before.get(name) != value}
