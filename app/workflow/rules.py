"""Who may do what with a user task and a case: one table of verbs, and the predicates behind it. Pure.

Buttons, dialogs, the operations over HTTP, the help page and refusals are all made from here; what each verb does stands in
`acts`, its words in `words`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.identity.rules import Mandate, Person
from app.web.access import Permission
from app.workflow.engine import Step
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask

# The routing variable by which a process says to which line of business a case belongs.
BUSINESS_LINE = "business_line"
LIVE = frozenset({CaseState.ACTIVE, CaseState.SUSPENDED})
ACTIVE = frozenset({CaseState.ACTIVE})


class Verb(StrEnum):
    """What can be done with a user task or a case."""

    CLAIM = "claim"
    RELEASE = "release"
    SAVE_DRAFT = "save_draft"
    COMPLETE = "complete"
    ANSWER = "answer"
    RESOLVE = "resolve"
    VOTE = "vote"
    TRANSFER = "transfer"
    DELEGATE = "delegate"
    ADD_SIGNER = "add_signer"
    REMOVE_SIGNER = "remove_signer"
    SEND_BACK = "send_back"
    REASSIGN = "reassign"
    SKIP = "skip"
    WITHDRAW = "withdraw"
    COPY = "copy"
    COMMENT = "comment"
    URGE = "urge"
    RECALL = "recall"
    GIVE_UP = "give_up"
    JUMP = "jump"
    SUSPEND = "suspend"
    RESUME = "resume"
    RETRY = "retry"
    LOOK_AGAIN = "look_again"
    RESTORE = "restore"
    TERMINATE = "terminate"
    WAIT = "wait"
    CONTINUE = "continue"
    RECUSE = "recuse"
    CLOSE_VOTE = "close_vote"
    RECONSIDER = "reconsider"


class Who(StrEnum):
    """In which relation to the task or the case a person must stand."""

    CANDIDATE = "candidate"
    HOLDER = "holder"
    ASKED = "asked"
    ADDER = "adder"
    SIGNER = "signer"
    ELECTOR = "elector"
    SECRETARY = "secretary"
    ACTOR = "actor"
    INITIATOR = "initiator"
    OWNER = "owner"
    FINAL_APPROVER = "final_approver"
    SUPERVISOR = "supervisor"
    READER = "reader"


class Ask(StrEnum):
    """What a verb wants to know before it can be carried out."""

    REASON = "reason"
    REASON_CODE = "reason_code"
    PERSON = "person"
    PEOPLE = "people"
    SIGNERS = "signers"
    PLACE = "place"
    TARGET = "target"
    MODE = "mode"
    OUTCOME = "outcome"
    CHOICE = "choice"
    OPINION = "opinion"
    NOTE = "note"
    COMMENT = "comment"


# What may be left empty: a ballot's opinion, a word to those who get a copy, who is meant by a comment.
OPTIONAL = frozenset({Ask.NOTE})


class About(StrEnum):
    """What a verb is done to."""

    TASK = "task"
    CASE = "case"


@dataclass(frozen=True)
class Move:
    """One line of the table: in which states of the case, with the task held or not, by whom, and what must be said.

    grave: what follows is said and must be confirmed. on_form: pressed on a form of its own (the step's form, the ballot, the
    return), not in the dialog made from `asks`. switchable: the analyst may bar it at a station. two_persons: past the committee
    a second person must confirm it.
    """

    verb: Verb
    who: frozenset[Who]
    case_states: frozenset[CaseState]
    about: About = About.TASK
    held: bool | None = None
    asks: tuple[Ask, ...] = ()
    grave: bool = False
    on_form: bool = False
    switchable: bool = False
    two_persons: bool = False


@dataclass(frozen=True)
class Setting:
    """What the diagram says that bears on who may do what: moves barred at the station, the group that owns the process, the
    stations whose deciders may also terminate the case."""

    barred: frozenset[str] = frozenset()
    owner_group_id: int | None = None
    final_steps: frozenset[str] = frozenset()


def _task(verb: Verb, *who: Who, **more: Any) -> Move:
    return Move(verb, frozenset(who), ACTIVE, **more)


def _case(verb: Verb, *who: Who, states: frozenset[CaseState] = ACTIVE, **more: Any) -> Move:
    return Move(verb, frozenset(who), states, About.CASE, **more)


ANYWHERE = Setting()
SUPERVISOR = Who.SUPERVISOR
REASON = (Ask.REASON,)
# The target of a restoring is the number of the event after which the case stood as it shall stand again.
MOMENT = (Ask.TARGET, Ask.REASON)
HAND_OVER = (Ask.PERSON, Ask.REASON)
RETURN = (Ask.TARGET, Ask.REASON_CODE, Ask.REASON, Ask.MODE)
ADD = (Ask.PEOPLE, Ask.PLACE, Ask.REASON)

DECIDED = frozenset({CaseState.COMPLETED})
OF_VOTES = frozenset({Verb.VOTE, Verb.RECUSE, Verb.CLOSE_VOTE})

# In the order in which the page offers them.
MOVES: Mapping[Verb, Move] = {
    move.verb: move
    for move in (
        _task(Verb.CLAIM, Who.CANDIDATE, held=False),
        _task(Verb.SAVE_DRAFT, Who.HOLDER, held=True, on_form=True),
        _task(Verb.COMPLETE, Who.HOLDER, held=True, asks=(Ask.OUTCOME, Ask.OPINION), on_form=True),
        _task(Verb.VOTE, Who.ELECTOR, asks=(Ask.OUTCOME, Ask.OPINION), on_form=True),
        _task(Verb.RECUSE, Who.ELECTOR, Who.SECRETARY, SUPERVISOR, asks=REASON, on_form=True),
        _task(Verb.CLOSE_VOTE, Who.SECRETARY, on_form=True),
        _task(Verb.ANSWER, Who.SIGNER, held=True, asks=(Ask.CHOICE, Ask.OPINION)),
        _task(Verb.RESOLVE, Who.ASKED, held=True, asks=(Ask.OPINION,)),
        _task(Verb.TRANSFER, Who.HOLDER, held=True, asks=HAND_OVER, switchable=True),
        _task(Verb.DELEGATE, Who.HOLDER, Who.ASKED, held=True, asks=HAND_OVER, switchable=True),
        _task(Verb.ADD_SIGNER, Who.HOLDER, Who.ADDER, Who.ELECTOR, asks=ADD, switchable=True),
        _task(Verb.REMOVE_SIGNER, Who.HOLDER, Who.ADDER, Who.ELECTOR, SUPERVISOR, asks=(Ask.SIGNERS, Ask.REASON)),
        _task(Verb.SEND_BACK, Who.HOLDER, Who.ELECTOR, SUPERVISOR, asks=RETURN, on_form=True),
        _task(Verb.RELEASE, Who.HOLDER, SUPERVISOR, held=True),
        _task(Verb.REASSIGN, SUPERVISOR, asks=HAND_OVER),
        _task(Verb.WAIT, Who.HOLDER, SUPERVISOR, asks=REASON),
        _task(Verb.CONTINUE, Who.HOLDER, SUPERVISOR, asks=REASON),
        _task(Verb.SKIP, SUPERVISOR, asks=(Ask.OUTCOME, Ask.REASON), grave=True, two_persons=True),
        _case(Verb.WITHDRAW, Who.ACTOR, asks=REASON, switchable=True),
        _case(Verb.COPY, Who.READER, states=frozenset(CaseState), asks=(Ask.PEOPLE, Ask.NOTE), switchable=True),
        _case(Verb.COMMENT, Who.READER, states=frozenset(CaseState), asks=(Ask.COMMENT,)),
        _case(Verb.URGE, Who.INITIATOR, SUPERVISOR, asks=(Ask.NOTE,), switchable=True),
        _case(Verb.RECALL, Who.INITIATOR, asks=REASON, grave=True),
        _case(Verb.GIVE_UP, Who.INITIATOR, asks=REASON, grave=True),
        _case(Verb.JUMP, SUPERVISOR, asks=(Ask.TARGET, Ask.REASON), grave=True, two_persons=True),
        _case(Verb.SUSPEND, SUPERVISOR, asks=REASON, two_persons=True),
        _case(Verb.RESUME, SUPERVISOR, states=frozenset({CaseState.SUSPENDED}), asks=REASON),
        _case(Verb.RETRY, SUPERVISOR),
        _case(Verb.LOOK_AGAIN, SUPERVISOR, asks=REASON),
        _case(Verb.RESTORE, SUPERVISOR, asks=MOMENT, grave=True, on_form=True, two_persons=True),
        _case(Verb.TERMINATE, SUPERVISOR, Who.OWNER, Who.FINAL_APPROVER, states=LIVE, asks=REASON, grave=True),
        _case(Verb.RECONSIDER, Who.INITIATOR, states=DECIDED, asks=REASON, on_form=True),
    )
}


def relations(
    person: Person, case: ProcessInstance, task: UserTask | None, setting: Setting = ANYWHERE
) -> frozenset[Who]:
    """How the person stands to the case and the task, in his own right or in place of somebody.

    A reader is whoever may see the case, which is asked elsewhere.
    """
    own = _own_relations(person, case, task, setting)
    if task is None or not person.stands_for or not person.may(Permission.CASE_WORK):
        return own
    return own.union(*(_by_mandate(mandate, person, case, task) for mandate in person.stands_for))


def _own_relations(
    person: Person, case: ProcessInstance, task: UserTask | None, setting: Setting = ANYWHERE
) -> frozenset[Who]:
    found = {Who.INITIATOR} if case.started_by == person.id else set()
    if person.may_in(Permission.CASE_SUPERVISE, case.branch_id):
        found.add(Who.SUPERVISOR)
    if setting.owner_group_id in person.group_ids:
        found.add(Who.OWNER)
    if not person.may(Permission.CASE_WORK):
        return frozenset(found)
    done = {element_id for element_id, visit in (case.visits or {}).items() if person.id in visit["by"]}
    found |= {Who.ACTOR} if done else set()
    found |= _task_relations(person, task) if task is not None else set()
    deciding = task is not None and task.element_id in setting.final_steps and bool(found & {Who.HOLDER, Who.ELECTOR})
    if deciding or done & setting.final_steps:
        found.add(Who.FINAL_APPROVER)
    return frozenset(found)


def acting_for(verb: Verb, person: Person, case: ProcessInstance, task: UserTask) -> Mandate | None:
    """By which mandate the person does it; None where he does it in his own right (or may not do it at all)."""
    wanted = MOVES[verb].who
    if wanted & _own_relations(person, case, task):
        return None
    return next((m for m in person.stands_for if wanted & _by_mandate(m, person, case, task)), None)


def covers(mandate: Mandate, person: Person, case: ProcessInstance, task: UserTask) -> bool:
    """Whether the mandate reaches this task. Nobody along its chain may be one who must keep away or who began the case."""
    if task.is_vote or {person.id, *mandate.path} & set(task.excluded_ids):
        return False
    if case.started_by in {person.id, *mandate.path[1:]}:
        return False
    if mandate.processes - {case.process_key} or mandate.lines - {(case.variables or {}).get(BUSINESS_LINE)}:
        return False
    if mandate.ceiling is not None and (case.amount is None or case.amount > mandate.ceiling):
        return False
    return mandate.since is None or task.created_at >= mandate.since


def _by_mandate(mandate: Mandate, person: Person, case: ProcessInstance, task: UserTask) -> frozenset[Who]:
    """How the person stands to the task in place of his principal."""
    if not covers(mandate, person, case, task):
        return frozenset()
    named = mandate.principal_id in task.candidate_user_ids or set(mandate.group_ids) & set(task.candidate_group_ids)
    held = task.assignee_id == mandate.principal_id
    return frozenset([_as_holder(task)] * held + [Who.CANDIDATE] * bool(named))


def may(
    verb: Verb, person: Person, case: ProcessInstance, task: UserTask | None = None, setting: Setting = ANYWHERE
) -> bool:
    """Whether the person may do it now; what a verb itself still asks for (a target, a term) its operation checks."""
    move = MOVES[verb]
    if case.state not in move.case_states or not move.who & {Who.READER, *relations(person, case, task, setting)}:
        return False
    if move.switchable and verb in setting.barred:
        return False
    return move.about is About.CASE or (task is not None and _suits(move, task))


def _suits(move: Move, task: UserTask) -> bool:
    """Whether the task is one the verb can be done to."""
    if task.state != TaskState.OPEN or (move.verb is Verb.RELEASE and not has_pool(task)):
        return False
    if move.verb in OF_VOTES and not task.is_vote:
        return False
    if move.verb is Verb.SKIP and (task.is_vote or task.parent_id is not None):
        return False
    if move.verb is Verb.REMOVE_SIGNER and not (task.signer_ids or task.planned_ids):
        return False
    if move.verb in (Verb.WAIT, Verb.CONTINUE) and (task.waiting_since is not None) != (move.verb is Verb.CONTINUE):
        return False
    return move.held is None or move.held == (task.assignee_id is not None)


def has_pool(task: UserTask) -> bool:
    """Whether there is anybody but the holder who could take the task when he gives it back."""
    return bool(task.candidate_group_ids) or len(task.candidate_user_ids) > 1


def verbs(person: Person, case: ProcessInstance, task: UserTask | None, setting: Setting = ANYWHERE) -> frozenset[Verb]:
    """Everything the person may do now."""
    return frozenset(verb for verb in Verb if may(verb, person, case, task, setting))


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
    if task.assignee_id == person.id and person.id not in task.excluded_ids:
        # Who has answered and waits for those after him has acted, though the step has not ended.
        acted = {Who.ACTOR} if task.stage == "after" else set()
        return {_as_holder(task)} | acted | ({Who.CANDIDATE} if is_candidate(person, task) else set())
    return {Who.CANDIDATE} if is_candidate(person, task) else set()


def _as_holder(task: UserTask) -> Who:
    """What holding the task means: to be added, to be asked, to wait for those one has added, or to decide."""
    if task.parent_id is not None:
        return Who.SIGNER
    if task.owner_ids:
        return Who.ASKED
    return Who.ADDER if task.stage else Who.HOLDER


def _vote_relations(person: Person, task: UserTask) -> set[Who]:
    found = set()
    if person.id in task.elector_ids and person.id not in task.excluded_ids:
        found.add(Who.ELECTOR)
    if set(person.group_ids) & set(task.secretary_group_ids or ()):
        found.add(Who.SECRETARY)
    return found
