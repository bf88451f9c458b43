"""Every page in every combination of width, colours and language, looked at by machine (what it looks for: `looking.js`).

By default a representative set of pages; CREDITFLOW_EVERY_LOOK=1 opens all of them, which takes many minutes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import update

from app.demo.command import load_applications
from app.identity.models import User
from app.kernel.clock import now
from app.kernel.db import session, transaction
from tests.browser import house_pages, looking
from tests.browser.conftest import sign_in
from tests.browser.house_pages import HousePage

pytestmark = pytest.mark.browser

ALL = os.environ.get("CREDITFLOW_EVERY_LOOK") == "1"
CASES = 60 if ALL else 12
REPRESENTATIVE = (
    "login",
    "inbox-pool",
    "start",
    "task-",
    "case-completed",
    "console-overview",
    "permissions",
    "error-404",
)
# What axe looks at: everything once, then only what another width or other colours can change.
AXE = {(1280, "light"): None, (1280, "dark"): looking.COLOURS, (390, "light"): looking.NAMES}


@pytest.fixture(scope="module")
def pages(bank) -> list[HousePage]:
    """The pages, on a bank with some cases under way."""
    with bank.app.app_context():
        load_applications(now(), CASES, processes=1)
        house_pages.furnish(now())
        found = house_pages.every_page(now())
    session.remove()
    return found if ALL else [_first(found, name) for name in REPRESENTATIVE]


def _first(found: list[HousePage], name: str) -> HousePage:
    """The page of that name; of a name that ends with "-" the first of its kind."""
    return next(page for page in found if page.name == name or (name.endswith("-") and page.name.startswith(name)))


@pytest.fixture
def enter(browser: Browser, site: str) -> Iterator[Callable[[str | None, str], BrowserContext]]:
    """A function: user name and language → a browser context of his, signed in once."""
    known: dict[tuple[str | None, str], BrowserContext] = {}

    def make(who: str | None, language: str) -> BrowserContext:
        if (who, language) not in known:
            context = browser.new_context(
                base_url=site, locale=looking.LOCALES[language], reduced_motion="reduce", viewport=looking.DESK
            )
            known[who, language] = context
            if who is not None:
                page = context.new_page()
                sign_in(page, who)
                page.close()
        return known[who, language]

    yield make
    for context in known.values():
        context.close()


@pytest.mark.parametrize("language", looking.LANGUAGES)
def test_nothing_is_wrong_with_any_page_in_any_width_and_colours(
    pages: list[HousePage], enter: Callable[[str | None, str], BrowserContext], language: str
) -> None:
    with transaction():
        session.execute(update(User).values(language=language))
    wrong = [sentence for page in pages for sentence in _looked_at(enter(page.who, language), page, language)]
    assert wrong == [], "\n".join(wrong)


def _looked_at(context: BrowserContext, wanted: HousePage, language: str) -> list[str]:
    """What is wrong with the page, each sentence with where. Contrast and names do not depend on the language, so axe and the tour
    of all controls are made in the first one only."""
    page = context.new_page()
    faults = looking.listen(page, wanted)
    found = [f"{wanted.name} {language}: {said}" for said in looking.open_page(page, wanted)]
    first = language == looking.LANGUAGES[0]
    for width, theme in looking.combinations(page):
        said = looking.found_wrong(page, width=width, language=language, deep=first and theme == "light")
        if first and (width, theme) in AXE:
            said += looking.axe_found(page, AXE[width, theme])
        found += [f"{wanted.name} {language} {width} px {theme}: {one}" for one in said]
    page.close()
    return found + [f"{wanted.name} {language}: {one}" for one in faults]
