"""The supervisors' pages: who may open them, the bulk acts with a result per row, the languages."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from app.demo import desk
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.workflow import batch
from app.workflow.models import ProcessInstance, UserTask
from tests.integration.desk_fixtures import LANGUAGES, a_committed_case, no_english, speak, words
from tests.integration.workflow.route import RETAIL

PAGES = ("cases", "tasks", "load", "diagrams/credit_application", "diagrams/credit_application/badges")


@pytest.fixture(scope="module")
def routes(bank):
    staff = desk.staff()
    made = [a_committed_case(staff, "routing") for _ in range(3)]
    session.remove()
    return made


@pytest.fixture(autouse=True)
def fresh_session():
    yield
    session.remove()


def text(answer, status: int = 200) -> str:
    assert answer.status_code == status, words(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


def task_of(route) -> UserTask:
    return session.scalars(
        select(UserTask).where(UserTask.instance_id == route.case.id, UserTask.element_id == "routing")
    ).one()


def state_of(route) -> str:
    return session.get_one(ProcessInstance, route.case.id, populate_existing=True).state


@pytest.mark.parametrize("page", PAGES)
def test_staff_do_not_oversee(sign_in, routes, page):
    assert sign_in("zhouyan").get(f"/supervision/{page}").status_code == 403


@pytest.mark.parametrize("act", ["tasks/reassign", "cases/suspend", "cases/terminate", "cases/resume"])
@pytest.mark.parametrize("who", ["zhouyan", "xieqian"])
def test_only_supervisors_act_on_many(sign_in, routes, act, who):
    posted = {"case_ids": str(routes[0].case.id), "task_ids": str(task_of(routes[0]).id), "reason": "x"}
    assert sign_in(who).post(f"/supervision/{act}", posted).status_code == 403
    assert state_of(routes[0]) == "active"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_the_readers_language(sign_in, routes, language):
    speak("jiangshan", language)
    client = sign_in("jiangshan")
    for page in ("cases", "cases?process=credit_application", "tasks", "load", "tasks?due=overdue", "cases?state=live"):
        shown = text(client.get(f"/supervision/{page}"))
        if language != "en":
            no_english(shown)
    assert RETAIL.customer.name in text(client.get("/supervision/cases"))


def test_badges_count_what_is_open_where(sign_in, routes):
    found = sign_in("jiangshan").get("/supervision/diagrams/credit_application/badges").get_json()
    assert int(found["routing"]["badge"]) >= 3


def test_many_tasks_are_handed_over_with_a_result_for_each(sign_in, bank):
    staff = desk.staff()
    routes = [a_committed_case(staff, "routing") for _ in range(3)]
    tasks = [task_of(route) for route in routes]
    done = [str(task.id) for task in tasks]
    speak("jiangshan", "zh_Hans")
    client = sign_in("jiangshan")
    posted = {"task_ids": [*done[:2], str(uuid.uuid4()), "x"], "username": "wulei", "reason": "休假"}
    page = text(client.post("/supervision/tasks/reassign", posted))
    assert all(route.case.number in page for route in routes[:2])
    no_english(page)
    session.expire_all()
    holders = [session.get_one(UserTask, task.id, populate_existing=True).assignee_id for task in tasks]
    assert holders == [staff.by_name["wulei"].id] * 2 + [None]


def test_where_all_rows_went_well_one_is_back_at_once(sign_in, bank):
    route = a_committed_case(desk.staff(), "routing")
    client = sign_in("jiangshan")
    for verb, state in (("suspend", "suspended"), ("resume", "active"), ("terminate", "cancelled")):
        answer = client.post(f"/supervision/cases/{verb}", {"case_ids": str(route.case.id), "reason": "核查"})
        assert answer.status_code == 302
        assert state_of(route) == state


def test_a_refused_row_leaves_no_trace_and_the_others_are_done(sign_in, bank):
    staff = desk.staff()
    first, second = a_committed_case(staff, "routing"), a_committed_case(staff, "routing")
    client = sign_in("jiangshan")
    client.post("/supervision/cases/terminate", {"case_ids": str(first.case.id), "reason": "重复"})
    events = session.get_one(ProcessInstance, first.case.id, populate_existing=True).events
    both = {"case_ids": [str(first.case.id), str(second.case.id)], "reason": "核查"}
    page = text(client.post("/supervision/cases/suspend", both))
    assert first.case.number in page
    assert (state_of(first), state_of(second)) == ("cancelled", "suspended")
    assert session.get_one(ProcessInstance, first.case.id, populate_existing=True).events == events


@pytest.mark.parametrize("posted", [{}, {"case_ids": "x"}, {"case_ids": ["", "\0"]}])
def test_nothing_ticked_is_said(sign_in, bank, posted):
    client = sign_in("jiangshan")
    answer = client.post("/supervision/cases/suspend", {**posted, "reason": "x"})
    assert answer.status_code == 302


def test_an_unknown_act_is_not_found(sign_in, bank):
    assert sign_in("jiangshan").post("/supervision/cases/explode", {"case_ids": "x"}).status_code == 404


def test_too_many_rows_are_refused_before_any_is_done(bank):
    with pytest.raises(batch.TooMany):
        batch.carry_out([str(uuid.uuid4()) for _ in range(batch.MOST + 1)], str)


def test_rows_are_done_once_each_in_the_order_of_their_ids(bank):
    ids = [uuid.uuid4() for _ in range(5)]
    done = []
    batch.carry_out([str(i) for i in [*ids, *ids]], lambda i: done.append(i) or "")
    assert done == sorted(ids)


def test_a_refusal_in_one_row_is_kept_with_the_row(bank):
    bad = uuid.uuid4()

    def act(row: uuid.UUID) -> str:
        if row == bad:
            raise Refusal("no")
        return "good"

    results = batch.carry_out([str(bad), str(uuid.uuid4())], act)
    assert sorted((r.row, str(r.refusal or "")) for r in results) == sorted([(str(bad), "no"), ("good", "")])
