"""Waiting for the customer: who may, what stops, what goes on, what is told and refused; on the operations, pages and REST."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.kernel.working_time import Calendar
from app.workflow import instances, rules
from app.workflow.clocks import clock_words, deadlines
from app.workflow.deploying import definitions
from app.workflow.moves import waiting
from app.workflow.rules import Verb
from tests.integration.workflow.route import everything

HOUR = timedelta(hours=1)


def test_the_clock_stands_still_and_goes_on_with_exactly_what_was_left(start):
    route = start().go_to("routing")
    task, holder = route.task("routing"), route.holder("routing")
    route.later(timedelta(minutes=47, microseconds=1))
    waiting.wait(task_id=task.id, reason="请客户补充流水", person=holder, now=route.now)
    left = task.due_left
    assert (task.due_at, task.chain_at, task.waiting_since) == (None, None, route.now)
    assert left == 4 * HOUR - Calendar().between(task.created_at, route.now)
    route.later(timedelta(days=9, hours=3))
    waiting.go_on(task_id=task.id, reason="已收到", person=holder, now=route.now)
    assert (task.due_left, task.due_from, task.waiting_since) == (left, route.now, None)
    assert task.due_at == Calendar().shift(route.now, left)


def test_both_acts_are_events_with_the_reason(start):
    route = start().go_to("routing")
    task, holder = route.task("routing"), route.holder("routing")
    waiting.wait(task_id=task.id, reason="请客户补充流水", person=holder, now=route.later())
    waiting.go_on(task_id=task.id, reason="已收到", person=holder, now=route.later())
    assert [(e.comment, e.actor_id) for e in route.events("wait")] == [("请客户补充流水", holder.id)]
    assert [(e.comment, e.actor_id) for e in route.events("continue")] == [("已收到", holder.id)]
    route.must_be_whole()


@pytest.mark.parametrize(
    ("by", "kind"), [("zhaomin", Forbidden), ("hanmei", NotFound), ("xieqian", NotFound), ("jiangshan", None)]
)
def test_only_the_holder_and_supervisors_may(start, by, kind):
    route = start().go_to("routing")
    route.holder("routing")
    before = everything()
    if kind is None:
        waiting.wait(task_id=route.task("routing").id, reason="核实", person=route.person(by), now=route.later())
        return
    with pytest.raises((kind, NotFound, Forbidden)):
        waiting.wait(task_id=route.task("routing").id, reason="核实", person=route.person(by), now=route.later())
    assert everything() == before


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_reason_is_needed(start, reason):
    route = start().go_to("routing")
    holder = route.holder("routing")
    with pytest.raises(Refusal, match="reason"):
        waiting.wait(task_id=route.task("routing").id, reason=reason, person=holder, now=route.later())


def test_what_waits_can_not_wait_again_and_what_runs_can_not_continue(start):
    route = start().go_to("routing")
    task, holder = route.task("routing"), route.holder("routing")
    with pytest.raises(waiting.NotWaiting):
        waiting.go_on(task_id=task.id, reason="x", person=holder, now=route.later())
    waiting.wait(task_id=task.id, reason="x", person=holder, now=route.later())
    with pytest.raises(waiting.NotWaiting):
        waiting.wait(task_id=task.id, reason="x", person=holder, now=route.later())


def test_the_table_of_verbs_offers_one_of_the_two(start):
    route = start().go_to("routing")
    task, holder = route.task("routing"), route.holder("routing")
    both = {Verb.WAIT, Verb.CONTINUE}
    assert rules.verbs(holder, route.case, task) & both == {Verb.WAIT}
    waiting.wait(task_id=task.id, reason="x", person=holder, now=route.later())
    assert rules.verbs(holder, route.case, task) & both == {Verb.CONTINUE}
    assert rules.verbs(route.person("zhaomin"), route.case, task) & both == set()


def test_in_a_suspended_case_nobody_waits_and_resuming_does_not_end_the_waiting(start):
    route = start().go_to("routing")
    task, holder, boss = route.task("routing"), route.holder("routing"), route.person("jiangshan")
    waiting.wait(task_id=task.id, reason="x", person=holder, now=route.later())
    left = task.due_left
    instances.suspend(instance_id=route.case.id, reason="核查", person=boss, now=route.later(HOUR))
    with pytest.raises(Conflict):
        waiting.go_on(task_id=task.id, reason="x", person=holder, now=route.later())
    instances.resume(instance_id=route.case.id, reason="完", person=boss, now=route.later(HOUR))
    assert (task.due_at, task.due_left) == (None, left)
    waiting.go_on(task_id=task.id, reason="x", person=holder, now=route.later())
    assert task.due_at == Calendar().shift(route.now, left)


def test_the_holder_may_finish_a_task_that_waits(start):
    route = start().go_to("routing")
    task, holder = route.task("routing"), route.holder("routing")
    waiting.wait(task_id=task.id, reason="x", person=holder, now=route.later())
    route.do("routing")
    assert task.state == "completed"


def test_a_station_that_waits_for_the_customer_begins_with_its_clock_still(start):
    route = start()
    for _ in range(30):
        if "retail_face_signing" in route.stations:
            break
        route.step(route.open()[0])
    task = route.task("retail_face_signing")
    assert (task.due_at, task.due_left, task.waiting_since is not None) == (None, 8 * HOUR, True)
    holder = route.holder("retail_face_signing")
    waiting.go_on(task_id=task.id, reason="客户已到场", person=holder, now=route.later())
    assert task.due_at == Calendar().shift(route.now, 8 * HOUR)


def test_the_words_say_what_is_left_since_when_it_waits_and_since_when_it_is_overdue(start, bank):
    route = start().go_to("routing")
    task, case = route.task("routing"), route.case
    with bank.app.test_request_context("/"):
        assert clock_words.due(task, case, route.now).shown == "剩余 4 小时"
        late = task.due_at + timedelta(days=1, hours=1)
        shown = clock_words.due(task, case, late)
        assert (shown.state, shown.shown) == ("overdue", "逾期 1 个工作日 1 小时")
        assert "起逾期" in shown.absolute
        soon = clock_words.due(task, case, task.due_at - timedelta(minutes=20))
        assert (soon.state, soon.shown) == ("soon", "剩余 20 分钟")
        deadlines.stop(task, Calendar(), route.later())
        task.waiting_since = route.now
        shown = clock_words.due(task, case, route.now + timedelta(days=30))
        assert (shown.state, shown.shown) == ("waiting", "等待客户中 · 剩余 3 小时 59 分钟")


def test_the_page_says_what_comes_next_and_when(start, bank):
    route = start().go_to("routing")
    task, case = route.task("routing"), route.case
    step = definitions.load(case.definition_id).step("routing")
    with bank.app.test_request_context("/"):
        assert clock_words.what_comes_next(task, step, case) == "组长将于 2026-03-02 12:31 收到提醒"
        task.chain_done = 2
        assert clock_words.what_comes_next(task, step, case).startswith("主管将于 ")
        task.chain_done = 5
        assert clock_words.what_comes_next(task, step, case) == ""
