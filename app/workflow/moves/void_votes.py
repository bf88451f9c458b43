"""Votes that a return makes void although they were closed: their ballots are part of its price, and who cast them is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Row, select

from app.kernel.db import session
from app.notifications import operations as notifications
from app.workflow.cases import Held
from app.workflow.committees.vote_models import Ballot
from app.workflow.models import TaskState, UserTask
from app.workflow.recording import Act


def ballots(held: Held, stations: Collection[str], live: Sequence[UserTask] = ()) -> Sequence[Row[int, str]]:
    """Voter and station of each ballot that counts: of the open votes `live`, and of closed ones at these stations."""
    steps = held.loaded.compiled.steps
    voted = [e for e in stations if e in held.case.visits and e in steps and steps[e].vote is not None]
    if not voted and not live:
        return ()
    closed = (UserTask.state == TaskState.COMPLETED) & UserTask.superseded_at.is_(None) & UserTask.element_id.in_(voted)
    statement = select(Ballot.voter_id, UserTask.element_id).join(UserTask, UserTask.id == Ballot.task_id)
    here = UserTask.instance_id == held.case.id, UserTask.is_vote, Ballot.void_at.is_(None)
    return session.execute(statement.where(*here, closed | UserTask.id.in_([task.id for task in live]))).all()


def tell(held: Held, stations: Collection[str], act: Act) -> None:
    """Whose ballot of a closed vote counts no more learns of it, once."""
    found = {row.voter_id: row.element_id for row in ballots(held, stations) if row.voter_id != act.actor.user_id}
    for user_id, element_id in found.items():
        place = {"element": element_id, "definition": str(held.case.definition_id), "reason": act.detail.get("cancels")}
        notifications.notify(
            user_ids=[user_id], event="task_cancelled", case_id=held.case.id, now=act.now, params=place
        )
