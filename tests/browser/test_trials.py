"""Trials in a real browser: a dry run over an edited draft, a scenario walked by hand; no fault of script, policy or access."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.demo import desk
from app.kernel.db import session
from tests.integration.desk_fixtures import a_committed_case
from tests.integration.studio.trying import draft, waiting, work

pytestmark = pytest.mark.browser
SIZES = [(1280, False), (390, True)]
MORE = 2


@pytest.fixture(scope="module")
def finished(bank: Any) -> int:
    """Retail cases that were approved without the risk committee."""
    staff = desk.staff()
    session.remove()
    for _ in range(MORE):
        a_committed_case(staff, None)
    session.remove()
    return MORE


def must_be_sound(page: Page) -> None:
    """axe finds nothing, and nothing sticks out on the right."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0


@pytest.mark.parametrize(("width", "dark"), SIZES)
def test_a_changed_table_sends_more_cases_to_the_risk_committee_and_the_page_says_how_many(
    visit: Callable[..., Page], finished: int, width: int, dark: bool
) -> None:
    made = draft(table=("10000000", "100000"))
    page = visit("qiyue", width=width, dark=dark)
    page.goto(f"/studio/drafts/{made}/dry-run")
    must_be_sound(page)
    page.get_by_role("button", name="开始").click()
    expect(page.locator("#examination progress")).to_be_visible()
    row_id = waiting(made)
    worker = threading.Thread(target=work, args=(row_id,))
    worker.start()
    worker.join()
    expect(page.locator("#headline")).to_have_text(f"{finished} 笔业务中有 {finished} 笔走法不同。")
    line = page.locator("#differences tbody tr").first
    expect(line).to_contain_text("在“须上风险会？”处转到“风险评审会表决”，而不是转到“终审”。")
    expect(line).to_contain_text(str(finished))
    expect(page.locator("#groups")).to_contain_text(f"+{finished}")
    page.locator(".diagram").first.scroll_into_view_if_needed()
    picture = page.locator(".diagram[data-drawn]").first
    expect(picture.locator(".diagram-badge", has_text=f"0 → {finished}").first).to_be_attached()
    must_be_sound(page)


@pytest.mark.parametrize(("width", "dark"), SIZES)
def test_a_scenario_is_walked_by_hand_to_its_end_and_then_expected(
    visit: Callable[..., Page], bank: Any, width: int, dark: bool
) -> None:
    made = draft()
    page = visit("qiyue", width=width, dark=dark)
    page.goto(f"/studio/drafts/{made}/scenarios")
    must_be_sound(page)
    page.fill("[name=title]", f"Walk {width}")
    page.get_by_role("button", name="开始走流程").click()
    page.get_by_label("当前是否有逾期").select_option("yes")
    for label, value in (("申请金额", "200000"), ("期限", "36"), ("近24个月逾期期数", "0"), ("负债率", "30")):
        page.get_by_label(label).fill(value)
    page.get_by_label("客户类型").select_option("individual")
    page.get_by_label("贷款产品").select_option(index=1)
    page.get_by_label("担保方式").select_option("credit")
    page.get_by_label("是否属限制性行业").select_option("no")
    page.get_by_role("button", name="作答并继续").click()
    page.get_by_role("button", name="将实际走法设为预期").click()
    expect(page.get_by_text("按预期走完，以“已拒绝”结束。")).to_be_visible()
    expect(page.locator(".diagram[data-drawn] .is-done").first).to_be_attached()
    must_be_sound(page)
