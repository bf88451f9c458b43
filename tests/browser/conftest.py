"""A real Chromium on a real server on the demo bank."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from app.demo.bank import DEMO_PASSWORD
from tests.install_browser import find

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
expect.set_options(timeout=10_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module; while it lives no other asynchronous program can run in this process."""
    path = find()
    if path is None:
        pytest.skip("no Chromium on this machine; `make browser` installs one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def site(bank: Any) -> Iterator[str]:
    """The address of a server on the bank of this module."""
    server = make_server("127.0.0.1", 0, bank.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """A function: user name → a page of his, signed in; every fault of script or policy fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def make(
        username: str, *, width: int = 1280, locale: str = "zh-CN", dark: bool = False, script: bool = True
    ) -> Page:
        context = browser.new_context(
            base_url=site,
            viewport={"width": width, "height": 900},
            locale=locale,
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console", lambda m: faults.append(m.text) if m.type == "error" and "Content Security" in m.text else None
        )
        sign_in(page, username)
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []


def sign_in(page: Page, username: str) -> None:
    """Through the sign-in page."""
    page.goto("/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.locator("form[action='/login'] button").click()
    page.wait_for_url(lambda url: "/login" not in url)
