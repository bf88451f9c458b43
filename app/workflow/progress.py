"""From the engine's answer to rows: state, open and cancelled tasks, timers, waits, incidents, the event, the notices.

Everything that changes a case ends here, in the transaction of the act.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from app.bank_calendar import queries as bank_calendar
from app.kernel.db import session
from app.kernel.ids import new_id
from app.workflow import engine, forms, incidents, recording, registry
from app.workflow.assigning import addressing, assignment
from app.workflow.clocks import case_clocks, deadlines
from app.workflow.committees import conditions, electorates
from app.workflow.committees.electorates import Register
from app.workflow.deploying.definitions import Loaded
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.recording import Act

REFUSED = "refused"

# Acts by which a case leaves a station it was returned to without anybody answering there: whoever waits for that answer waits no
# more. Otherwise a case that came to the station anew would go straight to him, past everybody between.
OVERTAKING = frozenset({"jump", "timer", "message", "service"})


def services(case: ProcessInstance, act: Act, due: str | None = None) -> engine.Services:
    """What the engine may call while it runs this case; asynchronous services are put off, but for that of the task `due`."""
    context = recording.context_of(case, act.actor, act.now)
    return engine.Services(
        call=lambda name, variables: registry.delegate_named(name)(context, variables),
        puts_off=True,
        due=due,
        calendar=case_clocks.calendar_of(case),
    )


def apply(
    case: ProcessInstance,
    tasks: Sequence[UserTask],
    loaded: Loaded,
    step: engine.Progress,
    act: Act,
    seated: Mapping[str, Register] = MappingProxyType({}),
) -> list[UserTask]:
    """Write what the engine answered; `tasks` are the open tasks before the act. Returns the tasks that have opened.

    seated: who takes part in votes that open now and whose people are not to be found anew, by element id.
    """
    opened = _sync_tasks(case, tasks, loaded, step, act, seated)
    step = case_clocks.keep_pace(case, [*tasks, *opened], loaded, step, act.now)
    case.blob = step.state
    case.variables = forms.to_json(step.variables)
    still_open = {open_task.element_id for open_task in step.open}
    case.stations = sorted(still_open)
    if act.verb in OVERTAKING and case.returns:
        left = {task.element_id for task in tasks} - still_open
        case.returns = [entry for entry in case.returns if entry["target"] not in left]
    case_clocks.sync(case, step)
    incidents.sync(case, [*tasks, *opened], step, act)
    for service in step.put_off:
        recording.put_off(case.id, service.task_id)
    if step.finished:
        _finish(case, loaded, step, act)
    recording.record(case, act, step)
    return opened


def cancel_tasks(tasks: Sequence[UserTask], reason: str, act: Act) -> None:
    """Close open tasks that nobody will do any more, and tell why: who held them, who had handed them on for an opinion, and the
    members of a vote, whose ballots are void."""
    electorates.void(tasks, act.now)
    for task in tasks:
        task.state, task.cancel_reason, task.completed_at = TaskState.CANCELLED, reason, act.now
        told = sorted(concerned(task) - {act.actor.user_id})
        addressing.notify("task_cancelled", told, task, act, reason=reason, verb=str(act.verb))


def concerned(task: UserTask) -> set[int]:
    """Who must know when a task ends without him: who holds it, who waits for an opinion on it, the members of a vote."""
    members = task.elector_ids if task.is_vote else ()
    return {user_id for user_id in (task.assignee_id, *task.owner_ids, *members) if user_id is not None}


def forget_draft(task: UserTask) -> None:
    """What was typed and never handed in is not kept."""
    task.draft_cipher, task.draft_by = None, None


def _sync_tasks(
    case: ProcessInstance,
    tasks: Sequence[UserTask],
    loaded: Loaded,
    step: engine.Progress,
    act: Act,
    seated: Mapping[str, Register],
) -> list[UserTask]:
    """Make the rows equal to what the engine has open."""
    open_now = {open_task.id: open_task for open_task in step.open}
    live = [task for task in tasks if task.state == TaskState.OPEN]
    gone = [task for task in live if task.engine_id not in open_now]
    cancel_tasks(gone, act.detail.get("cancels", "overtaken"), act)
    known = {task.engine_id for task in live}
    opened = [
        _open_task(case, loaded, new, step.variables, act, seated.get(new.element_id))
        for key, new in open_now.items()
        if key not in known
    ]
    session.add_all(opened)
    return opened


def _open_task(
    case: ProcessInstance,
    loaded: Loaded,
    new: engine.OpenTask,
    variables: Mapping[str, Any],
    act: Act,
    seated: Register | None,
) -> UserTask:
    step = loaded.step(new.element_id)
    found = assignment.resolve(step, loaded.compiled, case, {**variables, **new.data}, act.now)
    found = found.seating(seated) if seated is not None else found
    visit = dict(case.visits.get(new.element_id, {"n": 0, "by": []}))
    # People asked one by one at a station share one visit; the first of them begins it.
    visit["n"] += 0 if new.instance else 1
    case.visits = {**case.visits, new.element_id: visit}
    task = UserTask(
        id=new_id(),
        instance_id=case.id,
        definition_id=case.definition_id,
        process_key=case.process_key,
        engine_id=new.id,
        element_id=new.element_id,
        round=visit["n"],
        state=TaskState.OPEN,
        created_at=act.now,
        is_vote=step.vote is not None,
        cause_id=(act.task.parent_id or act.task.id) if act.task is not None else None,
        returned_from=act.detail.get("returned_from") if act.detail.get("to") == new.element_id else None,
    )
    if step.due or step.waits:
        deadlines.begin(task, step, bank_calendar.calendar(case.branch_id), act.now)
    addressing.address(task, found)
    if step.vote is not None and found.register is not None:
        task.secretary_group_ids = list(found.register.secretaries)
        electorates.open_round(task, step.vote, found.register, act.now, bank_calendar.calendar(case.branch_id))
    addressing.tell(task, found, act)
    if found.is_nobody:
        addressing.nobody(case, task, act)
    elif step.vote is not None and found.register is not None:
        addressing.check_quorum(case, task, step.vote, found.register, act)
    return task


def _finish(case: ProcessInstance, loaded: Loaded, step: engine.Progress, act: Act) -> None:
    case.state, case.ended_at, case.outcome = CaseState.COMPLETED, act.now, step.end_event
    case.returns = []
    if loaded.compiled.ends.get(step.end_event or "") == REFUSED:
        conditions.lapse(case, act.now)
