"""Cases as a whole: start, numbers, suspend, resume, cancel, withdraw, retry, incidents, copies, timers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app import worker
from app.audit.operations import SYSTEM
from app.identity.models import Group, Membership
from app.kernel.db import session, transaction
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.kernel.working_time import Calendar
from app.workflow import instances, queries, registry, user_tasks
from app.workflow.assigning import assignment
from app.workflow.deploying import definitions
from app.workflow.models import CaseState, CaseTimer, Incident, ProcessInstance, TaskState
from app.workflow.moves import copies
from app.workflow.moves.move_models import Copy
from app.workflow.rules import MOVES, Verb
from tests.integration.workflow.route import Route, everything, notices_of

HOUR = timedelta(hours=1)


def refused(route: Route, kind: type[Refusal], act) -> Refusal:
    before = everything()
    with pytest.raises(kind) as caught:
        act()
    session.expire_all()
    assert everything() == before
    return caught.value


def act(route: Route, operation, by: str = "jiangshan", reason: str = "核查"):
    case = operation(instance_id=route.case.id, reason=reason, person=route.person(by), now=route.later())
    session.flush()
    return case


# --- start


def test_a_case_begins_with_its_number_and_its_first_task_on_the_desk_of_who_began_it(start):
    route = start()
    assert route.case.number.startswith("CA-2026-")
    task = route.task("intake")
    assert (task.assignee_id, task.round) == (route.person("zhaomin").id, 1)
    assert route.case.branch_id == route.person("zhaomin").branch_id
    assert [event.verb for event in queries.events_of(route.case.id)] == ["start"]
    route.must_be_whole()


def test_numbers_count_per_process_and_year_of_the_bank(start):
    first, second = start(), start()
    assert int(second.case.number[-6:]) == int(first.case.number[-6:]) + 1
    new_year = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    late = instances.start(key="credit_application", person=first.person("zhaomin"), now=new_year)
    assert late.number == "CA-2027-000001"


def test_a_process_that_is_not_there_can_not_be_started(start):
    route = start()
    with pytest.raises(NotFound):
        instances.start(key="no_such_process", person=route.person("zhaomin"), now=route.now)


def test_two_who_begin_at_once_get_two_numbers_that_follow_each_other(bank, staff):
    numbers: list[str] = []

    def begin() -> None:
        with transaction():
            case = instances.start(
                key="expense_declaration", person=staff.by_name["zhaomin"], now=datetime(2031, 5, 5, tzinfo=UTC)
            )
            numbers.append(case.number)

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"ED-2031-{n:06d}" for n in range(1, 7)]


# --- suspend and resume


@pytest.mark.parametrize("verb", ["claim", "complete", "draft", "release", "give_up", "reassign"])
def test_nobody_acts_on_a_suspended_case(start, verb):
    route = start().go_to("routing")
    task = route.task("routing")
    if verb != "claim":
        route.claim("routing", "zhouyan")
    act(route, instances.suspend)
    person, supervisor, now = route.person("zhouyan"), route.person("jiangshan"), route.now
    answer = user_tasks.Answer("route", values={})
    verbs = {
        "claim": lambda: user_tasks.claim(task_id=task.id, person=person, now=now),
        "complete": lambda: user_tasks.complete(task_id=task.id, answer=answer, person=person, now=now),
        "draft": lambda: user_tasks.save_draft(task_id=task.id, answer=answer, person=person, now=now),
        "release": lambda: user_tasks.release(task_id=task.id, person=person, now=now),
        "give_up": lambda: act(route, instances.give_up, by="zhaomin"),
        "reassign": lambda: user_tasks.reassign(
            task_id=task.id, to_username="wulei", reason="休假", person=supervisor, now=now
        ),
    }
    assert "suspended" in str(refused(route, Conflict, verbs[verb]))


NO_MATTER = frozenset({Verb.RESUME, Verb.TERMINATE, Verb.COPY, Verb.COMMENT})


@pytest.mark.parametrize("station", ["routing", "credit_committee"])
def test_no_verb_of_the_table_moves_a_suspended_case_whoever_presses(start, station):
    assert {verb for verb, move in MOVES.items() if CaseState.SUSPENDED in move.case_states} == NO_MATTER
    route = start().go_to(station)
    if station == "routing":
        route.claim("routing", "zhouyan")
    act(route, instances.suspend)
    task = route.task(station)
    said = {"people": ("wulei",), "target": "intake", "place": "before", "outcome": "agree", "reason_code": "other"}
    before = everything()
    for verb in sorted(set(MOVES) - NO_MATTER):
        for by in ("zhouyan", "lvbin", "songyan", "zhaomin", "jiangshan"):
            with pytest.raises(Refusal):
                route.act(verb, task, by=by, note="x", **said)
    session.expire_all()
    assert everything() == before


def test_a_case_that_stood_still_goes_on_with_exactly_the_working_time_it_had_left(start):
    route = start().go_to("routing")
    before = left(route)
    stopped = act(route, instances.suspend) and route.now
    assert route.task("routing").due_at is None
    had = left(route)
    route.later(HOUR * 30)
    act(route, instances.resume)
    assert left(route) == had == before - Calendar().between(route.task("routing").created_at, stopped)
    assert route.task("routing").due_at == Calendar().shift(route.now, had)


def test_a_copy_sent_meanwhile_does_not_shorten_the_time_a_case_stood_still(start):
    route = start().go_to("routing")
    act(route, instances.suspend)
    had = left(route)
    route.later(HOUR * 10)
    copies.copy_to(instance_id=route.case.id, usernames=["xuqing"], person=route.person("jiangshan"), now=route.later())
    act(route, instances.resume)
    assert left(route) == had


def test_a_second_suspension_takes_only_the_time_that_ran_in_between(start):
    route = start().go_to("routing")
    for _ in range(3):
        had, since = left(route), route.task("routing").due_from
        act(route, instances.suspend)
        assert left(route) == had - Calendar().between(since, route.now)
        route.later(HOUR * 5)
        act(route, instances.resume)


def left(route):
    return route.task("routing").due_left


@pytest.mark.parametrize(
    ("operation", "by", "kind"),
    [
        (instances.suspend, "zhaomin", Forbidden),
        (instances.terminate, "zhaomin", Forbidden),
        (instances.give_up, "jiangshan", Forbidden),
        (instances.suspend, "hanmei", NotFound),
        (instances.give_up, "hanmei", NotFound),
        (instances.resume, "jiangshan", Conflict),
    ],
)
def test_each_act_on_a_case_is_for_its_people_in_its_state(start, operation, by, kind):
    route = start().go_to("routing")
    refused(route, kind, lambda: act(route, operation, by=by))


@pytest.mark.parametrize("operation", [instances.suspend, instances.terminate])
def test_acts_on_a_case_need_a_reason(start, operation):
    route = start()
    refused(route, Refusal, lambda: act(route, operation, reason="  "))


# --- the end


@pytest.mark.parametrize(
    ("operation", "by", "state"),
    [(instances.terminate, "jiangshan", "cancelled"), (instances.give_up, "zhaomin", "withdrawn")],
)
def test_an_ended_case_has_no_tasks_and_takes_none(start, operation, by, state):
    route = start().go_to("routing")
    holder = route.holder("routing")
    task = route.task("routing")
    case = act(route, operation, by=by)
    assert (case.state, case.outcome, case.stations, case.ended_at) == (state, state, [], route.now)
    assert (task.state, task.cancel_reason) == (TaskState.CANCELLED, state)
    assert notices_of(holder.id, case.id)[-1] == "task_cancelled"
    refused(route, Conflict, lambda: act(route, operation, by=by))
    route.must_be_whole()


def test_the_end_that_the_case_reached_is_its_outcome(start):
    route = start().finish()
    assert (route.case.state, route.case.outcome) == ("completed", "approved")
    assert notices_of(route.person("zhaomin").id, route.case.id)[-1] == "case_decided"
    route.must_be_whole()


# --- incidents


def test_nobody_found_is_an_incident_that_a_supervisor_mends_by_reassigning(start):
    route = start().go_to("submission")
    session.execute(update(Group).where(Group.key == "credit_committee").values(head_id=None))
    assignment.forget()
    route.go_to("committee_resolution")
    task = route.task("committee_resolution")
    assert (route.case.has_incident, task.assignee_id) == (True, None)
    (incident,) = queries.incidents_of(route.case.id)
    assert incident.message["zh_Hans"] == "该任务找不到办理人，请主管改派。"
    user_tasks.reassign(
        task_id=task.id, to_username="lvbin", reason="补派", person=route.person("jiangshan"), now=route.later()
    )
    assert (route.case.has_incident, queries.incidents_of(route.case.id)) == (False, [])
    route.do("committee_resolution", by="lvbin")
    assignment.forget()


def test_an_incident_is_over_when_its_task_is_gone(start):
    route = start().go_to("submission")
    session.execute(update(Group).where(Group.key == "credit_committee").values(head_id=None))
    assignment.forget()
    route.go_to("committee_resolution")
    route.send_back("committee_resolution", "submission", by="jiangshan")
    assert (route.case.has_incident, queries.incidents_of(route.case.id)) == (False, [])
    assignment.forget()


def test_an_empty_committee_is_an_incident_and_never_an_approval(start):
    route = start().go_to("pre_committee_review")
    group = session.scalars(select(Group.id).where(Group.key == "credit_committee")).one()
    for row in session.scalars(select(Membership).where(Membership.group_id == group)):
        session.delete(row)
    route.go_to("credit_committee")
    assert route.case.has_incident
    assert route.task("credit_committee").elector_ids == []


def test_trying_again_finds_who_has_been_appointed_since(start):
    route = start().go_to("submission")
    session.execute(update(Group).where(Group.key == "credit_committee").values(head_id=None))
    assignment.forget()
    route.go_to("committee_resolution")
    head = route.person("zhangming").id
    session.execute(update(Group).where(Group.key == "credit_committee").values(head_id=head))
    instances.retry(instance_id=route.case.id, person=route.person("jiangshan"), now=route.later())
    assert route.task("committee_resolution").assignee_id == head
    assert (route.case.has_incident, queries.incidents_of(route.case.id)) == (False, [])
    assert notices_of(head, route.case.id)[-1] == "task_assigned"
    assignment.forget()


def test_trying_again_asks_a_committee_that_has_members_now(start):
    route = start().go_to("pre_committee_review")
    group = session.scalars(select(Group.id).where(Group.key == "credit_committee")).one()
    members = session.scalars(select(Membership).where(Membership.group_id == group)).all()
    people = [row.user_id for row in members]
    for row in members:
        session.delete(row)
    route.go_to("credit_committee")
    session.add_all(Membership(user_id=user_id, group_id=group) for user_id in people)
    instances.retry(instance_id=route.case.id, person=route.person("jiangshan"), now=route.later())
    assert route.task("credit_committee").elector_ids == sorted(people)
    route.finish()
    assert route.case.state == "completed"


def test_a_service_that_failed_is_an_incident_once_and_goes_on_when_tried_again(start, monkeypatch):
    route = start().go_to("final_approval")
    working = registry.delegate_named

    def broken(name: str):
        raise RuntimeError("the other system does not answer")

    monkeypatch.setattr(registry, "delegate_named", broken)
    route.do("final_approval")
    assert (route.case.state, route.stations, route.case.has_incident) == ("active", [], True)
    supervisor = route.person("jiangshan")
    for _ in range(3):
        instances.retry(instance_id=route.case.id, person=supervisor, now=route.later())
        assert len(queries.incidents_of(route.case.id)) == 1
    route.must_be_whole()
    monkeypatch.setattr(registry, "delegate_named", working)
    instances.retry(instance_id=route.case.id, person=supervisor, now=route.later())
    assert (route.case.state, route.case.outcome, route.case.has_incident) == ("completed", "approved", False)


def test_there_must_be_something_to_try_again(start):
    route = start().go_to("routing")
    retry = lambda: instances.retry(instance_id=route.case.id, person=route.person("jiangshan"), now=route.now)
    assert "nothing to try again" in str(refused(route, Refusal, retry))


# --- copies


def test_a_copy_is_read_once_and_never_sent_twice(start):
    route = start().go_to("routing")
    send = lambda: copies.copy_to(
        instance_id=route.case.id,
        usernames=["weina", "xuqing", "zhaomin"],
        person=route.person("zhaomin"),
        now=route.later(),
    )
    assert send() is send() is route.case
    assert notices_of(route.person("weina").id, route.case.id) == ["case_copied"]
    assert queries.may_see(route.person("weina"), route.case)
    assert len(session.scalars(select(Copy).where(Copy.instance_id == route.case.id)).all()) == 2


def test_a_copy_needs_somebody_to_read_it(start):
    route = start()
    copy = lambda names: copies.copy_to(
        instance_id=route.case.id, usernames=names, person=route.person("zhaomin"), now=route.now
    )
    refused(route, Refusal, lambda: copy([]))
    refused(route, Refusal, lambda: copy(["nobody"]))


# --- diagrams with clocks, scripts and services, deployed here

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:credit="urn:creditflow:bpmn:1">'
)
TIMED = (
    HEAD
    + """<bpmn:process id="timed" name="限时" isExecutable="true">
  <bpmn:startEvent id="begin"/>
  <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="answer"/>
  <bpmn:userTask id="answer" name="答复"><bpmn:extensionElements>
    <credit:step due="P1D"><credit:candidates rule="group" value="market_department"/></credit:step>
  </bpmn:extensionElements></bpmn:userTask>
  <bpmn:boundaryEvent id="too_late" attachedToRef="answer"><bpmn:timerEventDefinition id="t1">
    <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">"PT2H"</bpmn:timeDuration>
  </bpmn:timerEventDefinition></bpmn:boundaryEvent>
  <bpmn:sequenceFlow id="f2" sourceRef="answer" targetRef="answered"/>
  <bpmn:sequenceFlow id="f3" sourceRef="too_late" targetRef="remind"/>
  <bpmn:userTask id="remind" name="催办"><bpmn:extensionElements>
    <credit:step><credit:candidates rule="initiator"/></credit:step>
  </bpmn:extensionElements></bpmn:userTask>
  <bpmn:sequenceFlow id="f4" sourceRef="remind" targetRef="reminded"/>
  <bpmn:endEvent id="answered"/><bpmn:endEvent id="reminded"/>
</bpmn:process></bpmn:definitions>"""
)


class Timed(Route):
    """A case of the diagram above, begun two days ago by the clock of the machine, for the worker looks at that one."""

    def __init__(self, staff) -> None:
        self.staff, self.now = staff, datetime.now(UTC) - timedelta(days=2)
        with transaction():
            definitions.deploy(name="timed", files={"timed/timed.bpmn": TIMED.encode()}, actor=SYSTEM, now=self.now)
            self.case_id = instances.start(key="timed", person=self.person("zhaomin"), now=self.now).id

    @property
    def case(self) -> ProcessInstance:  # type: ignore[override]
        return session.get_one(ProcessInstance, self.case_id)


@pytest.fixture
def timed(bank, staff):
    definitions.load.cache_clear()
    yield Timed(staff)
    session.remove()


def test_a_clock_that_is_due_rings_once_and_cancels_the_task_it_hangs_on(timed):
    assert timed.stations == ["answer"]
    assert timed.case.has_clock
    session.remove()
    worker.fire_timers()
    assert timed.stations == ["remind"]
    assert (timed.visits("answer")[0].state, timed.visits("answer")[0].cancel_reason) == ("cancelled", "timed_out")
    assert len(timed.events("timer")) == 1
    assert not timed.case.has_clock
    session.remove()
    worker.fire_timers()
    assert len(timed.events("timer")) == 1
    timed.must_be_whole()


def test_the_clock_of_a_suspended_case_does_not_ring(timed):
    with transaction():
        instances.suspend(instance_id=timed.case_id, reason="核查", person=timed.person("jiangshan"), now=timed.now)
    worker.fire_timers()
    assert timed.stations == ["answer"]


def test_a_task_done_in_time_takes_its_clock_with_it(timed):
    with transaction():
        task = timed.task("answer")
        user_tasks.claim(task_id=task.id, person=timed.person("zhouyan"), now=timed.now)
        user_tasks.complete(task_id=task.id, answer=user_tasks.Answer(), person=timed.person("zhouyan"), now=timed.now)
    assert session.scalars(select(CaseTimer).where(CaseTimer.instance_id == timed.case_id)).all() == []
    assert timed.case.state == "completed"


def test_the_worker_passes_over_a_case_that_somebody_acts_on_instead_of_waiting(timed):
    from app.workflow import cases

    inside, leave = threading.Event(), threading.Event()

    def clerk() -> None:
        with transaction():
            cases.hold_case(timed.case_id)
            inside.set()
            leave.wait(20)

    thread = threading.Thread(target=clerk)
    thread.start()
    assert inside.wait(10)
    try:
        with transaction():
            assert instances.next_due(datetime.now(UTC)) != timed.case_id
    finally:
        leave.set()
        thread.join()


def test_the_clock_of_a_case_moves_by_the_time_the_case_was_suspended(timed):
    supervisor, begun = timed.person("jiangshan"), timed.now
    before = session.scalars(select(CaseTimer.due_at).where(CaseTimer.instance_id == timed.case_id)).one()
    session.remove()
    with transaction():
        instances.suspend(instance_id=timed.case_id, reason="核查", person=supervisor, now=begun + timedelta(hours=1))
    resumed = begun + timedelta(days=10)
    with transaction():
        instances.resume(instance_id=timed.case_id, reason="核查完毕", person=supervisor, now=resumed)
    after = session.scalars(select(CaseTimer.due_at).where(CaseTimer.instance_id == timed.case_id)).one()
    assert after - before == timedelta(days=10) - timedelta(hours=1)
    session.remove()
    with transaction():
        instances.tick(instance_id=timed.case_id, now=after - timedelta(seconds=1))
    assert timed.stations == ["answer"]
    session.remove()
    with transaction():
        instances.tick(instance_id=timed.case_id, now=after)
    assert timed.stations == ["remind"]
    timed.must_be_whole()


def test_a_worker_that_comes_too_late_for_a_timer_does_nothing(timed):
    """It saw the timer before another worker let it fire, and got hold of the case afterwards."""
    due = session.scalars(select(CaseTimer.due_at).where(CaseTimer.instance_id == timed.case_id)).one()
    session.remove()
    for _ in range(2):
        with transaction():
            instances.tick(instance_id=timed.case_id, now=due)
    assert len(timed.events("timer")) == 1
    timed.must_be_whole()


def test_a_case_whose_state_cant_be_read_does_not_keep_up_the_clocks_of_others(timed, staff):
    other = Timed(staff)
    with transaction():
        timed.case.blob = b"rubbish"
    for _ in range(2):
        worker.fire_timers()
    assert other.stations == ["remind"]
    assert timed.stations == ["answer"]
    session.remove()
    (incident,) = session.scalars(select(Incident).where(Incident.instance_id == timed.case_id)).all()
    assert timed.case.has_incident
    assert set(incident.message) == {"en", "zh_Hans", "zh_Hant"}
    assert [event.verb for event in timed.events("stall")] == ["stall"]


def test_the_clock_of_a_case_that_stood_still_is_tried_again(timed):
    whole = timed.case.blob
    with transaction():
        timed.case.blob = b"rubbish"
    worker.fire_timers()
    with transaction():
        timed.case.blob = whole
        again = session.scalars(select(CaseTimer.due_at).where(CaseTimer.instance_id == timed.case_id)).one()
        assert timedelta() < again - datetime.now(UTC) <= instances.AGAIN_AFTER
        instances.tick(instance_id=timed.case_id, now=again)
    assert timed.stations == ["remind"]
    assert not timed.case.has_incident
    timed.must_be_whole()
