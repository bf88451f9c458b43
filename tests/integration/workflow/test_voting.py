"""Votes in the committee: changing a ballot, the last ballot, recused members, refusals, what goes on record."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import update

from app.identity.models import User
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.workflow import instances, user_tasks
from app.workflow.committees import ballots, polls
from app.workflow.committees.votes import Choice
from app.workflow.models import TaskState
from tests.integration.workflow.route import CORPORATE, Route, ballots_of, everything, notices_of

A, C, D, N = Choice.AGREE, Choice.CONDITIONAL, Choice.DISAGREE, Choice.ABSTAIN


def cast(route: Route, by: str, choice: str, opinion: str | None = "理由", station: str = "credit_committee"):
    return ballots.cast(
        task_id=route.task(station).id, choice=choice, opinion=opinion, person=route.person(by), now=route.later()
    )


def members(route: Route, station: str = "credit_committee") -> list[str]:
    return [route.staff.by_id[i].username for i in route.task(station).elector_ids]


def refused(route: Route, kind: type[Refusal], act) -> None:
    before = everything()
    with pytest.raises(kind):
        act()
    session.expire_all()
    assert everything() == before


def test_every_member_is_asked_and_told(start):
    route = start().go_to("credit_committee")
    assert set(members(route)) == {"zhengwei", "wangfang", "lvbin", "shiyun", "zhangming"}
    for name in members(route):
        assert "task_assigned" in notices_of(route.person(name).id, route.case.id)


def test_a_vote_is_open_until_it_can_not_be_turned_and_then_closes_itself(start):
    route = start().go_to("credit_committee")
    task = route.task("credit_committee")
    for name in members(route)[:4]:
        assert cast(route, name, A).opened == ()
    done = cast(route, members(route)[4], A)
    assert (task.state, task.outcome) == (TaskState.COMPLETED, "approve")
    assert [t.element_id for t in done.opened] == ["committee_resolution"]
    (event,) = route.events("close_vote")
    assert event.detail["counts"]["agree"] == 5
    assert (event.detail["electorate"], event.detail["quorum"], event.detail["needed"]) == (5, 4, 4)


def test_a_ballot_may_be_changed_while_the_vote_is_open_and_the_old_one_stays_readable(start):
    route = start().go_to("credit_committee")
    task, voter = route.task("credit_committee"), members(route)[0]
    cast(route, voter, D)
    cast(route, voter, A)
    old, new = ballots_of(task.id)
    assert (old.choice, old.void_at is not None, new.choice, new.void_at) == (D, True, A, None)
    for name in members(route)[1:]:
        cast(route, name, A)
    assert task.outcome == "approve"
    assert route.events("close_vote")[0].detail["counts"]["disagree"] == 0


def test_who_has_voted_no_longer_has_it_to_do(start):
    route = start().go_to("credit_committee")
    task, voter = route.task("credit_committee"), members(route)[0]
    cast(route, voter, A)
    assert route.person(voter).id not in task.candidate_user_ids
    assert route.person(voter).id in task.elector_ids


def test_after_the_close_nobody_votes(start):
    route = start().go_to("credit_committee")
    names, task = members(route), route.task("credit_committee")
    for name in names[:4]:
        cast(route, name, D)
    assert task.outcome == "refuse"
    late = lambda: ballots.cast(task_id=task.id, choice=A, opinion="", person=route.person(names[4]), now=route.now)
    refused(route, Conflict, late)


@pytest.mark.parametrize("order", list(itertools.permutations([A, A, A, C, D]))[::17])
def test_the_same_ballots_in_any_order_give_the_same_result(start, order):
    route = start().go_to("credit_committee")
    task = route.task("credit_committee")
    for name, choice in zip(members(route), order, strict=True):
        if task.state == TaskState.OPEN:
            cast(route, name, choice)
    assert task.outcome == "conditional"


@pytest.mark.parametrize("choice", [D, C])
@pytest.mark.parametrize("opinion", [None, "", "  "])
def test_against_and_conditions_need_words(start, choice, opinion):
    route = start().go_to("credit_committee")
    refused(route, Refusal, lambda: cast(route, "lvbin", choice, opinion))


@pytest.mark.parametrize("choice", [A, N])
def test_agreeing_and_abstaining_need_none(start, choice):
    route = start().go_to("credit_committee")
    cast(route, "lvbin", choice, None)


@pytest.mark.parametrize("choice", ["", "yes", "AGREE", "refuse"])
def test_only_the_choices_of_the_ballot_are_taken(start, choice):
    route = start().go_to("credit_committee")
    refused(route, Refusal, lambda: cast(route, "lvbin", choice))


def test_who_has_no_vote_has_none(start):
    route = start().go_to("credit_committee")
    refused(route, Forbidden, lambda: cast(route, "jiangshan", A))
    refused(route, Forbidden, lambda: cast(route, "zhaomin", A))
    refused(route, NotFound, lambda: cast(route, "weina", A))


def test_a_member_who_worked_on_the_case_is_recused_and_not_counted(start):
    route = start().go_to("submission")
    user_tasks.reassign(
        task_id=route.task("submission").id,
        to_username="wangfang",
        reason="代办",
        person=route.person("jiangshan"),
        now=route.later(),
    )
    route.do("submission", by="wangfang")
    route.go_to("credit_committee")
    assert "wangfang" not in members(route)
    assert "tangwei" in members(route), "a deputy steps in"
    refused(route, Forbidden, lambda: cast(route, "wangfang", A))
    register = open_round(route).register
    assert len(register.electors) == 5
    assert register.recused == ((route.person("wangfang").id, "four_eyes"),)
    assert [seat.stands_for for seat in register.seats if seat.role == "deputy"] == [route.person("wangfang").id]


def test_members_who_have_left_are_not_asked(start):
    route = start().go_to("pre_committee_review")
    session.execute(update(User).where(User.username == "zhangming").values(active=False))
    route.go_to("credit_committee")
    assert "zhangming" not in members(route)


def test_a_suspended_vote_stands_still(start):
    route = start().go_to("credit_committee")
    instances.suspend(instance_id=route.case.id, reason="核查", person=route.person("jiangshan"), now=route.now)
    refused(route, Conflict, lambda: cast(route, "lvbin", A))


def test_a_refusal_by_the_committee_goes_on_record_and_ends_the_case(start):
    route = start().go_to("credit_committee")
    route.vote("credit_committee", D, D, D, D)
    route.finish()
    assert (route.case.state, route.case.outcome) == ("completed", "application_refused")


def test_nobody_who_voted_may_do_the_final_approval_where_the_diagram_forbids_it(start):
    route = start(CORPORATE).go_to("risk_committee")
    assert set(members(route, "risk_committee")) == {"shiyun", "zhangming", "kongxiang", "jinpeng"}
    route.finish()
    route.must_be_whole()


def open_round(route: Route) -> polls.Poll:
    found = polls.poll_of(route.task("credit_committee"), route.person("lvbin"))
    assert found is not None
    return found
