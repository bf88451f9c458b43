"""Who may do what with a user task and a case: one table of verbs, and the predicates behind it. Pure.

Buttons, dialogs, the operations over HTTP, the help page and refusals are all made from here; what each verb does stands in
`acts`, its words in `words`.
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
ACTIVE = frozenset({CaseState.ACTIVE})


class Verb(StrEnum):
    """What can be done with a user task or a case."""

    CLAIM = "claim"
    RELEASE = "release"
    SAVE_DRAFT = "save_draft"
    COMPLETE = "complete"
    VOTE = "vote"
    SEND_BACK = "send_back"
    REASSIGN = "reassign"
    COPY = "copy"
    SUSPEND = "suspend"
    RESUME = "resume"
    GIVE_UP = "give_up"
    TERMINATE = "terminate"
    RETRY = "retry"
    LOOK_AGAIN = "look_again"
    RESTORE = "restore"


class Who(StrEnum):
    """In which relation to the task or the case a person must stand."""

    CANDIDATE = "candidate"
    HOLDER = "holder"
    ELECTOR = "elector"
    INITIATOR = "initiator"
    SUPERVISOR = "supervisor"
    READER = "reader"


class Ask(StrEnum):
    """What a verb wants to know before it can be carried out. Optional ones are named so."""

    REASON = "reason"
    REASON_CODE = "reason_code"
    PERSON = "person"
    PEOPLE = "people"
    TARGET = "target"
    MODE = "mode"
    OUTCOME = "outcome"
    OPINION = "opinion"
    NOTE = "note"


class About(StrEnum):
    """What a verb is done to."""

    TASK = "task"
    CASE = "case"


@dataclass(frozen=True)
class Move:
    """One line of the table: in which states of the case, with the task held or not, by whom, and what must be said.

    grave: what follows is said and must be confirmed. on_form: pressed on a form of its own (the step's form, the ballot, the
    return), not in the dialog made from `asks`.
    """

    verb: Verb
    who: frozenset[Who]
    case_states: frozenset[CaseState]
    about: About = About.TASK
    held: bool | None = None
    asks: tuple[Ask, ...] = ()
    grave: bool = False
    on_form: bool = False


def _task(verb: Verb, *who: Who, held: bool | None = None, asks: tuple[Ask, ...] = (), on_form: bool = False) -> Move:
    return Move(verb, frozenset(who), ACTIVE, held=held, asks=asks, on_form=on_form)


def _case(
    verb: Verb, *who: Who, states: frozenset[CaseState] = ACTIVE, asks: tuple[Ask, ...] = (), grave: bool = False
) -> Move:
    return Move(verb, frozenset(who), states, About.CASE, asks=asks, grave=grave)


ANSWER = (Ask.OUTCOME, Ask.OPINION)
RETURN = (Ask.TARGET, Ask.REASON_CODE, Ask.REASON, Ask.MODE)
REASON = (Ask.REASON,)
# The target of a restoring is the number of the event after which the case stood as it shall stand again.
MOMENT = (Ask.TARGET, Ask.REASON)

# In the order in which the page offers them.
MOVES: Mapping[Verb, Move] = {
    move.verb: move
    for move in (
        _task(Verb.CLAIM, Who.CANDIDATE, held=False),
        _task(Verb.SAVE_DRAFT, Who.HOLDER, held=True, on_form=True),
        _task(Verb.COMPLETE, Who.HOLDER, held=True, asks=ANSWER, on_form=True),
        _task(Verb.VOTE, Who.ELECTOR, asks=ANSWER, on_form=True),
        _task(Verb.SEND_BACK, Who.HOLDER, Who.ELECTOR, Who.SUPERVISOR, asks=RETURN, on_form=True),
        _task(Verb.RELEASE, Who.HOLDER, Who.SUPERVISOR, held=True),
        _task(Verb.REASSIGN, Who.SUPERVISOR, asks=(Ask.PERSON, Ask.REASON)),
        _case(Verb.COPY, Who.READER, states=frozenset(CaseState), asks=(Ask.PEOPLE,)),
        _case(Verb.SUSPEND, Who.SUPERVISOR, asks=REASON),
        _case(Verb.RESUME, Who.SUPERVISOR, states=frozenset({CaseState.SUSPENDED}), asks=REASON),
        _case(Verb.RETRY, Who.SUPERVISOR),
        _case(Verb.LOOK_AGAIN, Who.SUPERVISOR, asks=REASON),
        Move(Verb.RESTORE, frozenset({Who.SUPERVISOR}), ACTIVE, About.CASE, asks=MOMENT, grave=True, on_form=True),
        _case(Verb.GIVE_UP, Who.INITIATOR, asks=REASON, grave=True),
        _case(Verb.TERMINATE, Who.SUPERVISOR, states=LIVE, asks=REASON, grave=True),
    )
}


def relations(person: Person, case: ProcessInstance, task: UserTask | None) -> frozenset[Who]:
    """How the person stands to the case and the task; a reader is whoever may see the case, which is asked elsewhere."""
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
    if case.state not in move.case_states or not move.who & {Who.READER, *relations(person, case, task)}:
        return False
    if move.about is About.CASE:
        return True
    if task is None or task.state != TaskState.OPEN:
        return False
    if verb == Verb.RELEASE and not has_pool(task):
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
        return {Who.ELECTOR} if person.id in task.elector_ids and person.id not in task.excluded_ids else set()
    found = set()
    if task.assignee_id == person.id and person.id not in task.excluded_ids:
        found.add(Who.HOLDER)
    if is_candidate(person, task):
        found.add(Who.CANDIDATE)
    return found
