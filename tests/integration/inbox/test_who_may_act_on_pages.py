"""Who may act, on real pages: why a task is with somebody, substitutes and their banner, the supervisors' queue."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select

from app.demo import desk
from app.identity.models import Substitution
from app.kernel import clock
from app.kernel.db import session, transaction
from app.workflow import cases
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.rules import Verb
from tests.integration.desk_fixtures import a_committed_case, speak
from tests.integration.inbox.test_moves_on_pages import REVIEW, act, text

HOLDER, DEPUTY = "xuqing", "hejing"


@pytest.fixture
def task(bank):
    """A task of the review, held by xuqing; substitutes are forgotten afterwards."""
    made = a_committed_case(desk.staff(), REVIEW)
    (found,) = cases.open_tasks(made.case.id)
    act(Verb.CLAIM, found.id, HOLDER)
    session.remove()
    yield session.get_one(UserTask, found.id)
    with transaction():
        session.execute(delete(Substitution))
    session.remove()


def window(**more: str) -> dict[str, str]:
    today = clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    days = {"from": today.isoformat(), "until": (today + timedelta(days=1)).isoformat()}
    return {"deputy": DEPUTY, "existing": "1", **days, **more}


def named() -> int:
    session.expire_all()
    return session.scalar(select(func.count()).select_from(Substitution)) or 0


def test_the_page_of_a_task_says_why_it_is_with_the_reader_and_who_else_may_do_it(sign_in, task):
    speak(HOLDER, "zh_Hans")
    page = text(sign_in(HOLDER).get(f"/tasks/{task.id}"))
    assert "由您办理的原因：您属于“贷前审查”" in page
    assert "谁可办理此任务" in page


def test_a_substitute_is_named_on_the_page_reads_a_banner_and_whatever_he_does_reads_for_whom(sign_in, task):
    for name in (HOLDER, DEPUTY, "zhaomin"):
        speak(name, "zh_Hans")
    assert sign_in(DEPUTY).get(f"/tasks/{task.id}").status_code == 404
    assert sign_in(HOLDER).post("/substitutes", window(reason="休假")).status_code == 302
    deputy = sign_in(DEPUTY)
    inbox = text(deputy.get("/inbox"))
    last = window()["until"]
    assert "您正在代理 许青，至 " in inbox
    assert last[:8] in inbox.partition("您正在代理 许青，至 ")[2][:20], "until when"
    page = text(deputy.get(f"/tasks/{task.id}"))
    assert "您正在代理 许青 办理" in page
    assert 'name="outcome" value="approve"' in page
    assert deputy.post(f"/tasks/{task.id}/act/release", {"key": "k-release"}).status_code == 302
    page = text(sign_in("zhaomin").get(f"/cases/{task.instance_id}"))
    assert "何静（代 许青）" in page


def test_nobody_is_made_a_substitute_because_a_name_was_written_wrongly(sign_in, task):
    chief = sign_in("jiangshan")
    assert chief.post("/substitutes", window(principal="nobody_of_this_name")).status_code == 404
    assert chief.post("/substitutes", window(deputy="nobody_of_this_name")).status_code == 404
    assert named() == 0


@pytest.mark.parametrize("days", [{"until": "9999-12-31"}, {"from": "soon"}, {"until": ""}, {"until": "2020-01-01"}])
def test_days_that_make_no_window_are_refused_with_a_sentence(sign_in, task, days):
    assert sign_in(HOLDER).post("/substitutes", window(**days)).status_code == 422
    assert named() == 0


def test_the_supervisors_queue_is_a_filter_of_all_tasks(sign_in, task):
    task_id, number = task.id, session.get_one(ProcessInstance, task.instance_id).number
    chief = sign_in("jiangshan")
    assert number not in text(chief.get("/supervision/tasks?due=escalated"))
    with transaction():
        session.get_one(UserTask, task_id).escalated_at = clock.now()
    assert number in text(chief.get("/supervision/tasks?due=escalated"))
