"""A BPMN file as a tree: nodes, flows, lanes and pools by id, with every property of theirs, our `credit:` ones included.

The pieces that only hold others (extensionElements, credit:step and the like) are looked through; a default that is written out is
as good as one that is not, and of lists in which order means nothing the order is forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from app.workflow.difference import markup
from app.workflow.difference.things import Thing, Value
from app.workflow.difference.values import LANGUAGES
from app.workflow.engine.xmlgate import BPMN, parse

CREDIT = "urn:creditflow:bpmn:1"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
FILE = ""
CONTAINERS = frozenset(
    {
        "definitions",
        "collaboration",
        "process",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "laneSet",
        "childLaneSet",
    }
    | {"lane", "choreography", "conversation", "category"}
)
# What is looked through: its attributes are facts of the element that holds it.
SEEN_THROUGH = frozenset(
    {"step", "process", "service", "decision", "end", "sendBack", "moves", "copy", "deadline"} | {"timer"}
)
# What stands for itself even where a tool gave it no id.
NAMELESS = frozenset({"sequenceFlow", "laneSet", "childLaneSet", "lane"})
# What other elements say already.
DERIVED = frozenset({"incoming", "outgoing", "flowNodeRef"})
# Pieces that say something by being there, even when they are empty.
PIECES = ("EventDefinition", "LoopCharacteristics")
REFERENCES = frozenset(
    {"in", "lane", "sourceRef", "targetRef", "attachedToRef", "default", "processRef", "calledElement", "messageRef"}
    | {"signalRef", "errorRef", "escalationRef", "dataObjectRef", "dataStoreRef", "itemSubjectRef", "activityRef"}
    | {"sendBack.to", "sendBack.barred", "process.recall", "step", "then", "source", "target"}
)
WHOLE = frozenset({"candidates", "fourEyes"})
KEYS = {"outcome": "id", "document": "type", "category_value": "id"}
SETS = frozenset(
    {"process.starters", "sendBack.to", "sendBack.barred", "sendBack.modes", "moves.allow", "moves.forbid"}
    | {"copy.hidden", "vote.members", "vote.ballots", "vote.veto", "vote.close", "vote.deputies"}
)
COMMAS = frozenset({"deadline.remind", "deadline.superior", "deadline.deputy", "deadline.supervisor"})
DEFAULTS = {
    "isExecutable": "true",
    "isClosed": "false",
    "processType": "None",
    "cancelActivity": "true",
    "isInterrupting": "true",
    "parallelMultiple": "false",
    "triggeredByEvent": "false",
    "isForCompensation": "false",
    "startQuantity": "1",
    "completionQuantity": "1",
    "instantiate": "false",
    "gatewayDirection": "Unspecified",
    "isSequential": "false",
    "behavior": "All",
    "testBefore": "false",
    "isImmediate": "true",
    "timer.counts": "wall",
    "step.batch": "false",
    "step.final": "false",
    "step.outside": "false",
    "step.skipSame": "false",
    "step.signature": "false",
    "service.outside": "false",
    "service.async": "false",
    "process.withdraw": "acted",
    "process.urgeEvery": "PT30M",
    "process.urgeSuperior": "3",
    "sendBack.to": "any",
    "sendBack.modes": "step straight",
    "moves.transferTo": "pool",
    "moves.signers": "advise",
    "outcome.kind": "neutral",
    "outcome.then": "follow",
    "document.required": "false",
    "candidates.otherwise": "false",
    "vote.quorum": "1/2",
    "vote.pass": "2/3",
    "vote.base": "present",
    "vote.chairVotes": "always",
    "vote.ballots": "abstain agree conditional disagree",
    "vote.conditional": "yes",
    "vote.discuss": ">1/2",
    "vote.rounds": "3",
    "vote.tie": "fail",
    "vote.visibility": "open",
    "vote.close": "early",
    "vote.change": "yes",
}


def read(content: bytes) -> dict[str, Thing]:
    """The things of a diagram by id. Raises `xmlgate.Refused` where the file can't be read."""
    root = parse(content)
    lanes = {
        (reference.text or "").strip(): lane.get("id", "")
        for lane in root.iter(f"{{{BPMN}}}lane")
        for reference in lane.iterfind(f"{{{BPMN}}}flowNodeRef")
    }
    things: dict[str, Thing] = {}
    for element, container in _elements(root, ""):
        thing = _thing(element, _key(element, things), container, lanes)
        things[thing.key] = thing
    return markup.with_picture(root, things, markup.drawn_facts(root, "bpmnElement", frozenset({"BPMNPlane"})))


def _elements(element: etree._Element, container: str) -> Iterator[tuple[etree._Element, str]]:
    """Every element that stands for itself, with the id of what it lies in."""
    yield element, container
    inside = element.get("id", "") if markup.local(element.tag) not in ("definitions", "laneSet") else ""
    for child in element:
        if _is_own(child):
            yield from _elements(child, inside)


def _is_own(element: etree._Element) -> bool:
    """Whether the element is a thing of its own and no property of what holds it."""
    parent = element.getparent()
    if markup.space(element.tag) != BPMN or parent is None or markup.local(parent.tag) not in CONTAINERS:
        return False
    name = markup.local(element.tag)
    if name in DERIVED or name in ("extensionElements", "documentation", "import", "extension", "relationship"):
        return False
    return markup.space(parent.tag) == BPMN and (element.get("id") is not None or name in NAMELESS)


def _key(element: etree._Element, taken: dict[str, Thing]) -> str:
    if markup.local(element.tag) == "definitions":
        return FILE
    parent = element.getparent()
    around = f"{markup.local(element.tag)} {parent.get('id', '') if parent is not None else ''}"
    ends = f"{element.get('sourceRef')}→{element.get('targetRef')}" if element.get("sourceRef") else around
    key = element.get("id") or ends
    while key in taken:
        key += "′"
    return key


def _thing(element: etree._Element, key: str, container: str, lanes: dict[str, str]) -> Thing:
    kind = markup.local(element.tag)
    facts: dict[str, Value] = {**markup.attributes(element, BPMN, frozenset({"id", "name"}))}
    if kind == "definitions":
        facts |= {"id": element.get("id", "")}
    facts |= {"in": container} if container else {}
    facts |= {"lane": lanes[key]} if lanes.get(key) else {}
    return _filled(element, Thing(kind, key), facts)


def _filled(element: etree._Element, thing: Thing, facts: dict[str, Value]) -> Thing:
    """The thing with what its element holds."""
    parts: list[Thing] = []
    _read_children(element, "", facts, parts)
    name = _name(element)
    if name:
        facts["name"] = name
    if any(child.get("lang") == "zh_Hans" for child in _labels(element)) and element.get("name"):
        facts["name.plain"] = element.get("name", "")
    kept = {key: value for key, raw in facts.items() if (value := _normal(key, raw))}
    return Thing(thing.kind, thing.key, name, kept, tuple(parts), _orders(element, parts))


def _read_children(element: etree._Element, prefix: str, facts: dict[str, Value], parts: list[Thing]) -> None:
    many = Counter(str(child.tag) for child in element)
    seen: Counter[str] = Counter()
    for child in element:
        name = markup.local(child.tag)
        if markup.space(child.tag) == DI or _is_own(child) or (markup.space(child.tag) == BPMN and name in DERIVED):
            continue
        if markup.space(child.tag) == BPMN and name == "extensionElements":
            _read_children(child, prefix, facts, parts)
        elif markup.space(child.tag) == CREDIT:
            seen[name] += 1
            _read_credit(child, name if seen[name] == 1 else f"{name}#{seen[name]}", facts, parts)
        elif many[str(child.tag)] == 1 and markup.is_leaf(child) and not name.endswith(PIECES):
            leaf = markup.leaf_facts(child, BPMN, markup.plain_name(child.tag, BPMN))
            facts |= {prefix + key: value for key, value in leaf.items()}
        else:
            parts.append(_part(child))


def _read_credit(child: etree._Element, name: str, facts: dict[str, Value], parts: list[Thing]) -> None:
    if name in SEEN_THROUGH:
        facts |= {f"{name}.{key}": value for key, value in markup.attributes(child, CREDIT).items()}
        if markup.text(child):
            facts[f"{name}.text"] = markup.text(child)
        _read_children(child, f"{name}.", facts, parts)
    elif not _is_label(child):
        parts.append(_credit_part(child))


def _credit_part(child: etree._Element) -> Thing:
    kind = markup.local(child.tag)
    key_name = KEYS.get(kind, "")
    facts: dict[str, Value] = {**markup.attributes(child, CREDIT, frozenset({key_name}))}
    if markup.text(child):
        facts["text"] = markup.text(child)
    name = _name(child)
    if name:
        facts["name"] = name
    kept = {key: value for key, raw in facts.items() if (value := _normal(f"{kind}.{key}", raw))}
    inside = tuple(_credit_part(piece) for piece in child if not _is_label(piece))
    return Thing(kind, child.get(key_name, "") if key_name else "", name, kept, inside, whole=kind in WHOLE)


def _part(child: etree._Element) -> Thing:
    name = markup.local(child.tag)
    if name == "timerEventDefinition":
        return _timer(child)
    thing = markup.piece(child, BPMN)
    family = "event" if name.endswith("EventDefinition") else "loop" if name.endswith("LoopCharacteristics") else ""
    kept = {key: value for key, value in thing.facts.items() if _normal(key, value)}
    foreign = markup.space(child.tag) != BPMN
    return Thing(thing.kind, "", {}, kept, thing.parts, family=family, whole=foreign)


def _timer(child: etree._Element) -> Thing:
    """A clock: that a date takes the place of a duration is one change, so kind and value are one fact."""
    piece = markup.piece(child, BPMN)
    kinds = [name for name in ("timeDate", "timeDuration", "timeCycle") if name in piece.facts]
    clock = " ".join(f"{name}:{piece.facts[name]}" for name in kinds)
    facts = {key: value for key, value in piece.facts.items() if key not in kinds} | ({"timer": clock} if clock else {})
    return Thing(piece.kind, "", {}, facts, piece.parts, family="event")


def _labels(element: etree._Element) -> Iterator[etree._Element]:
    yield from (label for label in element.iterfind(f"{{{CREDIT}}}label") if _is_label(label))
    inside = element.iterfind(f"{{{BPMN}}}extensionElements/{{{CREDIT}}}label")
    yield from (label for label in inside if _is_label(label))


def _is_label(element: etree._Element) -> bool:
    """Whether it is a name in a language and nothing more."""
    return element.tag == f"{{{CREDIT}}}label" and set(map(str, element.attrib)) <= {"lang"} and len(element) == 0


def _name(element: etree._Element) -> dict[str, str]:
    """The name per language: the labels, and the attribute `name` for languages without one."""
    plain = (element.get("name") or "").strip()
    found = dict.fromkeys(LANGUAGES, plain) if plain else {}
    for label in _labels(element):
        if markup.text(label):
            found[label.get("lang", "")] = markup.text(label)
    return found


def _normal(name: str, value: Value) -> Value:
    """The value as it is compared: lists in order, and "" for a default that is written out."""
    if not isinstance(value, str):
        return value
    if name in SETS and value != DEFAULTS.get(name):
        words = tuple(sorted(set(value.split())))
        return "" if " ".join(words) == DEFAULTS.get(name) else words
    if name in COMMAS:
        return tuple(sorted({" ".join(part.split()) for part in value.split(",") if part.strip()}))
    return "" if value == DEFAULTS.get(name) else value


def _orders(element: etree._Element, parts: list[Thing]) -> dict[str, tuple[str, ...]]:
    """The sequences that mean something: the buttons, the conditions of an exclusive gateway, rules with "otherwise"."""
    found = {"order.outcomes": tuple(part.key for part in parts if part.kind == "outcome" and part.key)}
    if markup.local(element.tag) == "exclusiveGateway":
        found["order.flows"] = _conditional(element)
    rules = [part for part in parts if part.kind == "candidates"]
    if any("otherwise" in rule.facts for rule in rules):
        found["order.candidates"] = tuple(repr(sorted(rule.facts.items())) for rule in rules)
    return {name: keys for name, keys in found.items() if len(keys) > 1}


def _conditional(gateway: etree._Element) -> tuple[str, ...]:
    parent, own, default = gateway.getparent(), gateway.get("id"), gateway.get("default")
    if parent is None:
        return ()
    flows = (flow for flow in parent.iterfind(f"{{{BPMN}}}sequenceFlow") if flow.get("sourceRef") == own)
    return tuple(flow.get("id", "") for flow in flows if flow.get("id") and flow.get("id") != default)
