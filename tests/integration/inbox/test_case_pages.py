"""The pages of the staff on real cases: each role, each language, the acts behind the buttons, hostile requests."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select

from app.demo import desk
from app.kernel.db import session, transaction
from app.workflow import forms, user_tasks
from app.workflow.models import ProcessInstance, UserTask
from tests.integration.desk_fixtures import LANGUAGES, a_committed_case, left_in_english, no_english, speak, words
from tests.integration.workflow.route import RETAIL, Route

STATIONS = ("intake", "routing", "credit_committee", "committee_resolution", None)


@pytest.fixture(scope="module")
def cases(bank) -> dict[str | None, Route]:
    """A case at each of some stations, and one that has ended."""
    staff = desk.staff()
    made = {station: a_committed_case(staff, station) for station in STATIONS}
    session.remove()
    return made


@pytest.fixture(autouse=True)
def fresh_session():
    yield
    session.remove()


@pytest.fixture
def reader(sign_in):
    """A function: user name and language → signed-in client."""

    def make(username: str, language: str = "zh_Hans"):
        speak(username, language)
        return sign_in(username)

    return make


def at(cases, station) -> str:
    return f"/cases/{cases[station].case.id}"


def task_at(cases, station: str) -> str:
    return f"/tasks/{task_row(cases, station).id}"


def task_row(cases, station: str) -> UserTask:
    found = select(UserTask).where(UserTask.instance_id == cases[station].case.id, UserTask.element_id == station)
    return session.scalars(found.order_by(UserTask.round.desc())).first()


def text(answer, status: int = 200) -> str:
    assert answer.status_code == status, words(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tab", ["todo", "pool", "done", "started", "copied"])
def test_every_list_is_shown_in_the_readers_language(reader, cases, tab, language):
    for who in ("zhaomin", "zhouyan", "lvbin"):
        page = text(reader(who, language).get(f"/inbox/{tab}?all=1"))
        if language != "en":
            no_english(page)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("station", STATIONS)
def test_a_case_is_shown_to_each_of_its_people_in_his_language(reader, cases, station, language):
    for who in ("zhaomin", "jiangshan", "xieqian"):
        page = text(reader(who, language).get(at(cases, station)))
        assert cases[station].case.number in page
        assert RETAIL.customer.name in page or station == "intake"
        if language != "en":
            no_english(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_of_who_votes_and_of_who_claims(reader, cases, language):
    voting = text(reader("lvbin", language).get(task_at(cases, "credit_committee")))
    assert 'name="choice"' in voting
    claiming = text(reader("zhouyan", language).get(task_at(cases, "routing")))
    assert "/claim" in claiming
    assert 'id="task-form"' not in claiming
    if language != "en":
        no_english(voting)
        no_english(claiming)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_printed_form_has_every_opinion_and_who_printed_it(reader, cases, language):
    page = text(reader("zhaomin", language).get(at(cases, None) + "/print"))
    assert "赵敏" in page
    assert RETAIL.purpose in page
    if language != "en":
        no_english(page)


def test_the_test_of_languages_would_notice_english_on_a_page(reader, cases):
    assert left_in_english(text(reader("zhaomin", "en").get("/inbox/todo?all=1")))


@pytest.mark.parametrize("path", ["", "/print", "/marks", "/diagram/credit_application"])
@pytest.mark.parametrize("who", ["weina", "qiyue", "zouyi", "caoying"])
def test_for_a_stranger_there_is_no_such_case(reader, cases, who, path):
    page = text(reader(who).get(at(cases, "routing") + path), 404)
    assert RETAIL.customer.name not in page
    assert cases["routing"].case.number not in page


@pytest.mark.parametrize("act", ["claim", "release", "draft", "complete", "vote", "send-back", "refresh"])
def test_a_stranger_can_not_act_on_a_task(reader, cases, act):
    answer = reader("weina").post(f"{task_at(cases, 'routing')}/{act}", {"target": "intake", "reason": "x"})
    assert answer.status_code in (403, 404)


@pytest.mark.parametrize("act", ["suspend", "resume", "terminate", "give_up", "retry", "explode"])
def test_a_stranger_can_not_act_on_a_case(reader, cases, act):
    assert reader("weina").post(f"{at(cases, 'routing')}/act/{act}", {"reason": "x"}).status_code == 404


def test_an_unknown_case_and_an_unknown_task_are_not_found(reader, cases):
    client = reader("jiangshan")
    for path in (f"/cases/{uuid.uuid4()}", f"/tasks/{uuid.uuid4()}", "/cases/1", "/inbox/nothing"):
        assert client.get(path).status_code == 404
    assert client.post(f"/tasks/{uuid.uuid4()}/act/claim").status_code == 404


HOSTILE = ["\0", "²", "-1", "9" * 30, "x" * 3000, "' OR 1=1 --", "%00", "2026|x", "\ud7ff", "None"]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_query_makes_a_list_fall_over(reader, cases, value):
    staff, supervisor = reader("zhouyan"), reader("jiangshan")
    names = ("q", "process", "station", "due", "state", "holder", "sort", "after")
    for name in names:
        for tab in ("todo", "pool", "done", "started", "copied"):
            assert staff.get(f"/inbox/{tab}", query_string={name: value, "all": "1"}).status_code < 500
        for page in ("cases", "tasks"):
            assert supervisor.get(f"/supervision/{page}", query_string={name: value}).status_code < 500
    for path, query in (("/search", "q"), ("/notices", "before")):
        assert staff.get(path, query_string={query: value}).status_code < 500


@pytest.mark.parametrize("value", HOSTILE)
def test_no_form_makes_an_act_fall_over(reader, cases, value):
    supervisor = reader("jiangshan")
    names = ("target", "reason", "reason_code", "mode", "people", "place", "outcome", "opinion", "seen", "key")
    posted = dict.fromkeys(names, value)
    task, case = task_at(cases, "routing"), at(cases, "routing")
    acts = ("act/send_back", "act/reassign", "complete", "draft", "vote", "refresh")
    for path in (*[f"{task}/{act}" for act in acts], f"{case}/act/copy", "/start"):
        assert supervisor.post(path, posted).status_code < 500, path


def test_search_leads_to_the_one_case_and_shows_only_what_the_reader_may_see(reader, cases):
    number = cases["routing"].case.number
    assert reader("zhaomin").get(f"/search?q={number}").headers["Location"].endswith(at(cases, "routing"))
    page = text(reader("weina").get(f"/search?q={number}"))
    assert RETAIL.customer.name not in page
    assert text(reader("zhaomin").get(f"/search?q={RETAIL.customer.name}")).count("CA-2026-") >= len(STATIONS) - 1


# --- the buttons


def test_claim_draft_release_claim_and_complete_through_the_pages(bank, reader):
    route = a_committed_case(desk.staff(), "routing")
    cases, who = {"routing": route}, reader("zhouyan")
    task = task_at(cases, "routing")
    assert who.post(task + "/act/claim").status_code == 302
    assert who.post(task + "/draft", {"business_line": "retail", "opinion": "草稿意见"}).status_code == 302
    assert "草稿意见" in text(who.get(task))
    assert who.post(task + "/act/release").status_code == 302
    next_holder = reader("wulei")
    next_holder.post(task + "/act/claim")
    page = text(next_holder.get(task))
    assert "草稿意见" in page
    answer = next_holder.post(task + "/complete", {**hidden(page), "business_line": "retail", "outcome": "route"})
    assert answer.status_code == 302, words(answer.get_data(as_text=True))
    said = text(next_holder.get(answer.headers["Location"]))
    assert "组长分配信贷员" in said


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the task's form."""
    form = re.search(r'<form id="task-form".*?</form>', page, re.S)[0]
    return dict(re.findall(r'type="hidden" name="(seen|key)" value="([^"]*)"', form))


def test_pressing_twice_is_one_step_and_one_answer(bank, reader):
    route = a_committed_case(desk.staff(), "routing")
    cases, who = {"routing": route}, reader("zhouyan")
    task = task_at(cases, "routing")
    who.post(task + "/act/claim")
    posted = {**hidden(text(who.get(task))), "business_line": "retail", "outcome": "route"}
    first, second = who.post(task + "/complete", posted), who.post(task + "/complete", posted)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"]
    assert who.post(task + "/complete", {**posted, "business_line": "micro"}).status_code == 422
    rows = select(UserTask).where(UserTask.instance_id == route.case.id, UserTask.element_id == "assignment")
    assert len(session.scalars(rows).all()) == 1


def test_the_loser_of_a_race_reads_the_winners_name_with_409(bank, reader):
    route = a_committed_case(desk.staff(), "routing")
    task = task_at({"routing": route}, "routing")
    winner, loser = reader("zhouyan"), reader("wulei")
    assert winner.post(task + "/act/claim").status_code == 302
    assert "周燕" in text(loser.post(task + "/act/claim"), 409)


def test_a_stale_screen_is_refused_with_409_and_nothing_is_written(bank, reader):
    route = a_committed_case(desk.staff(), "routing")
    who = reader("zhouyan")
    task = task_at({"routing": route}, "routing")
    who.post(task + "/act/claim")
    posted = {**hidden(text(who.get(task))), "seen": "0" * 24, "business_line": "retail", "outcome": "route"}
    text(who.post(task + "/complete", posted), 409)
    assert task_row({"routing": route}, "routing").state == "open"


def test_a_form_with_faults_comes_again_as_it_was_typed(bank, reader):
    route = a_committed_case(desk.staff(), "intake")
    who = reader("zhaomin")
    task = task_at({"intake": route}, "intake")
    page = text(who.get(task))
    posted = {**hidden(page), "customer_name": "王小明特别", "amount": "lots", "outcome": "submit"}
    again = text(who.post(task + "/complete", posted), 422)
    assert "王小明特别" in again
    assert 'value="lots"' in again
    no_english(again)


def test_sending_back_shows_the_reason_to_who_gets_it(bank, reader):
    route = a_committed_case(desk.staff(), "assignment")
    cases = {"assignment": route, "routing": route}
    leader = route.staff.pool(task_row(cases, "assignment"))[0].username
    who = reader(leader)
    task = task_at(cases, "assignment")
    who.post(task + "/act/claim")
    price = text(who.get(task + "/price?target=intake"))
    assert "归口受理分派" in price
    no_english(price)
    posted = {"target": "intake", "reason_code": "incomplete", "reason": "缺少收入证明原件", "mode": "straight"}
    assert who.post(task + "/act/send_back", posted).status_code == 302
    page = text(reader("zhaomin").get(at(cases, "assignment")))
    assert "缺少收入证明原件" in page
    assert route.staff.by_name[leader].name in page
    no_english(page)


def test_coming_back_step_by_step_because_a_value_changed_is_said(bank, reader, monkeypatch):
    monkeypatch.setattr(user_tasks.documents, "missing_types", lambda *_: ())
    staff = desk.staff()
    with transaction():
        route = Route(staff).go_to("pre_committee_review")
        route.send_back("pre_committee_review", "intake", "straight")
    who = reader("zhaomin")
    task = task_at({"intake": route}, "intake")
    loaded = user_tasks.cases.definitions.load(route.case.definition_id)
    posted = forms.to_posted(loaded.form("credit_application/intake"), {**route.usual("intake"), "amount": 90_000})
    form = {**{key: posted.getlist(key) for key in posted}, **hidden(text(who.get(task))), "outcome": "submit"}
    answer = who.post(task + "/complete", form)
    assert answer.status_code == 302, words(answer.get_data(as_text=True))
    shown = text(who.get(answer.headers["Location"]))
    assert "影响流转路径的数据已变更（申请金额），业务将逐级办理。" in shown
    assert "申请金额），业务将逐级办理" in text(who.get(at({"intake": route}, "intake")))


def test_a_copy_is_read_and_marked_so(bank, reader):
    route = a_committed_case(desk.staff(), "routing")
    path = at({"routing": route}, "routing")
    assert reader("zhaomin").post(path + "/act/copy", {"people": "hejing"}).status_code == 302
    who = reader("hejing")
    no_english(text(who.get("/notices")))
    assert route.case.number in text(who.get("/inbox/copied?all=1"))
    text(who.get(path))
    assert session.scalar(select(user_tasks.cases.ProcessInstance.id).where(ProcessInstance.id == route.case.id))


def test_starting_leads_to_the_first_task_and_twice_the_same_key_to_the_same(bank, reader):
    who = reader("qianjin")
    no_english(text(who.get("/start")))
    posted = {"process_key": "credit_application", "product": "consumer", "key": uuid.uuid4().hex}
    first, second = who.post("/start", posted), who.post("/start", posted)
    assert first.headers["Location"] == second.headers["Location"]
    assert "task-form" in text(who.get(first.headers["Location"]))


def test_several_tasks_are_claimed_at_once_and_those_taken_are_passed_over(bank, reader):
    staff = desk.staff()
    routes = [a_committed_case(staff, "routing") for _ in range(3)]
    tasks = [task_row({"routing": route}, "routing").id for route in routes]
    reader("wulei").post(f"/tasks/{tasks[1]}/act/claim")
    who = reader("zhouyan")
    answer = who.post("/tasks/claim", {"task_ids": [str(i) for i in tasks] + ["x", str(tasks[0])]})
    assert "2" in words(text(who.get(answer.headers["Location"])))
    holders = [session.get_one(UserTask, i).assignee_id for i in tasks]
    assert holders == [staff.by_name[name].id for name in ("zhouyan", "wulei", "zhouyan")]


def test_notices_are_read_in_three_languages_and_marked(reader, cases):
    for language in LANGUAGES:
        page = text(reader("lvbin", language).get("/notices"))
        if language != "en":
            no_english(page)
    who = reader("lvbin")
    who.post("/notices/read")
    assert who.get("/notices?before=1").status_code == 200
