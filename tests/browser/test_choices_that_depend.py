"""Choosing from what the other entries leave, in a real Chromium: in place with script, by the form's own button without."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest
from flask import Flask, request
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from app.web.assets import DIST, URL_PREFIX, asset
from app.workflow import forms
from tests.form_files import component, form_of, three

pytestmark = pytest.mark.browser

LINES = [{"value": key, "label": three(key)} for key in ("retail", "corporate")]
FORM = form_of(
    component("select", "line", values=LINES),
    component("user", "officer", source="officers", filter="list contains(option.lines, line)"),
)


def offer(_source: str) -> Sequence[forms.Option]:
    officers = {"hanmei": ["retail"], "chenjie": ["corporate"], "weina": ["retail", "corporate"]}
    return [forms.Choice(name, three(name), {"lines": lines}) for name, lines in officers.items()]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The smallest page around such a form, which only ever draws what was typed again."""
    site = Flask("choices", static_folder=str(DIST), static_url_path=URL_PREFIX.rstrip("/"))

    @site.route("/", methods=["GET", "POST"])
    def page() -> str:
        html = forms.render(FORM, forms.read_draft(FORM, request.form), options=offer, locale="en", refresh="/")
        return f'<!doctype html><script defer src="{asset("app.js")}"></script><form method="post">{html}</form>'

    server = make_server("127.0.0.1", 0, site, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()


@pytest.mark.parametrize("script", [True, False])
def test_the_choices_follow_the_entry_they_depend_on(browser: Browser, address: str, script: bool) -> None:
    page = browser.new_context(java_script_enabled=script).new_page()
    page.goto(address)
    if script:
        page.locator("html[data-ready]").wait_for(state="attached")

    def choose_line(line: str) -> None:
        page.select_option("[name=line]", line)
        if not script:
            page.locator("noscript button, button.button[name=_update]").last.click()

    officers = page.locator("[name=officer] option")
    expect(officers).to_have_count(1)
    choose_line("retail")
    expect(officers).to_have_count(3)
    page.select_option("[name=officer]", "hanmei")
    choose_line("corporate")
    expect(page.locator("[name=officer] option[value=chenjie]")).to_have_count(1)
    expect(page.locator("[name=officer]")).to_have_value("")
    expect(page.locator("#hint-officer")).to_contain_text("no longer goes with the other entries")
    page.context.close()
