"""For whom an open task is, written on it and told to them: at its opening, and whenever somebody must keep away or is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.identity.queries import users
from app.kernel.db import session
from app.notifications import operations as notifications
from app.workflow import engine
from app.workflow.assigning import assignment, groups
from app.workflow.assigning.conflicts import Away, Code
from app.workflow.committees import closing, electorates
from app.workflow.committees.vote_models import RoundState
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.incidents import NO_QUORUM, NOBODY, add_incident, end_incidents, has_nobody
from app.workflow.models import Incident, ProcessInstance, UserTask
from app.workflow.recording import Act


def address(task: UserTask, found: assignment.Assignment) -> None:
    """Write on the task for whom it is."""
    task.assignee_id = found.assignee_id
    task.candidate_group_id = found.group_ids[0] if found.group_ids else None
    task.candidate_group_ids, task.candidate_user_ids = list(found.group_ids), list(found.user_ids)
    task.excluded_ids, task.elector_ids = list(found.excluded_ids), list(found.elector_ids)
    task.why = found.why


def tell(task: UserTask, found: assignment.Assignment, act: Act) -> None:
    """Tell the people a task came to by name; a pool is not told, its members see it in their inbox."""
    people = found.elector_ids or ((found.assignee_id,) if found.assignee_id else ())
    event = "task_returned" if task.returned_from else "task_assigned"
    notify(event, [i for i in people if i != act.actor.user_id], task, act)


def notify(event: str, user_ids: Sequence[int], task: UserTask, act: Act, **params: Any) -> None:
    if user_ids:
        notifications.notify(
            user_ids=user_ids,
            event=event,
            case_id=task.instance_id,
            now=act.now,
            params={"element": task.element_id, "definition": str(task.definition_id), **params},
        )


def nobody(case: ProcessInstance, task: UserTask, act: Act) -> None:
    """No one could do the task: an alarm for the administrators and an incident for the supervisors; it never passes by itself."""
    case.has_incident = True
    alarmed = assignment.alarmed(definitions.load(case.definition_id).compiled)
    notify("task_unassigned", [i for i in alarmed if i != act.actor.user_id], task, act)
    session.add(Incident(instance_id=case.id, element_id=task.element_id, message=NOBODY, at=act.now))


def check_quorum(
    case: ProcessInstance, task: UserTask, rule: engine.VoteRule, register: electorates.Register, act: Act
) -> None:
    """A vote that can never have its quorum is a person's matter; it is neither passed nor refused by that."""
    if not electorates.has_enough(rule, register):
        add_incident(case, task.element_id, NO_QUORUM, act.now)


def address_again(
    case: ProcessInstance, task: UserTask, loaded: Loaded, variables: Mapping[str, Any], act: Act
) -> None:
    """The station of an open task that nobody holds has other rules now: it is offered to whom they find."""
    found = assignment.resolve(loaded.step(task.element_id), loaded.compiled, case, variables, act.now)
    address(task, found)
    tell(task, found, act)
    if found.is_nobody:
        nobody(case, task, act)


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
                address(task, found)
                tell(task, found, act)
                end_incidents(case, act.now, task.element_id)
                helped = True
    return helped


def hand_again(case: ProcessInstance, task: UserTask, user_id: int | None, act: Act, event: str) -> None:
    """Put a task on the desk of who had it before, unless it is somebody's already, or he left or must keep away."""
    if user_id is None or task.is_vote or task.assignee_id is not None or user_id in task.excluded_ids:
        return
    if not users([user_id])[user_id].active:
        return
    task.assignee_id, task.claimed_at = user_id, act.now
    end_incidents(case, act.now, task.element_id)
    notify(event, [user_id] if user_id != act.actor.user_id else [], task, act)


def give_back(task: UserTask, now: datetime) -> None:
    """Whoever holds the task gives it up: to the last of those who delegated it to him and may still have it, else to its pool."""
    known = users(task.owner_ids)
    owners = [i for i in task.owner_ids if known[i].active and i not in task.excluded_ids]
    task.assignee_id, task.owner_ids = (owners[-1], owners[:-1]) if owners else (None, [])
    task.claimed_at = now if owners else None


def keep_away(case: ProcessInstance, task: UserTask, user_ids: Sequence[int], act: Act) -> None:
    """These people have done a step that an open task must not share its hands with; who holds it gives it up."""
    task.excluded_ids = sorted({*task.excluded_ids, *user_ids})
    _note_away(task, user_ids, act)
    task.candidate_user_ids = [i for i in task.candidate_user_ids if i not in user_ids]
    if task.is_vote:
        _leave_vote(case, task, user_ids, act)
    if task.assignee_id in user_ids:
        give_back(task, act.now)
    if not _has_candidates(task):
        _hand_to_administrators(case, task, act)


def _leave_vote(case: ProcessInstance, task: UserTask, user_ids: Sequence[int], act: Act) -> None:
    """Members of an open vote must keep away: deputies step in, and a vote that waited only for them is closed by the worker."""
    rule, before = definitions.load(case.definition_id).step(task.element_id).vote, electorates.seated(task)
    register = electorates.recuse(task, user_ids, electorates.FOUR_EYES, act.now)
    if register is None or rule is None:
        return
    (row,) = electorates.open_rounds([task.id])
    notify("task_assigned", sorted(register.roll.seats - before), task, act)
    check_quorum(case, task, rule, register, act)
    by_itself = row.state == RoundState.TIE or {"all", "early"} & set(rule.close.split())
    if not task.candidate_user_ids and by_itself:
        closing.ring(row, act.now)


def take_back(case: ProcessInstance, task: UserTask, away: Mapping[int, Away], loaded: Loaded, act: Act) -> None:
    """A conflict of interests became known: these people lose an open task of theirs, and it is asked again for whom it is."""
    held = task.assignee_id in away
    keep_away_from_rows = [user_id for user_id in away if user_id not in task.excluded_ids]
    task.excluded_ids = sorted({*task.excluded_ids, *away})
    task.why = {**task.why, "away": {**task.why.get("away", {}), **{str(i): r.to_json() for i, r in away.items()}}}
    task.candidate_user_ids = [i for i in task.candidate_user_ids if i not in away]
    task.elector_ids = [i for i in task.elector_ids if i not in away]
    if held:
        notify("task_cancelled", [task.assignee_id] if task.assignee_id else [], task, act, reason="conflict")
        give_back(task, act.now)
    if keep_away_from_rows and not task.is_vote and (held or not _has_candidates(task)):
        known = engine.look(loaded.compiled, case.blob, now=act.now)
        found = assignment.resolve(loaded.step(task.element_id), loaded.compiled, case, known.variables, act.now)
        address(task, found)
        tell(task, found, act)
        if found.is_nobody:
            nobody(case, task, act)


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
    nobody(case, task, act)


def _seat_again(case: ProcessInstance, task: UserTask, rule: engine.VoteRule, act: Act) -> bool:
    """Seat the members that a committee without its quorum has by now; who was recused stays away."""
    rounds = electorates.open_rounds([task.id])
    if not rounds or electorates.has_enough(rule, electorates.register_of(rounds[0])):
        return False
    before = set(task.elector_ids)
    kept = electorates.register_of(rounds[0])
    away = {one: dict(kept.recused).get(one, electorates.FOUR_EYES) for one in task.excluded_ids}
    register = electorates.resolve(rule, away, kept.seed)
    electorates.seat(task, rounds[0], register, before - set(task.candidate_user_ids))
    notify("task_assigned", sorted(register.roll.seats - before), task, act)
    if electorates.has_enough(rule, register):
        end_incidents(case, act.now, task.element_id)
    return set(task.elector_ids) != before
