"""A bank without anybody: its first administrator, made by the command, enters a branch, a group and a person who signs in."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from app import create_app
from app.identity import command
from app.kernel import db
from app.kernel.clock import now
from app.migrating import migrate
from tests.browser import looking

pytestmark = pytest.mark.browser

OWN, HIS = "Own-Words-Here-1", "Other-Words-There-2"
SHOTS = os.environ.get("CREDITFLOW_SHOTS")


@pytest.fixture(scope="module")
def empty(databases, settings):
    """The address of a server on a bank without data, and the first password of its administrator `root`."""
    db.disconnect()
    url = databases.create("nobody_yet")
    migrate(url)
    app = create_app(replace(settings, demo=False), url)
    with db.transaction():
        told = command.create("root", "管理员", ["administrator"], None, now())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", told.split(" with ")[1].split(" ")[0]
    server.shutdown()
    thread.join()
    db.disconnect()


def enters(page: Page, username: str, password: str) -> None:
    page.goto("/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.locator("form[action='/login'] button").click()
    page.wait_for_url(lambda url: "/login" not in url)


def chooses(page: Page, old: str, new: str) -> None:
    page.wait_for_url("**/settings/password")
    for name, value in (("old", old), ("new", new), ("again", new)):
        page.fill(f"[name={name}]", value)
    page.locator("form[action='/settings/password'] button").click()
    page.wait_for_url(lambda url: "/login" in url)


def fills(page: Page, form: str, **values: str) -> None:
    """Fill the form that goes to this address, and send it."""
    found = page.locator(f"form[action='{form}']")
    for name, value in values.items():
        found.locator(f"[name={name}]").fill(value)
    found.locator("button.primary").click()


def test_an_empty_bank_gets_its_first_people(browser: Any, empty: tuple[str, str]) -> None:
    site, first = empty
    page = browser.new_context(base_url=site, locale="zh-CN", java_script_enabled=False).new_page()
    enters(page, "root", first)
    chooses(page, first, OWN)
    enters(page, "root", OWN)
    page.goto("/administration/branches")
    fills(page, "/administration/branches", key="head_office", name_zh_Hans="总行")
    expect(page.locator("#branch-table")).to_contain_text("总行")
    fills(page, "/administration/branches", key="east_branch", name_zh_Hans="东湖支行")
    expect(page.locator("#branch-table")).to_contain_text("东湖支行")
    page.goto("/administration/groups")
    fills(page, "/administration/groups", key="retail_officers", name_zh_Hans="个贷信贷员")
    expect(page.locator("h1")).to_have_text("个贷信贷员")
    page.goto("/administration/new-person")
    page.select_option("[name=branch]", index=2)
    fills(
        page, "/administration/new-person", username="hanmei", name="韩梅", position_zh_Hans="信贷员", superior="root"
    )
    password = page.locator("#first-password").inner_text()
    page.goto("/administration/groups/retail_officers?q=han")
    page.locator("#found button").click()
    expect(page.locator("#member-table")).to_contain_text("韩梅")
    other = browser.new_context(base_url=site, locale="zh-CN").new_page()
    enters(other, "hanmei", password)
    other.goto("/inbox/todo")
    chooses(other, password, HIS)
    enters(other, "hanmei", HIS)
    expect(other.locator(".user-name")).to_have_text("韩梅")
    assert other.goto("/administration/people").status == 403


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_pages_of_people_read_well(browser: Any, empty: tuple[str, str], width: int, dark: bool) -> None:
    scheme = "dark" if dark else "light"
    size = {"width": width, "height": 844}
    page = browser.new_context(base_url=empty[0], locale="zh-CN", viewport=size, color_scheme=scheme).new_page()
    enters(page, "root", OWN)
    found = {}
    for name in (
        "people",
        "people/hanmei",
        "people/root",
        "new-person",
        "groups",
        "groups/retail_officers?q=ro",
        "branches",
    ):
        page.goto(f"/administration/{name}")
        found[name] = looking.axe_found(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[name].append("wider than the screen")
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{width}-{name.replace('/', '-').partition('?')[0]}.png", full_page=True)
    assert {name: said for name, said in found.items() if said} == {}
