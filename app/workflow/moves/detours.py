"""The supervisor's ways around the route: skip a station, jump to any other. With a reason; past the committee a second person
must confirm it."""

from __future__ import annotations

import uuid
from datetime import datetime

from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow import cases, progress, rights, user_tasks
from app.workflow.committees import conditions
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.moves import outside, pending, returns
from app.workflow.recording import Act
from app.workflow.rules import Verb


def skip(
    *,
    task_id: uuid.UUID,
    outcome: str | None,
    reason: str,
    person: Person,
    now: datetime,
    confirmed_by: int | None = None,
) -> ProcessInstance:
    """Pass over a station; the case goes on as if it had been answered with `outcome`, and everybody sees that nobody did.

    A vote is never skipped, nor conditions that are open. Raises TaskGone, Forbidden or Refusal.
    """
    held = cases.hold_task_of(task_id, person)
    rights.must(Verb.SKIP, held, person)
    task, said = held.the_task, rights.reason_of(reason)
    offered = [o.id for o in held.step.outcomes] or ["completed"]
    chosen = outcome or (offered[0] if len(offered) == 1 else "")
    if chosen not in offered:
        raise Refusal("Choose one of the decisions of this step.")
    if held.step.conditions == "met":
        # A condition is met or waived, each by itself and with a reason; passing over the station would be neither.
        conditions.must_be_met(held.case.id)
    act = Act("skip", person.actor, now, task, comment=said, detail={"outcome": chosen, **_second(confirmed_by)})
    if confirmed_by is None and pending.is_past_committee(held.case):
        pending.ask(held, Verb.SKIP, {"outcome": chosen, "reason": said}, act, person)
        return held.case
    with session.no_autoflush:
        _pass_over(task, chosen, now)
        user_tasks.advance(held, {f"{task.element_id}_result": chosen}, act)
    return held.case


def jump(
    *,
    instance_id: uuid.UUID,
    target: str,
    reason: str,
    person: Person,
    now: datetime,
    confirmed_by: int | None = None,
) -> ProcessInstance:
    """Put the case at any station of its diagram, back or ahead; what is in the way is cancelled as by a return.

    Raises NotFound, Forbidden, Conflict or Refusal.
    """
    held = cases.hold_case_of(instance_id, person)
    rights.must_on_case(Verb.JUMP, held, person)
    cases.must_be(held.case, CaseState.ACTIVE)
    said = rights.reason_of(reason)
    if target not in held.loaded.compiled.steps or target in held.case.stations:
        raise Refusal("The case can't be put at that station.")
    held.task = held.open[0] if held.open else None
    outside.check(held, target)
    act = Act("jump", person.actor, now, comment=said)
    act.detail = {"to": target, "from": list(held.case.stations), "cancels": "jumped", **_second(confirmed_by)}
    if confirmed_by is None and pending.is_past_committee(held.case):
        held.task = None
        pending.ask(held, Verb.JUMP, {"target": target, "reason": said}, act, person)
        return held.case
    returns.move(held, target, returns.STEP, act)
    return held.case


def _pass_over(task: UserTask, outcome: str, now: datetime) -> None:
    task.state, task.cancel_reason, task.completed_at = TaskState.CANCELLED, "skipped", now
    task.outcome = outcome
    progress.forget_draft(task)


def _second(confirmed_by: int | None) -> dict[str, int]:
    return {"confirmed_by": confirmed_by} if confirmed_by is not None else {}
