"""Timers of the diagram in working time, on real cases: waiting, suspending, returns, the calendar's changes, the ticker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from app.audit.operations import SYSTEM
from app.bank_calendar import operations as calendar_changes
from app.bank_calendar import queries as bank_calendar
from app.bank_calendar.operations import Change
from app.bank_calendar.rules import Day
from app.demo import desk
from app.kernel import clock
from app.kernel.db import session, transaction
from app.kernel.working_time import Calendar
from app.worker import fire_timers
from app.workflow import instances, user_tasks
from app.workflow.clocks import due_dates
from app.workflow.deploying import definitions
from app.workflow.models import CaseEvent, CaseTimer, ProcessInstance, UserTask
from app.workflow.moves import restoring, returns, waiting
from app.workflow.user_tasks import Answer

STEP = '<extensionElements><credit:step {}><credit:candidates rule="initiator"/></credit:step></extensionElements>'
BPMN = f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:credit="urn:creditflow:bpmn:1"
  targetNamespace="t">
 <process id="working_clocks" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="draft"/>
  <userTask id="draft" name="起草">{STEP.format("")}</userTask>
  <boundaryEvent id="ring" attachedToRef="draft" cancelActivity="false">
   <extensionElements><credit:timer counts="working"/></extensionElements>
   <timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition></boundaryEvent>
  <sequenceFlow id="f2" sourceRef="draft" targetRef="sign"/>
  <userTask id="sign" name="面签">{STEP.format('waits="customer"')}</userTask>
  <boundaryEvent id="gone" attachedToRef="sign">
   <extensionElements><credit:timer counts="working"/></extensionElements>
   <timerEventDefinition><timeDuration>PT8H</timeDuration></timerEventDefinition></boundaryEvent>
  <sequenceFlow id="f3" sourceRef="sign" targetRef="e"/><endEvent id="e"/>
  <sequenceFlow id="f4" sourceRef="ring" targetRef="look"/><userTask id="look" name="催看">{STEP.format("")}</userTask>
  <sequenceFlow id="f5" sourceRef="look" targetRef="e2"/><endEvent id="e2"/>
  <sequenceFlow id="f6" sourceRef="gone" targetRef="e3"/><endEvent id="e3"/>
 </process></definitions>"""
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


MONDAY = at("2026-03-02T10:00")


@pytest.fixture(scope="module")
def staff(bank):
    found = desk.staff().by_name
    session.remove()
    with transaction():
        files = {"working_clocks.bpmn": BPMN.encode()}
        definitions.deploy(name="working_clocks", files=files, actor=SYSTEM, now=clock.now())
    return found


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    yield
    session.remove()


@pytest.fixture
def person(staff):
    return staff["zhaomin"]


@pytest.fixture
def case(person) -> ProcessInstance:
    with transaction():
        return instances.start(key="working_clocks", person=person, now=MONDAY)


def timers(case) -> list[datetime]:
    found = select(CaseTimer.due_at).where(CaseTimer.instance_id == case.id).order_by(CaseTimer.due_at)
    return list(session.scalars(found))


def task_of(case, station: str) -> UserTask:
    wanted = UserTask.instance_id == case.id, UserTask.element_id == station, UserTask.state == "open"
    return session.scalars(select(UserTask).where(*wanted)).one()


def open_stations(case) -> list[str]:
    tasks = select(UserTask.element_id).where(UserTask.instance_id == case.id, UserTask.state == "open")
    return sorted(session.scalars(tasks))


def effects(case, verb: str) -> int:
    counted = select(func.count()).where(CaseEvent.instance_id == case.id, CaseEvent.verb == verb)
    return session.scalar(counted) or 0


def wait(case, station: str, person, now: datetime) -> None:
    with transaction():
        waiting.wait(task_id=task_of(case, station).id, reason="补流水", person=person, now=now)


def go_on(case, station: str, person, now: datetime) -> None:
    with transaction():
        waiting.go_on(task_id=task_of(case, station).id, reason="已收到", person=person, now=now)


def do(case, station: str, person, now: datetime) -> None:
    with transaction():
        user_tasks.complete(task_id=task_of(case, station).id, answer=Answer(), person=person, now=now)


def tick(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("app.worker.now", lambda: moment)
        fire_timers()


def test_the_row_says_when_the_working_time_is_over_and_the_ticker_rings_then(case, monkeypatch):
    assert timers(case) == [at("2026-03-04T10:00")]
    tick(at("2026-03-04T09:59"), monkeypatch)
    assert (open_stations(case), effects(case, "timer")) == (["draft"], 0)
    tick(at("2026-03-04T10:00"), monkeypatch)
    tick(at("2026-03-04T10:01"), monkeypatch)
    assert (open_stations(case), effects(case, "timer"), timers(case)) == (["draft", "look"], 1, [])


def test_waiting_for_the_customer_takes_the_clock_from_the_ticker_and_brings_it_back(case, person, monkeypatch):
    wait(case, "draft", person, at("2026-03-03T10:00"))
    assert timers(case) == []
    tick(at("2026-05-01T10:00"), monkeypatch)
    assert (open_stations(case), effects(case, "timer")) == (["draft"], 0)
    go_on(case, "draft", person, at("2026-05-06T09:00"))
    assert timers(case) == [at("2026-05-06T17:00")]
    tick(at("2026-05-06T17:00"), monkeypatch)
    assert open_stations(case) == ["draft", "look"]


def test_a_station_that_begins_with_waiting_begins_with_its_clock_still(case, person):
    do(case, "draft", person, at("2026-03-02T11:00"))
    assert (open_stations(case), timers(case)) == (["sign"], [])
    go_on(case, "sign", person, at("2026-03-06T15:00"))
    assert timers(case) == [at("2026-03-09T15:00")]


def test_suspended_and_waiting_at_once_the_clock_goes_on_when_both_are_over(case, person, staff):
    boss = staff["jiangshan"]
    wait(case, "draft", person, at("2026-03-03T09:00"))
    with transaction():
        instances.suspend(instance_id=case.id, reason="核查", person=boss, now=at("2026-03-03T12:00"))
    with transaction():
        instances.resume(instance_id=case.id, reason="完", person=boss, now=at("2026-03-05T12:00"))
    assert timers(case) == []
    go_on(case, "draft", person, at("2026-03-06T09:00"))
    assert timers(case) == [at("2026-03-09T10:00")]


def test_a_suspended_case_keeps_the_working_time_left_to_the_microsecond(case, staff, monkeypatch):
    boss, stopped = staff["jiangshan"], at("2026-03-03T16:59") + timedelta(microseconds=7)
    with transaction():
        instances.suspend(instance_id=case.id, reason="核查", person=boss, now=stopped)
    tick(at("2026-04-03T12:00"), monkeypatch)
    resumed = at("2026-04-13T10:00")
    with transaction():
        instances.resume(instance_id=case.id, reason="完", person=boss, now=resumed)
    left = Calendar().between(stopped, at("2026-03-04T10:00"))
    assert timers(case) == [Calendar().shift(resumed, left)]
    assert effects(case, "timer") == 0


def test_a_station_returned_to_gets_a_clock_of_its_own(case, person, monkeypatch):
    do(case, "draft", person, at("2026-03-03T16:00"))
    with transaction():
        sign = task_of(case, "sign").id
        how = {"reason_code": "incomplete", "reason": "补", "mode": "step"}
        returns.send_back(task_id=sign, target="draft", person=person, now=at("2026-03-04T09:30"), **how)
    assert timers(case) == [at("2026-03-06T09:30")]
    tick(at("2026-03-04T12:00"), monkeypatch)
    assert effects(case, "timer") == 0


def test_a_rewound_case_keeps_what_the_clock_has_left_today(case, person, staff):
    wait(case, "draft", person, at("2026-03-02T12:00"))
    go_on(case, "draft", person, at("2026-03-05T09:00"))
    due = timers(case)
    assert due == [at("2026-03-06T15:00")]
    with transaction():
        boss = staff["jiangshan"]
        restoring.restore(instance_id=case.id, seq=1, reason="核", person=boss, now=at("2026-03-05T10:00"))
    assert timers(case) == due


def close(day: date, person) -> int:
    """A day of the whole bank is closed; what that moves."""
    with transaction():
        after = calendar_changes.apply(
            change=Change(days=(Day(day, False, "", "停电"),)), person=person, now=at("2026-03-02T11:00")
        )
        return due_dates.lay_out_anew(after)


@pytest.fixture
def calendar_again(staff) -> Iterator[None]:
    yield
    with transaction():
        days = ((date(2026, 3, 3), ""),)
        after = calendar_changes.apply(change=Change(removed=days), person=staff["zouyi"], now=clock.now())
        due_dates.lay_out_anew(after)
    bank_calendar.forget()


def test_a_day_that_the_bank_closes_moves_the_clock_and_the_page_says_so_before(
    case, staff, monkeypatch, calendar_again
):
    change = Change(days=(Day(date(2026, 3, 3), False, "", "停电"),))
    foreseen = due_dates.foresee(calendar_changes.foresee(change))
    assert [(move.number, move.element_id, move.after) for move in foreseen.examples if move.number == case.number] == [
        (case.number, "ring", at("2026-03-05T10:00"))
    ]
    assert close(date(2026, 3, 3), staff["zouyi"]) >= 1
    assert timers(case) == [at("2026-03-05T10:00")]
    tick(at("2026-03-04T12:00"), monkeypatch)
    assert effects(case, "timer") == 0
    tick(at("2026-03-05T10:00"), monkeypatch)
    assert effects(case, "timer") == 1


def test_a_case_that_can_not_be_read_does_not_stop_the_calendar(case, person, staff, calendar_again):
    with transaction():
        damaged = instances.start(key="working_clocks", person=person, now=MONDAY)
        damaged.blob = b"damaged"
    assert close(date(2026, 3, 3), staff["zouyi"]) >= 1
    assert (timers(case), timers(damaged)) == ([at("2026-03-05T10:00")], [at("2026-03-04T10:00")])


def test_a_worker_that_missed_the_change_rings_nothing_too_early(case, staff, monkeypatch, calendar_again):
    close(date(2026, 3, 3), staff["zouyi"])
    with transaction():
        row = session.scalars(select(CaseTimer).where(CaseTimer.instance_id == case.id)).one()
        row.due_at = at("2026-03-04T10:00")
    tick(at("2026-03-04T10:00"), monkeypatch)
    assert (effects(case, "timer"), timers(case)) == (0, [at("2026-03-05T10:00")])
