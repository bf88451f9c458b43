"""The generated applications in the database: worked by the operations of the site, alike on every machine, and alive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from app.audit import queries as audit
from app.audit.models import case_chain
from app.credit_applications.models import CreditApplication
from app.demo import generate
from app.demo.command import load_applications
from app.kernel import db
from app.workflow.models import CaseEvent, CaseState, ProcessInstance, TaskState, UserTask

NOW = datetime(2026, 3, 18, 6, 30, tzinfo=UTC)
COUNT = 36


@pytest.fixture(scope="module")
def made(bank: Any) -> generate.Generated:
    """A small load of applications in the bank of this module."""
    with bank.app.app_context():
        return load_applications(NOW, COUNT, processes=2)


@pytest.fixture
def session(made: generate.Generated, bank: Any) -> Iterator[Any]:
    """The session on that bank, for questions."""
    with bank.app.app_context(), db.reading() as reading:
        yield reading


def test_every_case_was_worked_and_none_got_stuck(made: generate.Generated) -> None:
    assert (made.cases, made.stuck) == (COUNT, [])
    assert made.acts > COUNT * 4


def test_numbers_follow_the_calendar(session: Any) -> None:
    cases = session.scalars(select(ProcessInstance).order_by(ProcessInstance.number)).all()
    assert len(cases) == COUNT
    assert [case.started_at for case in cases] == sorted(case.started_at for case in cases)


def test_some_are_decided_some_under_way_and_some_held_back(session: Any) -> None:
    states = Counter(session.scalars(select(ProcessInstance.state)))
    assert states[CaseState.COMPLETED] >= COUNT / 4
    assert states[CaseState.ACTIVE] >= 4
    assert states[CaseState.SUSPENDED] == generate.SUSPENDED


def test_nothing_happens_after_now_and_acts_follow_each_other(session: Any) -> None:
    events = session.scalars(select(CaseEvent).order_by(CaseEvent.instance_id, CaseEvent.seq)).all()
    last: dict[Any, datetime] = {}
    for event in events:
        assert last.get(event.instance_id, event.at) <= event.at < NOW
        last[event.instance_id] = event.at


def test_no_case_has_an_incident(session: Any) -> None:
    assert session.scalar(select(func.count()).where(ProcessInstance.has_incident)) == 0


def test_tasks_change_hands(session: Any) -> None:
    verbs = Counter(session.scalars(select(CaseEvent.verb)))
    assert verbs["release"] > 5
    assert verbs["claim"] > verbs["release"]


def test_some_are_overdue_with_their_chain_under_way_and_some_wait_for_the_customer(session: Any) -> None:
    live = (
        select(UserTask)
        .join(ProcessInstance)
        .where(UserTask.state == TaskState.OPEN, ProcessInstance.state == "active")
    )
    tasks = session.scalars(live).all()
    overdue = [task for task in tasks if task.due_at and task.due_at < NOW]
    assert overdue
    assert any(task.chain_done for task in overdue)
    assert [task.id for task in tasks if task.chain_at and task.chain_at <= NOW] == []
    assert any(task.waiting_since for task in tasks)


def test_open_tasks_are_held_and_unheld(session: Any) -> None:
    rows = session.execute(select(UserTask.assignee_id).where(UserTask.state == TaskState.OPEN)).all()
    assert {row.assignee_id is None for row in rows} == {True, False}


def test_each_entered_case_has_an_application_that_shows_in_the_inbox(session: Any) -> None:
    entered = session.scalars(
        select(ProcessInstance)
        .join(UserTask, UserTask.instance_id == ProcessInstance.id)
        .where(UserTask.element_id == "intake", UserTask.state == TaskState.COMPLETED)
    ).all()
    records = set(session.scalars(select(CreditApplication.instance_id)))
    assert {case.id for case in entered} == records
    assert all(case.title and case.amount for case in entered)


def test_four_eyes_held(session: Any) -> None:
    done = session.scalars(select(UserTask).where(UserTask.completed_by.is_not(None))).all()
    assert done
    assert all(task.completed_by not in task.excluded_ids for task in done)


def test_the_audit_of_every_case_is_whole(session: Any) -> None:
    for case in session.scalars(select(ProcessInstance)).all()[:10]:
        assert audit.verify(case_chain(case.id))[1] == []


def test_loading_again_does_nothing(bank: Any, made: generate.Generated) -> None:
    with bank.app.app_context():
        assert load_applications(NOW, COUNT) == generate.Generated()


def test_the_same_moment_gives_the_same_applications() -> None:
    one, two = generate.lives(NOW, 50), generate.lives(NOW, 50)
    assert [(life.loan, life.fate) for life in one] == [(life.loan, life.fate) for life in two]


def test_another_day_moves_arrivals_and_changes_no_customer() -> None:
    later = generate.lives(NOW.replace(month=5), 50)
    customers = {life.loan.customer.number for life in generate.lives(NOW, 50)}
    assert {life.loan.customer.number for life in later} == customers


def test_nothing_is_done_to_what_has_only_just_arrived(made: generate.Generated, bank: Any) -> None:
    from app.demo import profile

    life = generate._life(profile.load(), 1, NOW)
    with bank.app.app_context():
        worked = generate.work_all([(life, generate.uuid.uuid4())], life.fate.arrives)
    assert (worked.cases, worked.acts, worked.stuck) == (1, 0, [])
