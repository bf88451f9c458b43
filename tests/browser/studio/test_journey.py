"""From an empty place on the canvas to a finished case: a station is drawn, reported on, agreed by others, and worked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.jobs.long_work import WorkState
from app.kernel import db
from app.kernel.db import session
from app.studio import examinations
from app.studio.models import Examination
from tests.browser.studio.drawing_board import ANALYST, FORM, PAY, Board, a_draft
from tests.browser.test_route import take

pytestmark = pytest.mark.browser
REVIEWERS = ("tangwei", "kongxiang", "jinpeng")


def draw_a_station(board: Board) -> None:
    """A user task between start and end, with a form and a group, by mouse and panel."""
    x, y = board.centre("begun")
    board.drag_from_palette("create.task", x + 160, y)
    station = board.chosen()
    board.connect("begun", station)
    board.connect(station, "paid")
    board.click(station)
    for entry, text in (("name-zh_Hans", "付款审核"), ("name-en", "Check the payment"), ("name-zh_Hant", "付款審核")):
        board.fill(entry, text)
    board.fill("id", "check")
    board.group("step")
    board.entry("form").select_option("pay/check")
    board.page.locator('[data-group-id="group-candidates"] .bio-properties-panel-add-entry').click()
    board.entry("candidates-0-value").select_option("market_department")
    board.saved()
    expect(board.page.locator(".modeler")).to_have_attribute("data-checked", "0")


def let_the_worker_work() -> None:
    """What the worker beside the site does with the report that was asked for."""
    with db.reading():
        waiting = session.scalars(select(Examination.id).where(Examination.state == WorkState.WAITING)).all()
    assert waiting, "nobody asked for a report"
    for one in waiting:
        with db.transaction():
            examinations.examine(examination=str(one), key="")


def test_a_station_drawn_with_the_mouse_is_published_by_others_and_a_case_passes_it(visit: Callable[..., Page]) -> None:
    analyst = visit(ANALYST)
    board = Board(analyst, a_draft({"pay/pay.bpmn": PAY, "pay/check.form": FORM}))
    draw_a_station(board)

    publish = f"/studio/drafts/{board.draft_id}/publish"
    analyst.goto(publish)
    expect(analyst.locator(f"a[href='/studio/drafts/{board.draft_id}/report'].button")).to_be_visible()
    analyst.goto(f"/studio/drafts/{board.draft_id}/report")
    analyst.locator("main form[method=post] button").first.click()
    let_the_worker_work()
    analyst.goto(publish)
    analyst.fill("[name=reason]", "付款须经审核。")
    analyst.locator("form[action$='/publish'] button").click()
    change = analyst.locator("section.card h2").first.inner_text()
    for username in REVIEWERS:
        page = visit(username)
        take(page, change)
        page.locator("button[name=outcome]").first.click()
        page.wait_for_load_state()
    analyst.goto(publish)
    expect(analyst.locator(".badge[data-kind=ok]")).to_be_visible()

    clerk = visit("zhaomin")
    clerk.goto("/start")
    clerk.locator("form:has(input[name=process_key][value=pay]) button").first.click()
    clerk.wait_for_url("**/cases/**")
    number = clerk.locator("h1").first.inner_text()
    worker = visit("zhouyan")
    take(worker, number)
    worker.fill("[name=amount]", "1200")
    worker.locator("button[name=outcome]").first.click()
    worker.wait_for_load_state()
    clerk.goto(f"/search?q={number}")
    expect(clerk.locator(".stamp").first).to_be_visible()
    expect(clerk.locator("main")).to_contain_text("付款审核")
