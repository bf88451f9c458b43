"""The page of a decision table in a real browser: what is typed is checked at its cell, tried, saved, and never overwritten."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.studio.desk import ANALYST, begin_draft

NAME = "credit_application/pre_check.dmn"


def open_table(page: Page, draft: str, name: str = NAME) -> None:
    """The page with its editor at work."""
    page.goto(f"{draft}/table/{name}")
    page.wait_for_selector("[data-opened]")


def cell(page: Page, element: str):
    """A cell of the editor."""
    return page.locator(f".table-canvas [data-element-id='{element}']")


def write(page: Page, element: str, text: str) -> None:
    """Type into a cell and go on to the next."""
    cell(page, element).click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


@pytest.fixture
def draft(visit):
    """A page on a fresh draft of the credit route, and the draft's address."""
    page = visit(ANALYST)
    return page, begin_draft(page)


def test_an_unreadable_cell_is_said_at_the_cell_and_the_table_is_saved_all_the_same(draft):
    page, address = draft
    open_table(page, address)
    expect(page.locator("[data-findings]")).to_have_text("检查未发现问题。")
    write(page, "pre_check_rule_3_overdue_count", "> 6)")
    mark = page.locator(".cell-mark[data-kind=danger]")
    expect(mark).to_have_count(1)
    expect(mark).to_have_attribute(
        "title", "第 3 条规则，“近24个月逾期期数”列：无法解析“> 6)”：第 1 行第 4 列：此处不能出现“)”"
    )
    box, place = mark.bounding_box(), cell(page, "pre_check_rule_3_overdue_count").bounding_box()
    assert place["x"] <= box["x"] <= place["x"] + place["width"]
    assert place["y"] <= box["y"] <= place["y"] + place["height"]
    expect(page.locator("#table-state")).to_have_text("已保存")
    expect(page.locator("[data-text] td", has_text="> 6)")).to_contain_text("无法解析")


def test_a_gap_is_shown_with_a_value_and_a_rule_for_that_value_can_be_added(draft):
    page, address = draft
    open_table(page, address, "credit_application/risk_committee_needed.dmn")
    write(page, "risk_committee_needed_rule_4_amount", "> 4000000")
    finding = page.locator("[data-findings] .finding")
    expect(finding).to_contain_text("没有规则适用")
    finding.get_by_role("button", name="为此添加规则").click()
    expect(page.locator(".table-canvas tr").filter(has_text="4000000").last).to_contain_text('"C"')
    expect(page.locator("[data-text] tbody tr")).to_have_count(6)


def test_an_overlap_and_a_dead_rule_stand_at_their_rules(draft):
    page, address = draft
    open_table(page, address)
    write(page, "pre_check_rule_1_industry_restricted", "-")
    expect(page.locator(".cell-mark[data-kind=warn]").first).to_have_attribute(
        "title", "第 2 条规则：该规则永远不会命中：其上的规则已覆盖全部情况"
    )
    open_table(page, address, "credit_application/risk_committee_needed.dmn")
    write(page, "risk_committee_needed_rule_4_amount", "> 2000000")
    expect(page.locator(".cell-mark[data-kind=danger]")).to_have_attribute(
        "title",
        '第 4 条规则：规则 3 与规则 4 会同时命中，例如 评级 = "C", 申请金额（元） = 3000000，但只允许一条命中（命中策略 UNIQUE）',
    )


def test_values_are_tried_on_what_stands_in_the_editor_and_the_rule_that_fired_is_marked(draft):
    page, address = draft
    open_table(page, address)
    write(page, "pre_check_rule_3_overdue_count", "> 2")
    page.locator("[data-try-fields] [name=overdue_count]").fill("3")
    page.locator("[data-try-fields] [name=customer_kind]").select_option("individual")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="试算").click()
    expect(page.locator("[data-try-result]")).to_contain_text("命中的规则: 3")
    assert (
        cell(page, "pre_check_rule_3_overdue_count").evaluate("one => getComputedStyle(one).backgroundColor")
        == "rgb(217, 242, 227)"
    )
    page.locator("[data-try-fields] [name=overdue_count]").fill("many")
    page.get_by_role("button", name="试算").click()
    expect(page.locator("[data-try-result] .finding")).to_contain_text("不是该类型的值")


def test_undo_and_redo_by_key_and_the_file_keeps_what_was_saved(draft):
    page, address = draft
    open_table(page, address)
    write(page, "pre_check_rule_3_overdue_count", "> 7")
    page.locator(".page-head h1").click()
    for _ in "> 7":
        page.keyboard.press("Control+z")
    expect(cell(page, "pre_check_rule_3_overdue_count")).to_have_text("> 6")
    for _ in "> 7":
        page.keyboard.press("Control+Shift+z")
    expect(cell(page, "pre_check_rule_3_overdue_count")).to_have_text("> 7")
    page.keyboard.press("Control+s")
    expect(page.locator("#table-state")).to_have_text("已保存")
    open_table(page, address)
    expect(cell(page, "pre_check_rule_3_overdue_count")).to_have_text("> 7")


def test_the_second_of_two_people_chooses_which_state_holds(draft, visit):
    page, address = draft
    other = visit(ANALYST)
    open_table(page, address)
    open_table(other, address)
    write(page, "pre_check_rule_3_overdue_count", "> 7")
    expect(page.locator("#table-state")).to_have_text("已保存")
    write(other, "pre_check_rule_3_overdue_count", "> 8")
    dialog = other.locator("#table-conflict")
    expect(dialog).to_contain_text("戚悦")
    dialog.get_by_role("button", name="显示对方的").click()
    other.wait_for_selector("[data-opened]")
    expect(cell(other, "pre_check_rule_3_overdue_count")).to_have_text("> 7")


def test_somebody_elses_work_on_another_file_is_not_in_the_way(draft, visit):
    page, address = draft
    other = visit(ANALYST)
    open_table(page, address)
    open_table(other, address, "credit_application/risk_committee_needed.dmn")
    write(page, "pre_check_rule_3_overdue_count", "> 7")
    expect(page.locator("#table-state")).to_have_text("已保存")
    write(other, "risk_committee_needed_rule_4_amount", "> 3500000")
    expect(other.locator("#table-state")).to_have_text("已保存")


def test_the_picture_of_the_decisions_is_one_press_away(draft):
    page, address = draft
    open_table(page, address)
    page.locator("[data-views] a", has_text="总览").click()
    expect(page.locator(".table-canvas .djs-element[data-element-id=pre_check]")).to_be_visible()


def test_on_a_phone_the_table_is_text(visit):
    page = visit(ANALYST, width=390)
    page.goto(f"{begin_draft(page)}/table/{NAME}")
    page.wait_for_selector("html[data-ready]")
    page.locator(".as-text summary").click()
    expect(page.locator("#text-pre_check td", has_text="> 70")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
