"""Every page of the studio: axe finds nothing, light or dark, nothing sticks out at 390 px, and Chinese pages are Chinese."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.audit.operations import SYSTEM
from app.demo import desk
from app.kernel.clock import now
from app.kernel.db import session, transaction
from app.studio import drafts, examinations
from app.workflow.deploying import definitions
from tests.browser.looking import BRIEF, REPEATED
from tests.browser.studio.drawing_board import ANALYST, FORM, PAY, a_draft
from tests.integration.desk_fixtures import a_committed_case, left_in_english
from tests.integration.studio.changes import KEY, Change
from tests.integration.studio.test_imports import LEAVE
from tests.integration.studio.test_report import files_of, stuck_files
from tests.integration.studio.trying import ASKED, draft, work

pytestmark = pytest.mark.browser
AXE = Axe()
AA = {**BRIEF, "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
COLOURS = {**BRIEF, "runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
# Width and colours have come to the page, and what follows them by script or in steps is done.
SETTLED = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const isThere = () => innerWidth === 390 && matchMedia("(prefers-color-scheme: dark)").matches;
  for (let n = 0; n < 100 && !isThere(); n += 1) await frame();
  await frame();
  const ends = document.getAnimations().map((one) => one.finished);
  await Promise.race([Promise.allSettled(ends), new Promise((done) => setTimeout(done, 500))]);
  await frame();
}"""
IN_THREE_LANGUAGES = ("view=texts", "view=source")
LOAN = "credit_application"
NAMES = (
    "English",
    "Creditflow",
    "Check",
)  # what is called so in every language, and what the imported diagram calls a step
READY = {
    "diagram/": ".modeler[data-drawn=yes]",
    "table/": "[data-opened]",
    "report/": ".diagram[data-drawn]",
}


def examine(draft_id: uuid.UUID, kind: str, asked: dict[str, Any]) -> uuid.UUID:
    """What a worker finds out about a draft; committed."""
    with transaction():
        row = examinations.begin(draft=drafts.find(draft_id), kind=kind, asked=asked, actor=SYSTEM, now=now()).id
    work(row)
    return row


def changed(title: str, go: Callable[[Change], object]) -> str:
    """The address of a draft of the expense route in the state that `go` brings it to."""
    with transaction():
        change = Change(desk.staff())
        change.draft.title = title
        go(change)
        return f"/studio/drafts/{change.draft.id}"


@pytest.fixture(scope="module")
def places(bank: Any) -> list[str]:
    """The address of every page, with something on it and without."""
    case = a_committed_case(desk.staff(), "routing").case.id
    session.remove()
    loan = draft(table=("10000000", "100000"))
    for kind, asked in (("impact", {}), ("dry_run", ASKED)):
        examine(loan, kind, asked)
    with transaction():
        files = {**files_of(LOAN), **stuck_files()}
        stuck = drafts.begin(name=LOAN, title="三农调查", files=files, actor=SYSTEM, now=now()).id
    found = examinations.find(examine(stuck, "report", {})).found or {}
    walk = next(n for n, line in enumerate(found["findings"], start=1) if line["walk"])
    session.remove()
    with transaction():
        before = definitions.active(KEY).id
    states = [
        changed("尚无报告", lambda change: None),
        changed("审核中", lambda change: change.hand_in()),
        changed("已发布", lambda change: (change.hand_in(), change.approve())),
    ]
    empty = f"/studio/drafts/{a_draft({'pay/pay.bpmn': PAY, 'pay/check.form': FORM})}"
    own = f"/studio/drafts/{loan}"
    parts = ("report", "difference", "impact", "dry-run", "scenarios")
    return [
        *("/studio/", "/studio/?tab=discarded", "/studio/?q=nothing", "/studio/drafts/new"),
        *(own, f"{own}/history", f"{own}/history/1", f"{own}/outline/{LOAN}/{LOAN}.bpmn"),
        *(f"{own}/rename/{LOAN}/pre_check.dmn", f"{own}/remove/{LOAN}/pre_check.dmn"),
        *(f"{own}/diagram/{LOAN}/{LOAN}.bpmn", f"{own}/table/{LOAN}/risk_committee_needed.dmn"),
        *(f"{own}/form/{LOAN}/{at}" for at in ("_customer.form?at=0.0", "intake.form?at=rule.0", "intake.form")),
        *(f"{own}/form/{LOAN}/_customer.form?view={view}" for view in ("texts", "rights", "source")),
        f"{own}/form-preview/{LOAN}/intake.form",
        *(f"{own}/{part}" for part in parts),
        *(f"{empty}/{part}" for part in parts),
        f"{own}/scenarios/retail_approved",
        *(f"/studio/drafts/{stuck}/{part}" for part in ("report", f"report/{walk}")),
        *(f"{state}/publish" for state in states),
        *("/studio/import", "/studio/processes", f"/studio/processes/{before}"),
        *("/studio/migrations", f"/studio/migrations/new?from={before}"),
        *("/studio/monitoring", f"/studio/monitoring/{LOAN}", f"/studio/monitoring/{LOAN}/staffing"),
        f"/studio/cases/{case}/what-if",
        f"/studio/drafts/{uuid.uuid4()}",
    ]


def faults_of(page: Page, *, chinese: bool) -> list[str]:
    """What is wrong with the page as it stands: wide and light first, then narrow and dark."""
    found = [f"axe {one['id']} {one['nodes'][0]['html'][:140]}" for one in violations(page, AA)]
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} headings of the first level")
    english = left_in_english(page.content()) if chinese else []
    found += [f"in English: {text}" for text in english if text not in NAMES]
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.evaluate(SETTLED)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        found.append(f"sticks out by {wide} px at 390 px")
    found += [f"axe in the dark {one['id']} {one['nodes'][0]['html'][:140]}" for one in violations(page, COLOURS)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    return found


def violations(page: Page, options: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = AXE.run(page, context=REPEATED, options=options).response["violations"]
    return found


def test_every_page_is_without_barriers_in_both_themes_on_both_widths_and_in_the_reader_s_language(
    visit: Callable[..., Page], places: list[str], tmp_path: Path
) -> None:
    page = visit(ANALYST)
    page.emulate_media(reduced_motion="reduce")  # a colour on its way to another one is none
    (tmp_path / "leave.bpmn").write_bytes(LEAVE)
    page.goto("/studio/import")
    page.set_input_files("input[type=file]", tmp_path / "leave.bpmn")
    page.locator("main form button").first.click()
    page.wait_for_url("**/studio/import/*")
    wrong = {}
    for place in [page.url, *places]:
        page.goto(place)
        page.wait_for_selector("html[data-ready]")
        for part, sign in READY.items():
            if part in place.split("/drafts/")[-1]:
                page.wait_for_selector(sign)
        if faults := faults_of(page, chinese=not place.endswith(IN_THREE_LANGUAGES)):
            wrong[place] = faults
    assert not wrong, "\n".join(f"{place}: {'; '.join(faults)}" for place, faults in wrong.items())
