"""Chains after a due date, on the credit route: who is told and when, who gets the task, and that nothing comes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.audit import queries as audit
from app.audit.models import case_chain
from app.bank_calendar import queries as bank_calendar
from app.identity.models import Group, Membership, Substitution, User
from app.kernel.db import session
from app.notifications.models import Notice
from app.workflow import instances, queries, user_tasks
from app.workflow.clocks import escalation
from app.workflow.committees import ballots
from app.workflow.moves import waiting
from tests.integration.workflow.route import notices_of

NOON = datetime(2026, 2, 27, 4, tzinfo=UTC)
ROUTING = ["remind", "remind", "remind_superior", "hand_to_deputy", "hand_to_supervisors"]


def run_chain(route, element_id="routing", links=1):
    """Let time pass until so many more links of the task's chain have been carried out."""
    for _ in range(links):
        task = route.task(element_id)
        assert task.chain_at is not None, "the chain has come to its end"
        route.now = task.chain_at
        escalation.carry_out(task_id=task.id, now=route.now)
        session.flush()
    return route.task(element_id)


def verbs(route):
    return [e.verb for e in escalated(route)]


def escalated(route):
    found = [e for verb in dict.fromkeys(ROUTING) for e in route.events(verb)]
    return sorted(found, key=lambda event: event.seq)


def told(route, number=-1):
    """User names of those whom a link told."""
    return sorted(route.staff.by_id[i].username for i in escalated(route)[number].detail["told"])


def head_of(task):
    return session.get(Group, task.candidate_group_id).head_id


def test_a_pool_is_reminded_at_its_head_who_gets_the_task_in_the_end(start):
    route = start().go_to("routing")
    task = route.task("routing")
    head = head_of(task)
    run_chain(route)
    assert notices_of(head, route.case.id)[-1] == "task_due_soon"
    run_chain(route)
    assert notices_of(head, route.case.id)[-1] == "task_overdue"
    run_chain(route, links=2)
    assert task.assignee_id == head
    assert notices_of(head, route.case.id)[-1] == "task_handed_to_deputy"
    run_chain(route)
    assert (task.escalated_at, task.assignee_id, task.chain_at) == (route.now, head, None)
    assert verbs(route) == ROUTING


def test_every_link_is_an_event_an_audit_entry_and_a_notice(start):
    route = start().go_to("routing")
    before = audit.verify(case_chain(route.case.id))[0]
    run_chain(route, links=5)
    assert [e.detail["link"] for e in escalated(route)] == [1, 2, 3, 4, 5]
    assert audit.verify(case_chain(route.case.id)) == (before + 5, [])
    notices = session.scalars(select(Notice).where(Notice.case_id == route.case.id, Notice.params.has_key("link")))
    by_link = {notice.params["link"] for notice in notices}
    assert by_link == {1, 2, 3, 4, 5}
    route.must_be_whole()


def test_a_holder_is_reminded_then_his_superior_then_somebody_relieves_him(start):
    route = start().go_to("routing")
    holder = route.holder("routing")
    session.execute(update(User).where(User.id == holder.id).values(superior_id=route.person("jiangshan").id))
    session.expire_all()
    run_chain(route, links=2)
    assert told(route) == [holder.username]
    run_chain(route)
    assert told(route) == ["jiangshan"]
    task = run_chain(route)
    assert task.assignee_id not in (holder.id, None)
    assert notices_of(holder.id, route.case.id)[-1] == "task_taken_by_deputy"
    assert queries.may_see(holder, route.case), "he is told of a case he can't open"


def test_over_a_superior_who_has_left_the_next_one_is_told(start):
    route = start().go_to("routing")
    holder, gone, over = route.holder("routing"), route.person("xuqing"), route.person("jiangshan")
    session.execute(update(User).where(User.id == holder.id).values(superior_id=gone.id))
    session.execute(update(User).where(User.id == gone.id).values(superior_id=over.id, active=False))
    session.expire_all()
    run_chain(route, links=3)
    assert told(route) == ["jiangshan"]


def test_superiors_in_a_circle_end_with_the_supervisors(start):
    route = start().go_to("routing")
    holder, gone = route.holder("routing"), route.person("xuqing")
    session.execute(update(User).where(User.id == holder.id).values(superior_id=gone.id))
    session.execute(update(User).where(User.id == gone.id).values(superior_id=holder.id, active=False))
    session.expire_all()
    run_chain(route, links=3)
    assert [e.verb for e in escalated(route)][-1] == "remind_superior"
    assert told(route)


def test_who_did_a_step_that_must_be_in_other_hands_never_becomes_the_deputy(start):
    route = start().go_to("routing")
    task = route.task("routing")
    head = head_of(task)
    task.excluded_ids = [head]
    holder = route.holder("routing")
    session.execute(update(User).where(User.id == holder.id).values(superior_id=head))
    session.expire_all()
    task = run_chain(route, links=4)
    assert task.assignee_id == holder.id
    event = escalated(route)[-1]
    assert (event.verb, event.detail["to_user"]) == ("hand_to_deputy", None)
    assert {route.staff.by_id[i].username for i in event.detail["told"]} >= {"jiangshan"}


def test_the_initiator_never_becomes_the_deputy_of_his_own_case(start):
    route = start().go_to("routing")
    task = route.task("routing")
    session.execute(update(Group).where(Group.id == task.candidate_group_id).values(head_id=route.case.started_by))
    session.expire_all()
    task = run_chain(route, links=4)
    assert task.assignee_id is None


def stands_in(route, principal, deputy, **scope):
    """The deputy is named for the whole year."""
    window = {"from_at": route.now - timedelta(days=9), "until_at": route.now + timedelta(days=99)}
    row = Substitution(principal_id=principal.id, deputy_id=deputy.id, created_at=route.now, **{**window, **scope})
    session.add(row)
    session.flush()


def test_a_substitute_relieves_before_the_head(start):
    route = start().go_to("routing")
    holder, deputy = route.holder("routing"), route.person("xuqing")
    stands_in(route, holder, deputy)
    task = run_chain(route, links=4)
    assert task.assignee_id == deputy.id
    assert notices_of(holder.id, route.case.id)[-1] == "task_taken_by_deputy"


@pytest.mark.parametrize(
    "scope",
    [
        {"ceiling": 1000},
        {"process_key": "expense_declaration"},
        {"until_at": NOON, "from_at": NOON - timedelta(days=1)},
    ],
    ids=["over his ceiling", "for another process", "whose window is over"],
)
def test_a_substitute_who_may_not_stand_in_here_is_passed_over(start, scope):
    route = start().go_to("routing")
    holder, deputy = route.holder("routing"), route.person("xuqing")
    stands_in(route, holder, deputy, **scope)
    assert run_chain(route, links=4).assignee_id not in (deputy.id, holder.id)


def test_a_vote_reminds_only_those_who_have_not_voted_and_has_no_deputy(start):
    route = start().go_to("credit_committee")
    task = route.task("credit_committee")
    voter = route.staff.by_id[task.candidate_user_ids[0]]
    ballots.cast(task_id=task.id, choice="agree", opinion="理由充分。", person=voter, now=route.later())
    run_chain(route, "credit_committee")
    assert voter.username not in told(route)
    assert len(told(route)) == len(task.elector_ids) - 1
    run_chain(route, "credit_committee", links=3)
    assert verbs(route) == ["remind", "remind", "remind_superior", "hand_to_supervisors"]
    assert (task.state, task.outcome, task.assignee_id) == ("open", None, None)


def test_a_pool_without_a_head_is_reminded_at_its_members(start):
    route = start().go_to("routing")
    task = route.task("routing")
    session.execute(update(Group).where(Group.id == task.candidate_group_id).values(head_id=None))
    session.expire_all()
    run_chain(route)
    members = session.scalars(select(Membership.user_id).where(Membership.group_id == task.candidate_group_id))
    assert {route.person(name).id for name in told(route)} == set(members) - set(task.excluded_ids)


def test_no_link_comes_twice_however_often_it_is_carried_out(start):
    route = start().go_to("routing")
    run_chain(route)
    task = route.task("routing")
    for _ in range(3):
        escalation.carry_out(task_id=task.id, now=route.now)
    assert verbs(route) == ["remind"]


def test_a_clock_set_back_after_a_link_does_not_bring_it_again(start):
    route = start().go_to("routing")
    task = run_chain(route)
    for jump in (-timedelta(days=2), timedelta(minutes=1), -timedelta(hours=5)):
        escalation.carry_out(task_id=task.id, now=route.now + jump)
        assert escalation.next_link(route.now + jump) != task.id
    assert verbs(route) == ["remind"]


def test_the_chain_ends_with_the_visit_and_a_new_visit_has_a_new_one(start):
    route = start().go_to("assignment")
    first = route.visits("routing")[0]
    assert first.state == "completed"
    escalation.carry_out(task_id=first.id, now=route.now + timedelta(days=30))
    assert verbs(route) == []
    route.send_back("assignment", "routing")
    again = route.task("routing")
    assert (again.chain_done, again.due_from) == (0, route.now)
    assert escalation.next_link(again.chain_at - timedelta(seconds=1)) is None
    assert escalation.next_link(again.chain_at) == again.id


def test_a_case_that_is_ended_or_stopped_reminds_nobody(start):
    route = start().go_to("routing")
    task = route.task("routing")
    due = task.chain_at
    boss = route.person("jiangshan")
    instances.suspend(instance_id=route.case.id, reason="核查", person=boss, now=route.later())
    assert escalation.next_link(due + timedelta(days=9)) is None
    escalation.carry_out(task_id=task.id, now=due + timedelta(days=9))
    instances.resume(instance_id=route.case.id, reason="完", person=boss, now=route.later())
    instances.terminate(instance_id=route.case.id, reason="客户放弃", person=boss, now=route.later())
    session.flush()
    assert escalation.next_link(due + timedelta(days=9)) is None
    escalation.carry_out(task_id=task.id, now=due + timedelta(days=9))
    assert verbs(route) == []


def test_a_task_that_waits_for_the_customer_reminds_nobody_and_goes_on_where_it_was(start):
    route = start().go_to("routing")
    run_chain(route, links=1)
    task, holder = route.task("routing"), route.holder("routing")
    waiting.wait(task_id=task.id, reason="等客户补流水", person=holder, now=route.later())
    session.flush()
    left = task.chain_left
    route.later(timedelta(days=20))
    assert escalation.next_link(route.now) is None
    waiting.go_on(task_id=task.id, reason="流水已补", person=holder, now=route.later())
    assert task.chain_at == bank_calendar.calendar().shift(route.now, left)
    run_chain(route)
    assert verbs(route) == ["remind", "remind"]


def test_no_chain_ever_answers_for_anybody(start):
    route = start().go_to("routing")
    run_chain(route, links=5)
    task = route.task("routing")
    assert (task.state, task.outcome, task.completed_by) == ("open", None, None)
    assert route.stations == ["routing"]


def test_only_what_is_due_is_claimed_and_the_longest_due_comes_first(start):
    routes = [start().go_to("routing") for _ in range(3)]
    tasks = [route.task("routing") for route in routes]
    for task, minutes in zip(tasks, (30, 10, 20), strict=True):
        task.chain_at += timedelta(minutes=minutes)
    session.flush()
    base = routes[0].task("routing").chain_at - timedelta(minutes=30)
    assert escalation.next_link(base + timedelta(minutes=5)) is None
    assert escalation.next_link(base + timedelta(minutes=40)) == tasks[1].id


@pytest.mark.parametrize("link", range(5))
def test_a_link_that_is_refused_leaves_nothing_behind_and_comes_again(start, monkeypatch, link):
    route = start().go_to("routing")
    run_chain(route, links=link)
    task = route.task("routing")
    session.flush()

    def broken(*_args, **_more):
        raise RuntimeError("the power went off")

    monkeypatch.setattr(escalation.recording, "record", broken)
    with pytest.raises(RuntimeError), session.begin_nested():
        escalation.carry_out(task_id=task.id, now=task.chain_at)
    monkeypatch.undo()
    session.expire_all()
    assert route.task("routing").chain_done == link
    monkeypatch.setattr(user_tasks.documents, "missing_types", lambda *_: ())
    run_chain(route)
    assert verbs(route) == ROUTING[: link + 1]
