"""The form designer in a real browser: by mouse, by keyboard, by dragging, on a phone; two people on one form."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.studio.desk import ANALYST, begin_draft

PART = "credit_application/_customer.form"
STEP = "credit_application/submission.form"


def open_form(page: Page, draft: str, name: str, **query: str) -> None:
    """The designer, with its script at work."""
    page.goto(f"{draft}/form/{name}?" + "&".join(f"{key}={value}" for key, value in query.items()))
    page.wait_for_selector("html[data-ready]")


def saved(page: Page) -> None:
    """Wait until the last act is kept."""
    expect(page.locator("#designer-state")).to_have_text("已保存")


def add(page: Page, words: str, where: str = ".outline") -> None:
    """Press an entry of the palette and wait until the new part asks for its label."""
    page.locator(f"{where} .palette button", has_text=words).click()
    expect(page.locator("#panel-form :is(input, textarea):not([type=hidden])").first).to_be_focused()


def label(page: Page, en: str, hans: str, hant: str) -> None:
    """Give the chosen part its label in three languages, as somebody who types and tabs."""
    for code, text in (("en", en), ("zh_Hans", hans), ("zh_Hant", hant)):
        page.locator(f"#panel-form [name='label.{code}']").fill(text)
        page.keyboard.press("Tab")
    expect(page.locator(".outline a[aria-current='true'] .part-label")).to_have_text(hans)


@pytest.fixture
def draft(visit):
    """A page on a fresh draft of the credit route, and the draft's address."""
    page = visit(ANALYST)
    return page, begin_draft(page)


def test_a_section_a_field_a_table_and_a_rule_are_made_with_the_mouse(draft):
    page, address = draft
    open_form(page, address, STEP)
    add(page, "分节")
    label(page, "Site visit", "现场核实", "現場核實")
    add(page, "单行文本")
    label(page, "Contact", "联系人", "聯絡人")
    page.locator("#prop-key").fill("contact_person")
    page.keyboard.press("Tab")
    expect(page.locator(".outline a[aria-current='true'] code")).to_have_text("contact_person")
    add(page, "表格")
    label(page, "Photos", "照片", "照片")
    add(page, "日期", ".panel")
    label(page, "Taken on", "拍摄日期", "拍攝日期")
    add(page, "校验规则")
    page.locator("[name=check]").fill("contact_person != null")
    page.keyboard.press("Tab")
    saved(page)
    expect(page.locator(".outline .part[data-kind=section] .part-label")).to_have_text(
        ["现场核实", "联系人", "照片", "单行文本", "拍摄日期"]
    )
    expect(page.locator(".finding[data-kind=danger]")).to_have_count(0)
    expect(page.frame_locator("#preview").locator("summary", has_text="现场核实")).to_be_visible()


def test_a_wrong_condition_is_said_beside_its_field_and_undo_takes_it_back(draft):
    page, address = draft
    open_form(page, address, PART, at="0.2")
    page.locator("[name=visible]").fill("customer_kind = individal and")
    page.keyboard.press("Tab")
    expect(page.locator("#prop-visible-findings")).to_contain_text("无法解析")
    expect(page.locator("[name=visible]")).to_have_attribute("aria-invalid", "true")
    page.locator(".outline a[aria-current='true']").focus()
    page.keyboard.press("Control+z")
    expect(page.locator("[name=visible]")).to_have_value('customer_kind = "individual"')
    page.keyboard.press("Control+Shift+z")
    expect(page.locator("[name=visible]")).to_have_value("customer_kind = individal and")


def test_parts_are_moved_and_deleted_by_keyboard(draft):
    page, address = draft
    open_form(page, address, PART)
    page.locator("#part-0\\.1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#part-0\\.1")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#part-0\\.0 code")).to_have_text("customer_name")
    expect(page.locator("#part-0\\.0")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+Delete")
    expect(page.locator("#part-0\\.0 code")).to_have_text("customer_kind")


def test_a_part_is_dragged_before_another(draft):
    page, address = draft
    open_form(page, address, PART)
    page.locator("#part-0\\.7").drag_to(page.locator("#part-0\\.1"), target_position={"x": 40, "y": 4})
    expect(page.locator("#part-0\\.1 code")).to_have_text("phone")
    page.locator("[data-new-kind=checkbox]").drag_to(page.locator("#part-0\\.0"), target_position={"x": 40, "y": 4})
    expect(page.locator("#part-0\\.0 code")).to_have_text("checkbox")


def test_what_is_typed_while_an_answer_is_on_its_way_stays(draft):
    page, address = draft
    open_form(page, address, PART, at="0.1")
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    page.locator("[name='label.en']").fill("Full name")
    page.locator("[name='label.zh_Hans']").fill("全名")
    page.locator("[name='label.zh_Hant']").press("End")
    page.locator("[name='label.zh_Hant']").press_sequentially("啊", delay=20)
    page.keyboard.press("Tab")
    saved(page)
    page.wait_for_timeout(3000)
    page.reload()
    values = [page.locator(f"[name='label.{code}']").input_value() for code in ("en", "zh_Hans", "zh_Hant")]
    assert values == ["Full name", "全名", "客戶名稱啊"]


def test_rights_are_set_in_the_grid_and_the_steps_form_says_so(draft):
    page, address = draft
    open_form(page, address, PART, view="rights", steps="credit_application/intake")
    cell = page.locator("[id='right-credit_application/intake-address']")
    expect(cell).to_have_value("")
    cell.select_option("required")
    saved(page)
    expect(cell).to_have_value("required")
    open_form(page, address, "credit_application/intake.form", view="source")
    assert re.search(r'"address": "required"', page.locator("#form-file").input_value())


def test_the_picture_is_real_for_each_step_and_as_narrow_as_a_phone(draft):
    page, address = draft
    open_form(page, address, PART)
    page.locator("select[name=step]").select_option("credit_application/intake")
    page.wait_for_load_state("networkidle")  # the page of the other step is there, and its picture is not made anew
    frame = page.frame_locator("#preview")
    expect(frame.locator("#field-customer_name")).to_have_attribute("aria-required", "true")
    page.locator("[data-preview-width]").select_option("390")
    assert page.locator("#preview").bounding_box()["width"] == 390
    assert page.locator("#preview").evaluate("frame => frame.contentDocument.documentElement.scrollWidth") <= 390
    page.locator("[data-preview-language]").select_option("en")
    expect(frame.locator("summary", has_text="Customer")).to_be_visible()
    expect(frame.locator("html[data-ready]")).to_have_count(1)
    frame.locator("input[type=radio][value=enterprise]").check()
    expect(frame.locator("#field-credit_code")).to_be_visible()
    expect(frame.locator("#field-id_number")).to_have_count(0)


def test_the_second_of_two_people_is_told_and_nothing_is_overwritten(draft, visit):
    page, address = draft
    other = visit(ANALYST)
    open_form(page, address, PART, at="0.1")
    open_form(other, address, PART, at="0.1")
    page.locator("[name='label.en']").fill("Hers")
    page.keyboard.press("Tab")
    saved(page)
    other.locator("[name='label.en']").fill("His")
    other.keyboard.press("Tab")
    expect(other.locator(".toast")).to_contain_text("没有覆盖")
    expect(other.locator("[name='label.en']")).to_have_value("His")
    page.reload()
    expect(page.locator("[name='label.en']")).to_have_value("Hers")


def test_on_a_phone_the_parts_stand_below_each_other(visit):
    page = visit(ANALYST, width=390)
    open_form(page, begin_draft(page), PART, at="0.1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[name='label.en']").fill("By phone")
    page.locator("[name='label.zh_Hans']").focus()
    saved(page)


def test_an_expression_is_completed_from_the_fields_and_checked_while_it_is_typed(draft):
    page, address = draft
    open_form(page, address, PART, at="0.1")
    field = page.locator("[name=visible]")
    offers = page.locator(".expression-offers:visible li")
    field.fill("")
    field.press_sequentially("客户类")
    expect(offers.first).to_contain_text("customer_kind")
    typed, offered = field.bounding_box(), offers.first.bounding_box()
    assert offered["y"] >= typed["y"] + typed["height"]
    page.keyboard.press("Enter")
    expect(field).to_have_value("customer_kind")
    field.press_sequentially(' = "ent')
    expect(offers.first).to_contain_text("企业")
    page.keyboard.press("Enter")
    expect(field).to_have_value('customer_kind = "enterprise"')
    field.press_sequentially(" and nobody_knows = 1")
    expect(page.locator(".expression-faults .finding").first).to_contain_text("nobody_knows")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill('customer_kind = "enterprise"')
    expect(page.locator(".expression-faults .finding")).to_have_count(0)
    page.keyboard.press("Tab")
    saved(page)
    page.reload()
    expect(page.locator("[name=visible]")).to_have_value('customer_kind = "enterprise"')
