"""The main menu of somebody who may do much: every entry can be reached at every width, once, in the longest language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SHOWN = "(element) => element.checkVisibility()"
INSIDE = "(bar) => bar.scrollWidth <= bar.clientWidth"
FREE = """() => {
    const right = (selector) => document.querySelector(selector).getBoundingClientRect();
    return right('.bar-tools').left - right('.main-menu .more').right;
}"""


@pytest.mark.parametrize("width", [390, 780, 940, 1000, 1190, 1280, 1440, 1920])
def test_every_entry_stands_in_the_bar_or_behind_more_and_never_in_both(visit: Callable[..., Page], width: int) -> None:
    page = visit("jiangshan", width=width, locale="en-US")
    every = {link.get_attribute("href") for link in page.locator(".main-menu .menu-list a").all()}
    every |= {link.get_attribute("href") for link in page.locator(".main-menu li:not(.more) a").all()}
    bar = [a.get_attribute("href") for a in page.locator(".main-menu li:not(.more) a").all() if a.evaluate(SHOWN)]
    if width > 760:
        assert page.evaluate(FREE) >= 0, "the menu runs into the search"
    else:
        assert page.locator(".main-menu ul").evaluate(INSIDE), "the thumb bar is wider than the phone"
    page.locator(".more-menu > summary").click()
    behind = [a.get_attribute("href") for a in page.locator(".main-menu .menu-list a").all() if a.evaluate(SHOWN)]
    assert len(every) > 8
    assert sorted(str(link) for link in every) == sorted(str(link) for link in [*bar, *behind])
