"""The supervisor's console in a real browser: from the overview to the list, many at once, mapping on the picture, rewinding."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.demo import desk
from app.kernel import db
from app.kernel.db import session
from app.workflow.models import ProcessInstance, UserTask
from tests.integration.desk_fixtures import a_committed_case
from tests.integration.workflow.route import Route

pytestmark = pytest.mark.browser
SIZES = [(1280, False), (390, True)]


@pytest.fixture(scope="module")
def routes(bank) -> list[Route]:
    staff = desk.staff()
    session.remove()
    made = [a_committed_case(staff, "routing") for _ in range(4)]
    return [*made, a_committed_case(staff, "assignment"), a_committed_case(staff, "retail_phone_check")]


def holders(routes: list[Route]) -> list[int | None]:
    ids = [route.case.id for route in routes]
    with db.reading():
        rows = session.execute(
            select(UserTask.instance_id, UserTask.assignee_id).where(
                UserTask.instance_id.in_(ids), UserTask.state == "open"
            )
        )
        found = {row[0]: row[1] for row in rows}
    return [found[i] for i in ids]


def stations(route: Route) -> list[str]:
    with db.reading():
        return session.get_one(ProcessInstance, route.case.id).stations


@pytest.mark.parametrize(("width", "dark"), SIZES)
def test_every_number_of_the_overview_leads_to_a_list_with_as_many_rows(
    visit: Callable[..., Page], routes: list[Route], width: int, dark: bool
) -> None:
    page = visit("jiangshan", width=width, dark=dark)
    page.goto("/supervision/?fresh=1")
    tile = page.locator(".tile").first
    number = int(tile.locator(".tile-number").inner_text())
    tile.click()
    page.wait_for_url("**/supervision/tasks*")
    expect(page.locator("#lines tbody tr")).to_have_count(number)
    page.goto("/supervision/?fresh=1")
    row = page.locator("section:has(#stations-title) tbody tr").first
    there = int(row.locator(".numeric").inner_text().split()[0])
    row.locator("a").click()
    page.wait_for_url("**station=**")
    expect(page.locator("#lines tbody tr")).to_have_count(there)


@pytest.mark.parametrize(("width", "dark"), SIZES)
def test_a_number_on_the_diagram_filters_the_table_below(
    visit: Callable[..., Page], routes: list[Route], width: int, dark: bool
) -> None:
    page = visit("jiangshan", width=width, dark=dark)
    page.goto("/supervision/cases?process=credit_application")
    page.wait_for_selector("[data-drawn]")
    page.locator("[data-element-id=assignment]").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**station=assignment**")
    expect(page.locator("#lines tbody tr")).to_have_count(1)
    expect(page.locator("#lines tbody")).to_contain_text(routes[4].case.number)
    expect(page.locator(".diagram-badge").first).to_be_visible()


def test_ticked_rows_are_tried_shown_confirmed_and_done_with_progress(
    visit: Callable[..., Page], routes: list[Route]
) -> None:
    page = visit("jiangshan")
    page.goto("/supervision/tasks?station=routing")
    for box in page.locator("input[name=ids]").all()[:2]:
        box.check()
    page.select_option("#bulk-verb", "reassign")
    page.locator("#bulk button").click()
    page.select_option("[name=people]", "wulei")
    page.fill("[name=reason]", "休假")
    before = holders(routes[:4])
    page.locator("form.card button.primary").click()
    page.wait_for_url("**/acts/*")
    expect(page.locator("#act tbody tr")).to_have_count(2)
    assert holders(routes[:4]) == before
    page.locator("form[action$='/confirm'] button").click()
    expect(page.locator("#act .notice[data-kind=ok]")).to_be_visible()
    assert len([h for h in holders(routes[:4]) if h is not None]) == 2
    page.reload()
    expect(page.locator("#act .notice[data-kind=ok]")).to_be_visible()
    with page.expect_download() as download:
        page.locator("a[href$='result.xlsx']").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def test_the_same_works_without_script(visit: Callable[..., Page], routes: list[Route]) -> None:
    page = visit("jiangshan", script=False)
    page.goto(f"/supervision/cases?q={routes[3].case.number}")
    page.locator("input[name=ids]").first.check()
    page.select_option("#bulk-verb", "suspend")
    page.locator("#bulk button").click()
    page.fill("[name=reason]", "核查")
    page.locator("form.card button.primary").click()
    page.wait_for_url("**/acts/*")
    page.locator("form[action$='/confirm'] button").click()
    page.locator("form[action$='/go'] button").click()
    expect(page.locator("#act .notice[data-kind=ok]")).to_be_visible()
    with db.reading():
        assert session.get_one(ProcessInstance, routes[3].case.id).state == "suspended"


def test_tokens_are_mapped_on_the_picture_by_mouse_and_by_keyboard(
    visit: Callable[..., Page], routes: list[Route]
) -> None:
    page = visit("jiangshan")
    page.goto(f"/supervision/cases?q={routes[4].case.number}")
    page.locator("input[name=ids]").first.check()
    page.select_option("#bulk-verb", "jump")
    page.locator("#bulk button").click()
    page.wait_for_selector("[data-drawn]")
    chosen = page.locator("select[data-from=assignment]")
    for element in ("assignment", "routing"):
        shape = page.locator(f"[data-element-id={element}]").first
        shape.focus()
        page.keyboard.press("Enter")
    expect(chosen).to_have_value("routing")
    expect(page.locator(".diagram-badge", has_text="+1")).to_have_count(1)
    page.fill("[name=reason]", "分派有误")
    page.locator("form.card button.primary").click()
    page.wait_for_url("**/acts/*")
    page.locator("form[action$='/confirm'] button").click()
    expect(page.locator("#act .notice[data-kind=ok]")).to_be_visible()
    assert stations(routes[4]) == ["routing"]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_slider_shows_the_case_as_it_was_and_a_supervisor_rewinds_it(
    visit: Callable[..., Page], routes: list[Route], width: int
) -> None:
    page = visit("jiangshan", width=width)
    route = routes[5]
    page.goto(f"/cases/{route.case.id}/moments")
    slider = page.locator("#moment-at")
    slider.focus()
    page.keyboard.press("Home")
    first = page.locator("#moment h2", has_text="第 1 步")
    expect(first).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#moment h2", has_text="第 2 步")).to_be_visible()
    expect(page.locator("svg.stay-strip rect").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if width == 1280:
        return
    page.goto(f"/cases/{route.case.id}/moments?at=1")
    page.locator("#moment a[href*='/rewind/']").click()
    page.wait_for_selector("[data-drawn]")
    page.fill("[name=reason]", "录入有误")
    page.locator("form button.danger").click()
    page.wait_for_url(f"**/cases/{route.case.id}")
    assert stations(route) == ["intake"]


def test_moments_work_without_script_as_links(visit: Callable[..., Page], routes: list[Route]) -> None:
    page = visit("jiangshan", script=False)
    page.goto(f"/cases/{routes[0].case.id}/moments")
    page.locator("summary", has_text="全部时点").click()
    page.locator(".moment-list a").first.click()
    expect(page.locator("#moment h2", has_text="第 1 步")).to_be_visible()
