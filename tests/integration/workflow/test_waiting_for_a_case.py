"""Whoever had to wait for a case sees it as the one before left it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from app.demo import desk
from app.demo.desk import Staff
from app.kernel import db
from app.kernel.clock import now
from app.kernel.errors import Conflict
from app.workflow import cases, instances, user_tasks
from app.workflow.models import TaskState, UserTask
from app.workflow.user_tasks import Answer
from benchmarks import route


@pytest.fixture
def staff(bank: Any) -> Staff:
    with bank.app.app_context(), db.reading():
        return desk.staff()


@pytest.fixture
def case_id(staff: Staff) -> uuid.UUID:
    with db.transaction():
        case = instances.start(key=route.PROCESS, person=staff.by_name[route.INITIATOR], now=now())
        db.session.flush()
        route.add_papers(case, route.open_tasks(case.id)[0], staff)
        return case.id


def hand_in(case_id: uuid.UUID, staff: Staff) -> None:
    case, task = route.case_of(case_id), route.open_tasks(case_id)[0]
    post = route.working(case, task, staff, route.loan(str(case_id)))
    answer = Answer(posted=post.fields, outcome=post.fields.get("outcome"), opinion="同意")
    user_tasks.complete(task_id=task.id, answer=answer, person=route.who(task, staff), now=now())


def while_completing(case_id: uuid.UUID, staff: Staff, other: Callable[[], None]) -> list[BaseException]:
    """Complete the open task; `other` begins in a second transaction before the first commits. What `other` raised."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            with db.transaction():
                other()
        except Conflict as refused:
            faults.append(refused)

    second = threading.Thread(target=run)
    with db.transaction():
        hand_in(case_id, staff)
        db.session.flush()
        second.start()
        second.join(0.5)
        assert second.is_alive(), "the second did not wait"
    second.join(10)
    return faults


def open_elements(case_id: uuid.UUID) -> list[str]:
    with db.reading():
        return [task.element_id for task in route.open_tasks(case_id)]


def test_a_cancelled_case_keeps_no_task_that_opened_while_the_supervisor_waited(case_id, staff) -> None:
    def cancel() -> None:
        instances.terminate(instance_id=case_id, reason="重复", person=staff.supervisor, now=now())

    assert while_completing(case_id, staff, cancel) == []
    assert open_elements(case_id) == []


def test_whoever_holds_a_case_after_waiting_sees_the_task_that_has_opened(case_id, staff) -> None:
    seen: list[str] = []
    while_completing(case_id, staff, lambda: seen.extend(t.element_id for t in cases.hold_case(case_id).open))
    assert seen == open_elements(case_id) == ["routing"]


def test_a_second_completion_of_the_same_task_is_refused_and_says_who_was_first(case_id, staff) -> None:
    with db.reading():
        task_id = route.open_tasks(case_id)[0].id
    person = staff.by_name[route.INITIATOR]
    late = while_completing(
        case_id, staff, lambda: user_tasks.complete(task_id=task_id, answer=Answer(), person=person, now=now())
    )
    assert [str(refused) for refused in late] == [
        f"{person.name} has already completed this task. Nothing of yours was written."
    ]
    with db.reading():
        assert db.session.get_one(UserTask, task_id).state == TaskState.COMPLETED
