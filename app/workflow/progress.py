"""From the engine's answer to rows: state, open and cancelled tasks, timers, waits, incidents, the event, the notices.

Everything that changes a case ends here, in the transaction of the act.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.audit import operations as audit
from app.audit.models import case_chain
from app.audit.operations import Actor
from app.bank_calendar import queries as bank_calendar
from app.identity.queries import users
from app.jobs import enqueue
from app.kernel.db import append, session
from app.kernel.ids import new_id
from app.notifications import operations as notifications
from app.workflow import engine, forms, registry
from app.workflow.assigning import assignment, groups
from app.workflow.assigning.conflicts import Away, Code
from app.workflow.clocks import case_clocks, deadlines
from app.workflow.committees import electorates
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.models import CaseEvent, CaseState, Incident, ProcessInstance, TaskState, UserTask

LOCK = "case:"  # begins the lock of the jobs of a case
ZONE = "Asia/Shanghai"


@dataclass
class Act:
    """One act on a case while it is being carried out: who, when, which verb, on which task."""

    verb: str
    actor: Actor
    now: datetime
    task: UserTask | None = None
    comment: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def services(case: ProcessInstance, act: Act, due: str | None = None) -> engine.Services:
    """What the engine may call while it runs this case; asynchronous services are put off, but for that of the task `due`."""
    context = context_of(case, act.actor, act.now)
    return engine.Services(
        call=lambda name, variables: registry.delegate_named(name)(context, variables),
        puts_off=True,
        due=due,
        calendar=case_clocks.calendar_of(case),
    )


def context_of(case: ProcessInstance, actor: Actor, now: datetime) -> registry.CaseContext:
    """The case as delegates and bindings know it; its title comes from the records, so without one there are none."""
    has_records = case.title_cipher is not None
    return registry.CaseContext(case.id, case.number, case.process_key, case.started_by, actor, now, has_records)


def apply(
    case: ProcessInstance, tasks: Sequence[UserTask], loaded: Loaded, step: engine.Progress, act: Act
) -> list[UserTask]:
    """Write what the engine answered; `tasks` are the open tasks before the act. Returns the tasks that have opened."""
    opened = _sync_tasks(case, tasks, loaded, step, act)
    step = case_clocks.keep_pace(case, [*tasks, *opened], loaded, step, act.now)
    case.blob = step.state
    case.variables = forms.to_json(step.variables)
    still_open = {open_task.element_id for open_task in step.open}
    case.stations = sorted(still_open)
    case_clocks.sync(case, step)
    _sync_incidents(case, [*tasks, *opened], step, act)
    for service in step.put_off:
        put_off(case.id, service.task_id)
    if step.finished:
        _finish(case, step, act)
    record(case, act, step)
    return opened


def put_off(instance_id: uuid.UUID, engine_id: str, run_at: datetime | None = None) -> None:
    """Let an asynchronous service run as a job, after the commit; services of one case run one after another."""
    enqueue(
        name="workflow.serve",
        args={"instance": str(instance_id), "task": engine_id},
        run_at=run_at,
        lock=f"{LOCK}{instance_id}",
        queueing_lock=f"serve:{engine_id}",
    )


def record(case: ProcessInstance, act: Act, step: engine.Progress | None = None) -> None:
    """The act as an event of the case's history and as an entry of the audit."""
    case.events += 1
    case.changed_at = act.now
    event_id, comment = new_id(), act.comment or None
    element_id = act.task.element_id if act.task else None
    append(
        CaseEvent,
        {
            "id": event_id,
            "instance_id": case.id,
            "seq": case.events,
            "at": act.now,
            "verb": act.verb,
            "actor_id": act.actor.user_id,
            "for_id": act.actor.for_id,
            "task_id": act.task.id if act.task else None,
            "element_id": element_id,
            "passed": list(step.passed) if step else [],
            "detail": {**act.detail, **_decisions(step)},
            "comment_cipher": CaseEvent.comment.sealed(comment, CaseEvent.__tablename__, event_id),
            "snapshot": step.state if step else None,
            "returns": case.returns or None if step else None,
        },
    )
    audit.record(
        chain=case_chain(case.id),
        verb=act.verb,
        object_type="user_task" if act.task else "process_instance",
        object_id=act.task.id if act.task else case.id,
        actor=act.actor,
        now=act.now,
        detail={"element": element_id, "stations": case.stations, "state": case.state, **act.detail},
    )


def cancel_tasks(tasks: Sequence[UserTask], reason: str, act: Act) -> None:
    """Close open tasks that nobody will do any more, and tell who held them."""
    electorates.void(tasks, act.now)
    for task in tasks:
        task.state, task.cancel_reason, task.completed_at = TaskState.CANCELLED, reason, act.now
        if task.assignee_id is not None and task.assignee_id != act.actor.user_id:
            _notify("task_cancelled", [task.assignee_id], task, act, reason=reason)


def end_incidents(case: ProcessInstance, now: datetime, element_id: str) -> None:
    """Somebody has the task of this station now; an incident that said nobody could be found is over."""
    if not case.has_incident:
        return
    known = _open_incidents(case)
    for incident in known:
        if incident.element_id == element_id:
            incident.resolved_at = now
    case.has_incident = any(incident.resolved_at is None for incident in known)


def add_incident(case: ProcessInstance, element_id: str, message: Mapping[str, str], now: datetime) -> bool:
    """Note what stops a case; False where that is known already."""
    if case.has_incident and any((i.element_id, i.message) == (element_id, message) for i in _open_incidents(case)):
        return False
    case.has_incident = True
    session.add(Incident(instance_id=case.id, element_id=element_id, message=dict(message), at=now))
    return True


def keep_away(case: ProcessInstance, task: UserTask, user_ids: Sequence[int], act: Act) -> None:
    """These people have done a step that an open task must not share its hands with; who holds it gives it up."""
    task.excluded_ids = sorted({*task.excluded_ids, *user_ids})
    _note_away(task, user_ids, act)
    task.candidate_user_ids = [i for i in task.candidate_user_ids if i not in user_ids]
    if task.is_vote:
        electorates.recuse(task, user_ids, electorates.FOUR_EYES, act.now)
    if task.assignee_id in user_ids:
        give_back(task, act.now)
    if not _has_candidates(task):
        _hand_to_administrators(case, task, act)


def take_back(case: ProcessInstance, task: UserTask, away: Mapping[int, Away], loaded: Loaded, act: Act) -> None:
    """A conflict of interests became known: these people lose an open task of theirs, and it is asked again for whom it is."""
    held = task.assignee_id in away
    keep_away_from_rows = [user_id for user_id in away if user_id not in task.excluded_ids]
    task.excluded_ids = sorted({*task.excluded_ids, *away})
    task.why = {**task.why, "away": {**task.why.get("away", {}), **{str(i): r.to_json() for i, r in away.items()}}}
    task.candidate_user_ids = [i for i in task.candidate_user_ids if i not in away]
    task.elector_ids = [i for i in task.elector_ids if i not in away]
    if held:
        _notify("task_cancelled", [task.assignee_id] if task.assignee_id else [], task, act, reason="conflict")
        give_back(task, act.now)
    if keep_away_from_rows and not task.is_vote and (held or not _has_candidates(task)):
        known = engine.look(loaded.compiled, case.blob, now=act.now)
        found = assignment.resolve(loaded.step(task.element_id), loaded.compiled, case, known.variables, act.now)
        _address(task, found)
        _tell(task, found, act)
        if found.is_nobody:
            _nobody(case, task, act)


def address_again(
    case: ProcessInstance, task: UserTask, loaded: Loaded, variables: Mapping[str, Any], act: Act
) -> None:
    """The station of an open task that nobody holds has other rules now: it is offered to whom they find."""
    found = assignment.resolve(loaded.step(task.element_id), loaded.compiled, case, variables, act.now)
    _address(task, found)
    _tell(task, found, act)
    if found.is_nobody:
        _nobody(case, task, act)


def _has_candidates(task: UserTask) -> bool:
    """Whether anybody is left who holds the task, could claim it, or has a ballot."""
    if task.assignee_id is not None or task.candidate_user_ids or task.elector_ids:
        return True
    away = set(task.excluded_ids)
    return any(set(team.member_ids) - away for team in groups.by_ids(tuple(task.candidate_group_ids)))


def _note_away(task: UserTask, user_ids: Sequence[int], act: Act) -> None:
    step = act.task.element_id if act.task else None
    reasons = {str(i): Away(Code.FOUR_EYES, step=step).to_json() for i in user_ids}
    task.why = {**task.why, "away": {**reasons, **task.why.get("away", {})}}


def _hand_to_administrators(case: ProcessInstance, task: UserTask, act: Act) -> None:
    """Those who could have done the task must keep away now."""
    compiled = definitions.load(case.definition_id).compiled
    found = assignment.administrators(compiled, dict.fromkeys(task.excluded_ids, Away(Code.FOUR_EYES)))
    if not task.is_vote:
        task.candidate_group_id = found.group_ids[0] if found.group_ids else None
        task.candidate_group_ids = list(found.group_ids)
    task.why = {**task.why, "nobody": True}
    _nobody(case, task, act)


def forget_draft(task: UserTask) -> None:
    """What was typed and never handed in is not kept."""
    task.draft_cipher, task.draft_by = None, None


def give_back(task: UserTask, now: datetime) -> None:
    """Whoever holds the task gives it up: to the last of those who delegated it to him and may still have it, else to its pool."""
    known = users(task.owner_ids)
    owners = [i for i in task.owner_ids if known[i].active and i not in task.excluded_ids]
    task.assignee_id, task.owner_ids = (owners[-1], owners[:-1]) if owners else (None, [])
    task.claimed_at = now if owners else None


def _sync_tasks(
    case: ProcessInstance, tasks: Sequence[UserTask], loaded: Loaded, step: engine.Progress, act: Act
) -> list[UserTask]:
    """Make the rows equal to what the engine has open."""
    open_now = {open_task.id: open_task for open_task in step.open}
    live = [task for task in tasks if task.state == TaskState.OPEN]
    gone = [task for task in live if task.engine_id not in open_now]
    cancel_tasks(gone, act.detail.get("cancels", "overtaken"), act)
    known = {task.engine_id for task in live}
    opened = [_open_task(case, loaded, new, step.variables, act) for key, new in open_now.items() if key not in known]
    session.add_all(opened)
    return opened


def _open_task(
    case: ProcessInstance, loaded: Loaded, new: engine.OpenTask, variables: Mapping[str, Any], act: Act
) -> UserTask:
    step = loaded.step(new.element_id)
    found = assignment.resolve(step, loaded.compiled, case, {**variables, **new.data}, act.now)
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
    _address(task, found)
    if step.vote is not None and found.register is not None:
        task.secretary_group_ids = list(found.register.secretaries)
        electorates.open_round(task, step.vote, found.register, act.now, bank_calendar.calendar(case.branch_id))
    _tell(task, found, act)
    if found.is_nobody:
        _nobody(case, task, act)
    elif step.vote is not None and found.register is not None:
        check_quorum(case, task, step.vote, found.register, act)
    return task


def _address(task: UserTask, found: assignment.Assignment) -> None:
    """Write on the task for whom it is."""
    task.assignee_id = found.assignee_id
    task.candidate_group_id = found.group_ids[0] if found.group_ids else None
    task.candidate_group_ids, task.candidate_user_ids = list(found.group_ids), list(found.user_ids)
    task.excluded_ids, task.elector_ids = list(found.excluded_ids), list(found.elector_ids)
    task.why = found.why


def _tell(task: UserTask, found: assignment.Assignment, act: Act) -> None:
    """Tell the people a task came to by name; a pool is not told, its members see it in their inbox."""
    people = found.elector_ids or ((found.assignee_id,) if found.assignee_id else ())
    event = "task_returned" if task.returned_from else "task_assigned"
    _notify(event, [i for i in people if i != act.actor.user_id], task, act)


def _notify(event: str, user_ids: Sequence[int], task: UserTask, act: Act, **params: Any) -> None:
    if user_ids:
        notifications.notify(
            user_ids=user_ids,
            event=event,
            case_id=task.instance_id,
            now=act.now,
            params={"element": task.element_id, "definition": str(task.definition_id), **params},
        )


def _nobody(case: ProcessInstance, task: UserTask, act: Act) -> None:
    """No one could do the task: an alarm for the administrators and an incident for the supervisors; it never passes by itself."""
    case.has_incident = True
    alarmed = assignment.alarmed(definitions.load(case.definition_id).compiled)
    _notify("task_unassigned", [i for i in alarmed if i != act.actor.user_id], task, act)
    session.add(Incident(instance_id=case.id, element_id=task.element_id, message=NOBODY, at=act.now))


def check_quorum(
    case: ProcessInstance, task: UserTask, rule: engine.VoteRule, register: electorates.Register, act: Act
) -> None:
    """A vote that can never have its quorum is a person's matter; it is neither passed nor refused by that."""
    if not electorates.has_enough(rule, register):
        case.has_incident = True
        session.add(Incident(instance_id=case.id, element_id=task.element_id, message=NO_QUORUM, at=act.now))


NO_QUORUM = {
    "en": "Too few members are left to reach the quorum. Add members to the committee and try again.",
    "zh_Hans": "可表决的委员不足法定人数。请补充委员后重试。",
    "zh_Hant": "可表決的委員不足法定人數。請補充委員後重試。",
}
NOBODY = {
    "en": "Nobody was found for this task. A supervisor must reassign it.",
    "zh_Hans": "该任务找不到办理人，请主管改派。",
    "zh_Hant": "該任務找不到辦理人，請主管改派。",
}


def find_people(
    case: ProcessInstance, tasks: Sequence[UserTask], loaded: Loaded, variables: Mapping[str, Any], act: Act
) -> bool:
    """Ask again for whom the open tasks are that nobody was found for; whether that helped one of them."""
    assignment.forget()
    helped = False
    for task in tasks:
        step = loaded.step(task.element_id)
        if step.vote is not None:
            helped |= _seat_again(case, task, step.vote, act)
        elif has_nobody(task):
            found = assignment.resolve(step, loaded.compiled, case, variables, act.now)
            if not found.is_nobody:
                _address(task, found)
                _tell(task, found, act)
                end_incidents(case, act.now, task.element_id)
                helped = True
    return helped


def _seat_again(case: ProcessInstance, task: UserTask, rule: engine.VoteRule, act: Act) -> bool:
    """Seat the members that a committee without its quorum has by now; who was recused stays away."""
    rounds = electorates.open_rounds([task.id])
    if not rounds or electorates.has_enough(rule, electorates.register_of(rounds[0])):
        return False
    before = set(task.elector_ids)
    known = dict(electorates.register_of(rounds[0]).recused)
    away = {one: known.get(one, electorates.FOUR_EYES) for one in task.excluded_ids}
    register = electorates.resolve(rule, away)
    electorates.seat(task, rounds[0], register, before - set(task.candidate_user_ids))
    _notify("task_assigned", sorted(register.roll.seats - before), task, act)
    if electorates.has_enough(rule, register):
        end_incidents(case, act.now, task.element_id)
    return set(task.elector_ids) != before


def has_nobody(task: UserTask) -> bool:
    """Whether the task still lies where it came because nobody was found."""
    return bool(task.why.get("nobody")) and task.assignee_id is None


def _sync_incidents(case: ProcessInstance, tasks: Sequence[UserTask], step: engine.Progress, act: Act) -> None:
    """Make the rows equal to what stops the case now: what the engine holds, and open tasks that nobody could do."""
    if not case.has_incident and not step.incidents:
        return
    held = {incident.element_id: dict(incident.message) for incident in step.incidents}
    alone = {task.element_id for task in tasks if task.state == TaskState.OPEN and has_nobody(task)}
    stuck = {task.element_id for task in tasks if task.state == TaskState.OPEN and task.is_vote}
    known = _open_incidents(case)
    for row in known:
        if held.get(row.element_id) == row.message:
            del held[row.element_id]
        elif row.element_id not in (alone if row.message == NOBODY else stuck if row.message == NO_QUORUM else ()):
            row.resolved_at = act.now
    session.add_all(
        Incident(instance_id=case.id, element_id=element_id, message=message, at=act.now)
        for element_id, message in held.items()
    )
    case.has_incident = bool(held) or any(row.resolved_at is None for row in known)


def _open_incidents(case: ProcessInstance) -> Sequence[Incident]:
    session.flush()
    return session.scalars(
        select(Incident).where(Incident.instance_id == case.id, Incident.resolved_at.is_(None))
    ).all()


def _finish(case: ProcessInstance, step: engine.Progress, act: Act) -> None:
    case.state, case.ended_at, case.outcome = CaseState.COMPLETED, act.now, step.end_event
    case.returns = []


def _decisions(step: engine.Progress | None) -> dict[str, Any]:
    if step is None or not step.decisions:
        return {}
    taken = [
        {
            "element": d.element_id,
            "decision": d.id,
            "result": d.result,
            "rules": list(d.rules),
            "inputs": dict(d.inputs),
        }
        for d in step.decisions
    ]
    return {"decisions": taken}
