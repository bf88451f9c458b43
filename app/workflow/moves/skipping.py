"""The same person twice in a row: his second step passes by itself, where the diagram says so (`skipSame`).

Never after a return, in a vote or at a step of four eyes, never where something must still be entered; and always as a line of its
own in the history.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.workflow import engine, forms, progress, proofs, rules
from app.workflow.cases import Held
from app.workflow.models import TaskState, UserTask
from app.workflow.recording import Act


def skip_same(held: Held, opened: Sequence[UserTask], act: Act) -> list[UserTask]:
    """Let the steps that came to the actor of `act` right after his own pass; returns what is open of `opened` and behind it."""
    still = list(opened)
    for _ in range(len(held.loaded.compiled.steps)):
        task = next((task for task in still if _passes(held, task, act)), None)
        if task is None:
            break
        still.remove(task)
        still += _skip(held, task, [*held.open, *still], act)
    return still


def _passes(held: Held, task: UserTask, act: Act) -> bool:
    step, case = held.loaded.step(task.element_id), held.case
    if not step.skip_same or task.is_vote or step.conditions == "met":
        return False
    if step.skip_outcome is None or _is_refusal(held, act):
        return False
    if task.assignee_id != act.actor.user_id or act.actor.for_id is not None or act.verb != "complete":
        return False
    if rules.apart_from(task.element_id, held.loaded.compiled.steps) or any(d.required for d in step.documents):
        return False
    returned = bool(case.returns) or any(visit["n"] > 1 for visit in case.visits.values())
    return not returned and not _asks(held, step)


def _is_refusal(held: Held, act: Act) -> bool:
    outcomes = held.step.outcomes
    return any(outcome.id == act.detail.get("outcome") and outcome.kind == "refuse" for outcome in outcomes)


def _asks(held: Held, step: engine.Step) -> bool:
    """Whether the step's form wants something that only he can give there."""
    form = held.loaded.form(step.form) if step.form else None
    return form is not None and any(field.access is forms.Access.REQUIRED for field in form.fields.values())


def _skip(held: Held, task: UserTask, before: Sequence[UserTask], act: Act) -> list[UserTask]:
    case, compiled = held.case, held.loaded.compiled
    outcome = held.loaded.step(task.element_id).skip_outcome or ""
    task.state, task.completed_at, task.outcome = TaskState.COMPLETED, act.now, outcome
    task.completed_by = act.actor.user_id
    visit = case.visits[task.element_id]
    case.visits = {**case.visits, task.element_id: {**visit, "by": [act.actor.user_id]}}
    skipped = Act("skip_same", act.actor, act.now, task, detail={"outcome": outcome})
    proofs.add_decision(skipped.proof, case, task)
    lent = progress.services(case, skipped)
    answer = {f"{task.element_id}_result": outcome}
    step = engine.complete(compiled, case.blob, task.engine_id, answer, now=act.now, services=lent)
    return progress.apply(case, [t for t in before if t is not task], held.loaded, step, skipped)
