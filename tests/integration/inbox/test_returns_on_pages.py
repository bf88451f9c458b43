"""What a browser sees and may send when cases go back and forth: targets and price, last known values, differences, who is next."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.demo import desk
from app.kernel import clock
from app.kernel.db import session, transaction
from app.workflow import acts, cases, user_tasks
from app.workflow.acts import Given
from app.workflow.deploying import definitions
from app.workflow.models import TaskState, UserTask
from app.workflow.moves.move_models import Copy
from app.workflow.rules import Verb
from tests.integration.desk_fixtures import LANGUAGES, a_committed_case, no_english, speak, words
from tests.integration.workflow.route import Route
from tests.integration.workflow.saying import saying

REVIEW = "pre_committee_review"
WHY = {"en": "the case was sent back", "zh_Hans": "业务已被退回", "zh_Hant": "業務已被退回"}
PRICE = {"en": "The way can change; what decides it", "zh_Hans": "流转路径可能改变", "zh_Hant": "流轉路徑可能改變"}


@pytest.fixture(autouse=True)
def paperless(monkeypatch):
    monkeypatch.setattr(user_tasks.documents, "missing_types", lambda *_: ())
    yield
    session.remove()


@pytest.fixture
def route(bank) -> Route:
    """A case before the committee, held by xuqing."""
    made = a_committed_case(desk.staff(), REVIEW)
    act(Verb.CLAIM, open_task(made, REVIEW).id, "xuqing")
    return made


def act(verb, subject, by, **said):
    with transaction():
        given = Given(**{"reason": "请核实", "reason_code": "incomplete", **said})
        acts.carry_out(verb=verb, subject_id=subject, given=given, person=desk.staff().by_name[by], now=clock.now())


def open_task(route: Route, element: str) -> UserTask:
    session.expire_all()
    wanted = UserTask.instance_id == route.case.id, UserTask.element_id == element, UserTask.state == TaskState.OPEN
    return session.scalars(select(UserTask).where(*wanted)).one()


def text(answer, status=200) -> str:
    assert answer.status_code == status, words(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


def test_the_dialog_names_each_target_with_who_did_it_and_when_and_every_reason(sign_in, route):
    speak("xuqing", "zh_Hans")
    page = text(sign_in("xuqing").get(f"/tasks/{open_task(route, REVIEW).id}"))
    dialog = page[page.index('id="send-back"') :]
    targets = re.findall(
        r'name="target" value="([^"]+)".*?<strong>(.*?)</strong> <span[^>]*>(.*?)</span>', dialog, re.S
    )
    assert [element for element, *_ in targets][:2] == ["intake", "routing"]
    assert "赵敏" in targets[0][2]
    assert re.search(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", targets[0][2])
    assert all(f'value="{code}"' in dialog for code in ("incomplete", "inconsistent", "policy", "other"))
    assert dialog.count('name="mode"') == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_sending_the_page_tells_the_price_and_whether_the_way_can_change(sign_in, route, language):
    speak("xuqing", language)
    task = open_task(route, REVIEW)
    price = text(sign_in("xuqing").get(f"/tasks/{task.id}/price?target=intake"))
    assert PRICE[language] in price
    if language != "en":
        no_english(price)
    assert open_task(route, REVIEW).id == task.id, "asking changes nothing"


def test_somebody_whose_task_ends_reads_why(sign_in, route):
    act(Verb.SEND_BACK, open_task(route, REVIEW).id, "jiangshan", target="intake")
    for language in LANGUAGES:
        speak("xuqing", language)
        assert WHY[language] in words(text(sign_in("xuqing").get("/notices")))


def test_a_station_returned_to_is_filled_with_the_last_known_values(sign_in, route):
    act(Verb.SEND_BACK, open_task(route, REVIEW).id, "xuqing", target="intake")
    page = text(sign_in("zhaomin").get(f"/tasks/{open_task(route, 'intake').id}"))
    assert route.facts.purpose in page
    assert 'name="amount"' in page


def test_who_was_passed_over_reads_field_by_field_what_was_changed(sign_in, route):
    leader = next(t for t in route.visits("assignment")).completed_by
    username = desk.staff().by_id[leader].username
    act(Verb.SEND_BACK, open_task(route, REVIEW).id, "xuqing", target="intake", mode="straight")
    with transaction():
        form = route.usual("intake")
        values = {**form, "purpose": "装修另一套住房"}
        task, person = open_task(route, "intake"), desk.staff().by_name["zhaomin"]
        user_tasks.complete(
            task_id=task.id, answer=user_tasks.Answer("submit", values=values), person=person, now=clock.now()
        )
    speak(username, "zh_Hans")
    page = text(sign_in(username).get(f"/cases/{route.case.id}"))
    changed = re.search(r"<del>装修住房尾款</del> → <ins>装修另一套住房</ins>", page)
    assert changed
    assert "业务已直达退回人" in words(page) or "直" in words(page)


def test_the_reader_of_a_copy_leaves_his_mark_by_opening_the_case(sign_in, route):
    act(Verb.COPY, route.case.id, "xuqing", people=("weina",))
    mark = select(Copy.read_at).where(Copy.instance_id == route.case.id)
    assert session.scalar(mark) is None
    sign_in("zhaomin").get(f"/cases/{route.case.id}")
    session.expire_all()
    assert session.scalar(mark) is None, "somebody else's look is not his"
    sign_in("weina").get(f"/cases/{route.case.id}")
    session.expire_all()
    assert session.scalar(mark) is not None


def test_the_answer_to_a_press_names_the_station_and_the_person_who_has_it_next(sign_in, bank):
    made = a_committed_case(desk.staff(), "assignment")
    task = open_task(made, "assignment")
    leader = desk.staff().pool(task)[0].username
    act(Verb.CLAIM, task.id, leader)
    speak(leader, "zh_Hans")
    client = sign_in(leader)
    page = text(client.get(f"/tasks/{task.id}"))
    hidden = dict(re.findall(r'type="hidden" name="(seen|key)" value="([^"]*)"', page))
    posted = {**hidden, "outcome": "assign", "opinion": "同意", **made.usual("assignment")}
    answer = client.post(f"/tasks/{task.id}/complete", {k: v for k, v in posted.items() if v is not None})
    assert answer.status_code == 302, words(answer.get_data(as_text=True))
    assert "（韩梅）" in words(text(client.get(answer.headers["Location"])))


def test_a_supervisor_claims_for_somebody_on_the_page(sign_in, bank):
    made = a_committed_case(desk.staff(), REVIEW)
    task = open_task(made, REVIEW)
    client = sign_in("jiangshan")
    assert '<dialog id="reassign"' in text(client.get(f"/tasks/{task.id}"))
    posted = {"people": "hejing", "reason": "请何静办理"}
    assert client.post(f"/tasks/{task.id}/act/reassign", posted).status_code == 302
    assert open_task(made, REVIEW).assignee_id == desk.staff().by_name["hejing"].id
    session.remove()
    assert cases.open_tasks(made.case.id)[0].claimed_at is not None


@pytest.mark.parametrize(("custom", "noted"), [("acted", False), ("opened", True)])
def test_opening_a_task_is_noted_only_where_it_bars_taking_back(sign_in, route, custom, noted):
    task = open_task(route, REVIEW)
    with saying(definitions.load(route.case.definition_id).compiled.customs, withdraw=custom):
        sign_in("jiangshan").get(f"/tasks/{task.id}")
        assert open_task(route, REVIEW).opened_at is None, "somebody else's look is not the holder's"
        sign_in("xuqing").get(f"/tasks/{task.id}")
        assert (open_task(route, REVIEW).opened_at is not None) is noted
