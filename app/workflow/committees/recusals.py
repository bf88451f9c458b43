"""Recusal (回避) in cases under way: somebody on the staff turned out to be a related party of the customer.

He loses at once what he holds or could claim in the customer's cases, his open ballots are void, and his superior or the pool takes
his place. Who is no longer related gets nothing back by itself; he may be given tasks again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.audit.operations import Actor
from app.workflow import cases, recording
from app.workflow.assigning import addressing, conflicts
from app.workflow.assigning.conflicts import Away, Code
from app.workflow.cases import Held
from app.workflow.committees import electorates, polling
from app.workflow.models import UserTask
from app.workflow.recording import Act


def refresh(*, instance_id: uuid.UUID, related: Sequence[Mapping[str, Any]], actor: Actor, now: datetime) -> bool:
    """Keep who is related to the customer of the case and take open tasks from those who must; tells whether it changed."""
    held = cases.hold_case(instance_id)
    case = held.case
    if list(related) == (case.related or []):
        return False
    case.related = [dict(entry) for entry in related]
    act = Act("recuse", actor, now)
    for task in held.open:
        away = conflicts.kept_away(held.loaded.step(task.element_id), held.loaded.compiled.steps, case, now)
        fresh = {i: reason for i, reason in away.items() if reason.is_conflict and i not in task.excluded_ids}
        if fresh:
            _recuse(held, task, fresh, act)
    recording.record(case, act)
    return True


def _recuse(held: Held, task: UserTask, away: Mapping[int, Away], act: Act) -> None:
    before = set(electorates.seated(task)) if task.is_vote else set()
    if task.is_vote:
        electorates.recuse(task, away, Code.RELATED, act.now)
    addressing.take_back(held.case, task, away, held.loaded, act)
    act.detail = {**act.detail, "recused": sorted({*act.detail.get("recused", ()), *away})}
    if task.is_vote:
        held.task = task
        polling.close_if_decided(polling.seated_anew(held, before, act), act)
