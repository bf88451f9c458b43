"""The modeler in a real browser: drawn with the mouse, saved by itself, checked by the server, two people on one draft."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app.identity.models import User
from app.kernel import db
from app.kernel.clock import now
from app.kernel.db import session
from app.studio import drafts
from config import ROOT
from tests.browser.studio.drawing_board import ANALYST, FORM, PAY, Board, a_draft, analyst, file_of

pytestmark = pytest.mark.browser
NAME = "pay/pay.bpmn"
EXACTLY_AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
Visit = Callable[..., Page]


@pytest.fixture
def board(visit: Visit) -> Board:
    """A diagram with a start and an end, and a form beside it."""
    return Board(visit(ANALYST), a_draft({NAME: PAY, "pay/check.form": FORM}))


def speak(language: str) -> None:
    with db.transaction():
        session.execute(update(User).where(User.username == ANALYST).values(language=language))


def test_a_station_is_drawn_from_nothing_with_the_mouse_and_passes_the_check(board: Board) -> None:
    page = board.page
    x, y = board.centre("begun")
    station = board.drag_from_palette("create.task", x + 160, y)
    board.connect("begun", station)
    board.click(station)
    board.fill("name-zh_Hans", "审核")
    board.fill("name-en", "Check")
    board.fill("id", "check")
    board.group("step")
    board.entry("form").select_option("pay/check")
    page.locator('[data-group-id="group-candidates"] .bio-properties-panel-add-entry').click()
    board.entry("candidates-0-value").select_option("market_department")
    expect(page.locator('[data-group-id="group-outcomes"]')).to_contain_text("同意")
    expect(page.locator('[data-group-id="group-outcomes"]')).to_contain_text("拒绝")
    board.pad("append.gateway")
    page.keyboard.press("Escape")
    gateway = board.chosen()
    board.connect(gateway, "paid")
    refused = board.drag_from_palette("create.end-event", x + 330, y + 170)
    board.connect(gateway, refused)
    flow = page.evaluate(
        "([from, to]) => document.querySelector('.modeler').modeler.get('elementRegistry')"
        ".find(e => e.source?.id === from && e.target?.id === to).id",
        [gateway, "paid"],
    )
    board.click(gateway)
    page.locator(f'[data-entry-id="condition-{flow}"] .cm-content').click()
    page.keyboard.type('check_result = "approve"')
    board.entry("default-way").focus()
    other = [value for value in options(board, "default-way") if value and value != flow]
    board.entry("default-way").select_option(other[0])
    board.saved()
    expect(page.locator(".modeler")).to_have_attribute("data-checked", "0")
    board.open()
    expect(page.locator(".modeler")).to_have_attribute("data-checked", "0")
    xml = file_of(board.draft_id, NAME)
    assert '<credit:step form="pay/check">' in xml
    assert '<credit:candidates rule="group" value="market_department" />' in xml
    assert 'check_result = "approve"' in xml
    assert '<foreign:mark kept="yes">as it is</foreign:mark>' in xml


def test_a_station_drawn_into_a_line_with_a_form_made_on_the_spot_and_a_group_can_be_run(visit: Visit) -> None:
    page = visit(ANALYST)
    page.goto("/studio/drafts/new")
    page.fill("[name=title]", "小额贷款")
    page.fill("[name=key]", "small_loan")
    page.locator("main form button.primary").click()
    page.wait_for_url("**/studio/drafts/*")
    board = Board(page, uuid.UUID(page.url.rpartition("/")[2]), "small_loan/small_loan.bpmn")
    (x, y), (end, _) = board.centre("small_loan_application"), board.centre("small_loan_done")
    station = board.drag_from_palette("create.task", (x + end) / 2, y)
    board.fill("name-zh_Hans", "主管审批")
    page.get_by_role("button", name="为该环节新建表单").click()
    expect(page.get_by_role("link", name="打开表单")).to_be_visible()
    page.locator('[data-group-id="group-candidates"] .bio-properties-panel-add-entry').click()
    board.entry("candidates-0-value").select_option("market_department")
    board.saved()
    expect(page.locator(".modeler")).to_have_attribute("data-checked", "0")
    form = json.loads(file_of(board.draft_id, f"small_loan/{station}.form"))
    assert form["include"] == ["small_loan/_application"]
    assert form["access"]["*"] == "read"
    assert f'targetRef="{station}"' in file_of(board.draft_id, board.name)


def options(board: Board, entry: str) -> list[str]:
    """The values that an entry offers."""
    return [str(o.get_attribute("value")) for o in board.entry(entry).locator("option").all()]


def test_looking_at_everything_changes_nothing(board: Board) -> None:
    page = board.page
    for element in ("begun", "paid"):
        board.click(element)
        board.open_every_group()
    page.wait_for_timeout(2500)
    with db.reading():
        assert drafts.find(board.draft_id).revision == 1
    assert page.evaluate("document.querySelector('.modeler').diagram.text()") == PAY


@pytest.mark.parametrize("path", sorted((ROOT / "bpmn").glob("*/*.bpmn")), ids=lambda path: path.stem)
def test_a_shipped_diagram_is_written_back_byte_for_byte(visit: Visit, path: Path) -> None:
    name = f"{path.parent.name}/{path.name}"
    board = Board(visit(ANALYST), a_draft({name: path.read_text("utf-8")}), name)
    xml = board.page.evaluate(
        "async () => (await document.querySelector('.modeler').modeler.saveXML({format: true})).xml"
    )
    assert xml == path.read_text("utf-8")


def test_a_change_can_be_undone_and_done_again_by_button_and_by_key(board: Board) -> None:
    page = board.page
    x, y = board.centre("begun")
    made = board.drag_from_palette("create.task", x + 160, y)
    shape = page.locator(f'#canvas [data-element-id="{made}"]')
    expect(shape).to_have_count(1)
    page.locator('[data-act="undo"]').click()
    expect(shape).to_have_count(0)
    page.locator("#canvas svg").first.focus()
    page.keyboard.press("Control+y")
    expect(shape).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(shape).to_have_count(0)


def test_it_can_be_drawn_with_the_keyboard_alone(board: Board) -> None:
    page = board.page
    board.click("begun")
    page.locator("#canvas svg").first.focus()
    page.keyboard.press("a")
    expect(page.locator(".djs-popup input")).to_be_focused()
    page.keyboard.insert_text("用户任务")
    page.keyboard.press("Shift")
    expect(page.locator(".djs-popup .entry").first).to_have_text("用户任务")
    expect(page.locator(".djs-popup .entry.selected")).to_have_text("用户任务")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    made = board.chosen()
    kind = page.evaluate("id => document.querySelector('.modeler').modeler.get('elementRegistry').get(id).type", made)
    assert kind == "bpmn:UserTask"
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_contain_text("追加元素")


def test_whoever_is_overtaken_is_asked_and_nothing_is_overwritten(board: Board) -> None:
    page = board.page
    theirs = PAY.replace('name="已付"', 'name="款已付"')
    with db.transaction():
        draft = drafts.find(board.draft_id)
        drafts.save(draft_id=draft.id, changes={NAME: theirs.encode()}, base=draft.digest, actor=analyst(), now=now())
    board.click("paid")
    board.fill("name-zh_Hans", "付讫")
    dialog = page.locator("#conflict")
    expect(dialog).to_be_visible(timeout=10_000)
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.locator("[data-choice=compare]").click()
    expect(dialog.locator("[data-changes] tbody")).to_contain_text("款已付")
    assert file_of(board.draft_id, NAME) == theirs
    dialog.locator("[data-choice=copy]").click()
    expect(page.locator("#canvas")).to_contain_text("款已付")
    assert file_of(board.draft_id, NAME) == theirs
    assert "付讫" in file_of(board.draft_id, "pay/pay_mine.bpmn")
    board.saved()


def test_a_saving_beside_another_file_of_the_draft_goes_on_and_says_so(board: Board) -> None:
    with db.transaction():
        draft = drafts.find(board.draft_id)
        changed = FORM.replace("金额", "数额").encode()
        drafts.save(
            draft_id=draft.id, changes={"pay/check.form": changed}, base=draft.digest, actor=analyst(), now=now()
        )
    board.click("paid")
    board.fill("name-zh_Hans", "付讫")
    expect(board.page.locator(".toast")).to_contain_text("其他文件")
    board.saved()
    assert "付讫" in file_of(board.draft_id, NAME)
    assert "数额" in file_of(board.draft_id, "pay/check.form")


def test_without_a_connection_the_change_waits_and_is_saved_afterwards(board: Board) -> None:
    page = board.page
    board.click("paid")
    page.context.set_offline(True)
    board.fill("name-zh_Hans", "付讫")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "offline", timeout=10_000)
    page.context.set_offline(False)
    board.saved()
    assert "付讫" in file_of(board.draft_id, NAME)


def test_an_expression_is_completed_and_its_faults_are_shown_while_it_is_typed(board: Board) -> None:
    page = board.page
    text = with_a_gateway()
    draft_id = a_draft({NAME: text, "pay/check.form": FORM})
    board = Board(page, draft_id)
    page.evaluate("m => m.get('selection').select(m.get('elementRegistry').get('to_paid'))", board.modeler())
    editor = page.locator('[data-entry-id="condition"] .cm-content')
    editor.click()
    page.keyboard.type("amo")
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("amount")
    page.wait_for_timeout(200)  # the editor takes no key for a choice that comes faster than a hand after the list
    page.keyboard.press("Enter")
    page.keyboard.type(" > ")
    expect(page.locator('[data-entry-id="condition"] .bio-properties-panel-error')).not_to_be_empty()
    page.keyboard.type("100")
    expect(page.locator('[data-entry-id="condition"] .bio-properties-panel-error')).to_be_empty()
    board.saved()
    assert "amount &gt; 100" in file_of(draft_id, NAME)


def with_a_gateway() -> str:
    """A station, a gateway after it, and two ways out; without a picture."""
    nodes = """<bpmn:startEvent id="begun" />
    <bpmn:userTask id="check">
      <bpmn:extensionElements><credit:step form="pay/check" /></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:exclusiveGateway id="enough" /><bpmn:endEvent id="paid" /><bpmn:endEvent id="refused" />"""
    lines = [("begun", "check"), ("check", "enough"), ("enough", "paid"), ("enough", "refused")]
    flows = "".join(
        f'<bpmn:sequenceFlow id="to_{end}" sourceRef="{start}" targetRef="{end}" />' for start, end in lines
    )
    head = PAY.partition('<bpmn:startEvent id="begun"')[0]
    return f"{head}{nodes}{flows}</bpmn:process></bpmn:definitions>"


def test_a_diagram_without_a_picture_gets_one_with_every_element(visit: Visit) -> None:
    board = Board(visit(ANALYST), a_draft({NAME: with_a_gateway()}))
    drawn = board.page.evaluate(
        "document.querySelector('.modeler').modeler.get('elementRegistry').filter(e => !e.labelTarget).map(e => e.id)"
    )
    assert set(drawn) >= {
        "begun",
        "check",
        "enough",
        "paid",
        "refused",
        "to_check",
        "to_enough",
        "to_paid",
        "to_refused",
    }
    board.saved()
    assert "BPMNShape" in file_of(board.draft_id, NAME)


def test_findings_stand_on_the_element_and_in_a_list_that_leads_to_it(board: Board) -> None:
    page = board.page
    expect(page.locator(".finding-mark").first).to_be_visible()
    page.locator('[data-tabs] a[href="#findings"]').click()
    page.locator('.finding-list [data-element="begun"]').first.click()
    assert board.chosen() == "begun"


def test_a_draft_that_is_closed_can_only_be_looked_at(visit: Visit) -> None:
    draft_id = a_draft({NAME: PAY})
    with db.transaction():
        drafts.discard(draft_id=draft_id, actor=analyst(), now=now())
    board = Board(visit(ANALYST), draft_id)
    page = board.page
    expect(page.locator("#save-state")).to_have_attribute("data-state", "read_only")
    expect(page.locator(".djs-palette")).to_be_hidden()
    x, y = board.centre("paid")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y + 40, steps=5)
    page.mouse.up()
    board.click("paid")
    expect(board.entry("name-zh_Hans")).to_be_disabled()
    assert page.evaluate("document.querySelector('.modeler').diagram.isChanged") is False


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
def test_axe_finds_nothing_and_no_policy_is_broken(visit: Visit, width: int, dark: bool) -> None:
    page = visit(ANALYST, width=width, dark=dark)
    board = Board(page, a_draft({NAME: PAY, "pay/check.form": FORM}))
    if width > 760:
        x, y = board.centre("begun")
        board.drag_from_palette("create.task", x + 160, y)
        board.open_every_group()
        page.wait_for_timeout(700)
    violations = Axe().run(page, options=EXACTLY_AA).response["violations"]
    assert [(v["id"], [node["target"] for node in v["nodes"]][:3]) for v in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_word_on_the_screen_is_chinese(board: Board) -> None:
    page = board.page
    x, y = board.centre("begun")
    board.drag_from_palette("create.task", x + 160, y)
    board.open_every_group()
    page.locator('.djs-palette [data-action="create"]').click()
    page.evaluate("document.querySelectorAll('#panel code').forEach(one => one.remove())")  # keys are no words
    found = page.locator("#panel, .djs-popup, .modeler-bar, .modeler-head").all_inner_texts()
    titles = page.locator(".modeler-stage [title]:not(.finding-mark)").evaluate_all("all => all.map(one => one.title)")
    words = re.findall(r"\b[A-Za-z]{3,}[A-Za-z ]*", re.sub(r"\S*[_.]\S*", "", "\n".join([*found, *titles])))
    assert {word.strip() for word in words} - KEPT == set()


# Names of languages, of the notation itself, of keys, and of the library, whose mark must stay as it is.
KEPT = {"English", "FEEL", "ISO", "Ctrl", "Powered by"}


def test_an_english_analyst_sees_english_names_and_writes_them_without_touching_the_chinese(visit: Visit) -> None:
    speak("en")
    try:
        board = Board(visit(ANALYST), a_draft({NAME: PAY}))
        expect(board.page.locator("#canvas")).to_contain_text("Begun")
        x, y = board.centre("begun")
        board.page.mouse.dblclick(x, y)
        board.page.keyboard.press("Control+a")
        board.page.keyboard.type("Started")
        board.page.locator("h1").click()
        board.saved()
        xml = file_of(board.draft_id, NAME)
        assert '<credit:label lang="en">Started</credit:label>' in xml
        assert 'id="begun" name="开始"' in xml
    finally:
        speak("zh_Hans")


def test_the_simulation_is_fetched_when_it_is_asked_for(board: Board) -> None:
    page = board.page
    page.locator('[data-act="simulate"]').click()
    expect(page.locator("#simulation .bts-context-pad").first).to_be_visible()
    page.locator('[data-act="simulate"]').click()
    expect(page.locator("#simulation")).to_be_hidden()
