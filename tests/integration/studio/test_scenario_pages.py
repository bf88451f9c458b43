"""Scenarios on their pages: run, made from a finished case without anybody's name in it, walked by hand, kept with the process."""

from __future__ import annotations

import html
import json
import re
import uuid
from typing import Any

import pytest
from sqlalchemy import select

from app.audit.operations import SYSTEM
from app.demo import desk
from app.kernel.clock import now
from app.kernel.db import reading, session, transaction
from app.studio import drafts
from app.studio.trials import scenario_acts
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance
from app.workflow.trials import scenario_files, scenarios
from tests.integration.desk_fixtures import a_committed_case, left_in_english, speak
from tests.integration.studio.trying import draft
from tests.integration.workflow.route import CORPORATE, Route

ALL = "/studio/drafts/{}/scenarios"
TAGS = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def finished(bank: Any) -> Route:
    """A corporate case that went through both committees and has ended."""
    staff = desk.staff()
    session.remove()
    route = a_committed_case(staff, None, CORPORATE)
    session.remove()
    return route


@pytest.fixture
def analyst(bank: Any, sign_in: Any) -> Any:
    return sign_in("qiyue")


def text_of(answer: Any) -> str:
    return html.unescape(TAGS.sub("\n", answer.get_data(as_text=True)))


def files_of(draft_id: uuid.UUID) -> dict[str, bytes]:
    with reading():
        return drafts.files_of(drafts.find(draft_id))


def digest_of(draft_id: uuid.UUID) -> str:
    with reading():
        return drafts.find(draft_id).digest.hex()


def post(client: Any, draft_id: uuid.UUID, name: str, do: str, **more: str) -> Any:
    """Press a button of a scenario's page."""
    said = {"base": digest_of(draft_id), "do": do, **more}
    return client.post(f"{ALL.format(draft_id)}/{name}", said, follow_redirects=True)


def number_of(route: Route) -> str:
    with reading():
        return session.scalars(select(ProcessInstance.number).where(ProcessInstance.id == route.case.id)).one()


@pytest.mark.parametrize("language", ["en", "zh_Hans", "zh_Hant"])
def test_the_page_runs_all_and_says_what_they_cover(bank: Any, sign_in: Any, language: str) -> None:
    speak("qiyue", language)
    answer = sign_in("qiyue").get(ALL.format(draft()))
    said = text_of(answer)
    wanted = {
        "en": ("11 scenarios, and all go as expected.", "100% of the elements", "97.9% of the flows"),
        "zh_Hans": ("共 11 个场景，全部符合预期。", "节点覆盖 100%", "连线覆盖 97.9%"),
        "zh_Hant": ("共 11 個場景，全部符合預期。", "節點覆蓋 100%", "連線覆蓋 97.9%"),
    }
    assert all(sentence in said for sentence in wanted[language])
    if language != "en":
        assert set(left_in_english(answer.get_data(as_text=True))) <= {"Creditflow"}
    speak("qiyue", "zh_Hans")


def test_a_changed_table_fails_scenarios_with_the_first_difference_in_a_sentence(analyst: Any) -> None:
    made = draft(table=("10000000", "100000"))
    said = text_of(analyst.get(ALL.format(made)))
    assert "个场景未按预期走完。" in said
    assert "在“须上风险会？”处停在“风险评审会表决”，而不是转到“终审”。" in said
    one = text_of(analyst.get(f"{ALL.format(made)}/retail_approved"))
    assert "不符合预期" in one
    assert "业务停在“风险评审会表决”" in one


def test_a_finished_case_becomes_a_scenario_with_one_click_and_names_nobody(analyst: Any, finished: Route) -> None:
    made = draft()
    number = number_of(finished)
    answer = analyst.post(ALL.format(made), {"number": number}, follow_redirects=True)
    assert "符合预期" in text_of(answer)
    (name,) = [n for n in files_of(made) if "/real_" in n]
    content = files_of(made)[name].decode()
    body = json.loads(content)
    assert body["process"] == "credit_application"
    assert body["steps"][0]["values"]["amount"] == 12_000_000
    assert body["expect"]["end"] == "approved"
    people = {name for name in desk_names() if name in content}
    customer = [getattr(finished.facts.customer, key, None) for key in ("name", "id_number", "credit_code", "phone")]
    assert people == set()
    assert [one for one in (number, *customer) if one and str(one) in content] == []
    officers = [step["values"].get("credit_officer") for step in body["steps"] if step.get("station") == "assignment"]
    assert officers == ["person_1"]


def desk_names() -> set[str]:
    with reading():
        staff = desk.staff()
        return {*staff.by_name, *(person.name for person in staff.by_id.values())}


def test_a_case_that_has_not_ended_or_is_none_is_refused_with_a_sentence(analyst: Any, bank: Any) -> None:
    staff = desk.staff()
    session.remove()
    open_one = a_committed_case(staff, "routing")
    made = draft()
    for number in (number_of(open_one), "CA-1999-000001"):
        answer = analyst.post(ALL.format(made), {"number": number})
        assert answer.status_code == 422
        assert "没有此编号的已办结业务" in text_of(answer)


def test_a_walk_by_hand_goes_on_from_station_to_station_until_its_way_is_expected(analyst: Any) -> None:
    made = draft()
    begun = analyst.post(ALL.format(made), {"title": "Refused at once"}, follow_redirects=True)
    assert "尚无预期走法" in text_of(begun)
    assert "业务停在“录入贷款申请”" in text_of(begun)
    name = "refused_at_once"
    values = {"v-customer_kind": "individual", "v-product": "consumer", "v-amount": "200000", "v-term_months": "36"}
    values |= {"v-guarantee": "credit", "v-industry_restricted": "no", "v-current_overdue": "no"}
    values |= {"v-overdue_count": "0", "v-debt_ratio": "35.5"}
    went = post(analyst, made, name, "answer", station="intake", outcome="submit", **values)
    assert "业务停在“归口受理分派”" in text_of(went)
    ended = post(analyst, made, name, "answer", station="routing", outcome="refuse")
    assert "业务停在" not in text_of(ended)
    kept = post(analyst, made, name, "expect")
    assert "按预期走完，以“已拒绝”结束。" in text_of(kept)
    written = json.loads(files_of(made)["credit_application/refused_at_once.scenario"])
    assert written["steps"][0]["values"]["debt_ratio"] == 35.5
    assert written["expect"]["end"] == "refused"


def test_a_changed_answer_is_walked_anew_and_a_step_can_be_taken_away(analyst: Any) -> None:
    made = draft()
    changed = post(analyst, made, "declined_by_central_routing", "change", number="2", station="routing", outcome="route",
                   **{"v-business_line": "retail"})  # fmt: skip
    assert "不符合预期" in text_of(changed)
    assert "业务停在“组长分配信贷员”" in text_of(changed)
    cut = post(analyst, made, "declined_by_central_routing", "cut", number="2")
    assert "业务停在“归口受理分派”" in text_of(cut)
    back = post(analyst, made, "declined_by_central_routing", "back", station="routing", target="intake")
    assert "归口受理分派将业务退回到录入贷款申请" in text_of(back)
    gone = post(analyst, made, "declined_by_central_routing", "withdraw")
    assert "业务结束：已撤销" in text_of(gone)


def test_a_number_that_is_none_is_refused_and_nothing_is_written(analyst: Any) -> None:
    made = draft()
    before = digest_of(made)
    answer = post(analyst, made, "retail_approved", "change", number="1", station="intake", outcome="submit",
                  **{"v-amount": "viel"})  # fmt: skip
    assert "“viel”不能填入“申请金额”。" in text_of(answer)
    assert digest_of(made) == before


def test_what_somebody_else_saved_is_not_overwritten(analyst: Any) -> None:
    made = draft()
    old = digest_of(made)
    post(analyst, made, "retail_approved", "delete")
    answer = analyst.post(f"{ALL.format(made)}/refused_by_the_review", {"base": old, "do": "delete"})
    assert answer.status_code == 409
    assert "credit_application/refused_by_the_review.scenario" in files_of(made)
    assert "credit_application/retail_approved.scenario" not in files_of(made)


def test_scenarios_are_deployed_with_the_process_and_one_that_can_not_be_read_is_refused(bank: Any) -> None:
    with reading():
        loaded = definitions.load(definitions.active("credit_application").id)
        files = dict(loaded.files)
    assert len(scenario_files.names(files)) == 11
    assert scenarios.run_all(files).failed == ()
    with transaction(), pytest.raises(definitions.NotDeployable) as refused:
        definitions.check({**files, "credit_application/broken.scenario": b"{"})
    assert "broken.scenario" in refused.value.lines()[0]


def test_who_may_only_look_changes_nothing(bank: Any, sign_in: Any) -> None:
    made = draft()
    before = digest_of(made)
    answer = sign_in("jiangshan").post(ALL.format(made), {"title": "x"})
    assert answer.status_code in (403, 404)
    assert digest_of(made) == before


def test_a_scenario_gets_a_name_that_no_other_has(bank: Any) -> None:
    made = draft()
    with transaction():
        found = drafts.find(made)
        who = {"process": "credit_application", "actor": SYSTEM}
        names = [scenario_acts.begin(draft=found, title="电核 存疑", now=now(), **who) for _ in range(2)]
    assert names == ["scenario", "scenario_2"]
