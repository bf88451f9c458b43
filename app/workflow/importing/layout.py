"""A picture for a diagram without one: nodes in columns by how far they are from the start, in rows by branch, lanes
and pools below each other.

A grid, so that nothing overlaps: a column is as wide as its widest node, a row as high as its highest. Lines run at
right angles; those that lead back go below, those that pass over nodes go above them.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.workflow.importing.model import BOUNDARY, Artifact, Box, Diagram, Flow, Lane, Node, Point, Scope
from app.workflow.importing.people import lanes_of

COLUMN, ROW, EDGE = 60.0, 50.0, 40.0
LABEL = 30.0
MIN_WIDTH, MIN_HEIGHT = 300.0, 120.0
SIZES = {"Event": (36.0, 36.0), "Gateway": (50.0, 50.0)}
TASK = (100.0, 80.0)


def lay_out(diagram: Diagram) -> None:
    """Give every pool, lane, node, note and line of the file a place."""
    y = 0.0
    widths = []
    for process in diagram.processes:
        pool = next((pool for pool in diagram.pools if pool.scope is process), None)
        left = LABEL if pool is not None else 0.0
        width, height = _place(process, left + (LABEL if process.lanes else 0.0), y)
        width += left + (LABEL if process.lanes else 0.0)
        if pool is not None:
            pool.box = Box(0, y, width, height)
            widths.append(width)
        _stretch(process.lanes, left, width - left)
        y += height + 60
    for pool in diagram.pools:
        if pool.scope is None:
            pool.box = Box(0, y, max([*widths, 600.0]), 60)
            y += 120
    widest = max(widths, default=0.0)
    for pool in diagram.pools:
        if pool.box is not None and pool.scope is not None:
            pool.box.width = widest
            _stretch(pool.scope.lanes, LABEL, widest - LABEL)


def inside_only(scope: Scope) -> None:
    """A picture of the inside of a collapsed sub-process, on a sheet of its own."""
    _place(scope, 0.0, 0.0)


def size_of(node: Node) -> tuple[float, float]:
    """Width and height of a node; a sub-process is as large as its inside."""
    if node.inside is not None and node.expanded and node.inside.nodes:
        width, height = _place(node.inside, 0.0, 0.0)
        return max(width, 140.0), max(height, 100.0)
    return next((size for word, size in SIZES.items() if node.kind.endswith(word)), TASK)


def _place(scope: Scope, left: float, top: float) -> tuple[float, float]:
    """Place everything of a scope; gives the width and height it takes."""
    nodes = [node for node in scope.nodes if node.kind != BOUNDARY]
    ranks = _ranks(scope, nodes)
    bands = _bands(scope, nodes)
    sizes = {id(node): size_of(node) for node in nodes}
    rows = _rows(nodes, ranks, bands)
    xs, width = _offsets({ranks[id(n)]: 0.0 for n in nodes}, ((ranks[id(n)], sizes[id(n)][0]) for n in nodes), COLUMN)
    many = max([*rows.values(), -1]) + 1 + _empty_after(scope, bands)
    ys, height = _offsets(dict.fromkeys(range(many), 60.0), ((rows[id(n)], sizes[id(n)][1]) for n in nodes), ROW)
    tall = {row: max((sizes[id(n)][1] for n in nodes if rows[id(n)] == row), default=60.0) for row in ys}
    wide = {rank: max(sizes[id(n)][0] for n in nodes if ranks[id(n)] == rank) for rank in xs}
    for node in nodes:
        rank, row, (w, h) = ranks[id(node)], rows[id(node)], sizes[id(node)]
        node.box = Box(left + EDGE + xs[rank] + (wide[rank] - w) / 2, top + EDGE + ys[row] + (tall[row] - h) / 2, w, h)
        if node.inside is not None and node.expanded:
            _shift(node.inside, node.box.x, node.box.y)
    back = _borders_and_lines(scope, ranks, top + EDGE + height)
    height = height + 2 * EDGE + back
    height = _notes(scope, left, top, height)
    width = max(width + 2 * EDGE, MIN_WIDTH if nodes else 0.0)
    height = max(height, MIN_HEIGHT)
    _lanes(scope, bands, rows, ys, Box(left, top, width, height))
    return width, height


def _empty_after(scope: Scope, bands: dict[int, int]) -> int:
    """Lanes below the last node: each takes a row of its own."""
    return max(len(_leaves(scope.lanes)) - 1 - max(bands.values(), default=-1), 0)


def _offsets(found: dict[int, float], sizes: Iterable[tuple[int, float]], gap: float) -> tuple[dict[int, float], float]:
    """Where each column or row begins, and the size of all together."""
    for place, size in sizes:
        found[place] = max(found[place], size)
    at, begins = 0.0, {}
    for place in sorted(found):
        begins[place] = at
        at += found[place] + gap
    return begins, max(at - gap, 0.0)


def _ranks(scope: Scope, nodes: list[Node]) -> dict[int, int]:
    """The column of each node: the longest way from a start, lines that close a loop not counted."""
    following: dict[int, list[Node]] = {id(node): [] for node in nodes}
    incoming = dict.fromkeys(following, 0)
    for flow in scope.flows:
        source = flow.source.attached if flow.source.kind == BOUNDARY else flow.source
        if (
            source is not None
            and id(source) in following
            and id(flow.target) in following
            and source is not flow.target
        ):
            following[id(source)].append(flow.target)
            incoming[id(flow.target)] += 1
    backward = _backward(nodes, following, incoming)
    degree = {id(node): 0 for node in nodes}
    for begun, targets in following.items():
        for target in targets:
            degree[id(target)] += (begun, id(target)) not in backward
    ranks = {id(node): 0 for node in nodes}
    ready = [node for node in nodes if degree[id(node)] == 0]
    while ready:
        node = ready.pop()
        for target in following[id(node)]:
            if (id(node), id(target)) in backward:
                continue
            ranks[id(target)] = max(ranks[id(target)], ranks[id(node)] + 1)
            degree[id(target)] -= 1
            if degree[id(target)] == 0:
                ready.append(target)
    return ranks


def _backward(nodes: list[Node], following: dict[int, list[Node]], incoming: dict[int, int]) -> set[tuple[int, int]]:
    """The steps that close a loop, found by a walk in depth from what nothing leads to."""
    backward: set[tuple[int, int]] = set()
    done: set[int] = set()
    for begun in sorted(nodes, key=lambda node: incoming[id(node)]):
        if id(begun) in done:
            continue
        path, open_now = [(begun, iter(following[id(begun)]))], {id(begun)}
        while path:
            node, rest = path[-1]
            target = next(rest, None)
            if target is None:
                path.pop()
                open_now.discard(id(node))
                done.add(id(node))
            elif id(target) in open_now:
                backward.add((id(node), id(target)))
            elif id(target) not in done:
                open_now.add(id(target))
                path.append((target, iter(following[id(target)])))
    return backward


def _bands(scope: Scope, nodes: list[Node]) -> dict[int, int]:
    """The number of the innermost lane of each node; what stands in none goes with the first."""
    found: dict[int, int] = {}
    for number, lane in enumerate(_leaves(scope.lanes)):
        for node in lane.nodes:
            found.setdefault(id(node), number)
    for outer in lanes_of(scope):
        for node in outer.nodes:
            leaf = next((n for n, lane in enumerate(_leaves(scope.lanes)) if lane in _leaves([outer])), 0)
            found.setdefault(id(node), leaf)
    return {id(node): found.get(id(node), 0) for node in nodes}


def _leaves(lanes: list[Lane]) -> list[Lane]:
    return [leaf for lane in lanes for leaf in (_leaves(lane.inside) if lane.inside else [lane])]


def _rows(nodes: list[Node], ranks: dict[int, int], bands: dict[int, int]) -> dict[int, int]:
    """The row of each node: that of the node before it where it is free, else the next free one of its lane."""
    local: dict[int, int] = {}
    taken: set[tuple[int, int, int]] = set()
    for node in sorted(nodes, key=lambda n: ranks[id(n)]):
        band, rank = bands[id(node)], ranks[id(node)]
        sources = [f.source.attached or f.source for f in node.incoming]
        wish = min((local[id(s)] for s in sources if id(s) in local and bands.get(id(s)) == band), default=0)
        row = wish
        while (band, rank, row) in taken:
            row += 1
        taken.add((band, rank, row))
        local[id(node)] = row
    heights = {
        band: max((local[id(n)] for n in nodes if bands[id(n)] == band), default=0) + 1 for band in set(bands.values())
    }
    begins, at = {}, 0
    for band in range(max(heights, default=0) + 1):
        begins[band] = at
        at += heights.get(band, 1)
    return {id(node): begins[bands[id(node)]] + local[id(node)] for node in nodes}


def _borders_and_lines(scope: Scope, ranks: dict[int, int], bottom: float) -> float:
    """Boundary events on the lower edge of their activity, and every line; gives the room that lines below need."""
    hosts: dict[int, int] = {}
    for node in scope.nodes:
        if node.kind == BOUNDARY and node.attached is not None and node.attached.box is not None:
            number = hosts[id(node.attached)] = hosts.get(id(node.attached), 0) + 1
            box = node.attached.box
            node.box = Box(box.x + box.width - 24 - (number - 1) * 44 - 18, box.y + box.height - 18, 36, 36)
    returns = 0
    for flow in scope.flows:
        if flow.source.box is None or flow.target.box is None:
            continue
        if flow.target.box.x + flow.target.box.width <= flow.source.box.x + 1 or flow.source is flow.target:
            returns += 1
            flow.points = _below(flow, bottom + 14.0 * returns)
        else:
            flow.points = route(flow, scope.nodes)
    return 14.0 * returns


def _below(flow: Flow, y: float) -> list[Point]:
    source, target = flow.source.box, flow.target.box
    if source is None or target is None:
        return []
    (sx, _), (tx, _) = source.middle, target.middle
    return [(sx, source.y + source.height), (sx, y), (tx, y), (tx, target.y + target.height)]


def route(flow: Flow, nodes: Iterable[Node] = ()) -> list[Point]:
    """A line at right angles from the source to the target; over the nodes between them where there are some."""
    source, target = flow.source.box, flow.target.box
    if source is None or target is None:
        return []
    (sx, sy), (_, ty) = source.middle, target.middle
    if flow.source.kind == BOUNDARY:
        below = source.y + source.height
        return [(sx, below), (sx, ty), (target.x, ty)] if ty > below and target.x > sx else [
            (sx, below), (sx, below + 20), (target.x - 12, below + 20), (target.x - 12, ty), (target.x, ty)]  # fmt: skip
    begin, end = (source.x + source.width, sy), (target.x, ty)
    if target.x < source.x + source.width:
        return _sideways(source, target)
    between = [
        n.box for n in nodes
        if n.box is not None and n is not flow.source and n is not flow.target and n.kind != BOUNDARY
        and begin[0] <= n.box.x and n.box.x + n.box.width <= end[0] and n.box.y - 4 < ty < n.box.y + n.box.height + 4
    ]  # fmt: skip
    if abs(sy - ty) < 1 and not between:
        return [begin, end]
    if not between:
        turn = end[0] - 20 if sy > ty or sy < ty else begin[0] + 20
        return [begin, (begin[0] + 20, sy), (begin[0] + 20, ty), end] if _clear(begin[0] + 20, sy, ty, nodes) else [
            begin, (turn, sy), (turn, ty), end]  # fmt: skip
    over = min(box.y for box in between) - 16
    return [begin, (begin[0] + 16, sy), (begin[0] + 16, over), (end[0] - 16, over), (end[0] - 16, ty), end]


def _clear(x: float, one: float, two: float, nodes: Iterable[Node]) -> bool:
    low, high = sorted((one, two))
    return not any(
        n.box is not None
        and n.box.x <= x <= n.box.x + n.box.width
        and n.box.y <= high
        and low <= n.box.y + n.box.height
        for n in nodes
    )


def _sideways(source: Box, target: Box) -> list[Point]:
    """Between boxes that stand above each other, or the wrong way round."""
    (sx, _), (tx, _) = source.middle, target.middle
    if source.y + source.height <= target.y:
        middle = (source.y + source.height + target.y) / 2
        return [(sx, source.y + source.height), (sx, middle), (tx, middle), (tx, target.y)]
    if target.y + target.height <= source.y:
        middle = (source.y + target.y + target.height) / 2
        return [(sx, source.y), (sx, middle), (tx, middle), (tx, target.y + target.height)]
    low = max(source.y + source.height, target.y + target.height) + 20
    return [(sx, source.y + source.height), (sx, low), (tx, low), (tx, target.y + target.height)]


def _notes(scope: Scope, left: float, top: float, height: float) -> float:
    """Notes and data in a strip below, from left to right."""
    drawn = [note for note in scope.artifacts if note.kind not in ("association", "dataAssociation", "dataObject")]
    if not drawn:
        return height
    x = left + EDGE
    for note in drawn:
        width, tall = (36.0, 50.0) if note.kind == "dataObjectReference" else (140.0, 60.0)
        note.box = Box(x, top + height - EDGE / 2, width, tall)
        x += width + 40
    return height + 90


def _lanes(scope: Scope, bands: dict[int, int], rows: dict[int, int], ys: dict[int, float], room: Box) -> None:
    """Each lane from the top of its first row to the top of the next lane's."""
    leaves = _leaves(scope.lanes)
    if not leaves:
        return
    edges = [room.y]
    for number in range(1, len(leaves)):
        first = _first_row(number, bands, rows)
        edges.append(room.y + EDGE + ys[first] - ROW / 2 if first in ys else edges[-1] + 60)
    edges.append(max(room.y + room.height, edges[-1] + 60))
    for lane, begin, end in zip(leaves, edges, edges[1:], strict=False):
        lane.box = Box(room.x, begin, room.width, end - begin)
    for outer in reversed(list(lanes_of(scope))):
        boxes = [inner.box for inner in outer.inside if inner.box is not None]
        if boxes:
            begin = min(box.y for box in boxes)
            outer.box = Box(room.x, begin, room.width, max(box.y + box.height for box in boxes) - begin)


def _first_row(lane: int, bands: dict[int, int], rows: dict[int, int]) -> int:
    """The row with which a lane begins; an empty one takes one row after the lane above it."""
    own = [rows[key] for key, band in bands.items() if band == lane]
    if own:
        return min(own)
    above = [rows[key] for key, band in bands.items() if band < lane]
    last = max(above, default=-1)
    highest = max((band for band in bands.values() if band < lane), default=-1)
    return last + lane - highest


def _shift(scope: Scope, x: float, y: float) -> None:
    """Move the inside of a sub-process to where it stands."""
    for node in scope.nodes:
        if node.box is not None:
            node.box = Box(node.box.x + x, node.box.y + y, node.box.width, node.box.height)
        if node.inside is not None and node.expanded:
            _shift(node.inside, x, y)
    for flow in scope.flows:
        flow.points = [(px + x, py + y) for px, py in flow.points]
    movable: list[Lane | Artifact] = [*lanes_of(scope), *scope.artifacts]
    for thing in movable:
        if thing.box is not None:
            thing.box = Box(thing.box.x + x, thing.box.y + y, thing.box.width, thing.box.height)


def _stretch(lanes: list[Lane], left: float, width: float) -> None:
    """Lanes reach from the label of their pool to its right edge."""
    for lane in lanes:
        if lane.box is not None:
            lane.box.x, lane.box.width = left, width
        _stretch(lane.inside, left + LABEL, width - LABEL)


def overlaps(one: Box, two: Box) -> bool:
    """Whether two boxes cover a common place."""
    return (
        one.x < two.x + two.width
        and two.x < one.x + one.width
        and one.y < two.y + two.height
        and two.y < one.y + one.height
    )
