"""Cases go over to another version in a real browser: tried, confirmed, watched, undone; and one case with other values."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.demo import desk
from app.kernel.clock import now
from app.kernel.db import reading, session, transaction
from app.workflow import user_tasks
from app.workflow.migrating import migration_runs
from app.workflow.migrating.migration_models import Migration, MigrationRow
from app.workflow.models import ProcessInstance
from tests.integration.workflow.route import EXPENSE, Route
from tests.integration.workflow.versions import renamed, version

pytestmark = pytest.mark.browser
BOSS = "jiangshan"
PICTURES = os.environ.get("CREDITFLOW_PICTURES", "")


@pytest.fixture(scope="module")
def numbers(bank: Any) -> list[str]:
    """Three cases under way; the new version has another first check, at which one of them stands. Committed."""
    with pytest.MonkeyPatch.context() as patched, transaction():
        patched.setattr(user_tasks.documents, "missing_types", lambda *_: ())
        staff = desk.staff()
        routes = [Route(staff, EXPENSE).go_to(place) for place in ("payment", "payment", "first_check")]
        version("expense_declaration", renamed("first_check", "first_look"))
        return [route.case.number for route in routes]


def look(page: Page, name: str) -> None:
    """axe finds nothing, and nothing sticks out on the right; a picture where somebody wants to see it."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES, f"{name}.png"), full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0


def parts(run: Any) -> list[Any]:
    with reading():
        return list(session.scalars(select(MigrationRow.instance_id).where(MigrationRow.migration_id == run)))


def newest() -> Any:
    with reading():
        return session.scalars(select(Migration.id).order_by(Migration.id.desc())).first()


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_a_whole_migration_is_tried_confirmed_watched_and_undone(
    visit: Callable[..., Page], numbers: list[str], width: int, dark: bool
) -> None:
    page = visit(BOSS, width=width, dark=dark)
    page.goto("/studio/migrations")
    look(page, f"migrations-{width}")
    page.locator("a[href*='/migrations/new']").first.click()
    page.select_option("[name=to]", index=1)
    page.locator("form[method=get] button").click()
    look(page, f"new-{width}")
    page.select_option("[name=to-first_check]", "")
    page.fill("[name=numbers]", " ".join(numbers))
    page.fill("[name=reason]", "新制度自七月起执行。")
    page.get_by_role("button", name="在副本上试").click()
    expect(page.locator("progress")).to_be_visible()
    look(page, f"trying-{width}")
    run = newest()
    with transaction():
        migration_runs.try_some(migration_id=run, now=now())
    # The page comes anew by itself: the bar goes, and every line says what would become of its case.
    expect(page.locator("progress")).to_have_count(0)
    expect(page.locator("table").get_by_text("尚未试迁移")).to_have_count(0)
    look(page, f"preview-{width}")
    page.locator("form[action$='/confirm'] button").click()
    expect(page.locator("progress")).to_be_visible()
    look(page, f"running-{width}")
    for instance in parts(run):
        with transaction():
            migration_runs.carry_out(migration_id=run, instance_id=instance, now=now())
    expect(page.locator("progress")).to_have_count(0)
    look(page, f"done-{width}")
    page.locator(f"form[action$='/migrations/{run}/undo'] button").click()
    look(page, f"asks-{width}")
    page.locator("dialog[open] [value=yes], dialog[open] button.danger, dialog[open] button.primary").first.click()
    expect(page.locator("progress")).to_be_visible()
    for instance in parts(run):
        with transaction():
            migration_runs.carry_back(migration_id=run, instance_id=instance, now=now())
    expect(page.locator("progress")).to_have_count(0)
    look(page, f"undone-{width}")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_what_if_shows_both_ways_side_by_side(
    visit: Callable[..., Page], numbers: list[str], width: int, dark: bool
) -> None:
    with reading():
        case = session.scalars(select(ProcessInstance.id).where(ProcessInstance.number == numbers[2])).one()
    page = visit(BOSS, width=width, dark=dark)
    page.goto(f"/studio/cases/{case}/what-if")
    look(page, f"whatif-{width}")
    page.get_by_label("金额").fill("60")
    page.get_by_role("button", name="显示路径").click()
    expect(page.locator("ol.walk")).to_have_count(2)
    expect(page.locator("ol.walk li.differs").first).to_be_visible()
    look(page, f"whatif-after-{width}")
