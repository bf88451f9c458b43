"""What a new file holds: a diagram that can be deployed as it is, a decision table without gaps, a form with one field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from flask_babel import force_locale, gettext

from app.kernel.errors import Refusal
from app.studio.file_names import Kind
from app.web.i18n import DEFAULT, LANGUAGES

KEY = re.compile(r"[a-z][a-z0-9_]{1,59}")

_DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" \
xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" \
xmlns:credit="urn:creditflow:bpmn:1" id="{key}_definitions" targetNamespace="urn:creditflow:process:{key}">
  <bpmn:collaboration id="{key}_collaboration">
    <bpmn:participant id="{key}_pool" name={title} processRef="{key}" />
  </bpmn:collaboration>
  <bpmn:process id="{key}" name={title} isExecutable="true">
    <bpmn:laneSet id="{key}_lanes">
      <bpmn:lane id="{key}_initiator" name={lane}>{lane_labels}
        <bpmn:flowNodeRef>{key}_begun</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>{key}_application</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>{key}_done</bpmn:flowNodeRef>
      </bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="{key}_begun" name={begun}>{begun_labels}
      <bpmn:outgoing>{key}_begun_to_application</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="{key}_application" name={station}>
      <bpmn:extensionElements>{station_labels}
        <credit:step{form}>
          <credit:candidates rule="initiator" />
          <credit:outcome id="submit" kind="neutral">
            <credit:label lang="zh_Hans">提交</credit:label>
            <credit:label lang="zh_Hant">提交</credit:label>
            <credit:label lang="en">Submit</credit:label>
          </credit:outcome>
        </credit:step>
      </bpmn:extensionElements>
      <bpmn:incoming>{key}_begun_to_application</bpmn:incoming>
      <bpmn:outgoing>{key}_application_to_done</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="{key}_done" name={done}>{done_labels}
      <bpmn:incoming>{key}_application_to_done</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="{key}_begun_to_application" sourceRef="{key}_begun" targetRef="{key}_application" />
    <bpmn:sequenceFlow id="{key}_application_to_done" sourceRef="{key}_application" targetRef="{key}_done" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="{key}_diagram">
    <bpmndi:BPMNPlane id="{key}_plane" bpmnElement="{key}_collaboration">
      <bpmndi:BPMNShape id="{key}_pool_di" bpmnElement="{key}_pool" isHorizontal="true">
        <dc:Bounds x="160" y="80" width="900" height="220" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="{key}_initiator_di" bpmnElement="{key}_initiator" isHorizontal="true">
        <dc:Bounds x="190" y="80" width="870" height="220" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="{key}_begun_di" bpmnElement="{key}_begun">
        <dc:Bounds x="262" y="172" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="{key}_application_di" bpmnElement="{key}_application">
        <dc:Bounds x="390" y="150" width="100" height="80" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="{key}_done_di" bpmnElement="{key}_done">
        <dc:Bounds x="852" y="172" width="36" height="36" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="{key}_begun_to_application_di" bpmnElement="{key}_begun_to_application">
        <di:waypoint x="298" y="190" />
        <di:waypoint x="390" y="190" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="{key}_application_to_done_di" bpmnElement="{key}_application_to_done">
        <di:waypoint x="490" y="190" />
        <di:waypoint x="852" y="190" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""

_TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" \
xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" id="{key}_definitions" name={title} namespace="urn:creditflow:decision:{key}">
  <decision id="{key}" name={title}>
    <variable id="{key}_variable" name="{key}" typeRef="string" />
    <decisionTable id="{key}_table">
      <input id="{key}_in_1" label={input}>
        <inputExpression id="{key}_expression_1" typeRef="number">
          <text>amount</text>
        </inputExpression>
      </input>
      <output id="{key}_out_1" label={output} name="result" typeRef="string" />
      <rule id="{key}_rule_1">
        <inputEntry id="{key}_rule_1_in">
          <text>&lt;= 100000</text>
        </inputEntry>
        <outputEntry id="{key}_rule_1_out">
          <text>"small"</text>
        </outputEntry>
      </rule>
      <rule id="{key}_rule_2">
        <inputEntry id="{key}_rule_2_in">
          <text>&gt; 100000</text>
        </inputEntry>
        <outputEntry id="{key}_rule_2_out">
          <text>"large"</text>
        </outputEntry>
      </rule>
    </decisionTable>
  </decision>
  <dmndi:DMNDI>
    <dmndi:DMNDiagram id="{key}_diagram">
      <dmndi:DMNShape id="{key}_shape" dmnElementRef="{key}">
        <dc:Bounds height="80" width="180" x="160" y="100" />
      </dmndi:DMNShape>
    </dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>
"""


class BadKey(Refusal):
    """Not a key that a process, a decision or a form can have."""


def check_key(key: str) -> str:
    """The key; raises BadKey where diagrams could not name it."""
    if not KEY.fullmatch(key):
        raise BadKey(
            "A key has 2 to 60 small letters, digits and underscores and begins with a letter, such as small_loan."
        )
    return key


def process(key: str, title: str) -> dict[str, bytes]:
    """The files of a new process: a diagram with one station, its form, and the shared part with the fields, which the forms of
    later stations show too; it can be deployed as it is."""
    form, part = f"{key}/application", f"{key}/_application"
    body = {"schemaVersion": 1, "key": form, "title": title, "include": [part], "access": {"*": "edit"}}
    return {
        f"{key}/{key}.bpmn": diagram(key, title, form=form),
        f"{form}.form": _written(body),
        f"{part}.form": form_file(part, title),
    }


def new_file(kind: Kind, folder: str, key: str, title: str) -> tuple[str, bytes]:
    """Name and content of a new file in a draft's folder; raises BadKey."""
    name = f"{folder}/{check_key(key)}{kind.value}"
    if kind is Kind.DIAGRAM:
        return name, diagram(key, title)
    return name, table(key, title) if kind is Kind.TABLE else form_file(f"{folder}/{key}", title)


def diagram(key: str, title: str, *, form: str = "") -> bytes:
    """A pool with one lane, start, one station of the initiator's, room for more, end, and their picture."""
    spoken = {language: _words_of_diagram(language) for language in LANGUAGES}
    labels = {
        f"{part}_labels": _labels({language: spoken[language][part] for language in LANGUAGES if language != DEFAULT})
        for part in spoken[DEFAULT]
    }
    for part in ("lane", "begun", "done"):
        labels[f"{part}_labels"] = f"<bpmn:extensionElements>{labels[f'{part}_labels']}</bpmn:extensionElements>"
    form = f' form="{form}"' if form else ""
    return _filled(_DIAGRAM, key, {**spoken[DEFAULT], "title": title}, form=form, **labels)


def _words_of_diagram(language: str) -> dict[str, str]:
    """What the parts of a new diagram are called; the name in a diagram is that of the bank's first language."""
    with force_locale(language):
        return {
            "lane": gettext("Initiator"),
            "begun": gettext("Begin"),
            "station": gettext("Fill in"),
            "done": gettext("End"),
        }


def _labels(texts: Mapping[str, str]) -> str:
    return "".join(f'<credit:label lang="{language}">{escape(text)}</credit:label>' for language, text in texts.items())


def table(key: str, title: str) -> bytes:
    """A decision with one input and two rows that leave no gap."""
    return _filled(_TABLE, key, {"title": title, "input": gettext("Amount"), "output": gettext("Result")})


def form_file(key: str, title: str) -> bytes:
    """A form with one text field."""
    body = {
        "schemaVersion": 1,
        "key": key,
        "title": title,
        "components": [{"type": "textfield", "key": "subject", "label": gettext("Subject")}],
    }
    return _written(body)


def _written(body: Mapping[str, object]) -> bytes:
    return (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode()


def _filled(template: str, key: str, words: Mapping[str, str], **parts: str) -> bytes:
    """The template with words as attributes and `parts` as they are."""
    quoted = {name: quoteattr(word) for name, word in words.items()}
    return template.format(key=key, **parts, **quoted).encode()
