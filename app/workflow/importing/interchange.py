"""Where things stand in the picture of a BPMN file (diagram interchange): boxes and lines by the id of what they show.

Read from a file, and written for one. Numbers that no drawing has (not a number, beyond a million, a box without size) are as if
nothing were drawn.
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from app.workflow.importing.elements import local
from app.workflow.importing.gate import BPMN, DC, DD, DI
from app.workflow.importing.model import Box, Diagram, Point, Scope
from app.workflow.importing.people import lanes_of


def shapes(root: etree._Element) -> dict[str, tuple[Box | None, bool]]:
    """Box of each element, and whether it is drawn expanded."""
    found: dict[str, tuple[Box | None, bool]] = {}
    for shape in root.iter(f"{{{DI}}}BPMNShape"):
        bounds = shape.find(f"{{{DC}}}Bounds")
        box = _box(bounds) if bounds is not None else None
        expanded = shape.get("isExpanded", "true") != "false"
        found.setdefault(local(shape.get("bpmnElement") or ""), (box, expanded))
    return found


def _box(bounds: etree._Element) -> Box | None:
    try:
        numbers = [float(bounds.get(name) or 0) for name in ("x", "y", "width", "height")]
    except ValueError:
        return None
    usable = all(abs(number) < 1e6 for number in numbers) and numbers[2] > 0 and numbers[3] > 0
    return Box(*numbers) if usable else None


def edges(root: etree._Element) -> dict[str, list[Point]]:
    """The points of each line, from source to target; empty where fewer than two are usable."""
    found: dict[str, list[Point]] = {}
    for edge in root.iter(f"{{{DI}}}BPMNEdge"):
        points = list(_points(edge.iterfind(f"{{{DD}}}waypoint")))
        found.setdefault(local(edge.get("bpmnElement") or ""), points if len(points) > 1 else [])
    return found


def _points(elements: Iterable[etree._Element]) -> Iterable[Point]:
    for element in elements:
        try:
            point = float(element.get("x") or 0), float(element.get("y") or 0)
        except ValueError:
            continue
        if max(abs(point[0]), abs(point[1])) < 1e6:
            yield point


def draw(root: etree._Element, diagram: Diagram, edges: list[tuple[str, list[Point]]], sheets: list[Scope]) -> None:
    """Add the picture of what stands in `root`: boxes where things have one, `edges` by id; each of `sheets` on its own."""
    _Drawing(root, diagram, edges).everything(sheets)


class _Drawing:
    """The picture of one diagram."""

    def __init__(self, root: etree._Element, diagram: Diagram, edges: list[tuple[str, list[Point]]]) -> None:
        self.root, self.diagram, self.edges = root, diagram, edges

    def everything(self, sheets: list[Scope]) -> None:
        top = self.root.find(f"{{{BPMN}}}collaboration")
        plane = self._sheet(str(top.get("id")) if top is not None else self.diagram.processes[0].id)
        for pool in self.diagram.pools:
            self._shape(plane, pool.id, pool.box, horizontal=True)
        for process in self.diagram.processes:
            self._scope(plane, process, sheets)
        for scope in sheets:
            self._scope(self._sheet(scope.owner.id if scope.owner is not None else scope.id), scope, sheets)

    def _sheet(self, drawn: str) -> etree._Element:
        diagram = etree.SubElement(self.root, f"{{{DI}}}BPMNDiagram", id=self.diagram.fresh(f"picture_{drawn}"))
        return etree.SubElement(
            diagram, f"{{{DI}}}BPMNPlane", id=self.diagram.fresh(f"plane_{drawn}"), bpmnElement=drawn
        )

    def _scope(self, plane: etree._Element, scope: Scope, sheets: list[Scope]) -> None:
        for lane in lanes_of(scope):
            self._shape(plane, lane.id, lane.box, horizontal=True)
        for node in sorted(scope.nodes, key=lambda node: node.kind == "boundaryEvent"):
            self._shape(plane, node.id, node.box, expanded=node.expanded if node.inside is not None else None)
            if node.inside is not None and node.inside not in sheets:
                self._scope(plane, node.inside, sheets)
        for note in scope.artifacts:
            if note.line.out is not None and note.kind not in ("association", "dataAssociation", "dataObject"):
                self._shape(plane, note.id, note.box)
        here = {flow.id for flow in scope.flows} | {line.id for line in scope.artifacts}
        here |= {flow.id for flow in self.diagram.message_flows} if scope in self.diagram.processes[:1] else set()
        for id_, points in self.edges:
            if id_ in here and len(points) > 1:
                self._edge(plane, id_, points)

    def _shape(
        self,
        plane: etree._Element,
        id_: str,
        box: Box | None,
        *,
        horizontal: bool = False,
        expanded: bool | None = None,
    ) -> None:
        if box is None:
            return
        shape = etree.SubElement(plane, f"{{{DI}}}BPMNShape", id=self.diagram.fresh(f"{id_}_di"), bpmnElement=id_)
        if horizontal:
            shape.set("isHorizontal", "true" if box.width >= box.height else "false")
        if expanded is not None:
            shape.set("isExpanded", "true" if expanded else "false")
        sizes = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
        etree.SubElement(shape, f"{{{DC}}}Bounds", {name: f"{value:g}" for name, value in sizes.items()})

    def _edge(self, plane: etree._Element, id_: str, points: list[Point]) -> None:
        edge = etree.SubElement(plane, f"{{{DI}}}BPMNEdge", id=self.diagram.fresh(f"{id_}_di"), bpmnElement=id_)
        for x, y in points:
            etree.SubElement(edge, f"{{{DD}}}waypoint", x=f"{x:g}", y=f"{y:g}")
