"""What puts a stuck case back on its feet without moving it: looking again for people who may do its open tasks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow import cases, engine, incidents, recording, rights
from app.workflow.assigning import addressing
from app.workflow.cases import Held
from app.workflow.models import CaseState, ProcessInstance, UserTask
from app.workflow.moves import signing
from app.workflow.recording import Act
from app.workflow.rules import Verb
from app.workflow.watching import stuck


def look_again(*, instance_id: uuid.UUID, reason: str, person: Person, now: datetime) -> ProcessInstance:
    """Ask the diagram's rules again for whom those open tasks are whose people can't do them any more. Returns the case.

    A task goes from a holder who left to whoever the rules name today. Raises Refusal where nothing needs it, or nobody is found.
    """
    held = cases.hold_case_of(instance_id, person)
    rights.must_on_case(Verb.LOOK_AGAIN, held, person)
    cases.must_be(held.case, CaseState.ACTIVE)
    said, wanting = rights.reason_of(reason), _wanting(held)
    if not wanting:
        raise Refusal("Everybody who has a task of this case can do it; there is nobody to look for.")
    act = Act(Verb.LOOK_AGAIN, person.actor, now, comment=said)
    act.detail = {"from_users": [task.assignee_id for task in wanting if task.assignee_id]}
    with session.begin_nested():
        _ask_anew(held, wanting, act)
    recording.record(held.case, act)
    return held.case


def _ask_anew(held: Held, wanting: Sequence[UserTask], act: Act) -> None:
    """Give the tasks to whom the rules name now; that nobody can do them is known only once it was tried."""
    for task in wanting:
        task.assignee_id, task.claimed_at, task.owner_ids = None, None, []
        task.candidate_group_id, task.candidate_group_ids, task.candidate_user_ids, task.elector_ids = None, [], [], []
        task.why = {**task.why, "nobody": True}
        signing.new_holder(held, task, None, act)
    known = engine.look(held.loaded.compiled, held.case.blob, now=act.now)
    addressing.find_people(held.case, wanting, held.loaded, known.variables, act)
    session.flush()
    if _wanting(held) or any(incidents.has_nobody(task) for task in wanting):
        raise Refusal("The rules of the diagram find nobody who may do this; give the task to somebody.")


def _wanting(held: Held) -> list[UserTask]:
    """The open tasks that nobody can do as they stand.

    An added person was chosen by a colleague, not by the diagram: in his place a supervisor names another or takes him off.
    """
    ids = stuck.without_people(held.case.id)
    own = [task for task in held.open if task.parent_id is None]
    return [task for task in own if task.id in ids or incidents.has_nobody(task)]
