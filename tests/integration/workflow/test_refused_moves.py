"""A move that is refused leaves the case as it was, and one entry in the audit that says who wanted what and why not."""

from __future__ import annotations

import json
import uuid

import pytest
from sqlalchemy import select

from app.audit import queries as audits
from app.demo import desk
from app.identity import queries as people
from app.kernel.db import reading, session
from app.workflow.models import CaseEvent, ProcessInstance, UserTask
from tests.integration.desk_fixtures import a_committed_case
from tests.integration.workflow.route import Route


@pytest.fixture(scope="module")
def route(bank) -> Route:
    """A case that waits at the market department."""
    made = a_committed_case(desk.staff(), "routing")
    session.remove()
    return made


def task_id(route: Route) -> uuid.UUID:
    with reading():
        wanted = select(UserTask.id).where(UserTask.instance_id == route.case.id, UserTask.element_id == "routing")
        return session.scalars(wanted).one()


def refused(username: str) -> list[dict]:
    """What the audit says was refused to somebody, oldest first."""
    with reading():
        person = people.person_by_username(username)
        assert person is not None
        return [json.loads(entry.payload) for entry in audits.entries(f"refused:{person.id}")]


def state(route: Route) -> tuple[int, int]:
    """The version of the case and how many acts it has seen."""
    with reading():
        case = session.get_one(ProcessInstance, route.case.id)
        return case.version, len(session.scalars(select(CaseEvent).where(CaseEvent.instance_id == case.id)).all())


def test_a_refused_move_is_in_the_audit_and_nowhere_else(route: Route, sign_in) -> None:
    before = state(route)
    answer = sign_in("jiangshan").post(f"/cases/{route.case.id}/act/resume", {"reason": "weiter"})
    assert answer.status_code in (403, 409, 422)
    (entry,) = refused("jiangshan")
    assert entry["object"] == ["process_instance", str(route.case.id)]
    assert entry["detail"]["act"] == "resume"
    assert entry["detail"]["why"]
    assert state(route) == before


def test_what_a_stranger_asks_for_leaves_nothing(route: Route, sign_in) -> None:
    answer = sign_in("hanmei").post(f"/tasks/{task_id(route)}/act/claim")
    assert answer.status_code == 404
    assert refused("hanmei") == []


def test_a_move_that_is_carried_out_is_not_among_the_refused(route: Route, sign_in) -> None:
    count = len(refused("jiangshan"))
    assert sign_in("jiangshan").post(f"/cases/{route.case.id}/act/suspend", {"reason": "暂停核查"}).status_code == 302
    assert sign_in("jiangshan").post(f"/cases/{route.case.id}/act/resume", {"reason": "继续"}).status_code == 302
    assert len(refused("jiangshan")) == count


def test_the_refused_chain_verifies(route: Route, sign_in) -> None:
    sign_in("jiangshan").post(f"/cases/{route.case.id}/act/resume", {"reason": "noch einmal"})
    with reading():
        person = people.person_by_username("jiangshan")
        assert person is not None
        count, broken = audits.verify(f"refused:{person.id}")
    assert count >= 1
    assert broken == []
