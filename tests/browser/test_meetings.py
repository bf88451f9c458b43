"""The meeting in a browser: on a phone as on a desk, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.demo import desk
from app.kernel import db
from tests.integration.workflow.committee import FIVE, Board

pytestmark = pytest.mark.browser

RULE = 'electorate="credit_committee" secretary="committee_secretaries" close="secretary" quorum="2/3" visibility="{}"'


@pytest.fixture(scope="module")
def waiting(bank) -> list[str]:
    """Two cases before the committee, an open vote and a hidden one; their numbers."""
    with db.reading():
        people = desk.staff()
    with db.transaction():
        return [Board(people, RULE.format(kind)).case.number for kind in ("open", "hidden")]


def fits(page: Page) -> bool:
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_sitting_is_planned_voted_and_closed_on_a_phone(visit: Callable[..., Page], waiting: list[str]) -> None:
    secretary = visit("songyan", width=390)
    secretary.goto("/meetings/")
    secretary.fill("[name=held_at]", "2026-03-05T14:30")
    secretary.fill("[name=place]", "三楼会议室")
    for number in waiting:
        secretary.locator("label", has_text=number).locator("input").check()
    secretary.get_by_role("button", name="安排会议").click()
    expect(secretary.locator("h2", has_text="议程")).to_be_visible()
    address = secretary.url
    secretary.locator("label", has_text="吕斌").locator("input[name=present]").check()
    secretary.get_by_role("button", name="登记到会").click()
    assert fits(secretary)
    for place, name in enumerate(FIVE[:4]):
        member = visit(name, width=390, dark=place == 1, script=place != 2)
        member.goto(address)
        assert fits(member)
        for number in waiting:
            item = member.locator("section.card", has=member.locator("h3", has_text=number))
            item.locator("input[value=agree]").check()
            item.get_by_role("button", name="表决").click()
            expect(member.locator("h2", has_text="议程")).to_be_visible()
    secretary.goto(address)
    hidden = secretary.locator("section.card", has=secretary.locator("h3", has_text=waiting[1]))
    expect(hidden).to_contain_text("表决结束后公布")
    expect(hidden).not_to_contain_text("同意 4")
    opened = secretary.locator("section.card", has=secretary.locator("h3", has_text=waiting[0]))
    expect(opened).to_contain_text("同意 4")
    opened.get_by_role("button", name="结束表决").click()
    secretary.locator("#confirm button[value=yes]").click()
    expect(opened.get_by_role("link", name="决议")).to_be_visible()
