"""A case over time: who may look, what is hidden stays hidden, every moment can be shown, rewinding is a supervisor's."""

from __future__ import annotations

import pytest

from app.demo import desk
from app.kernel import db
from app.kernel.db import session
from app.workflow import queries
from app.workflow.models import ProcessInstance
from tests.integration.desk_fixtures import LANGUAGES, a_committed_case, no_english, speak, words


@pytest.fixture(scope="module")
def route(bank):
    made = a_committed_case(desk.staff(), "final_approval")
    session.remove()
    return made


@pytest.fixture(autouse=True)
def fresh_session():
    yield
    session.remove()


def shown(answer, status: int = 200) -> str:
    assert answer.status_code == status, words(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


def acts(route) -> int:
    with db.reading():
        return len(queries.events_of(route.case.id))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_moment_is_shown_in_the_readers_language(sign_in, route, language):
    speak("jiangshan", language)
    client = sign_in("jiangshan")
    for seq in range(1, acts(route) + 1):
        page = shown(client.get(f"/cases/{route.case.id}/moments?at={seq}"))
        if language != "en":
            no_english(page)
    speak("jiangshan", "zh_Hans")


def test_values_are_those_of_the_moment(sign_in, route):
    client = sign_in("jiangshan")
    first = words(shown(client.get(f"/cases/{route.case.id}/moments?at=1")))
    last = words(shown(client.get(f"/cases/{route.case.id}/moments")))
    assert "200,000.00" not in first
    assert "200,000.00" in last


def test_whoever_is_not_concerned_finds_nothing(sign_in, route):
    assert sign_in("chenjie").get(f"/cases/{route.case.id}/moments").status_code == 404


def test_what_a_station_hides_from_the_reader_is_hidden_at_every_moment(sign_in, route):
    phone = route.facts.customer.phone
    told = shown(sign_in("jiangshan").get(f"/cases/{route.case.id}/moments"))
    assert phone[-4:] in told
    for seq in range(1, acts(route) + 1):
        page = shown(sign_in("yanhui").get(f"/cases/{route.case.id}/moments?at={seq}"))
        assert phone not in page.replace(" ", "")


@pytest.mark.parametrize("seq", ["0", "9999", "-1"])
def test_there_is_no_other_moment(sign_in, route, seq):
    status = sign_in("jiangshan").get(f"/cases/{route.case.id}/moments?at={seq}").status_code
    assert status == (200 if seq == "-1" else 404)


def test_the_slider_gets_the_part_alone(sign_in, route):
    page = shown(sign_in("jiangshan").get(f"/cases/{route.case.id}/moments?at=2", headers={"HX-Request": "true"}))
    assert "<html" not in page
    assert 'id="moment"' in page


def test_only_a_supervisor_is_offered_rewinding_and_only_he_may(sign_in, route):
    path = f"/cases/{route.case.id}/rewind/2"
    assert "/rewind/" in shown(sign_in("jiangshan").get(f"/cases/{route.case.id}/moments?at=2"))
    assert "/rewind/" not in shown(sign_in("zhaomin").get(f"/cases/{route.case.id}/moments?at=2"))
    for who in ("zhaomin", "xieqian"):
        assert sign_in(who).get(path).status_code == 403
        assert sign_in(who).post(path, {"reason": "x"}).status_code == 403


def test_the_price_is_shown_and_a_rewinding_is_done_with_a_reason(sign_in, bank):
    route = a_committed_case(desk.staff(), "assignment")
    client = sign_in("jiangshan")
    shown(client.get(f"/cases/{route.case.id}/rewind/1"))
    assert client.post(f"/cases/{route.case.id}/rewind/1", {"reason": " "}).status_code == 422
    assert client.post(f"/cases/{route.case.id}/rewind/1", {"reason": "录入有误"}).status_code == 302
    with db.reading():
        assert session.get_one(ProcessInstance, route.case.id).stations == ["intake"]
    history = words(shown(client.get(f"/cases/{route.case.id}")))
    assert "已恢复" in history


def test_a_rewinding_past_the_committee_says_before_and_after_that_a_second_person_must_confirm_it(sign_in, bank):
    route = a_committed_case(desk.staff(), "committee_resolution")
    speak("jiangshan", "zh_Hans")
    client = sign_in("jiangshan")
    assert "须经另一位主管复核后方可生效" in shown(client.get(f"/cases/{route.case.id}/rewind/1"))
    answer = client.post(f"/cases/{route.case.id}/rewind/1", {"reason": "录入有误"}, follow_redirects=True)
    page = words(shown(answer))
    assert "已提交，待另一位主管复核后生效" in page
    assert "已恢复到" not in page
    with db.reading():
        assert session.get_one(ProcessInstance, route.case.id).stations == ["committee_resolution"]


def test_so_does_every_other_verb_that_waits_for_a_second_person(sign_in, bank):
    route = a_committed_case(desk.staff(), "committee_resolution")
    speak("jiangshan", "zh_Hans")
    client = sign_in("jiangshan")
    assert "须经另一位主管复核后方可生效" in shown(client.get(f"/cases/{route.case.id}"))
    answer = client.post(f"/cases/{route.case.id}/act/suspend", {"reason": "核查"}, follow_redirects=True)
    assert "已提交，待另一位主管复核后生效" in words(shown(answer))
    early = a_committed_case(desk.staff(), "assignment")
    assert "须经另一位主管复核后方可生效" not in shown(client.get(f"/cases/{early.case.id}"))
