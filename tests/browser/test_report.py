"""The report before publishing in a browser: a walk is stepped through with buttons and keys, with and without script."""

import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from app.audit.operations import SYSTEM
from app.kernel.clock import now
from app.kernel.db import transaction
from app.studio import drafts, examinations
from tests.integration.studio.test_report import files_of, stuck_files


@pytest.fixture(scope="module")
def report(bank):
    """The address of a report on a route that gets stuck, and of its walk."""
    with transaction():
        files = {**files_of("credit_application"), **stuck_files()}
        draft = drafts.begin(name="credit_application", title="授信申请", files=files, actor=SYSTEM, now=now())
        row = examinations.begin(draft=draft, kind="report", asked={}, actor=SYSTEM, now=now())
        ids = str(draft.id), str(row.id)
    with transaction():
        examinations.examine(examination=ids[1], key="")
    with transaction():
        found = examinations.find(uuid.UUID(ids[1])).found
    number = next(n for n, line in enumerate(found["findings"], start=1) if line["walk"])
    return f"/studio/drafts/{ids[0]}/report", f"/studio/drafts/{ids[0]}/report/{number}"


def test_a_walk_goes_on_and_back_with_buttons_and_keys(visit, report):
    page = visit("qiyue")
    page.goto(report[0])
    page.get_by_role("link", name="在图上逐步查看").first.click()
    page.wait_for_selector(".diagram[data-drawn]")
    page.get_by_role("link", name="下一步").click()
    expect(page.locator("[data-number]")).to_have_text("2")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-number]")).to_have_text("3")
    expect(page.locator(".diagram .is-running")).not_to_have_count(0)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-number]")).to_have_text("2")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".diagram .is-incident")).to_have_count(1)


def test_a_walk_goes_on_without_script(visit, report):
    page = visit("qiyue", script=False)
    page.goto(report[1])
    page.get_by_role("link", name="下一步").click()
    expect(page.locator("[data-number]")).to_have_text("2")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_nothing_stands_in_the_way_of_anybody_on_these_pages(visit, report, width, dark):
    page = visit("qiyue", width=width, dark=dark)
    for address in report:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if address == report[1]:
            page.wait_for_selector(".diagram[data-drawn]")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert [found["id"] for found in Axe().run(page).response["violations"]] == []
