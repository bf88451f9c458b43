"""What other tools say of an element beyond BPMN: Camunda 7, Flowable and Activiti, Zeebe, SpiffWorkflow, and the
standard's performers.

`said(element)` gathers it under our own words, whatever the dialect: assignee, users, groups, form_key, due, fields,
work (what a service would call), decision, result, called, collection, item, initiator; `dropped` names what has no
counterpart here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from app.workflow.importing.gate import BPMN, DC, DD, DI, text_in

CREDIT = "urn:creditflow:bpmn:1"
_FORM_KEY = re.compile(r"[a-z][a-z0-9_]*/[a-z_][a-z0-9_]*")
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_OURS = frozenset({BPMN, DI, DC, DD, _XSI, CREDIT, "http://www.w3.org/XML/1998/namespace"})
_WORDS = {
    "assignee": "assignee",
    "candidateUsers": "users",
    "candidateGroups": "groups",
    "formKey": "form_key",
    "formRef": "form_key",
    "dueDate": "due",
    "initiator": "initiator",
    "decisionRef": "decision",
    "resultVariable": "result",
    "resultVariableName": "result",
    "collection": "collection",
    "elementVariable": "item",
    "inputCollection": "collection",
    "inputElement": "item",
    "class": "work",
    "delegateExpression": "work",
    "expression": "work",
    "topic": "work",
    "operatorId": "work",
    "ruleVariablesInput": "decision_input",
}
_LISTENERS = frozenset({"executionListener", "taskListener", "eventListener", "executionListeners", "taskListeners"})
_QUIET = frozenset({"signavioMetaData", "signavioLabel", "signavioDiagramMetaData", "signavioType", "stroke", "fill"})
_TYPES = {
    **dict.fromkeys(("long", "integer", "int", "double", "number", "float", "short"), "number"),
    **dict.fromkeys(("boolean", "checkbox", "bool"), "checkbox"),
    **dict.fromkeys(("date", "datetime"), "date"),
    **dict.fromkeys(("enum", "select", "dropdown"), "select"),
    **dict.fromkeys(("radio", "radio-buttons"), "radio"),
    **dict.fromkeys(("textarea", "multi-line-text"), "textarea"),
}


def said(element: etree._Element) -> dict[str, Any]:
    """What the other tool says of `element`, under our words."""
    found: dict[str, Any] = {"dropped": []}
    for name, value in element.attrib.items():
        _attribute(etree.QName(name), str(value), found)
    for child in _extensions(element):
        _child(child, found)
    _performers(element, found)
    found["dropped"] = sorted(set(found["dropped"]))
    return found


def own(element: etree._Element) -> list[etree._Element]:
    """What our own modeler wrote, where the file is one of ours."""
    return [child for child in _extensions(element) if etree.QName(child).namespace == CREDIT]


def _extensions(element: etree._Element) -> Iterator[etree._Element]:
    for child in element.iterfind(f"{{{BPMN}}}extensionElements/*"):
        if isinstance(child.tag, str):
            yield child


def _attribute(name: etree.QName, value: str, found: dict[str, Any]) -> None:
    if name.namespace is None or name.namespace in _OURS or not value.strip():
        return
    word = _WORDS.get(name.localname)
    if name.localname == "type" and value != "external":
        found.setdefault("work", value)
    elif word is not None:
        found.setdefault(word, value.strip())
    elif name.localname in ("async", "asyncBefore") and value == "true":
        found["async"] = True
    elif any(vendor in name.namespace for vendor in ("camunda", "activiti", "flowable", "zeebe", "spiffworkflow")):
        found["dropped"].append(name.localname)


def _child(child: etree._Element, found: dict[str, Any]) -> None:
    name, namespace = etree.QName(child).localname, etree.QName(child).namespace
    if namespace == CREDIT:
        return
    reader = _READERS.get(name)
    if reader is not None:
        reader(child, found)
    elif name in _LISTENERS or name not in _QUIET:
        found["dropped"].append(name)


def _take(child: etree._Element, found: dict[str, Any], **words: str) -> None:
    for attribute, word in words.items():
        value = (child.get(attribute) or "").strip()
        if value:
            found.setdefault(word, value)


def _field(child: etree._Element, found: dict[str, Any]) -> None:
    """One camunda:formField or activiti:formProperty."""
    options = tuple(
        (value.get("id") or value.get("name") or "", value.get("name") or value.get("id") or "")
        for value in child
        if isinstance(value.tag, str) and etree.QName(value).localname == "value"
    )
    required = child.get("required") == "true" or any(
        c.get("name") == "required" for c in child.iter() if isinstance(c.tag, str)
    )
    kind = _TYPES.get((child.get("type") or "").lower(), "textfield")
    found.setdefault("fields", []).append(
        {
            "name": child.get("id") or child.get("name") or "",
            "label": child.get("label") or child.get("name") or child.get("id") or "",
            "type": "select" if options else "textfield" if kind in ("select", "radio") else kind,
            "required": required,
            "writable": child.get("writable") != "false" and not child.get("expression"),
            "options": options,
        }
    )


def _form_data(child: etree._Element, found: dict[str, Any]) -> None:
    for field in child.iter():
        if isinstance(field.tag, str) and etree.QName(field).localname in ("formField", "formProperty"):
            _field(field, found)


def _definition(child: etree._Element, found: dict[str, Any]) -> None:
    _take(child, found, type="work")


def _form(child: etree._Element, found: dict[str, Any]) -> None:
    _take(child, found, formKey="form_key", formId="form_key")


def _operator(child: etree._Element, found: dict[str, Any]) -> None:
    _take(child, found, id="work", resultVariable="result")


def _script(child: etree._Element, found: dict[str, Any]) -> None:
    _take(child, found, expression="script_expression", resultVariable="result")


_READERS: dict[str, Any] = {
    "formData": _form_data,
    "formField": _field,
    "formProperty": _field,
    "assignmentDefinition": lambda c, f: _take(
        c, f, assignee="assignee", candidateGroups="groups", candidateUsers="users"
    ),
    "taskDefinition": _definition,
    "formDefinition": _form,
    "calledDecision": lambda c, f: _take(c, f, decisionId="decision", resultVariable="result"),
    "calledElement": lambda c, f: _take(c, f, processId="called"),
    "script": _script,
    "taskSchedule": lambda c, f: _take(c, f, dueDate="due"),
    "loopCharacteristics": lambda c, f: _take(c, f, inputCollection="collection", inputElement="item"),
    "calledDecisionId": lambda c, f: f.setdefault("decision", (c.text or "").strip()),
    "serviceTaskOperator": _operator,
    "userTask": lambda c, f: None,
    "isInterrupting": lambda c, f: None,
}


def _performers(element: etree._Element, found: dict[str, Any]) -> None:
    """The standard's own way: potentialOwner, humanPerformer, performer."""
    for kind in ("potentialOwner", "humanPerformer", "performer", "resourceRole"):
        for performer in element.iterfind(f"{{{BPMN}}}{kind}"):
            text = " ".join(text_in(e) for e in performer.iter(f"{{{BPMN}}}formalExpression")).strip()
            reference = (performer.findtext(f"{{{BPMN}}}resourceRef") or "").strip()
            _performer(kind, text, reference or performer.get("name") or "", found)


def _performer(kind: str, text: str, reference: str, found: dict[str, Any]) -> None:
    users = re.findall(r"user\(([^)]+)\)", text)
    groups = re.findall(r"group\(([^)]+)\)", text)
    if users:
        found.setdefault("users", ",".join(users))
    if groups or (text and not users and kind == "potentialOwner"):
        found.setdefault("groups", ",".join(groups) or text)
    elif text and not users:
        found.setdefault("assignee", text)
    elif reference and not text:
        found.setdefault("resources", []).append(reference)


def embedded_forms(root: etree._Element) -> dict[str, list[dict[str, Any]]]:
    """The forms that Zeebe keeps in the file itself, by their id."""
    found = {}
    for element in root.iter():
        if isinstance(element.tag, str) and etree.QName(element).localname == "userTaskForm":
            found[element.get("id") or ""] = form_fields(element.text or "")
    return found


def form_fields(text: str) -> list[dict[str, Any]]:
    """The fields of a form-js form, in the shape of `said()["fields"]`; empty where it is none."""
    try:
        body = json.loads(text)
    except ValueError:
        return []
    return list(_components(body.get("components"), 0)) if isinstance(body, dict) else []


def _components(components: Any, depth: int) -> Iterator[dict[str, Any]]:
    for component in components if isinstance(components, list) and depth < 9 else ():
        if not isinstance(component, dict):
            continue
        yield from _components(component.get("components"), depth + 1)
        key = component.get("key") or component.get("path")
        if not isinstance(key, str) or not key or component.get("type") in ("button", "group", "dynamiclist"):
            continue
        validate = component.get("validate")
        values = component.get("values")
        options = tuple(
            (str(v.get("value", "")), str(v.get("label") or v.get("value", "")))
            for v in (values if isinstance(values, list) else ())
            if isinstance(v, dict)
        )
        kind = _TYPES.get(str(component.get("type")).lower(), "textfield")
        yield {
            "name": key,
            "label": str(component.get("label") or key),
            "type": ("radio" if kind == "radio" else "select")
            if options
            else "textfield"
            if kind in ("select", "radio")
            else kind,
            "required": isinstance(validate, dict) and validate.get("required") is True,
            "writable": not (component.get("readonly") or component.get("disabled")),
            "options": options,
        }


def form_id(text: str) -> str:
    """The id that a form-js form has for itself."""
    try:
        body = json.loads(text)
    except ValueError:
        return ""
    return str(body.get("id") or "") if isinstance(body, dict) else ""


def own_form_key(text: str) -> str:
    """The key of a form that is ours already; "" for those of other tools."""
    try:
        body = json.loads(text)
    except ValueError:
        return ""
    key = body.get("key") if isinstance(body, dict) and body.get("schemaVersion") == 1 else None
    return key if isinstance(key, str) and _FORM_KEY.fullmatch(key) else ""
