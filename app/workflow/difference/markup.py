"""What diagrams and decision tables have in common as XML: attributes and small children as facts, the rest as parts.

Namespaces are taken by their address, so prefixes may differ; what stands in a namespace nobody here knows is kept under its full
name. Nothing is left out but ids of nameless pieces and what a tool writes anew at each saving.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from lxml import etree

from app.workflow.difference.things import PICTURE, Thing, Value

XSI = "http://www.w3.org/2001/XMLSchema-instance"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"
KNOWN = {
    "urn:creditflow:bpmn:1": "credit",
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://flowable.org/bpmn": "flowable",
    "http://activiti.org/bpmn": "activiti",
    "http://camunda.org/schema/zeebe/1.0": "zeebe",
    "http://camunda.org/schema/modeler/1.0": "modeler",
    "http://bpmn.io/schema/bpmn/biocolor/1.0": "bioc",
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0": "color",
}
Drawn = Mapping[str, Mapping[str, Value]]
MOST_PARTS = 12  # how deep pieces within pieces are looked at by name; deeper ones are compared as text


def local(name: object) -> str:
    """The name without its namespace."""
    return etree.QName(str(name)).localname


def space(name: object) -> str:
    """The namespace of a name, "" where it has none."""
    return etree.QName(str(name)).namespace or ""


def plain_name(name: object, own: str) -> str:
    """The local name of what is in namespace `own` or in none; a prefix before it where the namespace is known, else all of it."""
    address = space(name)
    if not address or address == own:
        return local(name)
    return f"{KNOWN[address]}:{local(name)}" if address in KNOWN else str(name)


def attributes(element: etree._Element, own: str, without: frozenset[str] = frozenset()) -> dict[str, str]:
    """The attributes that say something, by plain name."""
    found = {plain_name(name, own): str(value).strip() for name, value in element.attrib.items() if space(name) != XSI}
    return {name: value for name, value in found.items() if value and name not in without}


def text(element: etree._Element) -> str:
    """The text of an element itself, without blanks around it."""
    return (element.text or "").strip()


def is_leaf(element: etree._Element) -> bool:
    """Whether it holds nothing but text and attributes."""
    return len(element) == 0


def leaf_facts(element: etree._Element, own: str, name: str) -> dict[str, str]:
    """A small child as facts of its parent: its text under its name, its attributes under "name.attribute"."""
    facts = {f"{name}.{key}": value for key, value in attributes(element, own, frozenset({"id"})).items()}
    return {**facts, name: text(element)} if text(element) else facts


def piece(element: etree._Element, own: str, depth: int = 0) -> Thing:
    """Any element as a part, with everything in it; ids of pieces are nobody's business."""
    name = plain_name(element.tag, own)
    if depth > MOST_PARTS:
        return Thing(name, facts={"text": etree.tostring(element, encoding="unicode", with_tail=False).strip()})
    facts: dict[str, Value] = {**attributes(element, own, frozenset({"id"}))}
    if text(element):
        facts["text"] = text(element)
    many = Counter(str(child.tag) for child in element)
    parts = []
    for child in element:
        if many[str(child.tag)] == 1 and is_leaf(child):
            facts |= leaf_facts(child, own, plain_name(child.tag, own))
        else:
            parts.append(piece(child, own, depth + 1))
    return Thing(name, facts=facts, parts=tuple(parts))


def drawn_facts(root: etree._Element, reference: str, skipped: frozenset[str]) -> Drawn:
    """Per element id where it is drawn and how: shapes and edges name their element in the attribute `reference`."""
    found: dict[str, dict[str, list[str]]] = {}
    for shape in root.iter():
        named = shape.get(reference)
        if named is None or local(shape.tag) in skipped:
            continue
        facts = found.setdefault(named.rpartition(":")[2], {"place": [], "look": []})
        facts["place"] += [_numbers(piece) for piece in shape.iter() if local(piece.tag) in ("Bounds", "waypoint")]
        facts["look"] += [
            f"{local(name)}={value!s}"
            for piece in shape.iter()
            if local(piece.tag) not in ("Bounds", "waypoint")
            for name, value in sorted(piece.attrib.items())
            if name not in ("id", reference)
        ]
    return {
        key: {PICTURE + name: " ".join(values) for name, values in facts.items() if values}
        for key, facts in found.items()
    }


def _numbers(element: etree._Element) -> str:
    return ",".join(f"{name!s}{_short(value)}" for name, value in sorted(element.attrib.items()))


def _short(value: object) -> str:
    try:
        return f"{float(str(value)):g}"
    except ValueError:
        return str(value)


def with_picture(root: etree._Element, things: Mapping[str, Thing], drawn: Drawn) -> dict[str, Thing]:
    """The things with the facts of their drawing; what is drawn of a piece belongs to the thing that it is a piece of."""
    found = dict(things)
    for key, facts in drawn.items():
        owner = key if key in things else _owner(root, key, things)
        more = facts if owner == key else {f"{name}.{key}": value for name, value in facts.items()}
        found[owner] = replace(found[owner], facts={**found[owner].facts, **more})
    return found


def _owner(root: etree._Element, key: str, things: Mapping[str, Thing]) -> str:
    """The key of the innermost thing around the element with that id; the file itself where there is none."""
    element = next((element for element in root.iter() if element.get("id") == key), None)
    while element is not None and element.get("id") not in things:
        element = element.getparent()
    return str(element.get("id")) if element is not None else ""
