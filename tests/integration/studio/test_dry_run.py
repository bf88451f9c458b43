"""A dry run over the demo bank's cases: nothing differs where nothing changed; a change is counted, named and shown on its page."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.credit_applications import delegates
from app.demo import desk
from app.demo.command import load_applications
from app.kernel import db
from app.kernel.db import session, transaction
from app.studio import drafts
from app.studio.trials import trial_ground
from app.workflow import user_tasks
from app.workflow.committees.votes import Choice
from app.workflow.models import CaseEvent, ProcessInstance
from app.workflow.rules import Verb
from tests.integration.desk_fixtures import left_in_english, speak
from tests.integration.studio.trying import ASKED, draft, examined, waiting, work
from tests.integration.workflow.route import CORPORATE, Route, everything

NOW = datetime(2026, 3, 18, 6, 30, tzinfo=UTC)
COUNT = 40
REVIEW = "pre_committee_review"


@pytest.fixture(scope="module")
def cases(bank: Any) -> int:
    """The generated cases of the demo bank, and one of each kind of life that they may lack; how many have ended."""
    with bank.app.app_context():
        load_applications(NOW, COUNT, processes=2)
        patch = pytest.MonkeyPatch()
        patch.setattr(user_tasks.documents, "missing_types", lambda *_: ())
        people = desk.staff()
        session.remove()
        for live in (_returned, _refused_by_vote, _given_up, _taken_back, _corporate):
            with transaction():
                live(people)
        patch.undo()
        with db.reading():
            ended = select(ProcessInstance.id).where(ProcessInstance.ended_at.is_not(None))
            number = len(session.scalars(ended).all())
    return number


def _returned(staff: Any) -> None:
    route = Route(staff).go_to(REVIEW)
    route.send_back(REVIEW, "retail_phone_check", "straight")
    route.finish()


def _refused_by_vote(staff: Any) -> None:
    route = Route(staff).go_to("credit_committee")
    while "credit_committee" in route.stations:
        route.vote("credit_committee", Choice.DISAGREE)
    route.finish()


def _given_up(staff: Any) -> None:
    Route(staff).go_to("retail_face_signing").act(Verb.GIVE_UP, by="zhaomin")


def _taken_back(staff: Any) -> None:
    route = Route(staff).go_to(REVIEW)
    done = route.visits("submission")[-1].completed_by
    route.act(Verb.WITHDRAW, by=route.staff.by_id[done].username)
    route.finish()


def _corporate(staff: Any) -> None:
    Route(staff, CORPORATE).finish()


def test_over_an_unchanged_version_nothing_differs(cases: int) -> None:
    found = examined(draft())
    assert cases >= 20
    assert found["counts"] == {"same": cases, "other": 0, "nowhere": 0, "fault": 0}
    assert (found["differences"], found["faults"], found["assumed"]) == ([], [], [])
    assert all(row["then"] == row["now"] for row in found["work"])
    assert all(then == now for then, now in (*found["elements"].values(), *found["flows"].values()))
    assert found["ends"]["then"] == found["ends"]["now"]
    assert set(found["ends"]["then"]) >= {"approved", "refused", "withdrawn"}
    assert found["time"]["then"] == found["time"]["now"] > 0


def test_the_cases_it_was_shown_on_hold_returns_refusals_votes_and_withdrawals(cases: int) -> None:
    with db.reading():
        ended = select(ProcessInstance.id).where(ProcessInstance.ended_at.is_not(None))
        verbs = Counter(session.scalars(select(CaseEvent.verb).where(CaseEvent.instance_id.in_(ended))))
    assert min(verbs[verb] for verb in ("send_back", "close_vote", "give_up", "withdraw", "complete", "claim")) > 0


def test_a_lower_limit_sends_more_cases_to_the_risk_committee_and_says_how_many(cases: int) -> None:
    found = examined(draft(table=("10000000", "100000")))
    other = found["counts"]["other"]
    (entry,) = found["differences"]
    assert other > 0
    assert (entry["at"], entry["now"], entry["then"]) == (
        "risk_needed",
        ["by", "risk_committee"],
        ["by", "final_approval"],
    )
    assert entry["count"] == other
    committee = [row for row in found["work"] if row["who"] == "risk_committee"]
    assert sum(row["now"] - row["then"] for row in committee) == other
    assert found["elements"]["risk_committee"][1] - found["elements"]["risk_committee"][0] == other
    assert found["flows"]["risk_needed_to_risk_committee"][1] >= other
    assert {"station": "risk_committee", "outcome": "approve", "count": other} in found["assumed"]


def test_what_is_assumed_can_be_said(cases: int) -> None:
    made = draft(table=("10000000", "100000"))
    approving, refusing = examined(made), examined(made, answers={"risk_committee": "refuse"})
    other = approving["counts"]["other"]
    assert refusing["ends"]["now"]["refused"] - refusing["ends"]["then"]["refused"] >= 1
    assert approving["ends"]["now"] == approving["ends"]["then"]
    assert refusing["counts"]["other"] == other


def test_a_condition_that_nobody_can_meet_is_a_case_that_can_not_be_replayed(cases: int) -> None:
    found = examined(draft(route=('routing_result = "route"', 'routing_result = "route" and green = true')))
    assert found["counts"]["fault"] > 0
    assert {entry["code"] for entry in found["faults"]} == {"incident"}
    assert all(case["now"] == "" for case in found["cases"] if case["verdict"] == "fault")


def test_only_the_line_and_the_days_that_were_asked_for_are_replayed(cases: int) -> None:
    made = draft()
    assert {case["number"] for case in examined(made, limit=3)["cases"]} < {
        c["number"] for c in examined(made)["cases"]
    }
    corporate = examined(made, line="corporate")["total"]
    assert 0 < corporate < cases
    assert examined(made, since="2030-01-01")["total"] == 0
    assert examined(made, until="2020-01-01")["total"] == 0


def test_a_dry_run_calls_no_service_and_writes_nothing(cases: int, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr(delegates.operations, "record_decision", lambda **_: called.append("record"))
    made = draft(table=("10000000", "100000"))
    tables = [
        "process_instance",
        "user_task",
        "case_event",
        "ballot",
        "notification",
        "credit_application",
        "audit_entry",
    ]
    with transaction():
        before = everything(tables)
    examined(made)
    with transaction():
        assert everything(tables) == before
    assert called == []


def test_a_draft_whose_process_can_not_run_says_so(cases: int, sign_in: Any) -> None:
    made = draft(route=('sourceRef="application_received"', 'sourceRef="nowhere_at_all"'))
    page = sign_in("qiyue").get(f"/studio/drafts/{made}/dry-run").get_data(as_text=True)
    assert "草稿中还没有能运行的流程" in page


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_the_page_says_what_differs_in_the_readers_language(cases: int, sign_in: Any, language: str) -> None:
    speak("qiyue", language)
    made = draft(table=("10000000", "100000"))
    client = sign_in("qiyue")
    asked = client.post(f"/studio/drafts/{made}/dry-run", {"process": "credit_application", "limit": "500"})
    assert asked.status_code == 302
    bar = client.get(f"/studio/drafts/{made}/dry-run").get_data(as_text=True)
    assert "/studio/examinations/" in bar
    work(waiting(made))
    page = client.get(f"/studio/drafts/{made}/dry-run").get_data(as_text=True)
    said = {
        "en": "At “Needed?” to “Risk committee vote” instead of to “Final approval”.",
        "zh_Hans": "在“须上风险会？”处转到“风险评审会表决”，而不是转到“终审”。",
        "zh_Hant": "在「須上風險會？」處轉到「風險評審會表決」，而不是轉到「終審」。",
    }
    assert said[language] in page
    if language != "en":
        assert set(left_in_english(page)) <= {"Creditflow"}
    sheet = client.get(f"/studio/drafts/{made}/dry-run.csv").get_data(as_text=True)
    assert said[language] in sheet
    assert len(sheet.splitlines()) == cases + 1
    speak("qiyue", "zh_Hans")


def test_who_may_only_look_begins_nothing(cases: int, sign_in: Any) -> None:
    made = draft()
    answer = sign_in("jiangshan").post(f"/studio/drafts/{made}/dry-run", {"process": "credit_application"})
    assert answer.status_code in (403, 404)


def test_a_day_that_is_none_is_refused_with_a_sentence(cases: int, sign_in: Any) -> None:
    made = draft()
    answer = sign_in("qiyue").post(f"/studio/drafts/{made}/dry-run", {"process": ASKED["process"], "since": "gestern"})
    assert answer.status_code == 422
    assert "日期请写成" in answer.get_data(as_text=True)


def test_a_stations_new_id_can_be_said_and_then_nothing_differs(cases: int) -> None:
    made = draft(route=('"risk_review', '"second_look'))
    with transaction():
        found = trial_ground.versions(drafts.find(made), drafts.files_of(drafts.find(made)))
        assert trial_ground.asked_before(found)[2] == {"risk_review": "second_look"}
    assert examined(made)["counts"]["other"] > 0
    said = examined(made, names={"risk_review": "second_look"})
    assert (said["counts"]["other"], said["differences"]) == (0, [])
