"""Withdraw (撤回) by the one who just acted, recall (撤销) by the initiator, terminate (终止): until when, and what is left."""

from __future__ import annotations

import pytest

from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.workflow import user_tasks
from app.workflow.committees.votes import Choice
from app.workflow.deploying import definitions
from app.workflow.models import TaskState
from app.workflow.moves import hands, withdrawals
from app.workflow.rules import Verb
from app.workflow.user_tasks import Answer
from tests.integration.workflow.refusing import refused
from tests.integration.workflow.route import CORPORATE, Route, notices_of
from tests.integration.workflow.saying import saying

REVIEW = "pre_committee_review"


def compiled(route: Route):
    return definitions.load(route.case.definition_id).compiled


def did(route: Route, element: str) -> str:
    """Who did a station last."""
    return route.staff.by_id[route.visits(element)[-1].completed_by].username


@pytest.fixture
def submitted(start) -> Route:
    """The officer has just submitted; two reviewers could claim it."""
    return start().go_to(REVIEW)


def take_back(route: Route, by: str, reason: str = "填错金额") -> None:
    route.act(Verb.WITHDRAW, by=by, reason=reason)


def test_what_one_has_just_done_is_taken_back_while_nobody_has_acted(submitted):
    officer = did(submitted, "submission")
    take_back(submitted, officer)
    assert submitted.stations == ["submission"]
    assert submitted.task("submission").assignee_id == submitted.person(officer).id
    submitted.must_be_whole()


def test_the_withdrawn_act_stays_on_record(submitted):
    officer = did(submitted, "submission")
    opinion = submitted.visits("submission")[0].opinion
    take_back(submitted, officer)
    old, new = submitted.visits("submission")
    assert (old.state, old.opinion, old.superseded_at) == (TaskState.COMPLETED, opinion, submitted.now)
    assert new.draft["opinion"] == opinion
    (event,) = submitted.events("withdraw")
    assert (event.comment, event.detail["to"]) == ("填错金额", "submission")


def test_a_reason_is_required_to_take_back(submitted):
    refused(Refusal, lambda: take_back(submitted, did(submitted, "submission"), " "))


def test_claiming_does_not_bar_it_and_who_loses_the_task_is_told(submitted):
    submitted.claim(REVIEW, "xuqing")
    take_back(submitted, did(submitted, "submission"))
    assert notices_of(submitted.person("xuqing").id, submitted.case.id)[-1] == "task_cancelled"
    assert submitted.visits(REVIEW)[0].cancel_reason == "withdrawn"


def test_not_after_the_successor_has_acted(submitted):
    officer = did(submitted, "submission")
    submitted.do(REVIEW)
    refused(Conflict, lambda: take_back(submitted, officer))


def test_not_after_the_successor_has_saved_a_draft(submitted):
    submitted.claim(REVIEW, "xuqing")
    user_tasks.save_draft(
        task_id=submitted.task(REVIEW).id,
        answer=Answer(opinion="在看"),
        person=submitted.person("xuqing"),
        now=submitted.later(),
    )
    refused(Conflict, lambda: take_back(submitted, did(submitted, "submission")))


def test_not_after_the_successor_has_handed_the_task_over(submitted):
    submitted.claim(REVIEW, "xuqing")
    hands.delegate(
        task_id=submitted.task(REVIEW).id,
        to_username="hejing",
        reason="请看",
        person=submitted.person("xuqing"),
        now=submitted.later(),
    )
    refused(Conflict, lambda: take_back(submitted, did(submitted, "submission")))


def test_not_after_somebody_opened_it_where_the_process_says_so(submitted):
    officer = did(submitted, "submission")
    with saying(compiled(submitted).customs, withdraw="opened"):
        assert withdrawals.may_withdraw(submitted.case, submitted.person(officer))
        submitted.task(REVIEW).opened_at = submitted.now
        session.flush()
        refused(Conflict, lambda: take_back(submitted, officer))
    take_back(submitted, officer)


def test_never_where_the_process_says_so(submitted):
    with saying(compiled(submitted).customs, withdraw="never"):
        refused(Forbidden, lambda: take_back(submitted, did(submitted, "submission")))
    with saying(compiled(submitted).steps["submission"].moves, barred=("withdraw",)):
        refused(Forbidden, lambda: take_back(submitted, did(submitted, "submission")))


def test_never_after_a_vote_closed(start):
    route = start().go_to("credit_committee")
    reviewer = did(route, REVIEW)
    route.vote("credit_committee", *[Choice.AGREE] * len(route.task("credit_committee").candidate_user_ids))
    said = refused(Conflict, lambda: take_back(route, reviewer))
    assert "vote" in str(said)


def test_not_while_a_vote_has_ballots(start):
    route = start().go_to("credit_committee")
    route.vote("credit_committee", Choice.AGREE)
    refused(Conflict, lambda: take_back(route, did(route, REVIEW)))


def test_never_after_an_automatic_step_wrote_outside(submitted, monkeypatch):
    officer = did(submitted, "submission")
    passed = next(element for event in submitted.events("complete")[-1:] for element in event.passed)
    monkeypatch.setitem(compiled(submitted).__dict__, "outside", {passed: None})
    said = refused(Conflict, lambda: take_back(submitted, officer))
    assert "outside" in str(said)


def test_somebody_elses_act_is_not_mine_to_take_back(submitted):
    refused(Conflict, lambda: take_back(submitted, "zhaomin"))
    refused(NotFound, lambda: take_back(submitted, "sunli"))
    refused(Refusal, lambda: take_back(submitted, "jiangshan"))


def test_in_a_branch_only_its_own_step_is_taken_back(start):
    route = start(CORPORATE).go_to("corporate_site_visit", "corporate_cross_check")
    visitor = route.holder("corporate_site_visit").username
    route.do("corporate_site_visit")
    before = route.task("corporate_cross_check").id
    take_back(route, visitor)
    assert route.stations == ["corporate_cross_check", "corporate_site_visit"]
    assert route.task("corporate_cross_check").id == before
    route.must_be_whole()


def test_taken_back_after_a_straight_return_it_goes_straight_back_again(start):
    route = start().go_to(REVIEW)
    route.claim(REVIEW, "xuqing")
    route.send_back(REVIEW, "retail_document_check", "straight")
    officer = route.holder("retail_document_check").username
    route.do("retail_document_check")
    assert route.stations == [REVIEW]
    take_back(route, officer)
    assert route.stations == ["retail_document_check"]
    route.do("retail_document_check")
    assert route.stations == [REVIEW]
    route.must_be_whole()


def test_a_page_offers_it_exactly_while_it_is_possible(submitted):
    officer = submitted.person(did(submitted, "submission"))
    assert withdrawals.may_withdraw(submitted.case, officer)
    submitted.do(REVIEW)
    assert not withdrawals.may_withdraw(submitted.case, officer)
    assert not withdrawals.may_withdraw(submitted.case, submitted.person("jiangshan"))


@pytest.fixture
def answered(start) -> Route:
    """The reviewer has answered; two people are asked after her."""
    route = start().go_to(REVIEW)
    route.claim(REVIEW, "xuqing")
    route.act(Verb.ADD_SIGNER, REVIEW, by="xuqing", people=("caoying", "kongxiang"), place="after")
    route.do(REVIEW, "refuse", by="xuqing", opinion="不符合政策")
    return route


def test_an_answer_that_waits_for_those_after_me_is_taken_back_while_none_of_them_has_begun(answered):
    assert withdrawals.may_withdraw(answered.case, answered.person("xuqing"))
    take_back(answered, "xuqing")
    task = answered.task(REVIEW)
    assert (task.stage, task.signer_ids, task.draft["opinion"]) == (None, [], "不符合政策")
    assert notices_of(answered.person("caoying").id, answered.case.id)[-1] == "task_cancelled"
    answered.do(REVIEW, "approve", by="xuqing", opinion="同意")
    for who in ("caoying", "kongxiang"):
        answered.act(Verb.ANSWER, answered.signer(who), by=who, outcome="agree", note="可")
    assert answered.stations == ["credit_committee"], "they were asked again, after the new answer"
    answered.must_be_whole()


def test_not_once_one_of_those_after_me_has_answered(answered):
    answered.act(Verb.ANSWER, answered.signer("caoying"), by="caoying", outcome="agree", note="可")
    refused(Conflict, lambda: take_back(answered, "xuqing"))
    assert not withdrawals.may_withdraw(answered.case, answered.person("xuqing"))


# --- recall


def test_a_recall_puts_the_case_back_to_the_initiators_draft(start):
    route = start().go_to("submission")
    route.act(Verb.RECALL, by="zhaomin", reason="客户改了金额")
    assert route.stations == ["intake"]
    assert route.task("intake").assignee_id == route.person("zhaomin").id
    assert route.events("recall")[0].comment == "客户改了金额"
    assert all(visit.superseded_at for visit in route.visits("routing"))
    route.must_be_whole()


def test_a_recall_is_possible_until_the_review_before_the_committee(submitted):
    refused(Conflict, lambda: submitted.act(Verb.RECALL, by="zhaomin"))


def test_the_analyst_may_mark_another_station_or_none_or_never(submitted):
    customs = compiled(submitted).customs
    with saying(customs, recall="never"):
        refused(Forbidden, lambda: submitted.act(Verb.RECALL, by="zhaomin"))
    with saying(customs, recall="routing"):
        refused(Conflict, lambda: submitted.act(Verb.RECALL, by="zhaomin"))
    with saying(customs, recall="always"):
        submitted.act(Verb.RECALL, by="zhaomin")
    assert submitted.stations == ["intake"]


def test_a_case_that_came_back_before_the_limit_can_be_recalled_again(submitted):
    submitted.send_back(REVIEW, "submission", by="jiangshan")
    submitted.act(Verb.RECALL, by="zhaomin")
    assert submitted.stations == ["intake"]


def test_only_the_initiator_recalls_and_only_what_has_left_his_desk(start):
    route = start()
    refused(Refusal, lambda: route.act(Verb.RECALL, by="zhaomin"))
    route.go_to("routing")
    for other in ("jiangshan", "zhouyan"):
        refused(Forbidden, lambda other=other: route.act(Verb.RECALL, by=other))
    refused(Refusal, lambda: route.act(Verb.RECALL, by="zhaomin", reason=""))


def test_a_recall_forgets_who_was_waiting_for_whom(start):
    route = start().go_to("submission")
    route.send_back("submission", "assignment", "straight")
    assert route.case.returns
    route.act(Verb.RECALL, by="zhaomin")
    assert route.case.returns == []
    route.do("intake")
    assert route.stations == ["routing"]


# --- terminate


def test_terminate_ends_the_case_with_all_that_is_inside_it(start):
    route = start(CORPORATE).go_to("corporate_site_visit", "corporate_cross_check")
    route.act(Verb.TERMINATE, by="jiangshan", reason="客户涉诉")
    assert (route.case.state, route.stations) == ("cancelled", [])
    assert route.events("terminate")[0].comment == "客户涉诉"
    route.must_be_whole()


def test_the_owner_of_the_process_terminates(start):
    route = start().go_to(REVIEW)
    refused(NotFound, lambda: route.act(Verb.TERMINATE, by="caoying"))
    with saying(compiled(route).customs, owner="accounting"):
        refused(Refusal, lambda: route.act(Verb.TERMINATE, by="caoying", reason=""))
        route.act(Verb.TERMINATE, by="caoying")
    assert route.case.state == "cancelled"


def test_the_final_approver_terminates(start, monkeypatch):
    route = start().go_to(REVIEW)
    route.claim(REVIEW, "xuqing")
    monkeypatch.setitem(compiled(route).__dict__, "final_steps", frozenset({REVIEW}))
    refused(Forbidden, lambda: route.act(Verb.TERMINATE, by="zhaomin"))
    route.act(Verb.TERMINATE, by="xuqing")
    assert route.case.state == "cancelled"


def test_an_added_persons_task_ends_with_the_case(start):
    route = start().go_to(REVIEW)
    route.claim(REVIEW, "xuqing")
    route.act(Verb.ADD_SIGNER, REVIEW, by="xuqing", people=("caoying",), place="before")
    route.act(Verb.TERMINATE, by="jiangshan")
    assert route.open() == []
    assert notices_of(route.person("caoying").id, route.case.id)[-1] == "task_cancelled"
