"""Transfer (转办), delegate (委派) and reassign: whose the task is, to whom it comes back, whose answer counts."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.identity.models import User
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.workflow import queries, user_tasks
from app.workflow.assigning import assignment
from app.workflow.deploying import definitions
from app.workflow.models import CaseEvent
from app.workflow.rules import Verb
from tests.integration.workflow.refusing import refused
from tests.integration.workflow.route import CORPORATE, Route, notices_of
from tests.integration.workflow.saying import saying

FIRST, SECOND, THIRD = "xuqing", "hejing", "caoying"
REVIEW = "pre_committee_review"


@pytest.fixture
def review(start) -> Route:
    """A case before the committee, held by the first of two reviewers."""
    route = start().go_to(REVIEW)
    route.claim(REVIEW, FIRST)
    return route


def holder(route: Route) -> str:
    return route.staff.by_id[route.task(REVIEW).assignee_id].username


def last_event(route: Route, verb: str) -> CaseEvent:
    return route.events(verb)[-1]


def test_a_transfer_hands_over_the_duty(review):
    review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=(SECOND,), reason="出差")
    assert holder(review) == SECOND
    refused(Conflict, lambda: review.do(REVIEW, by=FIRST))
    review.do(REVIEW, by=SECOND)
    assert review.visits(REVIEW)[0].completed_by == review.person(SECOND).id
    review.must_be_whole()


def test_a_transfer_is_on_record_with_its_reason_and_the_new_holder_is_told(review):
    review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=(SECOND,), reason="出差")
    event = last_event(review, "transfer")
    first, second = review.person(FIRST).id, review.person(SECOND).id
    assert (event.actor_id, event.comment, event.detail) == (first, "出差", {"from_user": first, "to_user": second})
    assert notices_of(second, review.case.id) == ["transferred"]


@pytest.mark.parametrize("reason", ["", "  "])
@pytest.mark.parametrize("verb", [Verb.TRANSFER, Verb.DELEGATE])
def test_handing_over_needs_a_reason(review, verb, reason):
    refused(Refusal, lambda: review.act(verb, REVIEW, by=FIRST, people=(SECOND,), reason=reason))


def test_a_transfer_goes_only_to_those_who_may_do_the_task(review):
    said = refused(Refusal, lambda: review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=("caoying",)))
    assert "曹颖" in str(said)
    refused(NotFound, lambda: review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=("nobody",)))
    refused(Refusal, lambda: review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=("xieqian",)))
    refused(Refusal, lambda: review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=(FIRST,)))


def test_a_transfer_respects_four_eyes(start):
    route = start(CORPORATE).go_to("corporate_cross_check")
    officer = route.facts.officer
    said = refused(Refusal, lambda: route.act(Verb.TRANSFER, "corporate_cross_check", by="chuliang", people=(officer,)))
    assert "four eyes" in str(said)


def test_who_transferred_a_task_never_gets_it_back_that_way(review):
    review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=(SECOND,))
    said = refused(Refusal, lambda: review.act(Verb.TRANSFER, REVIEW, by=SECOND, people=(FIRST,)))
    assert "许青" in str(said)
    assert review.task(REVIEW).handed_by == [review.person(FIRST).id]


def test_who_transferred_a_task_still_sees_the_case(review):
    review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=(SECOND,))
    assert queries.may_see(review.person(FIRST), review.case)


def test_only_the_holder_transfers(review):
    for other in (SECOND, "jiangshan", "zhaomin"):
        refused(Refusal, lambda other=other: review.act(Verb.TRANSFER, REVIEW, by=other, people=(SECOND,)))


def test_a_colleague_who_has_left_gets_nothing(review):
    session.execute(update(User).where(User.username == SECOND).values(active=False))
    for verb in (Verb.TRANSFER, Verb.DELEGATE):
        refused(NotFound, lambda verb=verb: review.act(verb, REVIEW, by=FIRST, people=(SECOND,)))


def test_an_opinion_asked_for_comes_back_to_who_asked(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(THIRD,), reason="请看抵押物")
    assert holder(review) == THIRD
    review.act(Verb.RESOLVE, REVIEW, by=THIRD, note="抵押物足值")
    assert holder(review) == FIRST
    assert last_event(review, "resolve").comment == "抵押物足值"
    assert notices_of(review.person(FIRST).id, review.case.id)[-1] == "resolved"
    review.must_be_whole()


def test_only_the_holders_own_answer_counts(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(SECOND,))
    said = refused(Conflict, lambda: review.do(REVIEW, by=SECOND))
    assert "许青" in str(said)
    refused(Conflict, lambda: review.do(REVIEW, by=FIRST))
    review.act(Verb.RESOLVE, REVIEW, by=SECOND, note="可以")
    review.do(REVIEW, by=FIRST)
    assert review.visits(REVIEW)[0].completed_by == review.person(FIRST).id
    assert review.case.visits[REVIEW]["by"] == [review.person(FIRST).id]


def test_nested_opinions_come_back_one_by_one(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(SECOND,))
    review.act(Verb.DELEGATE, REVIEW, by=SECOND, people=(THIRD,))
    seen = [holder(review)]
    for who in (THIRD, SECOND):
        review.act(Verb.RESOLVE, REVIEW, by=who, note="同意")
        seen.append(holder(review))
    assert seen == [THIRD, SECOND, FIRST]
    assert review.task(REVIEW).owner_ids == []


def test_nobody_is_asked_who_waits_for_the_opinion_himself(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(SECOND,))
    refused(Refusal, lambda: review.act(Verb.DELEGATE, REVIEW, by=SECOND, people=(FIRST,)))
    refused(Refusal, lambda: review.act(Verb.DELEGATE, REVIEW, by=SECOND, people=(SECOND,)))


def test_who_was_asked_may_neither_transfer_nor_release_nor_send_back_nor_add_people(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(SECOND,))
    for verb in (Verb.TRANSFER, Verb.RELEASE, Verb.ADD_SIGNER, Verb.SAVE_DRAFT):
        refused(Refusal, lambda verb=verb: review.act(verb, REVIEW, by=SECOND, people=(THIRD,), place="before"))
    refused(Forbidden, lambda: review.send_back(REVIEW, "intake", by=SECOND))


def test_an_opinion_is_never_empty(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(SECOND,))
    refused(Refusal, lambda: review.act(Verb.RESOLVE, REVIEW, by=SECOND, note=" "))


def test_where_the_one_who_asked_has_left_the_task_goes_to_who_asked_him(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(SECOND,))
    review.act(Verb.DELEGATE, REVIEW, by=SECOND, people=(THIRD,))
    session.execute(update(User).where(User.username == SECOND).values(active=False))
    session.expire_all()
    review.act(Verb.RESOLVE, REVIEW, by=THIRD, note="同意")
    assert holder(review) == FIRST


def test_where_everybody_who_asked_has_left_the_task_is_back_in_its_pool(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(THIRD,))
    session.execute(update(User).where(User.username == FIRST).values(active=False))
    session.expire_all()
    review.act(Verb.RESOLVE, REVIEW, by=THIRD, note="同意")
    assert review.task(REVIEW).assignee_id is None
    review.claim(REVIEW, SECOND)


def test_a_reassigned_task_is_the_new_holders_whoever_had_delegated_it(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(THIRD,))
    review.act(Verb.REASSIGN, REVIEW, by="jiangshan", people=(SECOND,), reason="休假")
    assert review.task(REVIEW).owner_ids == []
    for old in (FIRST, THIRD):
        refused(Conflict, lambda old=old: review.do(REVIEW, by=old))
    review.do(REVIEW, by=SECOND)
    assert "task_reassigned" in notices_of(review.person(FIRST).id, review.case.id)


def test_a_returned_case_comes_back_to_who_is_answerable_not_to_who_was_asked(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(THIRD,))
    review.send_back(REVIEW, "submission", "straight", by="jiangshan")
    review.do("submission")
    assert holder(review) == FIRST


def test_two_who_hand_the_same_task_over_at_once_do_not_both_succeed(review):
    review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=(SECOND,))
    said = refused(Conflict, lambda: review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(THIRD,)))
    assert "何静" in str(said)


def test_a_draft_goes_with_the_task(review):
    user_tasks.save_draft(
        task_id=review.task(REVIEW).id,
        answer=user_tasks.Answer(opinion="写了一半"),
        person=review.person(FIRST),
        now=review.later(),
    )
    review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=(SECOND,))
    assert review.task(REVIEW).draft["opinion"] == "写了一半"


# --- reassign: the supervisor's transfer


def test_a_task_is_reassigned_only_to_those_the_diagram_names(review):
    said = refused(Refusal, lambda: review.act(Verb.REASSIGN, REVIEW, by="jiangshan", people=(THIRD,)))
    assert "曹颖" in str(said)
    review.act(Verb.REASSIGN, REVIEW, by="jiangshan", people=(SECOND,))
    assert holder(review) == SECOND


def test_where_the_station_lets_a_task_go_to_anyone_it_is_reassigned_so_too(review):
    moves = definitions.load(review.case.definition_id).step(REVIEW).moves
    with saying(moves, transfer_to="anyone"):
        review.act(Verb.REASSIGN, REVIEW, by="jiangshan", people=(THIRD,))
    assert holder(review) == THIRD


def test_where_nobody_of_the_pool_is_left_a_supervisor_gives_it_to_somebody_else(review):
    session.execute(update(User).where(User.username == SECOND).values(active=False))
    assignment.forget()
    review.act(Verb.REASSIGN, REVIEW, by="jiangshan", people=(THIRD,))
    assert holder(review) == THIRD
    assignment.forget()


def test_a_supervisor_claims_for_somebody_of_the_pool(start):
    route = start().go_to(REVIEW)
    assert route.task(REVIEW).assignee_id is None
    route.act(Verb.REASSIGN, REVIEW, by="jiangshan", people=(SECOND,), reason="请何静办理")
    assert holder(route) == SECOND
    refused(Conflict, lambda: route.claim(REVIEW, FIRST))
    assert last_event(route, "reassign").detail["from_user"] is None
    route.do(REVIEW, by=SECOND)


def test_a_supervisor_claims_for_nobody_without_a_reason_and_for_nobody_outside_the_pool(start):
    route = start().go_to(REVIEW)
    for people, reason in (((SECOND,), " "), ((THIRD,), "代领")):
        act = lambda p=people, r=reason: route.act(Verb.REASSIGN, REVIEW, by="jiangshan", people=p, reason=r)
        refused(Refusal, act)


def test_who_lost_a_task_reads_the_case_he_is_told_of(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(THIRD,))
    review.act(Verb.REASSIGN, REVIEW, by="jiangshan", people=(SECOND,))
    for who in (FIRST, THIRD):
        assert queries.may_see(review.person(who), review.case), who


def test_the_chain_of_hands_is_kept(review):
    review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=(SECOND,), reason="出差")
    review.act(Verb.DELEGATE, REVIEW, by=SECOND, people=(THIRD,), reason="请看")
    review.act(Verb.RESOLVE, REVIEW, by=THIRD, note="可以")
    hands = [event for event in queries.events_of(review.case.id) if "to_user" in event.detail]
    chain = [(event.verb, event.detail.get("from_user"), event.detail["to_user"]) for event in hands]
    ids = {name: review.person(name).id for name in (FIRST, SECOND, THIRD)}
    assert chain == [
        ("transfer", ids[FIRST], ids[SECOND]),
        ("delegate", ids[SECOND], ids[THIRD]),
        ("resolve", None, ids[SECOND]),
    ]


def test_a_task_that_was_delegated_is_transferred_only_once_it_has_come_back(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(THIRD,))
    for who in (FIRST, THIRD):
        refused(Refusal, lambda who=who: review.act(Verb.TRANSFER, REVIEW, by=who, people=(SECOND,)))
    review.act(Verb.RESOLVE, REVIEW, by=THIRD, note="可以")
    review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=(SECOND,))
    assert holder(review) == SECOND


def test_a_transferred_task_that_is_released_is_not_handed_back_to_who_gave_it_away(review):
    review.act(Verb.TRANSFER, REVIEW, by=FIRST, people=(SECOND,))
    review.act(Verb.RELEASE, REVIEW, by=SECOND)
    review.claim(REVIEW, SECOND)
    refused(Refusal, lambda: review.act(Verb.TRANSFER, REVIEW, by=SECOND, people=(FIRST,)))


def test_whoever_loses_a_task_because_a_supervisor_gave_it_back_is_told(review):
    review.act(Verb.DELEGATE, REVIEW, by=FIRST, people=(THIRD,))
    review.act(Verb.RELEASE, REVIEW, by="jiangshan")
    for who in (FIRST, THIRD):
        assert notices_of(review.person(who).id, review.case.id)[-1] == "task_reassigned", who
        assert queries.may_see(review.person(who), review.case), who


def test_who_releases_his_own_task_tells_nobody(review):
    review.act(Verb.RELEASE, REVIEW, by=FIRST)
    assert "task_reassigned" not in notices_of(review.person(FIRST).id, review.case.id)
