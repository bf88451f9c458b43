"""The first day of a bank: from a database with nobody in it to the first application in the inbox of the market department.

Everything is done on the pages, but for the first administrator, whom the command makes. docs/first-day.md tells the same.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from app import create_app
from app.identity import command
from app.kernel import db
from app.kernel.clock import now
from app.migrating import migrate
from tests.browser import looking
from tests.browser.test_first_people import chooses, enters, fills
from tests.browser.test_route import ANSWERS, take, work

pytestmark = pytest.mark.browser

OWN = "Own-Words-Here-1"
LINES = {"corporate": "企贷", "micro": "微小贷", "retail": "个贷", "agriculture": "三农"}
# User name, name, roles, groups.
PEOPLE = (
    ("lina", "李娜", ("business_administrator",), ()),
    ("wugang", "吴刚", ("business_administrator",), ()),
    ("zhaomin", "赵敏", ("customer_manager",), ("customer_managers",)),
    ("zhouyan", "周燕", ("staff",), ("market_department",)),
    ("taoran", "陶然", ("staff",), ("approvers_branch", "approvers_head_office", "approvers_president")),
)
PRODUCT = {
    "key": "consumer",
    "name_zh_Hans": "个人消费贷款",
    "summary_zh_Hans": "用于装修、旅游、教育。",
    "min_amount": "1000",
    "max_amount": "50万",
    "min_term_months": "3",
    "max_term_months": "60",
}


@pytest.fixture(scope="module")
def bank(databases: Any, settings: Any, tmp_path_factory: Any) -> Iterator[tuple[str, str]]:
    """The address of a server on a bank without data, and the first password of its administrator `root`."""
    db.disconnect()
    url = databases.create("first_day")
    migrate(url)
    # A house of its own: files lie under their content, sealed by the database that took them in.
    app = create_app(replace(settings, demo=False, home=tmp_path_factory.mktemp("first_day")), url)
    with db.transaction():
        told = command.create("root", "管理员", ["administrator"], None, now())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", told.split(" with ")[1].split(" ")[0]
    server.shutdown()
    thread.join()
    db.disconnect()


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small PDF to put to a case."""
    content = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(content)
    path = tmp_path_factory.mktemp("papers") / "资料.pdf"
    path.write_bytes(content.getvalue())
    return path


class Day:
    """One browser for each person of the bank."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.browser, self.site, self.first = browser, site, {}

    def arrives(self, username: str, first: str) -> Page:
        """Somebody signs in with his first password and chooses his own."""
        page = self.browser.new_context(base_url=self.site, locale="zh-CN").new_page()
        enters(page, username, first)
        page.goto("/inbox/todo")
        chooses(page, first, OWN)
        enters(page, username, OWN)
        return page


def enters_people(page: Page) -> dict[str, str]:
    """Everybody with roles and groups; returns the first passwords."""
    first = {}
    for username, name, roles, groups in PEOPLE:
        page.goto("/administration/new-person")
        page.select_option("[name=branch]", index=1)
        page.uncheck("[name=role][value=staff]")
        for role in roles:
            page.check(f"[name=role][value={role}]")
        for group in groups:
            page.check(f"[name=group][value={group}]")
        fills(page, "/administration/new-person", username=username, name=name)
        first[username] = page.locator("#first-password").inner_text()
    return first


def makes_missing_groups(page: Page) -> None:
    """Name every missing group by its key, until none is missing."""
    for _ in range(3):
        page.goto("/administration/routes-need")
        fields = page.locator("input[name^='name.']")
        if fields.count() == 0:
            return
        for field in fields.all():
            field.fill((field.get_attribute("name") or "").removeprefix("name."))
        page.locator("form[action$='/routes-need/groups'] button").click()
        page.wait_for_load_state()


def proposes_the_first_product(page: Page) -> str:
    """Returns the address of the proposal."""
    page.goto("/products")
    page.locator(".empty a.button").click()
    page.wait_for_url("**/new-product")
    for name, value in PRODUCT.items():
        page.fill(f"[name={name}]", value)
    page.select_option("[name=business_line]", "retail")
    page.select_option("[name=customer_kind]", "individual")
    for name, value in (("repayment_methods", "equal_instalment"), ("guarantee_kinds", "credit")):
        page.check(f"[name={name}][value={value}]")
    page.locator("form[action^='/new-product'] button.primary").click()
    page.wait_for_url("**/product-changes/*")
    return page.url


def test_an_empty_bank_comes_to_its_first_application(browser: Browser, bank: tuple[str, str], paper: Path) -> None:
    day = Day(browser, bank[0])
    root = day.arrives("root", bank[1])
    root.goto("/products")
    expect(root.locator(".empty")).to_contain_text("尚无业务条线")
    root.locator(".empty a.button").click()
    fills(root, "/administration/branches", key="head_office", name_zh_Hans="总行")
    for key, name in LINES.items():
        root.goto("/administration/branches")
        fills(root, "/administration/business-lines", key=key, name_zh_Hans=name)
    makes_missing_groups(root)
    first = enters_people(root)
    root.goto("/administration/routes-need")
    root.locator("form[action$='/routes-need'] button").click()
    expect(root.locator(".toast").first).to_contain_text("授信审批")

    root.goto("/products")
    expect(root.locator(".empty")).to_contain_text("业务管理员")
    manager = day.arrives("zhaomin", first["zhaomin"])
    manager.goto("/start")
    expect(manager.locator("main")).to_contain_text("尚无在售产品")

    keeper = day.arrives("lina", first["lina"])
    proposal = proposes_the_first_product(keeper)
    second = day.arrives("wugang", first["wugang"])
    second.goto("/products")
    second.locator("#waiting-table a").click()
    second.wait_for_url(proposal)
    second.locator("form[action$='/agree'] button").click()
    second.locator("#confirm button.primary").click()
    second.wait_for_url("**/products/consumer")

    manager.goto("/start")
    manager.locator("form:has(input[value=consumer]) button").first.click()
    manager.wait_for_url("**/tasks/**")
    number = manager.locator("h1").first.inner_text()
    work(manager, paper, {**ANSWERS, "amount": "80000", "term_months": "36"})

    market = day.arrives("zhouyan", first["zhouyan"])
    market.goto("/inbox/pool")
    expect(market.locator("main")).to_contain_text(number)
    take(market, number)
    expect(market.locator("[name=business_line]")).to_have_value("retail")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_pages_of_the_catalogue_read_well(browser: Browser, bank: tuple[str, str], width: int, dark: bool) -> None:
    size = {"width": width, "height": 844}
    scheme = "dark" if dark else "light"
    page = browser.new_context(base_url=bank[0], locale="zh-CN", viewport=size, color_scheme=scheme).new_page()
    enters(page, "lina", OWN)
    found = {}
    for path in ("products", "products/consumer", "products/consumer/change", "new-product?copy=consumer"):
        page.goto(f"/{path}")
        found[path] = looking.axe_found(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[path].append("wider than the screen")
    assert {path: said for path, said in found.items() if said} == {}
