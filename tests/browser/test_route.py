"""A real loan application goes from intake to final approval, every step through the browser."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import SHARED

pytestmark = pytest.mark.browser

LOG = SHARED / "logs" / "bpic2012-loan-2000-cases.csv.gz"
# A case of the log (BPI Challenge 2012, DOI 10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f), for machines without it.
KNOWN_CASE = {"case_id": "173688", "amount_req": "20000"}

# A question of the form leaves in the task of its change event; two frames later its control is marked, until the answer stands.
AT_REST = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
    done(!document.querySelector(".htmx-request")))))"""
ANSWERS = {
    "customer_kind": "individual",
    "customer_name": "范德华",
    "id_number": "110101190001010014",
    "phone": "13800138000",
    "product": "consumer",
    "term_months": "36",
    "guarantee": "credit",
    "current_overdue": "no",
    "overdue_count": "0",
    "debt_ratio": "30",
    "industry_restricted": "no",
    "business_line": "retail",
    "credit_officer": "hanmei",
    "rating": "B",
    "approved_amount": "20000",
    "approved_term_months": "36",
}


@pytest.fixture(scope="module")
def application() -> dict[str, str]:
    """The first application of the log of 2012."""
    if not LOG.exists():
        return KNOWN_CASE
    with gzip.open(LOG, "rt", encoding="utf-8") as file:
        return next(csv.DictReader(file))


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small PDF to put to a case."""
    content = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(content)
    path = tmp_path_factory.mktemp("papers") / "资料 1.pdf"
    path.write_bytes(content.getvalue())
    return path


def test_an_application_of_the_log_goes_from_intake_to_final_approval(
    visit: Callable[..., Page], application: dict[str, str], paper: Path
) -> None:
    manager = visit("zhaomin")
    manager.goto("/start")
    manager.locator("form:has(input[value=consumer]) button").first.click()
    manager.wait_for_url("**/tasks/**")
    expect(manager.locator("[name=product]")).to_have_value("consumer")
    number = manager.locator("h1").first.inner_text()
    work(manager, paper, {**ANSWERS, "amount": application["amount_req"]})

    for username in ("zhouyan", "wangfang", "hanmei", "zhuting", "hanmei", "hanmei", "hanmei", "xuqing"):
        page = visit(username)
        take(page, number)
        work(page, paper, ANSWERS)
    for username in ("zhengwei", "wangfang", "lvbin", "shiyun", "zhangming"):
        page = visit(username)
        take(page, number)
        page.locator("[name=choice][value=agree]").check(force=True)
        page.locator("button[form=vote-form]").click()
        page.wait_for_load_state()
    for username in ("lvbin", "yanhui"):
        page = visit(username)
        take(page, number)
        work(page, paper, ANSWERS)

    manager.goto(f"/search?q={number}")
    expect(manager.locator(".stamp").first).to_contain_text("通过")


def take(page: Page, number: str) -> None:
    """Open the case by its number and claim its task if it lies in a pool."""
    page.goto(f"/search?q={number}")
    page.wait_for_url("**/cases/**")
    claim = page.locator("form[action*='/claim'] button, button[formaction*='/claim']").first
    if claim.count():
        claim.click()
        page.wait_for_load_state()


def work(page: Page, paper: Path, answers: dict[str, str]) -> None:
    """Fill every required field, hand in the papers that the station asks for with these values, and press the first button."""
    url = page.url
    fill(page, answers)
    with page.expect_response("**/draft"):
        page.locator("[data-save-draft]").first.click()
    page.goto(url)
    add_papers(page, paper)
    page.goto(url)
    fill(page, answers)
    page.locator("button[name=outcome]").first.click()
    page.wait_for_load_state()
    errors = page.locator(".error-summary, .notice[data-kind=danger]")
    assert errors.count() == 0, errors.all_inner_texts()


def add_papers(page: Page, paper: Path) -> None:
    """Upload every required paper that is missing."""
    for _ in range(6):
        missing = page.locator("[data-missing-type]")
        if missing.count() == 0:
            return
        kind = missing.first.get_attribute("data-missing-type") or ""
        page.locator("a[href='#documents']").first.click()
        page.select_option("form[action$='/documents/'] [name=type]", kind)
        page.set_input_files("form[action$='/documents/'] [name=files]", paper)
        expect(page.locator(f"[data-missing-type={kind}]")).to_have_count(0, timeout=30_000)


def fill(page: Page, answers: dict[str, str]) -> None:
    """Fill what is required, twice, as a choice may show further fields."""
    for _ in range(2):
        choose(page, answers)
        for control in page.locator("#task-form [name][required], #task-form [name][aria-required=true]").all():
            fill_one(page, control, answers)
        come_to_rest(page)


def choose(page: Page, answers: dict[str, str]) -> None:
    """Tick one of each group of round buttons that has none."""
    buttons = page.locator("#task-form input[type=radio]").all()
    for name in dict.fromkeys(button.get_attribute("name") or "" for button in buttons):
        group = page.locator(f"#task-form input[type=radio][name='{name}']")
        if page.locator(f"#task-form input[type=radio][name='{name}']:checked").count() == 0:
            wanted = answers.get(name) or group.first.get_attribute("value")
            page.locator(f"#task-form input[type=radio][name='{name}'][value='{wanted}']").check(force=True)
            come_to_rest(page)


def come_to_rest(page: Page) -> None:
    """Leave the control, so that the form may ask for itself again, and wait until no answer is on its way."""
    page.evaluate("document.activeElement?.blur()")
    page.wait_for_function(AT_REST)


def fill_one(page: Page, control: Locator, answers: dict[str, str]) -> None:
    """Give one control its answer, or something that fits it."""
    if not control.is_visible():
        return
    name = control.get_attribute("name") or ""
    kind = control.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
    if kind == "radio":
        return
    if kind == "checkbox":
        control.check(force=True)
    elif kind == "select":
        if name in answers:
            control.select_option(answers[name])
        else:
            control.select_option(index=1)
    elif not control.input_value():
        control.fill(answers.get(name) or {"date": "2026-03-02"}.get(kind, "1"))
