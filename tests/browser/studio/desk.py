"""A draft for the browser tests of the studio, begun through the pages."""

from __future__ import annotations

from playwright.sync_api import Page

ANALYST = "qiyue"


def begin_draft(page: Page, key: str = "credit_application") -> str:
    """Begin a draft of a published route; returns the address of its page."""
    page.goto("/studio/")
    page.locator(f"form[action='/studio/drafts']:has(input[value='{key}']) button").click()
    page.wait_for_url("**/studio/drafts/*")
    return page.url
