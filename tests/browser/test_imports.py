"""The import in a real browser, from choosing files to the draft: on a desk and on a phone, and nothing wider than the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.importing.kit import file, flow

pytestmark = pytest.mark.browser
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
LOAN = file(
    '<laneSet id="ls"><lane id="l1" name="Clerk"><flowNodeRef>a</flowNodeRef></lane></laneSet>',
    '<startEvent id="s"/><userTask id="a" name="Take in the application"/><exclusiveGateway id="g" name="Complete?"/>',
    '<serviceTask id="b" name="Ask the bureau" camunda:topic="bureau"/><dataStoreReference id="d" name="Archive"/>',
    '<boundaryEvent id="x" attachedToRef="gone"/><endEvent id="e" name="Done"/>',
    flow("s", "a"), flow("a", "g"), flow("g", "b", name="yes"), flow("g", "a", name="no"), flow("b", "e", id=""),
)  # fmt: skip


@pytest.mark.parametrize(("width", "locale"), [(1280, "en"), (390, "zh-CN")])
def test_a_foreign_diagram_becomes_a_draft(
    bank: object, visit: Callable[..., Page], tmp_path: Path, width: int, locale: str
) -> None:
    (tmp_path / "loan.bpmn").write_bytes(LOAN)
    page = visit("qiyue", width=width, locale=locale)
    page.goto("/studio/import")
    must_fit(page)
    page.set_input_files("#field-files", tmp_path / "loan.bpmn")
    page.locator(".import-drop button").click()
    page.wait_for_url("**/studio/import/*")
    must_fit(page)
    for kind in ("danger", "warn", "info", "ok"):
        expect(page.locator(f".import-sum [data-kind={kind}]").first).to_be_visible()
    expect(page.locator(".import-question")).not_to_have_count(0)
    looks(page, tmp_path, "questions")
    for tab in ("picture", "elements"):
        page.locator(f"a[href='#{tab}']").click()
        expect(page.locator(f"#{tab}")).to_be_visible()
        must_fit(page)
        looks(page, tmp_path, tab)
    page.locator("a[href='#questions']").click()
    while page.locator(".import-question:not([data-answered])").count():
        page.locator(".import-keep button").click()
        page.wait_for_load_state()
    looks(page, tmp_path, "answered")
    page.locator("form[action$='/draft'] button").click()
    page.wait_for_url("**/studio/drafts/*")
    expect(page.locator("body")).to_contain_text("p.bpmn")


def test_what_is_no_diagram_is_said_and_no_draft_is_offered(
    bank: object, visit: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "picture.bpmn").write_bytes(b"\x89PNG\r\n\x1a\n")
    page = visit("qiyue", width=390)
    page.goto("/studio/import")
    page.set_input_files("#field-files", tmp_path / "picture.bpmn")
    page.locator(".import-drop button").click()
    page.wait_for_url("**/studio/import/*")
    expect(page.locator("[role=alert], .notice").first).to_contain_text("XML")
    expect(page.locator("form[action$='/draft']")).to_have_count(0)
    must_fit(page)


def must_fit(page: Page) -> None:
    """Nothing is wider than the page, and axe finds nothing."""
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"][:3]]) for one in found] == []


def looks(page: Page, folder: Path, name: str) -> None:
    """A picture of the page, kept with what pytest keeps of the test."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)
