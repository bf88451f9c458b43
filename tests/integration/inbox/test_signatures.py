"""A decision that is signed: the password once more, on the page and over HTTP; kept nowhere, and counted when it is wrong."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, text, update

from app.demo import desk
from app.demo.bank import DEMO_PASSWORD as PASSWORD
from app.identity.models import User
from app.kernel import clock
from app.kernel.db import session, transaction
from app.workflow import acts, engine, user_tasks
from app.workflow.acts import Given
from app.workflow.deploying import definitions
from app.workflow.engine.checking import check_here
from app.workflow.models import CaseEvent, TaskState, UserTask
from app.workflow.rules import Verb
from tests.engine import drawing as d
from tests.integration.desk_fixtures import a_committed_case, speak, words
from tests.integration.rest.kit import Program, refused, token_of
from tests.integration.workflow.saying import saying

REVIEW = "pre_committee_review"
ANSWERS = dict.fromkeys(("review_complete", "review_consistent", "review_within_policy"), "yes")


@pytest.fixture
def signed(bank, monkeypatch):
    """A case before the committee, held by xuqing, at a station that is signed: its task."""
    monkeypatch.setattr(user_tasks.documents, "missing_types", lambda *_: ())
    route = a_committed_case(desk.staff(), REVIEW)
    wanted = UserTask.instance_id == route.case.id, UserTask.state == TaskState.OPEN
    task = session.scalars(select(UserTask).where(*wanted)).one()
    with transaction():
        who = desk.staff().by_name["xuqing"]
        acts.carry_out(verb=Verb.CLAIM, subject_id=task.id, given=Given(), person=who, now=clock.now())
    with saying(definitions.load(route.case.definition_id).step(REVIEW), signature=True):
        yield str(task.id)
    with transaction():
        session.execute(update(User).where(User.username == "xuqing").values(failed_logins=0, locked_until=None))
    session.remove()


def state(task_id: str) -> str:
    session.expire_all()
    return session.scalars(select(UserTask.state).where(UserTask.id == task_id)).one()


def posted(page: str, **more: str) -> dict[str, str]:
    hidden = dict(re.findall(r'type="hidden" name="(seen|screen|key)" value="([^"]*)"', page))
    return {**hidden, **ANSWERS, "outcome": "approve", "opinion": "同意", **more}


def test_the_page_asks_for_the_password_and_takes_nothing_without_it(sign_in, signed):
    speak("xuqing", "zh_Hans")
    client = sign_in("xuqing")
    page = client.get(f"/tasks/{signed}").get_data(as_text=True)
    assert 'type="password"' in page
    for wrong in ({}, {"sign-password": "wrong-password"}):
        answer = client.post(f"/tasks/{signed}/complete", posted(page, **wrong))
        assert answer.status_code == 422
        shown = answer.get_data(as_text=True)
        assert "签名" in words(shown)
        assert "wrong-password" not in shown
    assert state(signed) == "open"
    answer = client.post(f"/tasks/{signed}/complete", posted(page, **{"sign-password": PASSWORD}))
    assert answer.status_code == 302, words(answer.get_data(as_text=True))
    assert state(signed) == "completed"


def test_the_record_says_that_it_was_signed_and_holds_no_password(sign_in, signed):
    client = sign_in("xuqing")
    page = client.get(f"/tasks/{signed}").get_data(as_text=True)
    client.post(f"/tasks/{signed}/draft", posted(page, **{"sign-password": PASSWORD}))
    client.post(f"/tasks/{signed}/complete", posted(page, **{"sign-password": PASSWORD}))
    events = session.scalars(select(CaseEvent).where(CaseEvent.task_id == signed, CaseEvent.verb == "complete"))
    assert [event.detail["signed"] for event in events] == [True]
    tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    for table in tables:
        found = session.scalar(
            text(f"SELECT count(*) FROM {table} t WHERE t::text LIKE :word"), {"word": f"%{PASSWORD}%"}
        )
        assert found == 0, table
    speak("xuqing", "en")
    case_id = session.scalars(select(UserTask.instance_id).where(UserTask.id == signed)).one()
    assert "signed with the password" in words(client.get(f"/cases/{case_id}").get_data(as_text=True))


def test_a_wrong_signature_is_counted_as_at_the_door(sign_in, signed):
    client = sign_in("xuqing")
    page = client.get(f"/tasks/{signed}").get_data(as_text=True)
    client.post(f"/tasks/{signed}/complete", posted(page, **{"sign-password": "wrong-password"}))
    assert session.scalar(select(User.failed_logins).where(User.username == "xuqing")) == 1
    with transaction():
        later = clock.now().replace(year=clock.now().year + 1)
        session.execute(update(User).where(User.username == "xuqing").values(locked_until=later))
    answer = client.post(f"/tasks/{signed}/complete", posted(page, **{"sign-password": PASSWORD}))
    assert answer.status_code == 422
    assert state(signed) == "open"


def test_a_program_signs_in_the_body(bank, signed):
    program = Program(bank.app.test_client(), token_of("xuqing"), "xuqing")
    variables = {name: {"value": value} for name, value in ANSWERS.items()}
    body = {"outcome": "approve", "opinion": "同意", "variables": variables}
    refused(program.post(f"/task/{signed}/complete", body), 422)
    refused(program.post(f"/task/{signed}/complete", {**body, "signature": "wrong"}), 422)
    program.do(f"/task/{signed}/complete", {**body, "signature": PASSWORD})
    assert state(signed) == "completed"


def test_a_station_that_asks_for_no_signature_shows_no_field_for_one(sign_in, bank):
    route = a_committed_case(desk.staff(), "intake")
    task = session.scalars(select(UserTask).where(UserTask.instance_id == route.case.id)).first()
    assert 'name="sign-password"' not in sign_in("zhaomin").get(f"/tasks/{task.id}").get_data(as_text=True)
    session.remove()


@pytest.mark.parametrize(
    "more", [{"batch": "true"}, {"skipSame": "true"}, {"config": '<credit:vote electorate="credit_committee"/>'}]
)
def test_where_nobody_could_sign_the_mark_is_a_finding(more):
    config = more.pop("config", '<credit:candidates rule="initiator"/>')
    drawn = d.process(
        "p", d.start("s"), d.user("a", config=config, signature="true", **more), d.end("e"), d.path("s", "a", "e")
    )
    result = check_here({"p.bpmn": d.document(drawn)}, engine.Catalogue())
    assert "signature_forbidden" in {finding.code for finding in result.findings}
