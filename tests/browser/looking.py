"""Looking at a page in every combination of width, colours and language, and what a machine finds wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from app.demo.staff import STAFF
from tests.browser.house_pages import HousePage

LANGUAGES = ("zh_Hans", "zh_Hant", "en")
LOCALES = {"zh_Hans": "zh-CN", "zh_Hant": "zh-TW", "en": "en-GB"}
WIDTHS = (1280, 390)
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE = 760
THEMES = ("light", "dark")
CHECKS = (Path(__file__).parent / "looking.js").read_text(encoding="utf-8")
# Rows after the fifth are like the first; axe needs seconds for the colours of a long table.
REPEATED = {"exclude": [["tbody tr:nth-child(n+6)"]]}
BRIEF = {"resultTypes": ["violations"]}
# What Chinese banks write in Latin letters: names of people, files, keys and standards.
LATIN = (
    *(
        "Creditflow",
        "English",
        "PDF",
        "PNG",
        "JPEG",
        "JPG",
        "TIFF",
        "CSV",
        "XLSX",
        "Excel",
        "Word",
        "LPR",
        "BPMN",
        "DMN",
        "FEEL",
    ),
    *(
        "JSON",
        "REST",
        "API",
        "HTTP",
        "SMS",
        "SMTP",
        "Ctrl",
        "Shift",
        "Alt",
        "Enter",
        "Esc",
        "Tab",
        "SHA",
        "ID",
        "KB",
        "MB",
    ),
    *("demo-bank-2026", "bpmn.io", "nobody", "Mozilla.*", "https?://[^ ]+", r"[a-z0-9*-]+@[a-z0-9.]+"),
    *("[0-9A-Z]{18}", "[0-9a-f]{8,64}…?", r"\{[a-z_]+\}", r"\S+\.(?:pdf|png|csv|xlsx|json|dmn|bpmn|zip|py)"),
)
COLOURS = {"runOnly": ["color-contrast"]}
NAMES = {"rules": {"color-contrast": {"enabled": False}}}


def allowed_words() -> str:
    """A pattern of what may stand in Latin letters on a Chinese page."""
    return "|".join([*(re.escape(member.username) for member in STAFF), *LATIN])


def open_page(page: Page, wanted: HousePage) -> list[str]:
    """Go there and do what the page asks for; what went wrong on the way."""
    said: list[str] = []
    answer = page.goto(wanted.path, wait_until="load")
    if answer is not None and answer.status != wanted.status:
        said.append(f"answered {answer.status}")
    for selector, value in wanted.steps:
        target = page.locator(selector).first
        if target.count() == 0:
            return [*said, f"nothing like {selector}"]
        _do(target, value)
        page.wait_for_load_state()
    return said


def _do(target: Any, value: str | None) -> None:
    tag = target.evaluate("e => e.tagName + (e.type || '')")
    if value is None:
        target.check() if "checkbox" in tag else target.click()
    elif tag.startswith("SELECT"):
        target.select_option(value)
    else:
        target.fill(value)


# Colours fade from one theme to the next; what moves without an end is not waited for.
SETTLED = """Promise.all(document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
  .map((one) => one.finished.catch(() => null)))"""


def combinations(page: Page) -> Iterator[tuple[int, str]]:
    """Every width and colours of the page that is open, without loading it again."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844 if width < PHONE else 900})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            page.evaluate(SETTLED)
            yield width, theme


def found_wrong(page: Page, *, width: int, language: str, deep: bool) -> list[str]:
    """Sentences on what is wrong with the page as it is now. deep: every control gets the focus."""
    asked = {
        "phone": width < PHONE,
        "chinese": language.startswith("zh"),
        "words": allowed_words(),
        "deep": deep,
    }
    said: list[str] = page.evaluate(CHECKS, asked)
    return said


def axe_found(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """What axe says of the page: contrast, names, order; `options` narrow it down (COLOURS, NAMES)."""
    found = Axe().run(page, context=REPEATED, options=BRIEF | (options or {})).response["violations"]
    return [f"axe {one['id']}: {', '.join(str(node['target'][0]) for node in one['nodes'][:3])}" for one in found]


def listen(page: Page, wanted: HousePage) -> list[str]:
    """Collects what the page complains of while it lives; that an error page came with its status is none."""
    faults: list[str] = []
    expected = f"status of {wanted.refusal or wanted.status}"
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on(
        "console",
        lambda m: (
            faults.append(f"console: {m.text}")
            if m.type in ("error", "warning") and not (expected in m.text and expected[-3:] >= "400")
            else None
        ),
    )
    return faults
