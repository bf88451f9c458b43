"""A form in a real Chromium under the strict policy: with script and without, at 1280 and 390 pixels, for everybody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response, request
from playwright.sync_api import Browser, Page, Route, expect
from werkzeug.serving import make_server

from app.web.assets import DIST, URL_PREFIX, asset
from app.workflow import forms
from tests.form_files import INTAKE, filled, intake_files, options

pytestmark = pytest.mark.browser

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'"
CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def _page(html: str, status: int = 200) -> Response:
    head = f'<link rel="stylesheet" href="{asset("app.css")}"><script defer src="{asset("app.js")}"></script>'
    title = "<title>Form</title><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    button = '<button class="button primary" name="outcome" value="done">Done</button>'
    body = f'<main><h1>Application</h1><form method="post">{html}{button}</form></main>'
    document = f'<!doctype html><html lang="zh-Hans"><head>{title}{head}</head><body>{body}</body></html>'
    return Response(document, status, {"Content-Security-Policy": POLICY})


def _site() -> Flask:
    """The smallest page around a form: shows it, renders it again, takes it."""
    site = Flask("form_pages", static_folder=str(DIST), static_url_path=URL_PREFIX.rstrip("/"))
    form = forms.load(INTAKE, intake_files())

    def draw(values: dict[str, Any], errors: Any = None) -> str:
        return forms.render(form, values, errors=errors, options=options, locale="zh_Hans", refresh="/again")

    @site.get("/")
    def show() -> Response:
        return _page(draw({}))

    @site.post("/again")
    def again() -> Response:
        return _page(draw(forms.read_draft(form, request.form)))

    @site.post("/")
    def take() -> Response:
        if forms.is_refresh(request.form):
            return again()
        submission = forms.read(form, request.form, values={}, options=options, locale="zh_Hans")
        if not submission.ok:
            return _page(draw(submission.shown, submission.errors), 422)
        return _page(f'<p id="taken">{submission.values["total"]}</p>')

    return site


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of the page."""
    server = make_server("127.0.0.1", 0, _site(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()


def _open(browser: Browser, address: str, *, script: bool = True, width: int = 1280) -> Page:
    context = browser.new_context(java_script_enabled=script, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.set_default_timeout(5_000)
    page.goto(address)
    return page


def _enter(page: Page, rows: int) -> None:
    """Fill in the application as a person would, on whatever is on the page."""
    typed = filled()
    for name in ("name", "id_number", "amount", "term_months"):
        page.fill(f'[name="{name}"]', typed[name])
    page.select_option('[name="product"]', typed["product"])
    page.check('[name="consent"][type="checkbox"]')
    for row in range(rows):
        page.fill(f'[name="incomes.{row}.source"]', typed[f"incomes.{row}.source"])
        page.fill(f'[name="incomes.{row}.monthly"]', typed[f"incomes.{row}.monthly"])


def test_without_script_rows_conditions_and_errors_work_by_posting_the_page(browser: Browser, address: str) -> None:
    page = _open(browser, address, script=False)
    assert page.locator('[name="id_number"]').count() == 0
    page.check('[name="kind"][value="individual"]')
    page.locator("noscript button, button.button[name='_update']").first.click()
    assert page.locator('[name="id_number"]').count() == 1
    page.locator("#section-income summary").click()
    page.click('[name="_add:incomes"]')
    page.click('[name="_add:incomes"]')
    _enter(page, rows=2)
    page.fill('[name="amount"]', "a lot")
    page.click('[name="outcome"]')
    assert page.locator(".error-summary a").all_inner_texts() == ["Amount（简）：不是数字，请按 1,234.56 的格式填写。"]
    assert page.input_value('[name="amount"]') == "a lot"
    page.fill('[name="amount"]', "120万")
    page.click('[name="outcome"]')
    assert page.inner_text("#taken") == "21700.50"


def test_with_script_a_change_renders_the_form_in_place_and_keeps_what_was_typed(
    browser: Browser, address: str
) -> None:
    page = _open(browser, address)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.fill('[name="name"]', "周海燕")
    page.check('[name="kind"][value="individual"]')
    expect(page.locator('[name="id_number"]')).to_be_visible()
    page.check('[name="kind"][value="enterprise"]')
    expect(page.locator('[name="credit_code"]')).to_be_visible()
    expect(page.locator('[name="id_number"]')).to_have_count(0)
    assert page.input_value('[name="name"]') == "周海燕"
    assert page.url == address
    assert said == []


def test_with_script_rows_are_added_and_removed_in_place(browser: Browser, address: str) -> None:
    page = _open(browser, address)
    page.check('[name="kind"][value="individual"]')
    expect(page.locator('[name="id_number"]')).to_be_visible()
    page.locator("#section-income summary").click()
    for row in (0, 1):
        page.click('[name="_add:incomes"]')
        expect(page.locator(f'[name="incomes.{row}.source"]')).to_be_visible()
    _enter(page, rows=2)
    page.press('[name="incomes.1.monthly"]', "Tab")
    expect(page.locator("#field-total")).to_contain_text("21,700.50")
    page.click('[name="_remove:incomes:0"]')
    expect(page.locator('[name="incomes.1.source"]')).to_have_count(0)
    assert page.input_value('[name="incomes.0.source"]') == "租金"
    assert page.url == address


def test_an_answer_that_comes_late_undoes_nothing_that_was_typed_since(browser: Browser, address: str) -> None:
    page = _open(browser, address)
    page.check('[name="kind"][value="individual"]')
    expect(page.locator('[name="id_number"]')).to_be_visible()
    page.locator("#section-income summary").click()
    for row in (0, 1):
        page.click('[name="_add:incomes"]')
        expect(page.locator(f'[name="incomes.{row}.source"]')).to_be_visible()
    waits = iter((0.9, 0.6, 0.3))

    def slowly(route: Route) -> None:
        answer = route.fetch()
        time.sleep(next(waits, 0))
        route.fulfill(response=answer)

    page.route(address, slowly)
    _enter(page, rows=2)
    page.press('[name="incomes.1.monthly"]', "Tab")
    page.fill('[name="incomes.0.source"]', "兼职")
    expect(page.locator("#field-total")).to_contain_text("21,700.50")
    expect(page.locator('[name="incomes.0.source"]')).to_have_value("兼职")
    page.click('[name="_remove:incomes:0"]')
    expect(page.locator('[name="incomes.1.source"]')).to_have_count(0)
    assert page.input_value('[name="incomes.0.source"]') == "租金"


def test_enter_in_a_field_never_hands_the_form_in(browser: Browser, address: str) -> None:
    page = _open(browser, address, script=False)
    page.fill('[name="name"]', "周海燕")
    page.press('[name="name"]', "Enter")
    assert page.input_value('[name="name"]') == "周海燕"
    assert page.locator(".error-summary").count() == 0
    assert page.locator("#taken").count() == 0


def test_a_link_of_the_summary_leads_into_the_section_of_its_control(browser: Browser, address: str) -> None:
    page = _open(browser, address, script=False)
    page.click('[name="outcome"]')
    page.locator(".error-summary a", has_text="Amount").click()
    expect(page.locator("#field-amount")).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_shut_out_and_nothing_is_wider_than_the_screen(
    browser: Browser, address: str, width: int, theme: str
) -> None:
    page = _open(browser, address, width=width)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.check('[name="kind"][value="enterprise"]')
    expect(page.locator('[name="credit_code"]')).to_be_visible()
    page.locator("#section-income summary").click()
    page.click('[name="_add:incomes"]')
    expect(page.locator('[name="incomes.0.source"]')).to_be_visible()
    page.click('[name="outcome"]')
    expect(page.locator(".error-summary")).to_be_visible()
    page.wait_for_load_state("load")
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.wait_for_timeout(400)  # colours change gradually; the one in between is nobody's
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_refused_has_a_border_that_no_other_field_has(browser: Browser, address: str, scheme: Any) -> None:
    page = _open(browser, address)
    page.emulate_media(color_scheme=scheme)
    page.fill('[name="amount"]', "a lot")
    page.fill('[name="name"]', "周海燕")
    page.click('[name="outcome"]')
    expect(page.locator('[name="amount"][aria-invalid="true"]')).to_be_visible()
    # The answer is a page of its own, whose elements are there before its style is.
    page.wait_for_load_state("load")
    border = "element => getComputedStyle(element).border"
    wrong, product = (page.locator(f'[name="{name}"]').evaluate(border) for name in ("amount", "product"))
    right = page.locator('[name="name"]').evaluate(border)
    assert wrong.startswith("2px")
    assert right.startswith("1px")
    assert wrong == product != right
