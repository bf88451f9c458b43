"""Forms: those that the other tool keeps in the diagram are written anew, and a form asks for what a gateway needs and
nobody gives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from app.workflow.importing.expressions import condition
from app.workflow.importing.gateways import stations_before
from app.workflow.importing.model import START, STATIONS, FormField, Node, Scope
from app.workflow.importing.names import KNOWN
from app.workflow.importing.values import LANGUAGES, Texts
from app.workflow.importing.work import Work

MOST_FIELDS = 100
_OTHER = {"en": "Other", "zh_Hans": "其他", "zh_Hant": "其他"}


def gather(work: Work) -> None:
    """The fields that the other tool describes, at their stations; those of a start at a station of their own behind it."""
    for scope in work.diagram.running:
        for node in list(scope.nodes):
            if node.kind == START and (node.said.get("fields") or _named_form(work, node)):
                _start_form(work, node)
        for node in scope.nodes:
            if node.kind in STATIONS:
                _read(work, node)


def _named_form(work: Work, node: Node) -> list[dict[str, Any]]:
    key = str(node.said.get("form_key") or "")
    return work.upload.forms.get(key) or work.upload.forms.get(key.rpartition(":")[2]) or []


def _start_form(work: Work, start: Node) -> None:
    station = work.after(start, "userTask", start.name, "start_form", start=start.title)
    work.call(station, "begin")
    station.said["fields"] = start.said.pop("fields", None) or _named_form(work, start)
    station.said["assignee"] = "$INITIATOR"
    start.line.changed("start_form_moved", station=station.title)


def _read(work: Work, node: Node) -> None:
    raw = node.said.get("fields") or _named_form(work, node)
    key = str(node.said.get("form_key") or "")
    if key and not raw:
        node.line.changed("form_elsewhere", form=key)
    taken = {field.key for field in node.fields}
    for body in raw[:MOST_FIELDS]:
        name = work.names.key(str(body["name"])) if body["name"] else ""
        if not name or name in taken:
            continue
        taken.add(name)
        options = tuple({value: label for value, label in body["options"] if value}.items())
        kind = str(body["type"]) if options or body["type"] not in ("select", "radio") else "textfield"
        field = FormField(name, str(body["label"])[:200], kind, bool(body["required"]), bool(body["writable"]), options)
        node.fields.append(field)
    if raw:
        node.line.changed("form_made", number=len(node.fields))


def complete(work: Work) -> None:
    """A variable that a condition reads and nothing sets is asked for on the form before the gateway."""
    for scope in work.diagram.running:
        given = set(_given(scope.top))
        for node in scope.nodes:
            for flow in node.outgoing if node.kind.endswith("Gateway") else ():
                read = condition(flow.condition, work.names) if flow.condition else None
                for name in read.names if read is not None else ():
                    if name not in given and name not in KNOWN and not name.endswith("_result"):
                        _add(work, node, name)


def _given(process: Scope) -> Iterator[str]:
    """Names that forms, scripts, decisions and repetitions of the process set."""
    for scope in process.walk():
        for node in scope.nodes:
            yield from (field.key for field in node.fields if field.writable)
            yield from (line.partition("=")[0].strip() for line in node.script.splitlines())
            if node.decision:
                yield node.result or node.decision
            yield f"{node.id}_result"


def _add(work: Work, gateway: Node, name: str) -> None:
    stations = stations_before(gateway)
    if not stations:
        gateway.line.changed("value_from_outside", name=name)
        return
    values = _values(work, gateway, name)
    for station in stations:
        if any(field.key == name for field in station.fields):
            station.fields = [
                f if f.key != name else FormField(f.key, f.label, f.type, True, True, f.options) for f in station.fields
            ]
            continue
        station.fields.append(_field(name, values))
        station.line.changed("form_asks", field=name, gateway=gateway.title)


def _values(work: Work, gateway: Node, name: str) -> list[str]:
    """What the conditions around compare the variable with, as FEEL literals."""
    found: list[str] = []
    for scope in gateway.scope.top.walk():
        for flow in scope.flows:
            read = condition(flow.condition, work.names) if flow.condition and name in flow.condition else None
            found += [value for key, value in (read.values if read is not None else ()) if key == name]
    return list(dict.fromkeys(found))


def _field(name: str, values: list[str]) -> FormField:
    label = name.replace("_", " ").capitalize()
    texts = [value.strip('"').replace('\\"', '"') for value in values if value.startswith('"')]
    if texts:
        options = [(text, text) for text in texts if text]
        if len(options) < 2:
            options.append(("other" if ("other", "other") not in options else "none", ""))
        return FormField(name, label, "radio", True, True, tuple(options))
    if any(value[:1].isdigit() or value[:1] == "-" for value in values):
        return FormField(name, label, "number", True)
    if not values or set(values) <= {"true", "false"}:
        return FormField(name, label, "checkbox")
    return FormField(name, label, "textfield", True)


def form_file(key: str, title: Texts, fields: list[FormField]) -> bytes:
    """A form of ours with these fields."""
    access = {"*": "edit", **{field.key: "read" for field in fields if not field.writable}}
    body = {
        "schemaVersion": 1,
        "key": key,
        "title": dict(title),
        "access": access,
        "components": [_component(field) for field in fields],
    }
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def _component(field: FormField) -> dict[str, object]:
    made: dict[str, object] = {"type": field.type, "key": field.key, "label": _texts(field.label or field.key)}
    if field.type in ("select", "radio"):
        made["values"] = [
            {"value": value, "label": _texts(label) if label else _OTHER} for value, label in field.options
        ]
    if field.type == "number":
        made["decimals"] = 2
    if field.required and field.type != "checkbox":
        made["validate"] = {"required": True}
    return made


def _texts(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)
