"""The moves a page offers, pressed in a real browser: with and without script, on the desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.demo import desk
from app.kernel.db import session
from app.workflow import cases, user_tasks
from app.workflow.models import UserTask
from tests.integration.desk_fixtures import a_committed_case, speak

REVIEW = "pre_committee_review"


@pytest.fixture(scope="module")
def reviews(bank) -> list[tuple[str, str]]:
    """Cases before the committee, held by a reviewer: address of the task, number of the case."""
    from app.kernel import clock
    from app.kernel.db import transaction

    staff, made = desk.staff(), []
    for _ in range(3):
        route = a_committed_case(staff, REVIEW)
        (task,) = cases.open_tasks(route.case.id)
        with transaction():
            user_tasks.claim(task_id=task.id, person=staff.by_name["xuqing"], now=clock.now())
        made.append((f"/tasks/{task.id}", route.case.number))
    session.remove()
    return made


def holder_of(address: str) -> int | None:
    session.remove()
    return session.get_one(UserTask, address.rpartition("/")[2]).assignee_id


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_task_is_transferred_from_its_dialog(
    visit: Callable[..., Page], reviews: list[tuple[str, str]], script: bool
) -> None:
    address, _ = reviews[0] if script else reviews[1]
    page = visit("xuqing", script=script)
    page.goto(address)
    page.locator("a[data-dialog=transfer]").last.click()
    dialog = page.locator("dialog#transfer")
    expect(dialog).to_be_visible()
    if script:
        dialog.locator("input[type=search]").fill("hejing")
    else:
        dialog.locator("select[name=people]").select_option("hejing")
    dialog.locator("[name=reason]").fill("出差")
    dialog.locator("button.primary").click()
    page.wait_for_load_state()
    assert holder_of(address) == desk.staff().by_name["hejing"].id
    other = visit("hejing")
    other.goto(address)
    expect(other.get_by_text("许青 将此任务转办给您")).to_be_visible()
    expect(other.get_by_text("出差").first).to_be_visible()
    expect(other.locator("#history")).to_contain_text("已转办")


def test_on_a_phone_the_bar_keeps_the_decisions_and_the_rest_is_under_more(
    visit: Callable[..., Page], reviews: list[tuple[str, str]]
) -> None:
    speak("xuqing", "zh_Hans")
    page = visit("xuqing", width=390)
    page.goto(reviews[2][0])
    bar = page.locator(".action-bar")
    expect(bar.locator("button[name=outcome]").first).to_be_visible()
    expect(bar.locator("a[data-dialog=transfer]")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("details.menu > summary", has_text="更多").first.click()
    expect(page.locator(".menu-list a[data-dialog=transfer]").first).to_be_visible()


def test_the_help_page_tells_every_move(visit: Callable[..., Page]) -> None:
    from app.workflow.rules import MOVES

    page = visit("xuqing")
    page.goto("/help/moves")
    expect(page.locator("#moves tbody tr")).to_have_count(len(MOVES))
