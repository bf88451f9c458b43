"""A diagram as an SVG picture, drawn on the server from its own coordinates: for paper, exported cases and readers without script.

Only what a reader needs is drawn: shapes by kind, flows with arrows, names in the reader's language, and how far a case has come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from app.workflow.engine.steps import labels
from app.workflow.engine.xmlgate import BPMN, parse

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"
SVG = "http://www.w3.org/2000/svg"
MARGIN = 12.0
LINE = 14.0
WIDE, NARROW = 12.0, 6.6
INK = "#1f2937"
PAPER = "#ffffff"
FILL = {"done": "#dcfce7", "running": "#dbeafe", "returned": "#fef3c7", "refused": "#fee2e2"}
EDGE = {"done": "#15803d", "running": "#1d4ed8", "returned": "#b45309", "refused": "#b91c1c"}
CONTAINERS = frozenset({"participant", "lane"})
TEXT_OUTSIDE = frozenset({"dataObjectReference", "dataStoreReference"})


@dataclass(frozen=True)
class Box:
    """A place on the canvas, in the diagram's own units."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """The centre."""
        return self.x + self.width / 2, self.y + self.height / 2


def svg(content: bytes, language: str, states: Mapping[str, str] | None = None) -> str:
    """The picture of a BPMN file as SVG text; empty where the file has no coordinates.

    states: per element id `done`, `running`, `returned` or `refused`.
    """
    root = parse(content)
    drawn = {e.get("id", ""): e for e in root.iter() if isinstance(e.tag, str) and e.get("id")}
    shapes = [(drawn.get(s.get("bpmnElement", "")), s) for s in root.iter(f"{DI}BPMNShape")]
    edges = [(drawn.get(e.get("bpmnElement", "")), e) for e in root.iter(f"{DI}BPMNEdge")]
    boxes = [box for _, shape in shapes if (box := _bounds(shape)) is not None]
    if not boxes:
        return ""
    picture = _canvas(boxes, [point for _, edge in edges for point in _points(edge)])
    for element, shape in sorted(shapes, key=lambda pair: _depth(pair[0])):
        if element is not None:
            _draw_shape(picture, element, shape, language, (states or {}).get(element.get("id", ""), ""))
    for element, edge in edges:
        if element is not None:
            _draw_edge(picture, element, edge, language)
    return etree.tostring(picture, encoding="unicode")


def _canvas(boxes: list[Box], points: list[tuple[float, float]]) -> etree._Element:
    left = min([b.x for b in boxes] + [x for x, _ in points]) - MARGIN
    top = min([b.y for b in boxes] + [y for _, y in points]) - MARGIN
    right = max([b.x + b.width for b in boxes] + [x for x, _ in points]) + MARGIN
    bottom = max([b.y + b.height for b in boxes] + [y for _, y in points]) + MARGIN + LINE
    view = f"{left:g} {top:g} {right - left:g} {bottom - top:g}"
    picture = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG}, viewBox=view, role="img")  # type: ignore[dict-item]  # lxml: None is the default namespace
    picture.set("font-family", "'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif")
    picture.set("font-size", "12")
    picture.set("width", f"{right - left:g}")
    marker = _add(
        _add(picture, "defs"), "marker", id="arrow", viewBox="0 0 10 10", refX="9", refY="5", markerWidth="7",
        markerHeight="7", orient="auto",
    )  # fmt: skip
    _add(marker, "path", d="M0 0 10 5 0 10z", fill=INK)
    return picture


def _draw_shape(
    picture: etree._Element, element: etree._Element, shape: etree._Element, language: str, state: str
) -> None:
    box, kind = _bounds(shape), _kind(element)
    if box is None:
        return
    look = {"fill": FILL.get(state, PAPER), "stroke": EDGE.get(state, INK), "stroke-width": "2" if state else "1.2"}
    if kind.endswith("Event"):
        _draw_event(picture, kind, box, look)
    elif kind.endswith("Gateway"):
        _draw_gateway(picture, kind, box, look)
    else:
        _draw_box(picture, kind, box, look)
    _draw_name(picture, kind, box, shape, _name(element, language))


def _draw_event(picture: etree._Element, kind: str, box: Box, look: dict[str, str]) -> None:
    x, y = box.middle
    if kind == "endEvent":
        look = {**look, "stroke-width": "3"}
    _add(picture, "circle", cx=x, cy=y, r=box.width / 2, **look)
    if kind in ("boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"):
        _add(picture, "circle", cx=x, cy=y, r=box.width / 2 - 3, **{**look, "fill": "none"})


def _draw_gateway(picture: etree._Element, kind: str, box: Box, look: dict[str, str]) -> None:
    (x, y), half = box.middle, box.width / 2
    _add(picture, "path", d=f"M{x:g} {y - half:g} {x + half:g} {y:g} {x:g} {y + half:g} {x - half:g} {y:g}z", **look)
    arm = half * 0.4
    line = {"stroke": look["stroke"], "stroke-width": "2.5", "fill": "none"}
    if kind == "parallelGateway":
        _add(picture, "path", d=f"M{x - arm:g} {y:g}h{2 * arm:g}M{x:g} {y - arm:g}v{2 * arm:g}", **line)
    elif kind == "exclusiveGateway":
        arm *= 0.7
        cross = f"M{x - arm:g} {y - arm:g}l{2 * arm:g} {2 * arm:g}M{x + arm:g} {y - arm:g}l{-2 * arm:g} {2 * arm:g}"
        _add(picture, "path", d=cross, **line)
    else:
        _add(picture, "circle", cx=x, cy=y, r=arm, **line)


def _draw_box(picture: etree._Element, kind: str, box: Box, look: dict[str, str]) -> None:
    if kind in CONTAINERS:
        look = {"fill": "none", "stroke": "#9ca3af", "stroke-width": "1"}
    elif kind == "callActivity":
        look = {**look, "stroke-width": "3"}
    rounded = {} if kind in CONTAINERS else {"rx": "8"}
    _add(picture, "rect", x=box.x, y=box.y, width=box.width, height=box.height, **rounded, **look)


def _draw_name(picture: etree._Element, kind: str, box: Box, shape: etree._Element, name: str) -> None:
    if not name:
        return
    if kind in CONTAINERS:
        x, y = box.x + 15, box.y + box.height / 2
        _text(picture, [name], x, y, transform=f"rotate(-90 {x:g} {y:g})")
    elif kind.endswith(("Event", "Gateway")) or kind in TEXT_OUTSIDE:
        place = _label(shape)
        x, y = place.middle if place else (box.middle[0], box.y + box.height + LINE)
        _text(picture, _wrapped(name, 110), x, y)
    else:
        _text(picture, _wrapped(name, box.width - 10), *box.middle)


def _draw_edge(picture: etree._Element, element: etree._Element, edge: etree._Element, language: str) -> None:
    points = _points(edge)
    if len(points) < 2:
        return
    dashed = {} if _kind(element) == "sequenceFlow" else {"stroke-dasharray": "4 3"}
    arrow = {} if _kind(element) == "association" else {"marker-end": "url(#arrow)"}
    way = " ".join(f"{x:g},{y:g}" for x, y in points)
    _add(picture, "polyline", points=way, fill="none", stroke=INK, **{"stroke-width": "1.2"}, **dashed, **arrow)
    if name := _name(element, language):
        (x1, y1), (x2, y2) = points[0], points[1]
        place = _label(edge)
        x, y = place.middle if place else ((x1 + x2) / 2, (y1 + y2) / 2 - 6)
        _text(picture, _wrapped(name, 90), x, y)


def _text(picture: etree._Element, lines: list[str], x: float, y: float, **more: str) -> None:
    """Lines of text, centred on a point; a white rim keeps them readable over flows."""
    rim = {"stroke": PAPER, "stroke-width": "3", "paint-order": "stroke", "text-anchor": "middle", "fill": INK}
    top = y - (len(lines) - 1) * LINE / 2 + 4
    for number, line in enumerate(lines):
        _add(picture, "text", x=x, y=top + number * LINE, **rim, **more).text = line


def _wrapped(name: str, width: float) -> list[str]:
    """The name in lines not wider than `width`: between Chinese characters anywhere, else between words."""
    lines, line = [""], 0.0
    for part in _parts(name):
        size = sum(WIDE if ord(sign) > 0x2E7F else NARROW for sign in part)
        if line + size > width and lines[-1].strip():
            lines.append("")
            line = 0.0
        lines[-1] += part
        line += size
    return [text.strip() for text in lines]


def _parts(name: str) -> Iterator[str]:
    word = ""
    for sign in name.replace("\n", " "):
        if ord(sign) > 0x2E7F or sign == " ":
            yield word
            yield sign
            word = ""
        else:
            word += sign
    yield word


def _name(element: etree._Element, language: str) -> str:
    return labels(element)[language] if element.get("name") else ""


def _kind(element: etree._Element) -> str:
    return etree.QName(element).localname


def _depth(element: etree._Element | None) -> int:
    """Containers first, then what lies in them."""
    if element is None or _kind(element) in CONTAINERS:
        return 0
    return 1 + sum(1 for parent in element.iterancestors(f"{{{BPMN}}}subProcess", f"{{{BPMN}}}transaction"))


def _bounds(shape: etree._Element) -> Box | None:
    bounds = shape.find(f"{DC}Bounds")
    return None if bounds is None else Box(*(_number(bounds, name) for name in ("x", "y", "width", "height")))


def _label(shape: etree._Element) -> Box | None:
    label = shape.find(f"{DI}BPMNLabel")
    return None if label is None else _bounds(label)


def _points(edge: etree._Element) -> list[tuple[float, float]]:
    return [(_number(point, "x"), _number(point, "y")) for point in edge.iterfind(f"{DD}waypoint")]


def _number(element: etree._Element, name: str) -> float:
    """A coordinate; 0 where somebody wrote none, or no finite number."""
    try:
        value = float(element.get(name, "0"))
    except ValueError:
        return 0.0
    return value if abs(value) < 1e6 else 0.0


def _add(parent: etree._Element, name: str, **attributes: Any) -> etree._Element:
    texts = {key: f"{value:g}" if isinstance(value, float) else str(value) for key, value in attributes.items()}
    return etree.SubElement(parent, f"{{{SVG}}}{name}", texts)
