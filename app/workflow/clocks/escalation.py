"""The chain after a due date, carried out: remind the holder, remind his superior, hand over to the deputy, tell the supervisors.

The ticker claims one due link after the other, each in a transaction of its own: the act, the count of links done, the
event, the audit entry and the notices become true together or not at all. The case is locked as by everybody who acts, so
a link never comes to a visit that has just ended. No link answers for anybody: time running out approves nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.audit.operations import SYSTEM
from app.bank_calendar import queries as bank_calendar
from app.identity import queries as people
from app.identity.models import Group, Substitution, User
from app.identity.rules import permissions_of
from app.kernel.db import session
from app.kernel.ids import new_id
from app.notifications import operations as notifications
from app.web.access import Permission
from app.workflow import cases, incidents, recording, rules
from app.workflow.cases import Held
from app.workflow.clocks import deadlines
from app.workflow.engine import Link
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.moves import signing
from app.workflow.moves.move_models import Copy
from app.workflow.recording import Act

LATER = timedelta(minutes=15)


def next_link(now: datetime) -> uuid.UUID | None:
    """A task whose chain is due and whose case nobody acts on; locks the case. Reads nothing that is not due."""
    statement = (
        select(UserTask.id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.state == TaskState.OPEN, UserTask.chain_at <= now, ProcessInstance.state == CaseState.ACTIVE)
        .order_by(UserTask.chain_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=ProcessInstance)
    )
    return session.scalar(statement)


def carry_out(*, task_id: uuid.UUID, now: datetime) -> None:
    """Do what the next link of a task's chain says, where it is still due and the visit has not ended."""
    try:
        held = cases.hold_task(task_id)
    except cases.TaskGone:
        return
    task = held.the_task
    link = deadlines.next_link(task, held.step)
    if held.case.state != CaseState.ACTIVE or task.chain_at is None or task.chain_at > now or link is None:
        return
    act = Act(VERBS[link.kind], SYSTEM, now, task, detail={"link": task.chain_done + 1, "delay": _said(link)})
    ACTS[link.kind](held, act, before=link.before)
    deadlines.carried_out(task, held.step, bank_calendar.calendar(held.case.branch_id), now)
    recording.record(held.case, act)


VERBS: Mapping[str, str] = {
    "remind": "remind",
    "superior": "remind_superior",
    "deputy": "hand_to_deputy",
    "supervisor": "hand_to_supervisors",
}


def put_off(*, task_id: uuid.UUID, now: datetime) -> None:
    """Try a link that failed again later, so that it does not stand in the way of all the others."""
    task = session.get(UserTask, task_id, with_for_update=True)
    if task is not None and task.chain_at is not None:
        task.chain_at = now + LATER


def deputy_of(held: Held, now: datetime) -> int | None:
    """Who relieves the holder: his substitute, the head of the task's group, his superior; the first who may do the task.

    Whom four eyes keeps away, the initiator of the case, and who has left or may not work on cases are passed over.
    """
    task, case = held.the_task, held.case
    wanted: list[int | None] = [g.head_id for g in _groups(task)]
    if task.assignee_id is not None:
        wanted = [*substitutes(held, now), *wanted, *_superiors([task.assignee_id])]
    for user_id in dict.fromkeys(filter(None, wanted)):
        away = (task.assignee_id, case.started_by, *task.excluded_ids, *signing.part_in(held, task))
        if user_id not in away and _may_work(user_id):
            return user_id
    return None


def substitutes(held: Held, now: datetime) -> list[int]:
    """Who stands in for the holder in this case now, within the scope of what he was named for; the one named last first."""
    task = held.the_task
    in_force = (Substitution.from_at <= now, Substitution.until_at > now, Substitution.ended_at.is_(None))
    named = select(Substitution.deputy_id).where(Substitution.principal_id == task.assignee_id, *in_force)
    return [i for i in session.scalars(named.order_by(Substitution.id.desc())) if _stands_in(i, held, now)]


def _stands_in(deputy_id: int, held: Held, now: datetime) -> bool:
    deputy, task = people.person(deputy_id), held.the_task
    return deputy is not None and any(
        mandate.principal_id == task.assignee_id and rules.covers(mandate, deputy, held.case, task)
        for mandate in people.stands_for(deputy_id, now)
    )


def whom_to_remind(task: UserTask) -> list[int]:
    """Whose turn it is: the holder, the electors who have not voted, the head of a pool (its members where it has none)."""
    if task.assignee_id is not None:
        return [task.assignee_id]
    if task.is_vote:
        return list(task.candidate_user_ids)
    groups = _groups(task)
    heads = [group.head_id for group in groups if group.head_id]
    members = [] if heads else [user.id for group in groups for user in people.members(group.id)]
    return [i for i in (heads or [*task.candidate_user_ids, *members]) if i not in task.excluded_ids]


def _remind(held: Held, act: Act, *, before: bool) -> None:
    _tell("task_due_soon" if before else "task_overdue", whom_to_remind(held.the_task), act)


def _remind_superior(held: Held, act: Act, *, before: bool) -> None:
    """The holder's superior; of a pool the superiors of its heads; the supervisors where there is none."""
    asked = whom_to_remind(held.the_task)
    found = [i for i in _superiors(asked) if i not in asked]
    _tell("task_overdue_below", found or supervisors(held), act)


def _to_deputy(held: Held, act: Act, *, before: bool) -> None:
    """Reassign; where nobody may take it, the task stays where it is and the supervisors are told."""
    task, found = held.the_task, deputy_of(held, act.now)
    act.detail |= {"from_user": task.assignee_id, "to_user": found}
    if found is None:
        _tell("task_without_deputy", supervisors(held), act)
        return
    relieved, task.assignee_id, task.claimed_at = task.assignee_id, found, act.now
    signing.hand_on(held, task, relieved, found)
    signing.new_holder(held, task, found, act)
    incidents.end_incidents(held.case, act.now, task.element_id)
    _tell("task_handed_to_deputy", [found], act)
    if relieved is not None:
        _let_read(relieved, task, act)
        _tell("task_taken_by_deputy", [relieved], act)


def _let_read(user_id: int, task: UserTask, act: Act) -> None:
    """Who was relieved keeps sight of the case he is told about."""
    values = {"instance_id": task.instance_id, "user_id": user_id, "element_id": task.element_id, "at": act.now}
    session.execute(insert(Copy).values(id=new_id(), **values).on_conflict_do_nothing())


def _to_supervisors(held: Held, act: Act, *, before: bool) -> None:
    """The task comes to the supervisors' queue; its holder may still do it until one of them gives it to somebody."""
    held.the_task.escalated_at = act.now
    _tell("task_escalated", supervisors(held), act)


ACTS = {"remind": _remind, "superior": _remind_superior, "deputy": _to_deputy, "supervisor": _to_supervisors}


def supervisors(held: Held) -> list[int]:
    """Everybody who oversees the case and works here."""
    return people.overseers(Permission.CASE_SUPERVISE, held.case.branch_id)


def _tell(event: str, user_ids: Iterable[int], act: Act) -> None:
    told = list(dict.fromkeys(user_ids))
    act.detail["told"] = [*act.detail.get("told", []), *told]
    task = act.task
    if not told or task is None:
        return
    notifications.notify(
        user_ids=told,
        event=event,
        case_id=task.instance_id,
        now=act.now,
        params={"element": task.element_id, "definition": str(task.definition_id), "link": act.detail["link"]},
    )


def _groups(task: UserTask) -> Sequence[Group]:
    """The pools of a task, in their order."""
    known = {group.id: group for group in people.groups() if group.id in task.candidate_group_ids}
    return [known[group_id] for group_id in task.candidate_group_ids if group_id in known]


def _superiors(user_ids: Iterable[int]) -> list[int]:
    """The superiors of these people, as far as they are at work; over one who has left the next one is looked for."""
    found = []
    for user_id in user_ids:
        superior = _superior(user_id)
        found += [superior] if superior else []
    return list(dict.fromkeys(found))


def _superior(user_id: int) -> int | None:
    seen: set[int] = set()
    user: User | None = people.users([user_id]).get(user_id)
    while user is not None and user.superior_id is not None and user.id not in seen:
        seen.add(user.id)
        user = people.users([user.superior_id]).get(user.superior_id)
        if user is not None and user.active:
            return user.id
    return None


def _may_work(user_id: int) -> bool:
    user = people.users([user_id]).get(user_id)
    return user is not None and user.active and Permission.CASE_WORK in permissions_of(user.roles)


def _said(link: Link) -> str:
    return f"{link.delay} before" if link.before else link.delay
