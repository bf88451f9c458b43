"""axe finds nothing on the pages of forms and decision tables, in both themes and on a phone; nothing sticks out."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.studio.desk import ANALYST, begin_draft

AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PAGES = (
    "form/credit_application/_customer.form?at=0.0",
    "form/credit_application/intake.form?at=rule.0",
    "form/credit_application/_customer.form?view=rights",
    "form/credit_application/_customer.form?view=texts",
    "form/credit_application/_customer.form?view=source",
    "form-preview/credit_application/intake.form",
    "table/credit_application/pre_check.dmn",
)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
def test_axe_finds_nothing_on_the_pages_of_forms_and_tables(visit, width, dark):
    page = visit(ANALYST, width=width, dark=dark)
    draft = begin_draft(page)
    found, wide = [], []
    for address in PAGES:
        page.goto(f"{draft}/{address}")
        page.wait_for_selector("[data-opened]" if "table/" in address and width > 760 else "html[data-ready]")
        violations = Axe().run(page, options=AA).response["violations"]
        found += [(address, v["id"], [node["target"] for node in v["nodes"]][:3]) for v in violations]
        wide += [address] if page.evaluate("document.documentElement.scrollWidth > innerWidth") else []
    assert (found, wide) == ([], [])
