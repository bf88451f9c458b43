"""Approvals carry the digest of what was on the screen, in the row and in the record; an old page is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry, case_chain
from app.demo import desk
from app.kernel import clock
from app.kernel.db import session, transaction
from app.workflow import acts, cases
from app.workflow.acts import Given
from app.workflow.committees.vote_models import Ballot
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.rules import Verb
from tests.integration.desk_fixtures import a_committed_case, speak, words
from tests.integration.workflow.committee import Board
from tests.integration.workflow.route import CORPORATE, Route

COMMITTEE, REVIEW = "credit_committee", "pre_committee_review"


@pytest.fixture(autouse=True)
def fresh_session(bank: Any):
    yield
    session.remove()


def standing_at(station: str) -> Route:
    made = a_committed_case(desk.staff(), station, CORPORATE)
    session.remove()
    return made


def task_at(route: Route | Board, station: str) -> UserTask:
    at = select(UserTask).where(UserTask.instance_id == route.case.id, UserTask.element_id == station)
    return session.scalars(at.where(UserTask.parent_id.is_(None))).one()


def seen_on(page: str, form: str) -> str:
    """The digest in the form of a page whose address ends so."""
    (body,) = re.findall(rf'action="[^"]*{form}"(.*?)</form>', page, re.S)
    (found,) = re.findall(r'name="seen" value="([0-9a-f]*)"', body)
    return found


def recorded(case_id: Any, key: str) -> list[Any]:
    """What the newest entries of a case keep under a key."""
    statement = select(AuditEntry.payload).where(AuditEntry.chain == case_chain(case_id)).order_by(AuditEntry.seq)
    details = [json.loads(payload)["detail"] for payload in session.scalars(statement)]
    return [detail[key] for detail in details if key in detail]


def change_a_value(route: Route) -> None:
    """Another purpose than the one that stood on the page."""
    with transaction():
        case = session.get_one(ProcessInstance, route.case.id)
        form, person = definitions.load(case.definition_id).form("credit_application/intake"), route.person("zhaomin")
        known = cases.form_values(form, cases.values_of(case, person.actor, clock.now()))
        cases.store_values(case, form, {"purpose": "另有用途"}, known, person.actor, clock.now())
    session.remove()


def html(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, words(answer.get_data(as_text=True))
    return str(answer.get_data(as_text=True))


def voter(route: Route) -> str:
    return route.staff.by_id[task_at(route, COMMITTEE).elector_ids[0]].username


def test_a_ballot_carries_what_the_member_had_before_him(sign_in: Any) -> None:
    route = standing_at(COMMITTEE)
    task, client = task_at(route, COMMITTEE), sign_in(voter(route))
    seen = seen_on(html(client.get(f"/tasks/{task.id}")), "/vote")
    assert len(seen) == 24
    assert client.post(f"/tasks/{task.id}/vote", {"choice": "agree", "round": "1", "seen": seen}).status_code == 302
    session.remove()
    (ballot,) = recorded(route.case.id, "ballot")
    assert ballot["seen"] == seen
    assert "agree" not in json.dumps(ballot), "the record tells nobody who voted how"


def test_a_ballot_on_an_old_page_is_refused_and_the_page_comes_again(sign_in: Any) -> None:
    route = standing_at(COMMITTEE)
    task, who = task_at(route, COMMITTEE), voter(route)
    speak(who, "zh_Hans")
    client = sign_in(who)
    seen = seen_on(html(client.get(f"/tasks/{task.id}")), "/vote")
    change_a_value(route)
    posted = {"choice": "disagree", "opinion": "用途不明", "round": "1", "seen": seen}
    again = html(client.post(f"/tasks/{task.id}/vote", posted), 409)
    assert "另有用途" in again
    assert "用途不明" in again, "what was typed is not lost"
    session.remove()
    assert session.scalars(select(Ballot).where(Ballot.task_id == task.id)).all() == []
    new = seen_on(again, "/vote")
    assert new != seen
    assert client.post(f"/tasks/{task.id}/vote", {**posted, "seen": new}).status_code == 302


def test_an_answer_of_an_added_person_carries_it_too(sign_in: Any) -> None:
    route = standing_at(REVIEW)
    task = task_at(route, REVIEW)
    person = route.staff.by_name["xuqing"]
    for verb, given in (
        (Verb.CLAIM, Given()),
        (Verb.ADD_SIGNER, Given(people=("caoying",), place="before", reason="请会签")),
    ):
        with transaction():
            acts.carry_out(verb=verb, subject_id=task.id, given=given, person=person, now=clock.now())
    row = session.scalars(select(UserTask).where(UserTask.parent_id == task.id)).one()
    client = sign_in("caoying")
    seen = seen_on(html(client.get(f"/tasks/{row.id}")), "/act/answer")
    said = {"outcome": "agree", "note": "可行", "seen": seen}
    change_a_value(route)
    html(client.post(f"/tasks/{row.id}/act/answer", said), 409)
    said["seen"] = seen_on(html(client.get(f"/tasks/{row.id}")), "/act/answer")
    assert client.post(f"/tasks/{row.id}/act/answer", said).status_code == 302
    session.remove()
    found = session.get_one(UserTask, row.id)
    assert found.seen_digest == bytes.fromhex(said["seen"])
    assert [one["seen"] for one in recorded(route.case.id, "decided")[-1]] == [said["seen"]]


def test_a_station_without_a_form_carries_what_could_be_read_there(sign_in: Any) -> None:
    with transaction():
        board = Board(desk.staff(), 'electorate="credit_committee"', report=False)
    task = task_at(board, "report")
    holder = board.staff.by_id[task.assignee_id].username
    client = sign_in(holder)
    seen = seen_on(html(client.get(f"/tasks/{task.id}")), "/complete")
    assert len(seen) == 24
    assert client.post(f"/tasks/{task.id}/complete", {"seen": "0" * 24}).status_code == 409
    assert client.post(f"/tasks/{task.id}/complete", {"seen": seen}).status_code == 302
    session.remove()
    assert session.get_one(UserTask, task.id).seen_digest == bytes.fromhex(seen)


def test_before_and_after_of_each_value_stand_in_the_record_as_digests(sign_in: Any) -> None:
    """What one station enters and a later one changes: the later "before" is the earlier "after", and no value is told."""
    route = standing_at("committee_resolution")
    changes = recorded(route.case.id, "changed")
    assert len(changes) >= 3
    assert all(len(pair) == 2 and pair[0] != pair[1] for change in changes for pair in change.values())
    intake = changes[0]
    assert intake["purpose"][0] is None
    assert len(intake["purpose"][1]) == 24
    told = json.dumps([changes, recorded(route.case.id, "decided")], ensure_ascii=False)
    assert route.facts.purpose not in told
