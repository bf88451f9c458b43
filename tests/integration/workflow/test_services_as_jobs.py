"""A service task that the diagram calls asynchronous runs as a job after the press, and its case waits for it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app.audit.operations import SYSTEM
from app.identity import queries as people
from app.jobs import registry as jobs
from app.jobs import running
from app.kernel import db
from app.kernel.clock import now
from app.workflow import instances, registry
from app.workflow.deploying import definitions
from app.workflow.models import CaseEvent, CaseState, Incident, ProcessInstance
from app.workflow.watching import stuck
from tests.engine import drawing as d
from tests.integration.rest.small_loan import candidates

KEY = "score_loan"


class Bureau:
    """A scoring bureau that may be closed."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.closed = False

    def __call__(self, case: registry.CaseContext, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        self.calls.append(case.number)
        if self.closed:
            raise RuntimeError("the bureau is closed")
        return {"score": 7}


@pytest.fixture(scope="module")
def bureau() -> Iterator[Bureau]:
    made = Bureau()
    registry.delegate("test.ask_bureau")(made)
    yield made
    registry._delegates.pop("test.ask_bureau")


@pytest.fixture
def case_id(bank: Any, bureau: Bureau) -> Iterator[uuid.UUID]:
    """A case that has just been started and waits for its service."""
    bureau.calls, bureau.closed = [], False
    drawing = d.document(
        d.process(
            KEY,
            d.start("asked"),
            d.service("ask_bureau", "test.ask_bureau", 'async="true"'),
            d.user("look", config=candidates("initiator")),
            d.end("e"),
            d.path("asked", "ask_bureau", "look", "e"),
        )
    )
    with bank.app.app_context():
        with db.transaction() as opened:
            opened.execute(text("DELETE FROM procrastinate_jobs"))
            definitions.deploy(name=KEY, files={f"{KEY}/{KEY}.bpmn": drawing}, actor=SYSTEM, now=now())
        with db.transaction():
            made = instances.start(key=KEY, person=person("zhaomin"), now=now())
        yield made.id


def person(username: str) -> Any:
    found = people.person_by_username(username)
    assert found is not None
    return found


def waiting() -> list[Any]:
    with db.reading() as opened:
        return list(opened.execute(text("SELECT id, lock, args, scheduled_at FROM procrastinate_jobs ORDER BY id")))


def run_it(row: Any, tries_before: int = 0) -> None:
    running.run(jobs.kinds()["workflow.serve"], job_id=row.id, tries_before=tries_before, **row.args)


def case_of(case_id: uuid.UUID) -> ProcessInstance:
    with db.reading() as opened:
        return opened.get_one(ProcessInstance, case_id)


def open_incidents(case_id: uuid.UUID) -> list[str]:
    with db.reading() as opened:
        found = opened.scalars(select(Incident).where(Incident.instance_id == case_id, Incident.resolved_at.is_(None)))
        return [incident.message["en"] for incident in found]


def test_the_press_puts_one_job_and_does_not_call_the_service(case_id: uuid.UUID, bureau: Bureau) -> None:
    (row,) = waiting()
    assert row.lock == f"case:{case_id}"
    assert bureau.calls == []
    assert case_of(case_id).stations == []
    assert case_of(case_id).has_incident is False


def test_a_case_whose_job_waits_is_not_stuck_and_one_whose_job_is_gone_is(case_id: uuid.UUID, bureau: Bureau) -> None:
    with db.reading():
        assert case_id not in {row.case.id for row in stuck.find(now())}
    with db.transaction() as opened:
        opened.execute(text("UPDATE procrastinate_jobs SET status = 'cancelled'"))
    with db.reading():
        assert [row.kind for row in stuck.find(now()) if row.case.id == case_id] == [stuck.Kind.NOTHING]


def test_the_job_calls_it_once_and_the_case_goes_on(case_id: uuid.UUID, bureau: Bureau) -> None:
    (row,) = waiting()
    run_it(row)
    run_it(row)
    assert bureau.calls == [case_of(case_id).number]
    assert case_of(case_id).stations == ["look"]
    with db.reading() as opened:
        verbs = opened.scalars(select(CaseEvent.verb).where(CaseEvent.instance_id == case_id).order_by(CaseEvent.seq))
        assert list(verbs) == ["start", "service"]


def test_a_failure_is_tried_again_and_leaves_no_trace(case_id: uuid.UUID, bureau: Bureau) -> None:
    (row,) = waiting()
    bureau.closed = True
    before = case_of(case_id).events
    with pytest.raises(instances.ServiceFailed, match="the bureau is closed"):
        run_it(row)
    assert case_of(case_id).events == before
    assert open_incidents(case_id) == []
    bureau.closed = False
    run_it(row, tries_before=1)
    assert case_of(case_id).stations == ["look"]


def test_the_last_failure_is_an_incident_that_a_supervisor_can_try_again(case_id: uuid.UUID, bureau: Bureau) -> None:
    (row,) = waiting()
    bureau.closed = True
    run_it(row, tries_before=jobs.TRIES - 1)
    assert len(open_incidents(case_id)) == 1
    assert "the bureau is closed" in open_incidents(case_id)[0]
    bureau.closed = False
    with db.transaction() as opened:
        opened.execute(text("DELETE FROM procrastinate_jobs"))
        instances.retry(instance_id=case_id, person=person("jiangshan"), now=now())
    assert open_incidents(case_id) == []
    (again,) = waiting()
    run_it(again)
    assert case_of(case_id).stations == ["look"]


def test_a_suspended_case_is_asked_again_later(case_id: uuid.UUID, bureau: Bureau) -> None:
    (row,) = waiting()
    with db.transaction() as opened:
        instances.suspend(instance_id=case_id, reason="等材料", person=person("jiangshan"), now=now())
        opened.execute(text("DELETE FROM procrastinate_jobs"))
    run_it(row)
    (later,) = waiting()
    assert isinstance(later.scheduled_at, datetime)
    assert later.scheduled_at > now() + timedelta(minutes=9)
    assert bureau.calls == []


def test_a_case_that_has_ended_is_left_alone(case_id: uuid.UUID, bureau: Bureau) -> None:
    (row,) = waiting()
    with db.transaction():
        instances.terminate(instance_id=case_id, reason="客户撤件", person=person("jiangshan"), now=now())
    run_it(row)
    assert bureau.calls == []
    assert case_of(case_id).state == CaseState.CANCELLED
