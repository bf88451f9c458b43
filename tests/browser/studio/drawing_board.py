"""Drawing with the mouse in the modeler: what a hand does on the canvas and in the panel, for the tests of the studio."""

from __future__ import annotations

import uuid
from typing import Any

from playwright.sync_api import Page, expect

from app.audit.operations import Actor
from app.identity.models import User
from app.kernel import db
from app.kernel.clock import now
from app.kernel.db import session
from app.studio import drafts

ANALYST = "qiyue"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    ' xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:credit="urn:creditflow:bpmn:1" xmlns:foreign="urn:elsewhere" id="pay_definitions" targetNamespace="urn:test">\n'
)
PAY = (
    HEAD
    + """  <bpmn:process id="pay" name="付款" isExecutable="true">
    <bpmn:startEvent id="begun" name="开始">
      <bpmn:extensionElements>
        <credit:label lang="en">Begun</credit:label>
        <foreign:mark kept="yes">as it is</foreign:mark>
      </bpmn:extensionElements>
    </bpmn:startEvent>
    <bpmn:endEvent id="paid" name="已付" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="pay">
      <bpmndi:BPMNShape id="begun_di" bpmnElement="begun">
        <dc:Bounds x="180" y="180" width="36" height="36" />
        <bpmndi:BPMNLabel>
          <dc:Bounds x="187" y="223" width="22" height="14" />
        </bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="paid_di" bpmnElement="paid">
        <dc:Bounds x="680" y="180" width="36" height="36" />
        <bpmndi:BPMNLabel>
          <dc:Bounds x="687" y="223" width="22" height="14" />
        </bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""
)
FORM = """{
  "schemaVersion": 1, "key": "pay/check", "title": {"en": "Check", "zh_Hans": "审核", "zh_Hant": "審核"},
  "components": [
    {"type": "number", "key": "amount", "label": {"en": "Amount", "zh_Hans": "金额", "zh_Hant": "金額"}}
  ]
}
"""


def analyst() -> Actor:
    """The analyst of the demo, as the program knows who acts."""
    user = session.query(User).filter_by(username=ANALYST).one()
    return Actor(user.id, user.name)


def a_draft(files: dict[str, str], name: str = "pay") -> uuid.UUID:
    """A committed draft that holds these files."""
    with db.transaction():
        content = {file: text.encode() for file, text in files.items()}
        return drafts.begin(name=name, title=name, files=content, actor=analyst(), now=now()).id


def file_of(draft_id: uuid.UUID, name: str) -> str:
    """A file of the newest revision."""
    with db.reading():
        return drafts.files_of(drafts.find(draft_id))[name].decode()


class Board:
    """A page with a diagram open."""

    def __init__(self, page: Page, draft_id: uuid.UUID, name: str = "pay/pay.bpmn") -> None:
        self.page, self.draft_id, self.name = page, draft_id, name
        self.open()

    def open(self) -> None:
        """Open the diagram, or open it anew."""
        self.page.goto(f"/studio/drafts/{self.draft_id}/diagram/{self.name}")
        expect(self.page.locator(".modeler[data-drawn]")).to_have_attribute("data-drawn", "yes")

    def modeler(self) -> Any:
        """A handle of the modeler itself, for what a mouse can't hit surely."""
        return self.page.evaluate_handle("document.querySelector('.modeler').modeler")

    def open_every_group(self) -> None:
        """Open all groups of the panel."""
        heads = self.page.locator(".bio-properties-panel-group-header:not(.open)")
        expect(self.page.locator(".bio-properties-panel-group-header").first).to_be_visible()
        heads.evaluate_all("all => all.forEach(one => one.click())")

    def centre(self, element: str) -> tuple[float, float]:
        """Where an element lies on the screen."""
        box = self.page.locator(f'#canvas [data-element-id="{element}"] .djs-visual').first.bounding_box()
        assert box is not None, element
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def click(self, element: str) -> None:
        """Select an element; the canvas swallows the first press after a drag."""
        x, y = self.centre(element)
        self.page.mouse.click(x, y)
        if self.chosen() != element:
            self.page.wait_for_timeout(500)
            self.page.mouse.click(x + 3, y)

    def drag_from_palette(self, action: str, x: float, y: float) -> str:
        """Drag an entry of the palette to a place; returns the id of what was made."""
        entry = self.page.locator(f'.djs-palette [data-action="{action}"]').bounding_box()
        assert entry is not None, action
        left, top = entry["x"] + entry["width"] / 2, entry["y"] + entry["height"] / 2
        self.page.mouse.move(left, top)
        self.page.mouse.down()
        self.page.mouse.move(left + 8, top, steps=3)
        self.page.mouse.move(x - 20, y - 5, steps=8)
        self.page.mouse.move(x, y, steps=4)
        self.page.mouse.up()
        expect(self.page.locator(".djs-direct-editing-parent")).to_have_count(1)
        self.page.keyboard.press("Escape")  # the name can be typed at once; the tests name it in the panel
        return self.chosen()

    def pad(self, action: str) -> None:
        """Press an entry beside the selected element."""
        self.page.locator(f'.djs-context-pad.open [data-action="{action}"]').click()

    def connect(self, source: str, target: str) -> None:
        """Draw a line with the mouse."""
        self.click(source)
        self.pad("connect")
        self.page.mouse.move(*self.centre(target), steps=6)
        self.page.mouse.click(*self.centre(target))

    def choose_kind(self, words: str) -> None:
        """Change the kind of the selected element in its menu."""
        self.pad("replace")
        self.page.locator(".djs-popup .entry", has_text=words).first.click()

    def chosen(self) -> str:
        """The id of the selected element."""
        return str(self.page.evaluate("document.querySelector('.modeler').modeler.get('selection').get()[0]?.id ?? ''"))

    def group(self, name: str) -> Any:
        """A group of the panel, open."""
        group = self.page.locator(f'[data-group-id="group-{name}"]')
        expect(group).to_be_visible()
        if group.locator(".bio-properties-panel-group-header.open").count() == 0:
            group.locator(".bio-properties-panel-group-header").click()
        return group

    def entry(self, name: str) -> Any:
        """The control of an entry of the panel."""
        return self.page.locator(f'[data-entry-id="{name}"] :is(input, select, textarea, .cm-content)').first

    def fill(self, name: str, text: str) -> None:
        """Type into an entry and leave it."""
        self.entry(name).fill(text)
        self.entry(name).blur()

    def saved(self) -> None:
        """Wait until everything is saved by itself."""
        expect(self.page.locator("#save-state")).to_have_attribute("data-state", "saved", timeout=15_000)
