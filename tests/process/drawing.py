"""A BPMN file as a reader sees it: shapes, lines and texts by element id. For tests only; the engine room has its own reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("zh_Hans", "en", "zh_Hant")
_NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "credit": "urn:creditflow:bpmn:1",
}
NODES = frozenset(
    {
        "startEvent",
        "endEvent",
        "exclusiveGateway",
        "parallelGateway",
        "userTask",
        "businessRuleTask",
        "scriptTask",
        "serviceTask",
        "callActivity",
    }
)


@dataclass(frozen=True)
class Box:
    """A rectangle in diagram pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box, gap: float = 0) -> bool:
        """Whether the two come closer than `gap` pixels in both directions."""
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.top < other.bottom + gap
            and other.top < self.bottom + gap
        )

    def holds(self, other: Box) -> bool:
        """Whether the other lies wholly inside."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def touches(self, x: float, y: float) -> bool:
        """Whether the point lies on the border."""
        inside = self.left <= x <= self.right and self.top <= y <= self.bottom
        return inside and (x in (self.left, self.right) or y in (self.top, self.bottom))


@dataclass(frozen=True)
class Flow:
    """One sequence flow with its line."""

    id: str
    source: str
    target: str
    condition: str | None
    line: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Drawing:
    """One file: `kinds` are the flow nodes by id, `boxes` every shape, `captions` the boxes of texts outside of shapes."""

    path: Path
    tree: etree._ElementTree
    kinds: dict[str, str]
    flows: tuple[Flow, ...]
    lanes: dict[str, tuple[str, ...]]
    boxes: dict[str, Box]
    captions: dict[str, Box]

    @property
    def name(self) -> str:
        """The file's name without folder and ending."""
        return self.path.stem

    def find(self, path: str) -> list[etree._Element]:
        """Elements by an XPath with the usual prefixes."""
        return list(self.tree.iterfind(path, _NS))

    def element(self, element_id: str) -> etree._Element:
        """The semantic element with that id."""
        return next(e for e in self.tree.iter() if e.get("id") == element_id)

    def one(self, element_id: str, path: str) -> etree._Element | None:
        """The first descendant of an element by XPath."""
        return self.element(element_id).find(path, _NS)

    def steps(self) -> dict[str, etree._Element]:
        """`credit:step` by user task id."""
        found = {i: self.one(i, "bpmn:extensionElements/credit:step") for i, k in self.kinds.items() if k == "userTask"}
        return {i: step for i, step in found.items() if step is not None}

    def labels(self, element: etree._Element) -> dict[str, str]:
        """Texts of a named element by language."""
        found = {
            label.get("lang"): label.text for label in element.iterfind("bpmn:extensionElements/credit:label", _NS)
        }
        return found | ({"zh_Hans": element.get("name")} if element.get("name") else {})


def _box(parent: etree._Element) -> Box:
    bounds = parent.find("dc:Bounds", _NS)
    assert bounds is not None
    x, y, width, height = (float(bounds.get(key, "0")) for key in ("x", "y", "width", "height"))
    return Box(x, y, x + width, y + height)


def _flows(tree: etree._ElementTree) -> tuple[Flow, ...]:
    lines = {
        edge.get("bpmnElement"): tuple(
            (float(point.get("x", "0")), float(point.get("y", "0"))) for point in edge.iterfind("di:waypoint", _NS)
        )
        for edge in tree.iterfind(".//bpmndi:BPMNEdge", _NS)
    }
    return tuple(
        Flow(
            flow.get("id", ""),
            flow.get("sourceRef", ""),
            flow.get("targetRef", ""),
            flow.findtext("bpmn:conditionExpression", None, _NS),
            lines.get(flow.get("id"), ()),
        )
        for flow in tree.iterfind(".//bpmn:sequenceFlow", _NS)
    )


def _captions(tree: etree._ElementTree) -> dict[str, Box]:
    found = {}
    for drawn in (*tree.iterfind(".//bpmndi:BPMNShape", _NS), *tree.iterfind(".//bpmndi:BPMNEdge", _NS)):
        label = drawn.find("bpmndi:BPMNLabel", _NS)
        if label is not None and label.find("dc:Bounds", _NS) is not None:
            found[drawn.get("bpmnElement", "")] = _box(label)
    return found


@cache
def read(path: Path) -> Drawing:
    """Read one file."""
    tree = etree.parse(path)
    return Drawing(
        path=path,
        tree=tree,
        kinds={
            element.get("id", ""): kind
            for element in tree.iter()
            if isinstance(element.tag, str) and (kind := etree.QName(element).localname) in NODES
        },
        flows=_flows(tree),
        lanes={
            lane.get("id", ""): tuple(node.text or "" for node in lane.iterfind("bpmn:flowNodeRef", _NS))
            for lane in tree.iterfind(".//bpmn:lane", _NS)
        },
        boxes={s.get("bpmnElement", ""): _box(s) for s in tree.iterfind(".//bpmndi:BPMNShape", _NS)},
        captions=_captions(tree),
    )


def drawings() -> list[Drawing]:
    """Every diagram the program ships."""
    return [read(path) for path in sorted(ROOT.glob("bpmn/*/*.bpmn"))]


def form(key: str) -> Path:
    """Where the form with that key lies."""
    return ROOT / "forms" / f"{key}.form"


def is_snake_case(text: str) -> bool:
    """Lower case words joined by underscores."""
    return re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", text) is not None
