"""Adding people to a task and taking them off (加签, 减签): who waits for whom, and what a refusal does."""

from __future__ import annotations

import pytest

from app.kernel.db import session
from app.kernel.errors import Conflict, Refusal
from app.workflow import queries
from app.workflow.committees.votes import Choice
from app.workflow.deploying import definitions
from app.workflow.models import TaskState, UserTask
from app.workflow.rules import Verb
from app.workflow.watching import worklists
from app.workflow.watching.worklists import Filter
from tests.integration.workflow.refusing import refused
from tests.integration.workflow.route import CORPORATE, Route, notices_of
from tests.integration.workflow.saying import saying

HOLDER, ONE, TWO = "xuqing", "hejing", "caoying"
REVIEW = "pre_committee_review"


@pytest.fixture
def review(start) -> Route:
    route = start().go_to(REVIEW)
    route.claim(REVIEW, HOLDER)
    return route


def add(route: Route, place: str, *people: str, by: str = HOLDER) -> None:
    route.act(Verb.ADD_SIGNER, REVIEW, by=by, people=people, place=place, reason="请会签")


def answer(route: Route, who: str, choice: str = "agree") -> None:
    route.act(Verb.ANSWER, route.signer(who), by=who, outcome=choice, note="意见如上")


def rows(route: Route) -> list[UserTask]:
    return [task for task in queries.tasks_of(route.case.id) if task.parent_id is not None]


def test_before_my_task_waits_for_the_added_people_and_then_is_mine_again(review):
    add(review, "before", ONE, TWO)
    refused(Conflict, lambda: review.do(REVIEW, by=HOLDER))
    answer(review, ONE)
    refused(Conflict, lambda: review.do(REVIEW, by=HOLDER))
    answer(review, TWO)
    assert review.task(REVIEW).stage is None
    assert notices_of(review.person(HOLDER).id, review.case.id)[-1] == "signer_answered"
    review.do(REVIEW, by=HOLDER)
    assert review.visits(REVIEW)[0].completed_by == review.person(HOLDER).id
    review.must_be_whole()


def test_after_i_answer_first_then_they_then_the_step_ends(review):
    add(review, "after", ONE, TWO)
    assert rows(review) == []
    review.do(REVIEW, by=HOLDER, opinion="建议同意")
    assert review.stations == [REVIEW]
    answer(review, ONE)
    assert review.stations == [REVIEW]
    answer(review, TWO)
    assert review.stations == ["credit_committee"]
    visit = review.visits(REVIEW)[0]
    assert (visit.completed_by, visit.opinion) == (review.person(HOLDER).id, "建议同意")
    review.must_be_whole()


def test_what_i_answered_before_those_after_me_is_what_decides(review):
    add(review, "after", ONE)
    review.do(REVIEW, "refuse", by=HOLDER, opinion="不符合政策")
    answer(review, ONE)
    assert review.visits(REVIEW)[0].outcome == "refuse"
    assert review.case.variables[f"{REVIEW}_result"] == "refuse"


def test_an_added_person_finds_the_task_in_his_inbox_with_its_deadline(review):
    add(review, "before", ONE)
    found = worklists.todo(review.person(ONE), Filter(), now=review.now).rows
    mine = [row.task for row in found if row.task.instance_id == review.case.id]
    assert [(t.element_id, t.due_at) for t in mine] == [(REVIEW, review.task(REVIEW).due_at)]
    assert queries.may_see(review.person(ONE), review.case)


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_refusal_returns_control_to_who_added_and_whoever_was_still_asked_is_told(review, place):
    add(review, place, ONE, TWO)
    if place == "after":
        review.do(REVIEW, by=HOLDER, opinion="建议同意")
    answer(review, ONE, "disagree")
    task = review.task(REVIEW)
    assert (task.stage, task.signer_ids, task.outcome) == (None, [], None)
    assert {row.cancel_reason for row in rows(review) if row.state == TaskState.CANCELLED} == {"signer_refused"}
    assert "task_cancelled" in notices_of(review.person(TWO).id, review.case.id)
    review.do(REVIEW, by=HOLDER)
    assert review.stations == ["credit_committee"]
    review.must_be_whole()


def test_after_a_refusal_the_holders_answer_is_a_draft_again(review):
    add(review, "after", ONE)
    review.do(REVIEW, by=HOLDER, opinion="建议同意")
    answer(review, ONE, "disagree")
    assert review.task(REVIEW).draft["opinion"] == "建议同意"
    assert "answer" not in review.task(REVIEW).draft


def test_a_refusal_counts_where_the_station_says_so(review):
    step = definitions.load(review.case.definition_id).step(REVIEW)
    with saying(step.moves, signers="count"):
        add(review, "before", ONE)
        answer(review, ONE, "disagree")
    visit = review.visits(REVIEW)[0]
    assert (visit.state, visit.outcome) == (TaskState.COMPLETED, "refuse")
    review.must_be_whole()


def test_an_added_person_who_has_not_answered_can_be_taken_off(review):
    add(review, "before", ONE, TWO)
    review.act(Verb.REMOVE_SIGNER, REVIEW, by=HOLDER, people=(ONE,))
    assert "task_cancelled" in notices_of(review.person(ONE).id, review.case.id)
    assert review.task(REVIEW).stage == "before"
    review.act(Verb.REMOVE_SIGNER, REVIEW, by="jiangshan", people=(TWO,))
    assert review.task(REVIEW).stage is None
    review.do(REVIEW, by=HOLDER)


def test_who_has_answered_is_not_taken_off(review):
    add(review, "before", ONE, TWO)
    answer(review, ONE)
    refused(Refusal, lambda: review.act(Verb.REMOVE_SIGNER, REVIEW, by=HOLDER, people=(ONE,)))


def test_taking_off_the_last_one_after_my_answer_ends_the_step(review):
    add(review, "after", ONE)
    review.do(REVIEW, by=HOLDER)
    review.act(Verb.REMOVE_SIGNER, REVIEW, by=HOLDER, people=(ONE,))
    assert review.stations == ["credit_committee"]
    review.must_be_whole()


def test_people_planned_after_me_can_be_taken_off_before_i_answer(review):
    add(review, "after", ONE)
    review.act(Verb.REMOVE_SIGNER, REVIEW, by=HOLDER, people=(ONE,))
    review.do(REVIEW, by=HOLDER)
    assert review.stations == ["credit_committee"]


def test_more_people_are_added_while_one_waits(review):
    add(review, "before", ONE)
    add(review, "before", TWO)
    add(review, "after", "kongxiang")
    answer(review, ONE)
    answer(review, TWO)
    review.do(REVIEW, by=HOLDER)
    refused(Refusal, lambda: add(review, "before", ONE))
    answer(review, "kongxiang")
    assert review.stations == ["credit_committee"]


@pytest.mark.parametrize(
    ("people", "place"), [((), "before"), (("nobody",), "before"), ((HOLDER,), "before"), ((ONE,), "beside")]
)
def test_whom_and_where_must_make_sense(review, people, place):
    refused(Refusal, lambda: add(review, place, *people))


def test_nobody_is_asked_twice_at_the_same_time(review):
    add(review, "before", ONE)
    refused(Refusal, lambda: add(review, "after", ONE))


def test_an_added_person_says_agree_or_disagree_with_an_opinion(review):
    add(review, "before", ONE)
    task = review.signer(ONE)
    for choice, opinion in (("perhaps", "x"), ("agree", " ")):
        refused(Refusal, lambda c=choice, o=opinion: review.act(Verb.ANSWER, task, by=ONE, outcome=c, note=o))


def test_a_task_and_its_added_people_end_together(review):
    add(review, "before", ONE)
    review.send_back(REVIEW, "intake", by="jiangshan")
    assert {row.state for row in rows(review)} == {TaskState.CANCELLED}
    review.must_be_whole()


def test_an_added_persons_task_is_reassigned_like_any_other(review):
    add(review, "before", ONE)
    review.act(Verb.REASSIGN, review.signer(ONE), by="jiangshan", people=(TWO,))
    assert review.task(REVIEW).signer_ids == [review.person(TWO).id]
    answer(review, TWO)
    review.do(REVIEW, by=HOLDER)


def test_an_added_person_is_no_actor_of_the_step_for_four_eyes(review):
    add(review, "before", ONE)
    answer(review, ONE)
    review.do(REVIEW, by=HOLDER)
    assert review.case.visits[REVIEW]["by"] == [review.person(HOLDER).id]


def test_in_a_vote_an_added_person_is_an_expert_with_an_opinion_and_no_ballot(start):
    route = start().go_to("credit_committee")
    task = route.task("credit_committee")
    member = route.staff.by_id[task.elector_ids[0]].username
    outsider = next(
        name
        for name, person in route.staff.by_name.items()
        if person.id not in task.elector_ids and person.id not in task.excluded_ids and name in ("caoying", "kongxiang")
    )
    route.act(Verb.ADD_SIGNER, task, by=member, people=(outsider,), place="before")
    assert task.stage is None
    refused(Refusal, lambda: route.act(Verb.VOTE, task, by=outsider, outcome="agree"))
    route.act(Verb.ANSWER, route.signer(outsider), by=outsider, outcome="disagree", note="风险偏高")
    assert route.task("credit_committee").elector_ids == task.elector_ids
    route.vote("credit_committee", *[Choice.AGREE] * len(task.candidate_user_ids))
    assert "credit_committee" not in route.stations
    route.must_be_whole()


def test_a_vote_that_closes_does_not_wait_for_its_expert(start):
    route = start().go_to("credit_committee")
    task = route.task("credit_committee")
    member = route.staff.by_id[task.elector_ids[0]].username
    route.act(Verb.ADD_SIGNER, task, by=member, people=("caoying",), place="after")
    route.vote("credit_committee", *[Choice.AGREE] * len(task.candidate_user_ids))
    assert "credit_committee" not in route.stations
    assert [row.state for row in rows(route)] == [TaskState.CANCELLED]
    session.flush()
    route.must_be_whole()


VISIT, CHECK = "corporate_site_visit", "corporate_cross_check"


@pytest.fixture
def branches(start) -> tuple[Route, str, str]:
    """Two stations side by side that must be in different hands, each with its holder."""
    route = start(CORPORATE).go_to(VISIT, CHECK)
    return route, route.holder(VISIT).username, route.holder(CHECK).username


def add_at(route: Route, station: str, place: str, by: str, who: str) -> None:
    route.act(Verb.ADD_SIGNER, station, by=by, people=(who,), place=place, reason="请会签")


def test_who_did_the_other_station_meanwhile_is_not_asked_after_me(branches):
    route, visitor, checker = branches
    add_at(route, VISIT, "after", visitor, checker)
    route.do(CHECK, by=checker)
    route.do(VISIT, by=visitor)
    assert rows(route) == []
    assert route.stations == ["corporate_conclusion"]
    route.must_be_whole()


def test_who_did_the_other_station_meanwhile_need_not_answer_and_the_holder_is_told(branches):
    route, visitor, checker = branches
    add_at(route, VISIT, "before", visitor, checker)
    route.do(CHECK, by=checker)
    (row,) = rows(route)
    assert (row.state, row.cancel_reason) == (TaskState.CANCELLED, "signer_removed")
    assert notices_of(route.person(visitor).id, route.case.id)[-1] == "signer_answered"
    route.do(VISIT, by=visitor)
    assert route.stations == ["corporate_conclusion"]
    route.must_be_whole()
