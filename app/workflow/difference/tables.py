"""A DMN file as a tree: decisions with their inputs, outputs and rules; a rule's cells are facts under the column they stand in."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from lxml import etree

from app.workflow.difference import markup
from app.workflow.difference.things import Thing, Value
from app.workflow.engine.xmlgate import parse

FILE = ""
ANY = "-"
DEFAULTS = {"decisionTable.hitPolicy": "UNIQUE", "decisionTable.preferredOrientation": "Rule-as-Row"}
# The hit policies under which the place of a rule means something.
BY_PLACE = frozenset({"FIRST", "RULE ORDER"})
REFERENCES = frozenset(
    {"requiredInput.href", "requiredDecision.href", "requiredKnowledge.href", "requiredAuthority.href"}
)
REQUIREMENTS = frozenset({"informationRequirement", "knowledgeRequirement", "authorityRequirement"})


def read(content: bytes) -> dict[str, Thing]:
    """The things of a decision file by id. Raises `xmlgate.Refused` where the file can't be read."""
    root = parse(content)
    own = markup.space(root.tag)
    things = {FILE: Thing("definitions", FILE, facts=_root_facts(root, own))}
    for element in root:
        if not isinstance(element.tag, str) or markup.local(element.tag) == "DMNDI":
            continue
        if markup.is_leaf(element) and not element.get("id"):
            more = markup.leaf_facts(element, own, markup.plain_name(element.tag, own))
            things[FILE] = replace(things[FILE], facts={**things[FILE].facts, **more})
            continue
        thing = _thing(element, own, things)
        things[thing.key] = thing
    return markup.with_picture(root, things, markup.drawn_facts(root, "dmnElementRef", frozenset()))


def _root_facts(root: etree._Element, own: str) -> dict[str, Value]:
    facts: dict[str, Value] = {**markup.attributes(root, own, frozenset({"name"}))}
    if root.get("name"):
        facts["name.plain"] = root.get("name", "")
    return facts | {"dmn": own}


def _thing(element: etree._Element, own: str, taken: dict[str, Thing]) -> Thing:
    key = element.get("id") or markup.local(element.tag)
    while key in taken:
        key += "′"
    facts: dict[str, Value] = {**markup.attributes(element, own, frozenset({"id", "name"}))}
    name = dict.fromkeys(("en", "zh_Hans", "zh_Hant"), element.get("name", ""))
    if element.get("name"):
        facts["name.plain"] = element.get("name", "")
    parts: list[Thing] = []
    orders: dict[str, tuple[str, ...]] = {}
    many = Counter(str(child.tag) for child in element)
    for child in element:
        tag = markup.plain_name(child.tag, own)
        if tag == "decisionTable":
            _read_table(child, own, facts, parts, orders)
        elif tag in REQUIREMENTS:
            parts.append(_requirement(child, own))
        elif many[str(child.tag)] == 1 and markup.is_leaf(child):
            facts |= markup.leaf_facts(child, own, tag)
        else:
            parts.append(_logic(child, own))
    return Thing(markup.local(element.tag), key, name if element.get("name") else {}, facts, tuple(parts), orders)


def _logic(child: etree._Element, own: str) -> Thing:
    piece = markup.piece(child, own)
    family = "logic" if piece.kind in ("literalExpression", "context", "invocation", "relation", "list") else ""
    return Thing(piece.kind, "", {}, piece.facts, piece.parts, family=family)


def _requirement(child: etree._Element, own: str) -> Thing:
    piece = markup.piece(child, own)
    return Thing("requirement", "", {}, {"kind": piece.kind, **piece.facts}, piece.parts, whole=True)


def _read_table(
    table: etree._Element, own: str, facts: dict[str, Value], parts: list[Thing], orders: dict[str, tuple[str, ...]]
) -> None:
    """The table as facts and parts of its decision: people know it as one thing."""
    given = {f"decisionTable.{key}": value for key, value in markup.attributes(table, own, frozenset({"id"})).items()}
    facts |= {key: value for key, value in given.items() if value != DEFAULTS.get(key)}
    columns: list[Thing] = []
    rules: list[etree._Element] = []
    for child in table:
        tag = markup.plain_name(child.tag, own)
        if tag == "rule":
            rules.append(child)
        elif tag in ("input", "output", "annotation"):
            columns.append(_column(child, own, columns))
        else:
            parts.append(markup.piece(child, own))
    seen: set[str] = set()
    read_rules = [_rule(rule, own, columns, number, seen) for number, rule in enumerate(rules, start=1)]
    parts += [*columns, *read_rules]
    orders["order.rules"] = tuple(rule.key or repr(sorted(rule.facts.items(), key=repr)) for rule in read_rules)
    orders["order.outputs"] = tuple(column.key for column in columns if column.kind == "output")
    if facts.get("decisionTable.hitPolicy") in BY_PLACE:
        orders["order.rules.first"] = orders.pop("order.rules")


def _column(child: etree._Element, own: str, before: list[Thing]) -> Thing:
    kind = markup.local(child.tag)
    piece = markup.piece(child, own)
    facts = dict(piece.facts)
    for inner in piece.parts:
        facts |= {f"{inner.kind}.{key}": value for key, value in inner.facts.items()}
    inside = tuple(part for inner in piece.parts for part in inner.parts)
    says = str(facts.get("label") or facts.get("name") or facts.get("inputExpression.text") or "")
    key = child.get("id") or f"{kind} {1 + sum(column.kind == kind for column in before)}"
    while any(column.key == key for column in before):
        key += "′"
    return Thing(kind, key, dict.fromkeys(("en", "zh_Hans", "zh_Hant"), says) if says else {}, facts, inside)


def _rule(rule: etree._Element, own: str, columns: list[Thing], number: int, seen: set[str]) -> Thing:
    """A rule: its cells by the key of their column ("cell:…"); "-" and an empty cell are the same."""
    facts: dict[str, Value] = {}
    parts: list[Thing] = []
    free = {kind: [c.key for c in columns if c.kind == kind] for kind in ("input", "output", "annotation")}
    cells = {"inputEntry": "input", "outputEntry": "output", "annotationEntry": "annotation"}
    for child in rule:
        tag = markup.plain_name(child.tag, own)
        keys = free.get(cells.get(tag, ""), [])
        if not keys:
            facts |= markup.leaf_facts(child, own, tag) if markup.is_leaf(child) else {}
            parts += [] if markup.is_leaf(child) else [markup.piece(child, own)]
            continue
        column = keys.pop(0)
        piece = markup.piece(child, own)
        facts |= {f"cell:{column}": said for said in [str(piece.facts.get("text", ANY))] if said != ANY}
        facts |= {f"cell:{column}.{name}": value for name, value in piece.facts.items() if name != "text"}
        parts += piece.parts
    key = rule.get("id") or ""
    while key and key in seen:
        key += "′"
    seen.add(key)
    name = {"en": f"rule {number}", "zh_Hans": f"规则 {number}", "zh_Hant": f"規則 {number}"}
    return Thing("rule", key, name, facts, tuple(parts))
