"""The bell rings on an open page, and the pages of notices and jobs are usable by everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect
from sqlalchemy import select, text

from app.identity.models import User
from app.jobs import enqueue
from app.jobs import operations as jobs
from app.kernel import db
from app.kernel.clock import now
from app.notifications import operations, routing

pytestmark = pytest.mark.browser

PAGES = {
    "notices": ("zhaomin", "/notices"),
    "wishes": ("zhaomin", "/notices/settings"),
    "jobs": ("jiangshan", "/administration/jobs"),
    "messages": ("jiangshan", "/administration/messages?state=waiting"),
}
EXACTLY_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def leave(event: str, number: int = 1, username: str = "zhaomin") -> None:
    with db.transaction() as opened:
        whose = opened.scalars(select(User.id).where(User.username == username)).one()
        for _ in range(number):
            operations.notify(user_ids=[whose], event=event, case_id=None, now=now())


@pytest.fixture(scope="module")
def filled(bank: Any) -> None:
    """Notices, a message that waits, a failed job."""
    with db.transaction() as opened:
        job_id = enqueue(name="notifications.deliver", args={"delivery": 0})
        assert job_id is not None
        opened.execute(text("UPDATE procrastinate_jobs SET status = 'failed', attempts = 8"))
        jobs.note_fault(job_id=job_id, fault=OSError("The mail server can't be reached: TimeoutError"), now=now())
    leave("task_returned", 2)
    leave("task_assigned")
    with db.transaction():
        routing.route(now=now())


def test_the_bell_of_an_open_page_counts_up_by_itself(visit: Callable[..., Page], bank: Any) -> None:
    page = visit("hanmei")
    page.clock.install()
    page.goto("/inbox?all=1")
    count = page.locator("[data-bell] .count")
    expect(count).to_be_hidden()
    leave("task_assigned", 3, "hanmei")
    page.clock.fast_forward(26_000)
    expect(count).to_have_text("3")
    expect(page.locator("[data-bell]")).to_have_attribute("aria-label", "未读通知：3")
    leave("task_assigned", 1, "hanmei")
    page.clock.fast_forward(26_000)
    expect(count).to_have_text("4")


def test_the_bell_stops_asking_when_the_login_is_over(visit: Callable[..., Page]) -> None:
    page = visit("hanmei")
    page.clock.install()
    page.goto("/inbox?all=1")
    asked: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).path == "/notices/count":
            asked.append(request.url)

    page.on("request", note)
    page.context.clear_cookies()
    page.clock.fast_forward(26_000)
    page.wait_for_timeout(300)
    page.clock.fast_forward(60_000)
    page.wait_for_timeout(300)
    assert len(asked) == 1


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_sticks_out(
    visit: Callable[..., Page], filled: None, name: str, width: int
) -> None:
    username, path = PAGES[name]
    page = visit(username, width=width)
    page.goto(path)
    assert Axe().run(page, options=EXACTLY_AA).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_wishes_are_kept_without_script(visit: Callable[..., Page], filled: None) -> None:
    page = visit("zhaomin", script=False)
    page.goto("/notices")
    page.get_by_role("link", name="通知方式").click()
    page.locator("[name='work.mail']").check()
    page.locator("[name=quiet_from]").fill("22:00")
    page.locator("[name=quiet_to]").fill("07:30")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("[name='work.mail']")).to_be_checked()
    expect(page.locator("[name=quiet_to]")).to_have_value("07:30")


def test_a_supervisor_lets_a_failed_job_begin_again(visit: Callable[..., Page], filled: None) -> None:
    page = visit("jiangshan")
    page.goto("/administration/jobs")
    expect(page.get_by_text("The mail server can't be reached")).to_be_visible()
    page.get_by_role("button", name="重新执行").click()
    expect(page.get_by_text("作业已重新排队。")).to_be_visible()
    expect(page.get_by_text("没有作业", exact=True)).to_be_visible()
