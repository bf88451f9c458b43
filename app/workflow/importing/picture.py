"""Where things stand: the drawing's own places where it has them, places beside their neighbours for what was added,
else a whole layout.
"""

from __future__ import annotations

from app.workflow.importing.layout import inside_only, lay_out, overlaps, route
from app.workflow.importing.ledger import Ledger
from app.workflow.importing.model import BOUNDARY, Box, Diagram, Flow, Node, Scope

TRIES = 60
MOST_MISSING = 0.2
SLACK = 30


def settle(diagram: Diagram, ledger: Ledger) -> list[Scope]:
    """Give everything a place; returns the insides of collapsed sub-processes, which are drawn on sheets of their own."""
    for scope in diagram.scopes:
        if scope.owner is not None and scope.owner.expanded and not _holds(scope.owner, scope):
            scope.owner.expanded = not _drawn(scope)
    if _needs_layout(diagram):
        for scope in diagram.scopes:
            if scope.owner is not None:
                scope.owner.expanded = True
        lay_out(diagram)
        ledger.remark("laid_out")
    sheets = [scope for scope in diagram.scopes if scope.owner is not None and not scope.owner.expanded]
    for scope in diagram.scopes:
        _complete(scope, apart=scope in sheets)
    _pools(diagram)
    return sheets


def _holds(owner: Node, scope: Scope) -> bool:
    """Whether the inside is drawn within the sub-process."""
    box = owner.box
    return box is not None and all(
        n.box is not None and box.holds(n.box.middle, 40) for n in scope.nodes if not n.line.added
    )


def _drawn(scope: Scope) -> bool:
    return any(node.box is not None for node in scope.nodes)


def _needs_layout(diagram: Diagram) -> bool:
    shown = [node for process in diagram.processes for node in process.nodes]
    drawn = [node for node in shown if not node.line.added]
    missing = sum(node.box is None for node in drawn)
    wrapped = any(node.said.get("wraps") for node in shown)
    return not diagram.has_picture or wrapped or missing > MOST_MISSING * max(len(drawn), 1)


def _complete(scope: Scope, *, apart: bool) -> None:
    """Places for what has none, in a scope that is drawn; a layout for a collapsed one that is not."""
    without = [node for node in scope.nodes if node.box is None]
    if apart and len(without) > MOST_MISSING * max(len(scope.nodes), 1):
        inside_only(scope)
        return
    for node in scope.nodes:
        if node.kind == BOUNDARY and node.attached is not None and node.attached.box is not None:
            _on_edge(node, node.attached)
    for node in scope.nodes:
        if node.box is None:
            node.box = _beside(scope, node)
        if node.line.added and node.kind != BOUNDARY:
            _make_room(scope, node)
    for flow in scope.flows:
        if not _fits(flow):
            flow.points = route(flow, scope.nodes)
    for number, note in enumerate(scope.artifacts):
        if note.box is None:
            note.box = _corner(scope, number)


def _on_edge(node: Node, host: Node) -> None:
    box = host.box
    if box is None:
        return
    if node.box is None or not box.holds(node.box.middle, SLACK):
        number = host.borders.index(node)
        node.box = Box(box.x + box.width - 42 - number * 40, box.y + box.height - 18, 36, 36)


def _beside(scope: Scope, node: Node) -> Box:
    near = next((f.source.box for f in node.incoming if f.source.box), None) or next(
        (f.target.box for f in node.outgoing if f.target.box), None
    )
    width, height = (
        (36, 36) if node.kind.endswith("Event") else (50, 50) if node.kind.endswith("Gateway") else (100, 80)
    )
    if near is None:
        bottom = max((n.box.y + n.box.height for n in scope.nodes if n.box), default=0.0)
        return Box(60, bottom + 60, width, height)
    return Box(near.x + near.width + 40, near.middle[1] - height / 2, width, height)


def _make_room(scope: Scope, node: Node) -> None:
    """Move an added node until it covers nothing."""
    if node.box is None:
        return
    others = [
        other.box for other in scope.nodes if other is not node and other.box is not None and other.kind != BOUNDARY
    ]
    start = node.box
    for number in range(TRIES):
        step = 30 * ((number + 1) // 2) * (1 if number % 2 else -1)
        tried = Box(start.x, start.y + step, start.width, start.height)
        if not any(overlaps(tried, other) for other in others):
            node.box = tried
            return


def _fits(flow: Flow) -> bool:
    """Whether the line as drawn still begins and ends at its nodes."""
    if len(flow.points) < 2 or flow.source.box is None or flow.target.box is None:
        return False
    return flow.source.box.holds(flow.points[0], SLACK) and flow.target.box.holds(flow.points[-1], SLACK)


def _corner(scope: Scope, number: int) -> Box:
    left = min((n.box.x for n in scope.nodes if n.box), default=0.0)
    bottom = max((n.box.y + n.box.height for n in scope.nodes if n.box), default=0.0)
    return Box(left + 180 * (number % 6), bottom + 40 + 80 * (number // 6), 140, 50)


def _pools(diagram: Diagram) -> None:
    """Pools and lanes that have no place get the one that their nodes take."""
    bottom = 0.0
    for pool in diagram.pools:
        boxes = [node.box for node in (pool.scope.nodes if pool.scope is not None else []) if node.box is not None]
        if pool.box is None and boxes:
            left, top = min(b.x for b in boxes) - 60, min(b.y for b in boxes) - 40
            right, low = max(b.x + b.width for b in boxes) + 40, max(b.y + b.height for b in boxes) + 40
            pool.box = Box(left, top, right - left, low - top)
        bottom = max(bottom, pool.box.y + pool.box.height if pool.box is not None else 0.0)
    for pool in diagram.pools:
        if pool.box is None:
            pool.box = Box(0, bottom + 40, 600, 60)
            bottom += 100
