"""The table of moves: every verb × relation × state of the case × held or not, against a table written by hand."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime

import pytest

from app.identity.rules import Person, permissions_of
from app.workflow import engine, rules
from app.workflow.engine.steps import OPTIONAL_MOVES
from app.workflow.models import CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.rules import Setting, Verb, Who

POOL, ME, OTHER = 7, 1, 2
# What anybody may do who may see the case, which is asked elsewhere.
READING = {Verb.COPY, Verb.COMMENT}
MORNING = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
# verb: who may, in which states of the case, with the task held (h), free (f), either (hf) or no task at all (-)
BY_HAND = {
    "claim": ("candidate", "active", "f"),
    "release": ("holder supervisor", "active", "h"),
    "save_draft": ("holder", "active", "h"),
    "complete": ("holder", "active", "h"),
    "send_back": ("holder supervisor", "active", "hf"),
    "reassign": ("supervisor", "active", "hf"),
    "transfer": ("holder", "active", "h"),
    "delegate": ("holder", "active", "h"),
    "answer": ("-", "active", "h"),
    "resolve": ("-", "active", "h"),
    "add_signer": ("holder", "active", "h"),
    "remove_signer": ("-", "active", "h"),
    "skip": ("supervisor", "active", "hf"),
    "withdraw": ("-", "active", "-"),
    "recall": ("initiator", "active", "-"),
    "urge": ("initiator supervisor", "active", "-"),
    "jump": ("supervisor", "active", "-"),
    "wait": ("holder supervisor", "active", "hf"),
    "continue": ("holder supervisor", "active", "hf"),
    "suspend": ("supervisor", "active", "-"),
    "resume": ("supervisor", "suspended", "-"),
    "terminate": ("supervisor", "active suspended", "-"),
    "give_up": ("initiator", "active", "-"),
    "retry": ("supervisor", "active", "-"),
    "reconsider": ("initiator", "completed", "-"),
    "look_again": ("supervisor", "active", "-"),
    "restore": ("supervisor", "active", "-"),
}


def a_person(*, number: int = ME, groups: tuple[int, ...] = (), roles: tuple[str, ...] = ("staff",)) -> Person:
    return Person(number, f"u{number}", "某", None, roles, permissions_of(roles), groups, "en")


def a_case(state: CaseState = CaseState.ACTIVE, started_by: int = OTHER) -> ProcessInstance:
    return ProcessInstance(state=state, started_by=started_by)


def a_task(**said) -> UserTask:
    usual = {
        "state": TaskState.OPEN,
        "assignee_id": None,
        "candidate_group_ids": [POOL],
        "candidate_user_ids": [],
        "excluded_ids": [],
        "elector_ids": [],
        "is_vote": False,
    }
    return UserTask(**{**usual, **said})


def standing(who: str) -> tuple[Person, ProcessInstance]:
    person = a_person(
        groups=(POOL,) if who == "candidate" else (), roles=("supervisor",) if who == "supervisor" else ("staff",)
    )
    return person, a_case(started_by=ME if who == "initiator" else OTHER)


CELLS = [
    (verb, who, state, held)
    for verb, who, state, held in itertools.product(
        BY_HAND, ("candidate", "holder", "initiator", "supervisor", "stranger"), CaseState, (True, False)
    )
    if not (who == "holder" and not held)
]


@pytest.mark.parametrize(("verb", "who", "state", "held"), CELLS)
def test_every_cell_of_the_table_is_as_written_by_hand(verb: str, who: str, state: CaseState, held: bool) -> None:
    people, states, task_states = BY_HAND[verb]
    person, case = standing(who)
    case.state = state
    waits = MORNING if verb == "continue" else None
    task = a_task(assignee_id=(ME if who == "holder" else OTHER) if held else None, waiting_since=waits)
    expected = who in people.split() and state in states.split() and (task_states == "-" or "fh"[held] in task_states)
    assert rules.may(Verb(verb), person, case, task) is expected


def test_every_verb_but_voting_is_in_the_table_written_by_hand() -> None:
    assert set(Verb) - rules.OF_VOTES - {*READING} == set(BY_HAND)


def test_what_waits_is_continued_and_what_does_not_may_wait() -> None:
    both, running = {Verb.WAIT, Verb.CONTINUE}, a_task(assignee_id=ME)
    waiting = a_task(assignee_id=ME, waiting_since=MORNING)
    assert rules.verbs(a_person(), a_case(), running) & both == {Verb.WAIT}
    assert rules.verbs(a_person(), a_case(), waiting) & both == {Verb.CONTINUE}


@pytest.mark.parametrize("state", list(CaseState))
def test_only_electors_vote_and_only_while_the_case_is_at_work(state: CaseState) -> None:
    task = a_task(is_vote=True, candidate_group_ids=[], elector_ids=[ME], candidate_user_ids=[ME])
    may = rules.may(Verb.VOTE, a_person(), a_case(state), task)
    assert may is (state == CaseState.ACTIVE)
    assert not rules.may(Verb.VOTE, a_person(number=OTHER), a_case(state), task)


def test_a_vote_is_neither_claimed_nor_completed_nor_drafted_by_an_elector() -> None:
    task = a_task(is_vote=True, elector_ids=[ME], candidate_user_ids=[ME], assignee_id=None)
    assert rules.verbs(a_person(groups=(POOL,)), a_case(), task) == {
        Verb.VOTE,
        Verb.RECUSE,
        Verb.SEND_BACK,
        Verb.ADD_SIGNER,
        *READING,
    }


def test_the_secretary_closes_and_excuses_and_does_not_vote() -> None:
    task = a_task(is_vote=True, elector_ids=[OTHER], candidate_user_ids=[OTHER], secretary_group_ids=[POOL])
    assert rules.verbs(a_person(groups=(POOL,)), a_case(), task) == {Verb.CLOSE_VOTE, Verb.RECUSE, *READING}
    assert rules.verbs(a_person(), a_case(), task) == {*READING}


def test_the_verbs_of_votes_are_for_votes_only() -> None:
    task = a_task(elector_ids=[ME], secretary_group_ids=[POOL])
    person = a_person(groups=(POOL,), roles=("staff", "supervisor"))
    assert not rules.OF_VOTES & rules.verbs(person, a_case(), task)


def test_a_recused_member_has_no_part_in_the_vote() -> None:
    task = a_task(is_vote=True, elector_ids=[ME], candidate_user_ids=[ME], excluded_ids=[ME])
    assert rules.verbs(a_person(), a_case(), task) == READING


@pytest.mark.parametrize("state", [TaskState.COMPLETED, TaskState.CANCELLED])
def test_nothing_is_done_with_a_task_that_is_not_open(state: TaskState) -> None:
    task = a_task(state=state, assignee_id=ME)
    of_tasks = {verb for verb, move in rules.MOVES.items() if move.about is rules.About.TASK}
    assert not of_tasks & rules.verbs(a_person(roles=("staff", "supervisor")), a_case(), task)


def test_four_eyes_keep_a_member_of_the_pool_from_claiming() -> None:
    assert not rules.may(Verb.CLAIM, a_person(groups=(POOL,)), a_case(), a_task(excluded_ids=[ME]))


def test_four_eyes_keep_even_the_holder_from_completing() -> None:
    assert not rules.may(Verb.COMPLETE, a_person(), a_case(), a_task(assignee_id=ME, excluded_ids=[ME]))


def test_what_came_by_name_is_not_released_for_nobody_would_have_it() -> None:
    task = a_task(assignee_id=ME, candidate_group_ids=[], candidate_user_ids=[ME])
    assert not rules.may(Verb.RELEASE, a_person(), a_case(), task)


def test_who_may_not_work_on_cases_has_no_relation_to_a_task_even_in_its_pool() -> None:
    auditor = a_person(groups=(POOL,), roles=("auditor",))
    assert rules.relations(auditor, a_case(), a_task(assignee_id=ME)) == frozenset()


def test_the_initiator_is_known_without_a_task() -> None:
    assert rules.relations(a_person(), a_case(started_by=ME), None) == {Who.INITIATOR}


def a_step(element_id: str, *four_eyes: str) -> engine.Step:
    return engine.Step(element_id, "p", {"en": element_id}, four_eyes=four_eyes)


STEPS = {"visit": a_step("visit"), "check": a_step("check", "visit"), "close": a_step("close", "check")}


def test_four_eyes_hold_whichever_of_the_two_steps_is_done_first() -> None:
    assert rules.apart_from("check", STEPS) == {"visit", "close"}
    assert rules.apart_from("visit", STEPS) == {"check"}


def test_everybody_who_did_a_step_that_must_be_in_other_hands_is_kept_away_once() -> None:
    visits = {"visit": {"n": 2, "by": [5, 3]}, "close": {"n": 1, "by": [3]}, "else": {"n": 1, "by": [9]}}
    assert rules.excluded(rules.apart_from("check", STEPS), visits) == [3, 5]


def test_who_was_asked_for_an_opinion_may_give_it_or_ask_further_but_not_decide() -> None:
    task = a_task(assignee_id=ME, owner_ids=[OTHER])
    assert rules.verbs(a_person(), a_case(), task) == {Verb.RESOLVE, Verb.DELEGATE, *READING}


def test_who_waits_for_people_he_added_may_change_who_they_are_and_nothing_else() -> None:
    task = a_task(assignee_id=ME, stage="before", signer_ids=[OTHER])
    assert rules.verbs(a_person(), a_case(), task) == {Verb.ADD_SIGNER, Verb.REMOVE_SIGNER, *READING}


def test_an_added_person_answers_and_nothing_else() -> None:
    task = a_task(
        assignee_id=ME, parent_id=uuid.uuid4(), place="before", candidate_group_ids=[], candidate_user_ids=[ME]
    )
    assert rules.verbs(a_person(), a_case(), task) == {Verb.ANSWER, *READING}


@pytest.mark.parametrize("verb", sorted(v for v, move in rules.MOVES.items() if move.switchable))
def test_what_the_analyst_bars_nobody_may(verb: Verb) -> None:
    task, everything = a_task(assignee_id=ME), a_person(roles=("staff", "supervisor"))
    case = a_case(started_by=ME)
    case.visits = {"intake": {"n": 1, "by": [ME]}}
    assert rules.may(verb, everything, case, task)
    assert not rules.may(verb, everything, case, task, Setting(barred=frozenset({verb})))


def test_the_owner_of_the_process_and_the_final_approver_may_terminate() -> None:
    setting = Setting(owner_group_id=POOL, final_steps=frozenset({"final"}))
    assert rules.may(Verb.TERMINATE, a_person(groups=(POOL,)), a_case(), None, setting)
    assert not rules.may(Verb.TERMINATE, a_person(), a_case(), None, setting)
    deciding = a_task(assignee_id=ME, element_id="final")
    assert rules.may(Verb.TERMINATE, a_person(), a_case(), deciding, setting)
    decided = a_case()
    decided.visits = {"final": {"n": 1, "by": [ME]}}
    assert rules.may(Verb.TERMINATE, a_person(), decided, None, setting)


def test_a_vote_and_an_added_persons_task_are_never_skipped() -> None:
    chief = a_person(roles=("supervisor",))
    for task in (a_task(is_vote=True), a_task(parent_id=uuid.uuid4(), assignee_id=OTHER)):
        assert not rules.may(Verb.SKIP, chief, a_case(), task)


def test_the_moves_an_analyst_may_bar_are_those_the_diagram_knows() -> None:
    assert {str(v) for v, move in rules.MOVES.items() if move.switchable} == OPTIONAL_MOVES
