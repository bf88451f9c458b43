"""The shell and the staff's pages in a real Chromium: access for all, keys, drafts, questions, under the strict policy.

The pages come from sample values, so that each state is there at once; `test_route.py` drives the real thing.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from playwright.sync_api import Browser, Page, Request, expect
from werkzeug.serving import make_server

from config import ROOT
from tests.pages import page_app
from tests.unit.inbox import samples

pytestmark = pytest.mark.browser

PAGES: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "gallery": ("web/gallery.html", dict),
    "list": ("inbox/list.html", samples.list_page),
    "todo": ("inbox/list.html", lambda: samples.list_page("todo", rows=[samples.row(1, can_claim=False)])),
    "case": ("inbox/case.html", samples.case_page),
    "claim": ("inbox/case.html", samples.claimable),
    "vote": ("inbox/case.html", samples.committee),
    "start": ("inbox/start.html", lambda: samples.START),
    "notices": ("inbox/notices.html", lambda: samples.NOTICES),
    "print": ("inbox/print.html", samples.paper),
    "error": ("web/errors/409.html", lambda: {"message": "李敏 已签收此任务。", "back": "/page/list"}),
    "fault": ("web/errors/500.html", lambda: {"reference": "8f3a21"}),
}
MARKS = {
    "intake": {"state": "done", "count": 2, "who": "王建国", "when": "2026-11-20 09:12", "opinion": "材料齐全。"},
    "assignment": {"state": "returned", "count": 1, "who": "李敏", "when": "2026-11-21 10:00", "opinion": "缺少流水。"},
    "pre_committee_review": {"state": "running", "count": 1, "who": "陈思远", "when": ""},
}


@dataclass
class Site:
    """Where the pages are, and what was posted to them; `refuse` lets the next posts fail."""

    address: str = ""
    posted: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refuse: int = 0


def served(site: Site) -> Flask:
    """The pages with samples; whatever is posted is kept and answered like the bank does."""
    app = page_app()

    @app.before_request
    def keep() -> Response | tuple[str, int] | None:
        if request.method != "POST":
            return None
        site.posted.append((request.path, request.form.to_dict()))
        if site.refuse:
            return render_template("web/errors/409.html", message="李敏 已签收此任务。", back=""), site.refuse
        if request.headers.get("X-Requested-With") == "draft":
            return Response(status=204)
        return redirect("/page/list", 303)

    @app.before_request
    def price() -> str | None:
        if not request.path.endswith("/price"):
            return None
        again = {"intake": ["受理申请", "贷款调查"], "assignment": ["分配客户经理"]}[request.args["target"]]
        return render_template(
            "inbox/_price.html", price={"cancelled": [], "informed": ["李敏"], "ballots": 0, "again": again}
        )

    @app.get("/page/<name>")
    def page(name: str) -> str:
        template, context = PAGES[name] if name in PAGES else abort(404)
        return render_template(template, **context())

    app.add_url_rule("/marks", "marks", lambda: jsonify(MARKS))
    app.add_url_rule("/diagram.bpmn", "bpmn", lambda: Response((ROOT / ROUTE).read_bytes(), mimetype="application/xml"))
    return app


ROUTE = "bpmn/credit_application/credit_application.bpmn"


@pytest.fixture(scope="module")
def pages() -> Iterator[Site]:
    """A server of sample pages."""
    site = Site()
    server = make_server("127.0.0.1", 0, served(site), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    thread.join()


@pytest.fixture
def open_page(browser: Browser, pages: Site) -> Iterator[Callable[..., Page]]:
    """A function: name of a page → the page in the browser; any fault of script or policy fails the test."""
    contexts, faults = [], []
    pages.posted.clear()
    pages.refuse = 0

    def make(name: str, *, width: int = 1280, script: bool = True, **query: str) -> Page:
        phone = width < 760
        size = {"width": width, "height": 844 if phone else 900}
        context = browser.new_context(viewport=size, java_script_enabled=script, has_touch=phone, is_mobile=phone)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console", lambda said: faults.append(said.text) if said.type == "error" and "olicy" in said.text else None
        )
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        page.goto(f"{pages.address}/page/{name}?{asked}")
        if script:
            page.locator("html[data-ready]").wait_for(state="attached")
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []


Open = Callable[..., Page]
LOOKS = [("gallery", *look) for look in itertools.product((1280, 390), ("light", "dark"))]
LOOKS += [(name, 1280, "light") for name in PAGES if name != "gallery"] + [
    ("case", 390, "dark"),
    ("list", 390, "light"),
]


@pytest.mark.parametrize(("name", "width", "theme"), LOOKS)
def test_axe_finds_nothing_and_nothing_sticks_out(open_page: Open, name: str, width: int, theme: str) -> None:
    page = open_page(name, width=width, theme=theme)
    found = Axe().run(page).response["violations"]
    assert [(violation["id"], [node["target"] for node in violation["nodes"]][:3]) for violation in found] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_keyboard_reaches_the_content_first(open_page: Open) -> None:
    page = open_page("list", lang="en")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_keys_walk_the_list_and_claim_the_row_in_focus(open_page: Open, pages: Site) -> None:
    page = open_page("list")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator(".row-link").nth(1)).to_be_focused()
    page.keyboard.press("c")
    page.wait_for_url("**/page/list")
    assert pages.posted[0][0] == f"/tasks/{samples.list_page()['rows'][1].id}/act/claim"


def test_a_press_anywhere_on_a_row_opens_it_and_a_press_on_its_box_does_not(open_page: Open) -> None:
    page = open_page("list")
    page.locator("tbody input[type=checkbox]").first.check()
    assert page.url.endswith("/page/list?")
    with page.expect_request("**/tasks/*") as opened:
        page.locator("tbody .mono").nth(1).click()
    assert opened.value.url.endswith(samples.list_page()["rows"][1].id)


def test_one_key_gives_a_held_task_back(open_page: Open, pages: Site) -> None:
    page = open_page("todo")
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_url("**/page/list")
    assert pages.posted[0][0].endswith("/release")


def test_letters_typed_into_a_field_are_only_letters(open_page: Open, pages: Site) -> None:
    page = open_page("list")
    page.keyboard.press("/")
    expect(page.locator(".bar-search input")).to_be_focused()
    page.keyboard.type("jcx/?")
    expect(page.locator(".bar-search input")).to_have_value("jcx/?")
    assert pages.posted == []


def test_the_help_lists_the_keys_of_this_page_and_can_switch_single_keys_off(open_page: Open) -> None:
    page = open_page("list", lang="en")
    page.keyboard.press("?")
    dialog = page.locator("#shortcuts")
    expect(dialog).to_contain_text("Claim the row")
    expect(dialog).to_contain_text("Next row")
    dialog.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator(".row-link").first).not_to_be_focused()


def test_a_refusal_asks_first_and_escape_means_no(open_page: Open, pages: Site) -> None:
    page = open_page("case")
    page.get_by_role("button", name="否决").click()
    expect(page.locator("#confirm")).to_contain_text("否决")
    page.keyboard.press("Escape")
    expect(page.locator("#confirm")).to_be_hidden()
    assert pages.posted == []


def test_an_agreed_refusal_is_sent_once_with_its_outcome(open_page: Open, pages: Site) -> None:
    page = open_page("case")
    page.get_by_role("button", name="否决").click()
    page.locator("#confirm [value=yes]").click()
    page.wait_for_url("**/page/list")
    assert [(path.rsplit("/", 1)[1], form["outcome"]) for path, form in pages.posted] == [("complete", "refuse")]


def test_ctrl_enter_approves_from_within_a_field(open_page: Open, pages: Site) -> None:
    page = open_page("case")
    page.locator("#field-opinion").fill("同意上会。")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/page/list")
    completed = [form for path, form in pages.posted if path.endswith("/complete")]
    assert [(form["outcome"], form["opinion"], form["seen"]) for form in completed] == [
        ("approve", "同意上会。", "abc")
    ]


def test_enter_in_a_field_decides_nothing(open_page: Open, pages: Site) -> None:
    page = open_page("case")
    page.locator("#field-term").focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert [form for _, form in pages.posted if "outcome" in form] == []


def test_what_is_typed_is_kept_as_a_draft_without_a_press(open_page: Open, pages: Site) -> None:
    page = open_page("case", lang="en")
    page.locator("#field-opinion").fill("设备抵押足值。")
    expect(page.locator("[data-saved-state]")).to_contain_text("Draft saved at")
    (path, form) = pages.posted[-1]
    assert path.endswith("/draft")
    assert form["opinion"] == "设备抵押足值。"


def test_a_draft_that_was_refused_says_why_and_stays_typed(open_page: Open, pages: Site) -> None:
    page = open_page("case")
    pages.refuse = 409
    page.locator("#field-opinion").fill("设备抵押足值。")
    page.keyboard.press("Control+s")
    expect(page.locator(".toast")).to_contain_text("李敏 已签收此任务。")
    expect(page.locator("[data-saved-state]")).to_have_text("尚未保存")
    expect(page.locator("#field-opinion")).to_have_value("设备抵押足值。")


def test_giving_a_task_back_saves_what_is_typed_first(open_page: Open, pages: Site) -> None:
    page = open_page("case")
    page.locator("#field-opinion").fill("查到一半。")
    page.get_by_role("button", name="放回").click()
    page.wait_for_url("**/page/list")
    # The page of an earlier test may still send its draft while it is closed; only what this one wrote counts.
    verbs = [path.rsplit("/", 1)[1] for path, form in pages.posted if form.get("opinion") in ("查到一半。", None)]
    assert verbs[0] == "draft"
    assert verbs[-1] == "release"


def test_a_second_press_does_not_send_a_second_time(open_page: Open, pages: Site) -> None:
    page = open_page("claim")
    page.route("**/act/claim", lambda route: (page.wait_for_timeout(400), route.continue_()))
    page.get_by_role("button", name="签收").dblclick()
    page.wait_for_url("**/page/list")
    assert len(pages.posted) == 1


def test_what_is_typed_is_kept_when_the_page_is_left(open_page: Open, pages: Site) -> None:
    page = open_page("case")
    page.locator("#field-opinion").fill("还没写完。")
    page.goto(f"{pages.address}/page/list")
    page.wait_for_timeout(500)
    assert [form["opinion"] for path, form in pages.posted if path.endswith("/draft")][-1] == "还没写完。"


def test_tabs_show_one_part_and_the_address_keeps_which(open_page: Open) -> None:
    page = open_page("case")
    page.get_by_role("tab", name="资料").click()
    expect(page.locator("#documents")).to_be_visible()
    expect(page.locator("#work")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#diagram")).to_be_visible()
    page.reload()
    page.locator("html[data-ready]").wait_for(state="attached")
    expect(page.locator("#diagram")).to_be_visible()
    expect(page.locator("#work")).to_be_hidden()


def test_before_a_return_its_price_is_shown_for_each_target(open_page: Open) -> None:
    page = open_page("case")
    page.keyboard.press("b")
    expect(page.locator("#price")).to_contain_text("分配客户经理")
    page.locator("[name=target][value=intake]").check()
    expect(page.locator("#price")).to_contain_text("受理申请 → 贷款调查")


def test_the_diagram_shows_where_the_case_stands_and_tells_who_when_and_why(open_page: Open) -> None:
    page = open_page("case")
    page.get_by_role("tab", name="流程图").click()
    diagram = page.locator(".diagram[data-drawn]").first
    running = diagram.locator("g[data-element-id=pre_committee_review]")
    expect(running).to_have_class("djs-element djs-shape is-running")
    diagram.locator("[data-act=fit]").click()
    diagram.locator("g[data-element-id=assignment]").focus()
    page.keyboard.press("Enter")
    card = diagram.locator(".diagram-card")
    expect(card).to_contain_text("李敏 · 2026-11-21 10:00")
    expect(card).to_contain_text("缺少流水。")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


@pytest.mark.parametrize(
    ("locale", "name"), [("en", "Pre-committee review"), ("zh_Hans", "贷前审查"), ("zh_Hant", "貸前審查")]
)
def test_the_stations_of_the_diagram_are_named_in_the_reader_s_language(
    open_page: Open, locale: str, name: str
) -> None:
    page = open_page("case", lang=locale)
    page.locator("[data-tabs] a").nth(2).click()
    page.locator(".diagram[data-drawn]").first.wait_for()
    station = page.locator(".diagram g[data-element-id=pre_committee_review]").first
    assert name in (station.get_attribute("aria-label") or "")
    expect(station).to_have_attribute("role", "button")


def test_two_fingers_zoom_the_diagram_and_one_moves_it(open_page: Open) -> None:
    page = open_page("case", width=390)
    page.locator("[data-tabs] a").nth(2).click()
    page.locator(".diagram[data-drawn]").first.wait_for()
    page.evaluate("""() => {
      const canvas = document.querySelector(".diagram-canvas");
      const send = (type, pointerId, clientX, clientY) => canvas.dispatchEvent(
        new PointerEvent(type, {pointerId, pointerType: "touch", clientX, clientY, bubbles: true}));
      const view = () => document.querySelector(".diagram").viewer.get("canvas").viewbox();
      window.before = view();
      send("pointerdown", 1, 100, 300); send("pointermove", 1, 60, 300);
      window.moved = view();
      send("pointerdown", 2, 200, 300); send("pointermove", 2, 300, 300);
      window.zoomed = view();
    }""")
    assert page.evaluate("moved.x > before.x && Math.abs(moved.scale - before.scale) < 1e-6")
    assert page.evaluate("zoomed.scale > moved.scale")


def test_ticks_show_how_many_and_the_head_ticks_all(open_page: Open) -> None:
    page = open_page("list")
    expect(page.locator(".bulk-bar")).to_be_hidden()
    page.locator("thead input[type=checkbox]").check()
    expect(page.locator("[data-count]")).to_have_text(str(len(samples.list_page()["rows"])))
    page.locator("tbody input[type=checkbox]").first.uncheck()
    assert page.locator("thead input[type=checkbox]").evaluate("box => box.indeterminate")


def test_an_amount_is_read_back_in_capitals_while_it_is_typed(open_page: Open) -> None:
    page = open_page("case")
    page.locator("#field-amount").fill("1200000.50")
    expect(page.locator("#capital-amount")).to_have_text("1,200,000.50 · 壹佰贰拾万元伍角整")
    page.locator("#field-amount").fill("abc")
    expect(page.locator("#capital-amount")).to_have_text("")


def test_the_theme_changes_at_once_and_is_remembered(open_page: Open) -> None:
    page = open_page("list")
    page.locator(".menu > summary").last.click()
    page.locator("[data-theme-choice=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert {"name": "theme", "value": "dark"}.items() <= page.context.cookies()[0].items()


def test_a_swapped_request_that_is_refused_says_why_and_leaves_the_page(open_page: Open, pages: Site) -> None:
    page = open_page("gallery")
    pages.refuse = 409
    page.evaluate("htmx.ajax('POST', '/language', {target: 'main'})")
    expect(page.locator("#toasts .toast")).to_contain_text("李敏 已签收此任务。")
    expect(page.locator("h1")).to_have_text("组件一览")


def test_an_ordinary_page_loads_one_script_and_asks_nobody_else(open_page: Open, pages: Site) -> None:
    page = open_page("list")
    asked: list[Request] = []
    page.on("request", lambda sent: asked.append(sent))
    page.reload()
    page.locator("html[data-ready]").wait_for(state="attached")
    assert [r.url for r in asked if not r.url.startswith(pages.address)] == []
    assert len([r for r in asked if r.resource_type == "script"]) == 1


def test_without_script_the_case_page_shows_all_parts_and_every_form_works(open_page: Open, pages: Site) -> None:
    page = open_page("case", script=False)
    for part in ("work", "documents", "history"):
        expect(page.locator(f"#{part}")).to_be_visible()
    page.get_by_role("link", name="退回", exact=True).click()
    expect(page.locator("dialog#send-back")).to_be_visible()
    page.goto(f"{pages.address}/page/case")
    page.get_by_role("button", name="同意上会").click()
    page.wait_for_url("**/page/list")
    assert pages.posted[-1][1]["outcome"] == "approve"


def test_on_a_phone_the_menu_is_at_the_thumb_and_more_opens_the_rest(open_page: Open) -> None:
    page = open_page("list", width=390)
    menu = page.locator(".main-menu")
    box = menu.bounding_box()
    assert box
    assert box["y"] + box["height"] >= 843
    menu.locator(".more-menu > summary").click()
    expect(menu.get_by_role("link", name="报表").last).to_be_visible()
    targets = page.locator("td.actions .button").evaluate_all(
        "found => found.map(b => b.getBoundingClientRect().height)"
    )
    assert min(targets) >= 24
