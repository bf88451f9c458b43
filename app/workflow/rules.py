"""Who may do what with a user task and a case: one table of verbs, and the predicates behind it. Pure.

Buttons, REST and refusals are all made from here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.identity.rules import Person
from app.web.access import Permission
from app.workflow.engine import Step
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask

LIVE = frozenset({CaseState.ACTIVE, CaseState.SUSPENDED})


class Verb(StrEnum):
    """What can be done with a user task or a case."""

    CLAIM = "claim"
    RELEASE = "release"
    SAVE_DRAFT = "save_draft"
    COMPLETE = "complete"
    VOTE = "vote"
    RECUSE = "recuse"
    CLOSE_VOTE = "close_vote"
    SEND_BACK = "send_back"
    REASSIGN = "reassign"
    SUSPEND = "suspend"
    RESUME = "resume"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    RETRY = "retry"
    RECONSIDER = "reconsider"


class Who(StrEnum):
    """In which relation to the task or the case a person must stand."""

    CANDIDATE = "candidate"
    HOLDER = "holder"
    ELECTOR = "elector"
    SECRETARY = "secretary"
    INITIATOR = "initiator"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class Move:
    """One line of the table: in which states of the case, with the task held or not, by whom."""

    verb: Verb
    who: frozenset[Who]
    case_states: frozenset[CaseState]
    needs_task: bool = True
    held: bool | None = None


ACTIVE = frozenset({CaseState.ACTIVE})

OF_VOTES = frozenset({Verb.VOTE, Verb.RECUSE, Verb.CLOSE_VOTE})

MOVES: Mapping[Verb, Move] = {
    move.verb: move
    for move in (
        Move(Verb.CLAIM, frozenset({Who.CANDIDATE}), ACTIVE, held=False),
        Move(Verb.RELEASE, frozenset({Who.HOLDER, Who.SUPERVISOR}), ACTIVE, held=True),
        Move(Verb.SAVE_DRAFT, frozenset({Who.HOLDER}), ACTIVE, held=True),
        Move(Verb.COMPLETE, frozenset({Who.HOLDER}), ACTIVE, held=True),
        Move(Verb.VOTE, frozenset({Who.ELECTOR}), ACTIVE),
        Move(Verb.RECUSE, frozenset({Who.ELECTOR, Who.SECRETARY, Who.SUPERVISOR}), ACTIVE),
        Move(Verb.CLOSE_VOTE, frozenset({Who.SECRETARY}), ACTIVE),
        Move(Verb.SEND_BACK, frozenset({Who.HOLDER, Who.ELECTOR, Who.SUPERVISOR}), ACTIVE),
        Move(Verb.REASSIGN, frozenset({Who.SUPERVISOR}), ACTIVE),
        Move(Verb.SUSPEND, frozenset({Who.SUPERVISOR}), ACTIVE, needs_task=False),
        Move(Verb.RESUME, frozenset({Who.SUPERVISOR}), frozenset({CaseState.SUSPENDED}), needs_task=False),
        Move(Verb.CANCEL, frozenset({Who.SUPERVISOR}), LIVE, needs_task=False),
        Move(Verb.WITHDRAW, frozenset({Who.INITIATOR}), ACTIVE, needs_task=False),
        Move(Verb.RETRY, frozenset({Who.SUPERVISOR}), ACTIVE, needs_task=False),
        Move(Verb.RECONSIDER, frozenset({Who.INITIATOR}), frozenset({CaseState.COMPLETED}), needs_task=False),
    )
}


def relations(person: Person, case: ProcessInstance, task: UserTask | None) -> frozenset[Who]:
    """How the person stands to the case and the task."""
    found = set()
    if case.started_by == person.id:
        found.add(Who.INITIATOR)
    if person.may(Permission.CASE_SUPERVISE):
        found.add(Who.SUPERVISOR)
    if task is not None and person.may(Permission.CASE_WORK):
        found |= _task_relations(person, task)
    return frozenset(found)


def may(verb: Verb, person: Person, case: ProcessInstance, task: UserTask | None = None) -> bool:
    """Whether the person may do it now."""
    move = MOVES[verb]
    if case.state not in move.case_states or not move.who & relations(person, case, task):
        return False
    if not move.needs_task:
        return True
    if task is None or task.state != TaskState.OPEN:
        return False
    if verb == Verb.RELEASE and not has_pool(task):
        return False
    if verb in OF_VOTES and not task.is_vote:
        return False
    return move.held is None or move.held == (task.assignee_id is not None)


def has_pool(task: UserTask) -> bool:
    """Whether there is anybody but the holder who could take the task when he gives it back."""
    return bool(task.candidate_group_ids) or len(task.candidate_user_ids) > 1


def verbs(person: Person, case: ProcessInstance, task: UserTask | None) -> frozenset[Verb]:
    """Everything the person may do now."""
    return frozenset(verb for verb in Verb if may(verb, person, case, task))


def is_candidate(person: Person, task: UserTask) -> bool:
    """Whether the task lies in a pool of the person's and four eyes does not keep him away."""
    if person.id in task.excluded_ids:
        return False
    return person.id in task.candidate_user_ids or bool(set(person.group_ids) & set(task.candidate_group_ids))


def apart_from(element_id: str, steps: Mapping[str, Step]) -> frozenset[str]:
    """The steps that must be in other hands than this one, whichever of two the diagram says it at (either may come first)."""
    named = steps[element_id].four_eyes
    return frozenset(named) | {other.element_id for other in steps.values() if element_id in other.four_eyes}


def excluded(apart: Collection[str], visits: Mapping[str, Mapping[str, list[int]]]) -> list[int]:
    """Who may not do a step because he did one of the steps that must be in other hands."""
    return sorted({user_id for step in apart for user_id in visits.get(step, {}).get("by", [])})


def _task_relations(person: Person, task: UserTask) -> set[Who]:
    if task.is_vote:
        return _vote_relations(person, task)
    found = set()
    if task.assignee_id == person.id and person.id not in task.excluded_ids:
        found.add(Who.HOLDER)
    if is_candidate(person, task):
        found.add(Who.CANDIDATE)
    return found


def _vote_relations(person: Person, task: UserTask) -> set[Who]:
    found = set()
    if person.id in task.elector_ids and person.id not in task.excluded_ids:
        found.add(Who.ELECTOR)
    if set(person.group_ids) & set(task.secretary_group_ids or ()):
        found.add(Who.SECRETARY)
    return found
