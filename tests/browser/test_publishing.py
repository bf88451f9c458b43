"""A change of a route from the analyst's page over three desks into force, and its pages without barriers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.demo import desk
from app.kernel import db
from app.kernel.db import transaction
from app.workflow.deploying import definitions
from tests.browser.test_route import take
from tests.integration.studio.changes import AUTHOR, KEY, Change

pytestmark = pytest.mark.browser
DESKS = ("tangwei", "kongxiang", "jinpeng")


@pytest.fixture(scope="module")
def draft(bank: Any) -> str:
    """A draft with a station more, as the modeler would leave it."""
    with transaction():
        change = Change(desk.staff())
        change.report()
        return str(change.draft.id)


def in_force() -> Any:
    try:
        return definitions.in_force(KEY)
    finally:
        db.session.remove()


def test_handed_in_by_one_and_agreed_by_three_it_is_in_force_and_comes_back_with_one_act(
    visit: Callable[..., Page], draft: str
) -> None:
    before = in_force()
    analyst = visit(AUTHOR)
    analyst.goto(f"/studio/drafts/{draft}/publish")
    analyst.fill("[name=reason]", "审计要求付款前复核。")
    analyst.locator("form[action$='/publish'] button").click()
    number = analyst.locator("section.card h2").first.inner_text()
    for username in DESKS:
        page = visit(username)
        take(page, number)
        expect(page.locator("a[href$='/publish']")).to_be_visible()
        page.locator("button[name=outcome]").first.click()
        page.wait_for_load_state()
        errors = page.locator(".error-summary, .notice[data-kind=danger]")
        assert errors.count() == 0, errors.all_inner_texts()
    assert in_force() != before
    analyst.goto(f"/studio/drafts/{draft}/publish")
    expect(analyst.locator(".badge[data-kind=ok]")).to_be_visible()
    analyst.locator("summary.button.danger").click()
    analyst.fill("details [name=reason]", "发现缺陷。")
    analyst.locator("form[action$='/back'] button").click()
    analyst.wait_for_load_state()
    assert in_force() == before


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_nothing_bars_anybody_from_the_pages(visit: Callable[..., Page], draft: str, width: int, dark: bool) -> None:
    page = visit(AUTHOR, width=width, dark=dark)
    row = in_force()
    places = [f"/studio/drafts/{draft}/{name}" for name in ("impact", "publish")]
    for place in (*places, "/studio/migrations", f"/studio/migrations/new?from={row}"):
        page.goto(place)
        page.wait_for_load_state()
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == [], place
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, place
