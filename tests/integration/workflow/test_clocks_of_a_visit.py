"""Timers and chains belong to a visit: after a return the old never come, new ones do; several workers have one effect."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.audit.operations import SYSTEM
from app.demo import desk
from app.kernel import clock, db
from app.kernel.db import session, transaction
from app.worker import carry_out_chains, fire_timers
from app.workflow import instances, user_tasks
from app.workflow.deploying import definitions
from app.workflow.models import CaseEvent, CaseTimer, ProcessInstance, UserTask
from app.workflow.moves import returns
from app.workflow.user_tasks import Answer

BPMN = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:credit="urn:creditflow:bpmn:1" targetNamespace="t">
 <process id="visits" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="draft"/>
  <userTask id="draft" name="起草"><extensionElements><credit:step due="PT8H"><credit:deadline remind="PT0M"/>
   <credit:candidates rule="initiator"/></credit:step></extensionElements></userTask>
  <boundaryEvent id="ring" attachedToRef="draft" cancelActivity="false"><timerEventDefinition><timeDuration>PT2H</timeDuration>
  </timerEventDefinition></boundaryEvent>
  <sequenceFlow id="f2" sourceRef="draft" targetRef="check"/>
  <userTask id="check" name="审查"><extensionElements><credit:step><credit:candidates rule="initiator"/></credit:step>
  </extensionElements></userTask><sequenceFlow id="f3" sourceRef="check" targetRef="e"/><endEvent id="e"/>
  <sequenceFlow id="f4" sourceRef="ring" targetRef="look"/>
  <userTask id="look" name="催看"><extensionElements><credit:step><credit:candidates rule="initiator"/></credit:step>
  </extensionElements></userTask><sequenceFlow id="f5" sourceRef="look" targetRef="e2"/><endEvent id="e2"/>
 </process></definitions>"""
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
def person(bank):
    """Who begins and does everything."""
    found = desk.staff().by_name["zhaomin"]
    session.remove()
    with transaction():
        definitions.deploy(name="visits", files={"visits.bpmn": BPMN.encode()}, actor=SYSTEM, now=clock.now())
    return found


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    yield
    session.remove()


@pytest.fixture
def case(person) -> ProcessInstance:
    with transaction():
        return instances.start(key="visits", person=person, now=clock.now())


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch, job=fire_timers) -> None:
    """A pass of the ticker at some other time."""
    with monkeypatch.context() as patch:
        patch.setattr("app.worker.now", lambda: moment)
        job()


def open_stations(case) -> list[str]:
    tasks = select(UserTask.element_id).where(UserTask.instance_id == case.id, UserTask.state == "open")
    return sorted(session.scalars(tasks))


def timers(case) -> list[datetime]:
    found = select(CaseTimer.due_at).where(CaseTimer.instance_id == case.id).order_by(CaseTimer.due_at)
    return list(session.scalars(found))


def effects(case, verb) -> int:
    counted = select(func.count()).where(CaseEvent.instance_id == case.id, CaseEvent.verb == verb)
    return session.scalar(counted) or 0


def do(case, person, station, now) -> None:
    with transaction():
        wanted = UserTask.instance_id == case.id, UserTask.element_id == station, UserTask.state == "open"
        task = session.scalars(select(UserTask).where(*wanted)).one()
        user_tasks.complete(task_id=task.id, answer=Answer(), person=person, now=now)


def send_back(case, person, now) -> None:
    with transaction():
        wanted = UserTask.instance_id == case.id, UserTask.element_id == "check", UserTask.state == "open"
        task = session.scalars(select(UserTask).where(*wanted)).one()
        returns.send_back(
            task_id=task.id, target="draft", reason_code="incomplete", reason="补", mode="step", person=person, now=now
        )


def test_a_station_returned_to_gets_new_clocks_and_the_old_ones_never_ring(case, person, monkeypatch):
    begun = case.started_at
    assert timers(case) == [begun + 2 * HOUR]
    do(case, person, "draft", begun + HOUR)
    assert timers(case) == []
    send_back(case, person, begun + 90 * MINUTE)
    assert timers(case) == [begun + 90 * MINUTE + 2 * HOUR]
    at(begun + 2 * HOUR + MINUTE, monkeypatch)
    assert (open_stations(case), effects(case, "timer")) == (["draft"], 0)
    at(begun + 4 * HOUR, monkeypatch)
    assert (open_stations(case), effects(case, "timer")) == (["draft", "look"], 1)


def test_the_chain_of_a_visit_that_was_left_never_comes_in_the_next_one(case, person, monkeypatch):
    begun = case.started_at
    do(case, person, "draft", begun + MINUTE)
    send_back(case, person, begun + timedelta(days=60))
    at(begun + timedelta(days=30), monkeypatch, carry_out_chains)
    assert effects(case, "remind") == 0
    at(begun + timedelta(days=75), monkeypatch, carry_out_chains)
    assert effects(case, "remind") == 1


def test_a_clock_on_the_wall_that_jumps_rings_no_timer_twice(case, monkeypatch):
    begun = case.started_at
    for jump in (3 * HOUR, HOUR, 3 * HOUR, timedelta(days=-2), timedelta(days=4)):
        at(begun + jump, monkeypatch)
    assert (open_stations(case), effects(case, "timer")) == (["draft", "look"], 1)


@pytest.mark.parametrize(("job", "verb"), [(fire_timers, "timer"), (carry_out_chains, "remind")])
def test_several_workers_at_once_have_one_effect(case, bank, monkeypatch, job, verb):
    """The threads have sessions and connections of their own, as processes have."""
    late = case.started_at + timedelta(days=20)
    monkeypatch.setattr("app.worker.now", lambda: late)
    gate, faults = threading.Barrier(4), []

    def work() -> None:
        try:
            with bank.app.app_context():
                gate.wait(10)
                job()
        except Exception as fault:
            faults.append(fault)
        finally:
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert faults == []
    assert effects(case, verb) == 1
