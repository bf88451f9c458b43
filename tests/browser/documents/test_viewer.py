"""The viewer page in a real browser: PDF, picture and scan are drawn, under the strict policy, with and without script."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from app import create_app
from app.documents import access, operations
from app.identity import operations as identity
from app.identity.views import COOKIE
from app.kernel import db
from app.kernel.ids import new_id
from app.migrating import migrate
from tests.unit.documents import made

pytestmark = pytest.mark.browser
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PASSWORD = "Long enough 1!"


@dataclass
class Site:
    """The running application with a signed-in reader."""

    address: str
    secret: str
    case: Any = field(default_factory=new_id)

    def put(self, content: bytes, name: str) -> str:
        """Add a document; returns the address of its page."""
        with db.transaction():
            document = operations.add_document(
                owner_type="shown_case",
                owner_id=self.case,
                type_key="contract",
                file_name=name,
                stream=io.BytesIO(content),
                element_id=None,
                actor=identity.Actor(user_id=None),
                now=NOW,
            )
        return f"{self.address}/documents/{document.id}"


@pytest.fixture(scope="module")
def site(databases: Any, settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    url = databases.create("viewer")
    migrate(url)
    app = create_app(replace(settings, home=tmp_path_factory.mktemp("viewer")), url)
    with db.transaction():
        user = identity.create_user(
            username="reader", name="李雷", roles=["staff"], actor=identity.Actor(user_id=None), now=NOW, language="en"
        )
        user.password_hash = identity.HASHER.hash(PASSWORD)
    with db.transaction():
        secret = identity.sign_in(
            username="reader", password=PASSWORD, address="::1", agent=None, now=datetime.now(UTC)
        )
    access.register("shown_case", lambda *_: True, lambda *_: False)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(f"http://127.0.0.1:{server.port}", secret)
    server.shutdown()
    access._owners.pop("shown_case")
    db.disconnect()


def opened(browser: Browser, site: Site, address: str, **how: Any) -> tuple[Page, list[str]]:
    """The page at `address` and what the browser complained about."""
    context = browser.new_context(**how)
    context.add_cookies([{"name": COOKIE, "value": site.secret, "url": site.address}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page, complaints


def ink(page: Page) -> float:
    """The share of dark points in what is drawn of the first page."""
    shot = page.locator(".document-page").first.screenshot()
    from PIL import Image

    grey = Image.open(io.BytesIO(shot)).convert("L")
    return sum(grey.histogram()[:128]) / (grey.width * grey.height)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (made.pdf(3), "流水.pdf"),
        (made.filled_form(), "申请表.pdf"),
        (made.picture(), "现场.jpg"),
        (made.tiff_pages(2), "fax.tif"),
    ],
)
def test_documents_are_drawn_without_a_complaint_of_the_browser(
    browser: Browser, site: Site, content: bytes, name: str
) -> None:
    page, complaints = opened(browser, site, site.put(content, name))
    page.wait_for_selector(".document[data-drawn]")
    page.wait_for_timeout(400)
    assert ink(page) > 0.0002
    assert complaints == []
    page.context.close()


def test_a_pdf_with_scripts_and_links_does_nothing(browser: Browser, site: Site) -> None:
    page, complaints = opened(browser, site, site.put(made.active_pdf(), "active.pdf"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.wait_for_selector(".document[data-drawn]")
    page.locator(".document-page").first.click(position={"x": 20, "y": 20})
    page.wait_for_timeout(300)
    assert [url for url in asked if not url.startswith((site.address, "blob:"))] == []
    assert complaints == []
    page.context.close()


def test_a_damaged_pdf_ends_in_a_sentence_not_in_an_empty_page(browser: Browser, site: Site) -> None:
    page, _ = opened(browser, site, site.put(b"%PDF-1.4 nothing in it", "broken.pdf"))
    page.wait_for_selector("[data-unreadable]:visible")
    page.context.close()


def test_without_script_scans_are_pictures_and_pdfs_open_in_the_browsers_own_viewer(
    browser: Browser, site: Site
) -> None:
    page, _ = opened(browser, site, site.put(made.tiff_pages(2), "fax.tif"), java_script_enabled=False)
    pictures = page.locator("main img")
    assert pictures.count() == 2
    pictures.nth(1).scroll_into_view_if_needed()
    page.context.close()
    page, _ = opened(browser, site, site.put(made.pdf(), "a.pdf"), java_script_enabled=False)
    assert page.get_by_role("link", name="Open in the browser's own viewer").is_visible()
    page.context.close()


def test_the_page_fits_a_telephone(browser: Browser, site: Site) -> None:
    address = site.put(made.pdf(2), "名字很长" * 20 + ".pdf")
    page, _ = opened(browser, site, address, viewport={"width": 390, "height": 800})
    page.wait_for_selector(".document[data-drawn]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()
