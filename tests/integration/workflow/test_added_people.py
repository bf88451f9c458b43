"""Adding people to a task and taking them off (加签, 减签): who waits for whom, and what a refusal does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.audit.operations import SYSTEM
from app.identity import queries as people
from app.identity.models import Substitution, User
from app.kernel.db import session
from app.kernel.errors import Conflict, Refusal
from app.workflow import cases, queries, user_tasks
from app.workflow.assigning import assignment, handover
from app.workflow.clocks import escalation
from app.workflow.committees.votes import Choice
from app.workflow.deploying import definitions
from app.workflow.models import TaskState, UserTask
from app.workflow.moves import returns, signers
from app.workflow.recording import Act
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


# --- the task changes hands while others are asked


def answered(review: Route, *people: str) -> UserTask:
    """The holder has answered; these people are asked after him."""
    add(review, "after", *people)
    review.do(REVIEW, "refuse", by=HOLDER, opinion="不符合政策")
    return review.task(REVIEW)


def test_an_answer_that_waits_is_void_once_the_task_is_somebody_elses(review):
    task = answered(review, TWO, "kongxiang")
    answer(review, TWO)
    review.act(Verb.REASSIGN, task, by="jiangshan", people=(ONE,))
    assert (task.stage, task.signer_ids, task.assignee_id) == (None, [], review.person(ONE).id)
    assert "answer" not in task.draft
    assert set(task.planned_ids) == {review.person(TWO).id, review.person("kongxiang").id}, "they are asked again, both"
    assert notices_of(review.person("kongxiang").id, review.case.id)[-1] == "task_cancelled"
    review.do(REVIEW, "approve", by=ONE, opinion="可行")
    for who in (TWO, "kongxiang"):
        answer(review, who)
    assert review.stations == ["credit_committee"]
    visit = review.visits(REVIEW)[0]
    assert (visit.completed_by, visit.outcome) == (review.person(ONE).id, "approve")
    review.must_be_whole()


def test_a_task_given_back_to_its_pool_while_it_waits_is_never_completed_by_an_added_person(review):
    task = answered(review, TWO)
    review.act(Verb.RELEASE, task, by="jiangshan")
    assert (task.stage, task.assignee_id, task.planned_ids) == (None, None, [review.person(TWO).id])
    review.claim(REVIEW, ONE)
    review.do(REVIEW, by=ONE)
    answer(review, TWO)
    assert review.case.visits[REVIEW]["by"] == [review.person(ONE).id]


def test_who_gets_the_task_is_not_asked_about_it_beside_that(review):
    add(review, "before", ONE, TWO)
    add(review, "after", "kongxiang")
    review.act(Verb.REASSIGN, REVIEW, by="jiangshan", people=(ONE,))
    task = review.task(REVIEW)
    assert (task.stage, task.signer_ids) == ("before", [review.person(TWO).id])
    answer(review, TWO)
    assert (task.stage, task.planned_ids) == (None, [review.person("kongxiang").id])
    review.do(REVIEW, by=ONE)
    answer(review, "kongxiang")
    assert review.stations == ["credit_committee"]


def test_a_task_is_not_transferred_to_whom_the_holder_wants_to_ask_after_himself(review):
    add(review, "after", ONE)
    refused(Refusal, lambda: review.act(Verb.TRANSFER, REVIEW, by=HOLDER, people=(ONE,)))


@pytest.mark.parametrize("to", [HOLDER, TWO])
def test_an_added_persons_task_is_not_given_to_somebody_who_has_a_part_in_it_already(review, to):
    add(review, "before", ONE, TWO)
    said = refused(Refusal, lambda: review.act(Verb.REASSIGN, review.signer(ONE), by="jiangshan", people=(to,)))
    assert "part in this task" in str(said)


def test_a_refusal_before_me_leaves_those_whom_i_want_to_ask_after_me(review):
    add(review, "before", ONE)
    add(review, "after", TWO)
    answer(review, ONE, "disagree")
    task = review.task(REVIEW)
    assert (task.stage, task.planned_ids) == (None, [review.person(TWO).id])
    review.do(REVIEW, by=HOLDER)
    answer(review, TWO)
    assert review.stations == ["credit_committee"]


@pytest.mark.parametrize("whose", ["task", "row"])
def test_what_a_leaver_held_among_added_people_goes_on_with_his_successor(review, whose):
    add(review, "before", TWO)
    leaver = HOLDER if whose == "task" else TWO
    row = handover.begin(
        from_id=review.person(leaver).id,
        to_username=ONE if whose == "task" else "kongxiang",
        reason="离职",
        leaves=False,
        person=review.person("jiangshan"),
        now=review.later(),
    )
    session.flush()
    handover.advance(hand_over_id=row.id, now=review.later())
    session.flush()
    asked = TWO if whose == "task" else "kongxiang"
    assert review.task(REVIEW).signer_ids == [review.person(asked).id], "the task knows whom it waits for"
    answer(review, asked)
    assert review.task(REVIEW).stage is None
    review.do(REVIEW, by=ONE if whose == "task" else HOLDER)
    assert review.stations == ["credit_committee"]
    review.must_be_whole()
    assignment.forget()


def test_a_deputy_who_relieves_an_added_person_answers_in_his_place(review):
    add(review, "before", TWO)
    row = review.signer(TWO)
    session.execute(update(User).where(User.username == TWO).values(superior_id=review.person("kongxiang").id))
    session.expire_all()
    held = cases.hold_task(row.id)
    act = Act("hand_to_deputy", SYSTEM, review.later(), row, detail={"link": 1})
    escalation.ACTS["deputy"](held, act, before=False)
    session.flush()
    assert review.task(REVIEW).signer_ids == [review.person("kongxiang").id]
    answer(review, "kongxiang")
    review.do(REVIEW, by=HOLDER)


def test_an_answer_given_for_somebody_and_kept_says_so_and_keeps_both_from_what_four_eyes_bar(review):
    window = {"from_at": review.now - timedelta(days=1), "until_at": review.now + timedelta(days=9)}
    principal, deputy = review.person(HOLDER), review.person("caoying")
    session.add(Substitution(principal_id=principal.id, deputy_id=deputy.id, created_at=review.now, **window))
    session.flush()
    add(review, "after", "kongxiang")
    standing_in = people.standing(deputy, review.now)
    user_tasks.complete(
        task_id=review.task(REVIEW).id,
        answer=user_tasks.Answer(outcome="approve", opinion="代审同意", values=review.usual(REVIEW)),
        person=standing_in,
        now=review.later(),
    )
    answer(review, "kongxiang")
    visit = review.visits(REVIEW)[0]
    assert (visit.completed_by, visit.completed_for) == (deputy.id, principal.id)
    assert review.case.visits[REVIEW]["by"] == [deputy.id, principal.id]


def test_a_counted_refusal_that_leads_elsewhere_stands_on_record(review):
    step = definitions.load(review.case.definition_id).step(REVIEW)
    refusal = next(o for o in step.outcomes if o.kind == "refuse")
    with saying(step.moves, signers="count"), saying(refusal, then="initiator"):
        add(review, "before", ONE)
        answer(review, ONE, "disagree")
    visit = review.visits(REVIEW)[0]
    assert (visit.outcome, visit.superseded_at, visit.completed_by) == ("refuse", None, review.person(ONE).id)
    assert review.stations == ["intake"]
    review.must_be_whole()


def test_what_was_kept_for_those_after_me_is_not_paid_out_while_a_condition_is_open(review, monkeypatch):
    step = definitions.load(review.case.definition_id).step(REVIEW)
    add(review, "after", ONE)
    review.do(REVIEW, by=HOLDER)
    monkeypatch.setattr(signers.conditions, "unmet", lambda _case_id: ["opened again"])
    with saying(step, conditions="met"):
        answer(review, ONE)
    task = review.task(REVIEW)
    assert (task.stage, task.assignee_id, task.outcome) == (None, review.person(HOLDER).id, None)
    assert "answer" not in task.draft


def test_the_price_of_a_return_names_everybody_who_would_be_told(review):
    add(review, "before", TWO)
    cost = returns.price(cases.hold_task(review.task(REVIEW).id), "intake")
    assert set(cost.informed) == {review.person(HOLDER).name, review.person(TWO).name}
