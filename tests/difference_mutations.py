"""One property changed at a time: every place of a diagram, a decision file or a form at which something is written down."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from lxml import etree

from app.workflow.engine.xmlgate import parse

# Drawings: said as "moved", whatever of them changed.
DI: tuple[str, ...] = ("http://www.omg.org/spec/BPMN/20100524/DI", "http://www.omg.org/spec/DD/20100524/DI")
DI += ("http://www.omg.org/spec/DD/20100524/DC", "http://www.omg.org/spec/DMN/20180521/DC")
DI += ("http://www.omg.org/spec/DMN/20180521/DI", "https://www.omg.org/spec/DMN/20191111/DMNDI/")
DI += ("http://www.omg.org/spec/DMN/20151101/DI",)
# Said by other elements already: which way comes in or goes out of a node.
DERIVED = frozenset({"incoming", "outgoing"})
# What these say is a name by which others find the thing; changed alone it cuts the file apart.
NAMES = frozenset({"id", "href", "{http://www.w3.org/2001/XMLSchema-instance}type"})
BOOLEAN = {"true": "false", "false": "true", "yes": "no", "no": "yes"}
WORDS = {"approve": "refuse", "refuse": "neutral", "neutral": "approve"}


def changed(value: str) -> str:
    """Another value of the same sort."""
    return BOOLEAN.get(value) or WORDS.get(value) or f"{value}2"


def of_xml(content: bytes) -> Iterator[tuple[str, bytes]]:
    """(what was changed, the file with it): every attribute and every text that is not drawing, id or derived."""
    root = parse(content)
    for element in root.iter():
        name = etree.QName(element)
        if name.namespace in DI or name.localname in DERIVED:
            continue
        for attribute, value in list(element.attrib.items()):
            if attribute not in NAMES:
                element.set(attribute, changed(str(value)))
                yield f"{name.localname}@{attribute} of line {element.sourceline}", etree.tostring(root)
                element.set(attribute, str(value))
        if (element.text or "").strip():
            text = element.text
            element.text = changed(str(text).strip())
            yield f"{name.localname} of line {element.sourceline}", etree.tostring(root)
            element.text = text


def of_form(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The same for a form: every leaf of the JSON."""
    data = json.loads(content)
    for path, value in _leaves(data, ()):
        if path[-1] == "schemaVersion":
            continue
        other = copy.deepcopy(data)
        place: Any = other
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = f"{value}2" if path[-1] in ("value", "key") else _changed_json(value)
        yield "/".join(map(str, path)), json.dumps(other, ensure_ascii=False).encode()


def _changed_json(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return changed(str(value))


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict | list):
        items: Any = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from _leaves(inner, (*path, key))
    elif value is not None:
        yield path, value
