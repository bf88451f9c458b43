"""The studio's pages of drafts in a real browser: axe finds nothing, the policy is kept, and the way through them works by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.audit.operations import SYSTEM
from app.kernel.clock import now
from app.kernel.db import transaction
from app.studio import drafts
from app.workflow.deploying import definitions

pytestmark = pytest.mark.browser
KEY = "expense_declaration"
DIAGRAM = f"{KEY}/{KEY}.bpmn"
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


@pytest.fixture(scope="module")
def draft(bank) -> str:
    with transaction():
        row = definitions.active(KEY)
        files = dict(definitions.load(row.id).files)
        made = drafts.begin(
            name=KEY, title="费用报销", files=files, actor=SYSTEM, now=now(), deployment_id=row.deployment_id
        )
        drafts.save(
            draft_id=made.id,
            changes={f"{KEY}/payment.form": None},
            base=made.digest,
            actor=SYSTEM,
            now=now(),
            note="试一试",
        )
        return f"/studio/drafts/{made.id}"


@pytest.fixture(scope="module")
def version(bank) -> str:
    with transaction():
        return f"/studio/processes/{definitions.active(KEY).id}"


PAGES = {
    "list": "/studio/",
    "new": "/studio/drafts/new",
    "processes": "/studio/processes",
    "version": "{version}",
    "draft": "{draft}",
    "history": "{draft}/history",
    "revision": "{draft}/history/1",
    "rename": "{draft}/rename/" + f"{KEY}/correction.form",
    "remove": "{draft}/remove/" + f"{KEY}/expense_route.dmn",
    "outline": "{draft}/outline/" + DIAGRAM,
}


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_axe_finds_nothing_and_nothing_sticks_out(
    visit: Callable[..., Page], draft: str, version: str, width: int, dark: bool
) -> None:
    page = visit("qiyue", width=width, dark=dark)
    for name, path in PAGES.items():
        page.goto(path.format(draft=draft, version=version))
        if name == "draft":
            expect(page.locator("#files:not([hx-get])")).to_be_visible()
        page.wait_for_load_state("networkidle")
        found = Axe().run(page, options=RULES).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_findings_come_to_the_files_by_themselves(visit: Callable[..., Page], draft: str) -> None:
    page = visit("qiyue")
    page.goto(draft)
    row = page.locator("#table-diagram tbody tr", has_text=f"{KEY}.bpmn")
    expect(row.locator('.badge[data-kind="danger"]')).to_be_visible()
    page.locator("#table-diagram details.menu summary").first.click()
    last = page.locator("#table-diagram .menu-list a").last
    expect(last).to_be_in_viewport()
    assert last.evaluate(
        "e => { const r = e.getBoundingClientRect(); return e.contains(document.elementFromPoint(r.x + 20, r.y + 10)) }"
    )


def test_a_process_is_begun_from_nothing_and_put_away_again(visit: Callable[..., Page], draft: str) -> None:
    page = visit("qiyue")
    page.goto("/studio/")
    page.get_by_role("link", name="新建流程").click()
    page.get_by_label("名称").fill("装修贷款")
    page.get_by_label("代码").fill("renovation_loan")
    page.get_by_role("button", name="开始").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("装修贷款")
    expect(page.locator("#files")).to_contain_text("没有问题")
    page.get_by_role("button", name="放弃草稿").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    page.wait_for_url("**/studio/")
    page.get_by_role("link", name="已放弃").click()
    expect(page.locator("#drafts")).to_contain_text("装修贷款")


def test_the_version_is_drawn_and_told(visit: Callable[..., Page], version: str) -> None:
    page = visit("jiangshan")
    page.goto(version)
    expect(page.locator(".diagram .djs-shape").first).to_be_visible()
    expect(page.locator("#outline-declaration")).to_contain_text("填报费用")
