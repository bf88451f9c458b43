"""The diagrams are drawn so that a banker reads them at a glance: nothing overlaps, lines run square, time runs to the right."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from tests.process.drawing import LANGUAGES, Box, Drawing, Flow, drawings, is_snake_case

ALL = drawings()
RETURNS = {"investigation_complete_to_to_leader", "corrected_to_declared", "change_corrected_to_change_ready"}
every_drawing = pytest.mark.parametrize("drawing", ALL, ids=[d.name for d in ALL])


def segments(flow: Flow) -> list[Box]:
    """The straight pieces of a line as thin boxes."""
    return [Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)) for (x1, y1), (x2, y2) in pairwise(flow.line)]


def stations(drawing: Drawing) -> dict[str, Box]:
    """Boxes of the flow nodes, without pool and lanes."""
    return {node: drawing.boxes[node] for node in drawing.kinds}


def test_the_routes_are_all_there() -> None:
    assert [d.name for d in ALL] == [
        "agriculture_investigation",
        "corporate_investigation",
        "credit_application",
        "micro_investigation",
        "retail_investigation",
        "expense_declaration",
        "flow_change",
    ]


@every_drawing
def test_every_node_and_flow_is_drawn(drawing: Drawing) -> None:
    assert set(drawing.kinds) <= set(drawing.boxes)
    assert all(len(flow.line) >= 2 for flow in drawing.flows)


@every_drawing
def test_no_two_nodes_overlap_or_crowd(drawing: Drawing) -> None:
    crowded = [(a, b) for (a, x), (b, y) in combinations(stations(drawing).items(), 2) if x.overlaps(y, gap=15)]
    assert crowded == []


@every_drawing
def test_every_node_lies_in_the_lane_that_lists_it_and_in_no_other(drawing: Drawing) -> None:
    listed = [node for nodes in drawing.lanes.values() for node in nodes]
    assert sorted(listed) == sorted(drawing.kinds)
    for lane, nodes in drawing.lanes.items():
        assert [node for node in nodes if not drawing.boxes[lane].holds(drawing.boxes[node])] == []


@every_drawing
def test_lanes_fill_their_pool_without_gap(drawing: Drawing) -> None:
    pool = drawing.boxes[f"{drawing.name}_pool"]
    lanes = sorted((drawing.boxes[lane] for lane in drawing.lanes), key=lambda box: box.top)
    assert lanes[0].top == pool.top
    assert lanes[-1].bottom == pool.bottom
    assert all(upper.bottom == lower.top for upper, lower in pairwise(lanes))


@every_drawing
def test_lines_run_square_from_border_to_border(drawing: Drawing) -> None:
    for flow in drawing.flows:
        assert all(x1 == x2 or y1 == y2 for (x1, y1), (x2, y2) in pairwise(flow.line)), flow.id
        assert drawing.boxes[flow.source].touches(*flow.line[0]), flow.id
        assert drawing.boxes[flow.target].touches(*flow.line[-1]), flow.id


@every_drawing
def test_no_line_runs_through_a_node(drawing: Drawing) -> None:
    struck = [
        (flow.id, node)
        for flow in drawing.flows
        for node, box in stations(drawing).items()
        if node not in (flow.source, flow.target) and any(piece.overlaps(box) for piece in segments(flow))
    ]
    assert struck == []


@every_drawing
def test_lines_cross_nowhere(drawing: Drawing) -> None:
    crossings = [
        (one.id, two.id)
        for one, two in combinations(drawing.flows, 2)
        for a in segments(one)
        for b in segments(two)
        if crosses(a, b) or crosses(b, a)
    ]
    assert crossings == []


def crosses(level: Box, upright: Box) -> bool:
    """Whether a level piece and an upright one cut through each other; meeting at an end is no crossing."""
    return (
        level.top == level.bottom
        and upright.left == upright.right
        and level.left < upright.left < level.right
        and upright.top < level.top < upright.bottom
    )


@every_drawing
def test_time_runs_from_left_to_right_but_for_the_drawn_returns(drawing: Drawing) -> None:
    backwards = {f.id for f in drawing.flows if drawing.boxes[f.target].right < drawing.boxes[f.source].left}
    assert backwards <= RETURNS


@every_drawing
def test_captions_cover_neither_nodes_nor_each_other(drawing: Drawing) -> None:
    captions = list(drawing.captions.items())
    assert [(a, b) for (a, x), (b, y) in combinations(captions, 2) if x.overlaps(y)] == []
    assert [(a, b) for a, x in captions for b, y in stations(drawing).items() if a != b and x.overlaps(y)] == []


@every_drawing
def test_captions_stay_inside_the_pool_and_off_the_lines(drawing: Drawing) -> None:
    pool = drawing.boxes[f"{drawing.name}_pool"]
    assert [a for a, x in drawing.captions.items() if not pool.holds(x)] == []
    covered = [
        (caption, flow.id)
        for caption, box in drawing.captions.items()
        for flow in drawing.flows
        if any(piece.overlaps(box) for piece in segments(flow))
    ]
    assert covered == []


@every_drawing
def test_everything_with_a_name_has_it_in_three_languages(drawing: Drawing) -> None:
    named = [e for e in drawing.tree.iter() if e.get("name") and e.get("id")]
    assert len(named) > 10
    for element in named:
        labels = drawing.labels(element)
        assert set(labels) == set(LANGUAGES), element.get("id")
        assert all(text and text.strip() for text in labels.values()), element.get("id")


@every_drawing
def test_every_node_but_a_merge_or_fork_has_a_name(drawing: Drawing) -> None:
    for node, kind in drawing.kinds.items():
        ways_out = sum(flow.source == node for flow in drawing.flows)
        is_question = kind == "exclusiveGateway" and ways_out > 1
        if is_question or not kind.endswith("Gateway"):
            assert drawing.element(node).get("name"), node


@every_drawing
def test_every_way_out_of_a_question_is_labelled_and_has_its_condition(drawing: Drawing) -> None:
    for node, kind in drawing.kinds.items():
        ways = [flow for flow in drawing.flows if flow.source == node]
        if kind == "exclusiveGateway" and len(ways) > 1:
            assert all(flow.condition for flow in ways), node
            assert all(drawing.element(flow.id).get("name") for flow in ways), node
            assert drawing.element(node).get("default") is None, node
        else:
            assert not any(flow.condition for flow in ways), node


@every_drawing
def test_merges_and_forks_are_gateways(drawing: Drawing) -> None:
    for node, kind in drawing.kinds.items():
        if not kind.endswith("Gateway"):
            assert sum(flow.target == node for flow in drawing.flows) <= 1, node
            assert sum(flow.source == node for flow in drawing.flows) <= 1, node


def test_ids_are_english_snake_case_and_unique_over_all_diagrams() -> None:
    seen: dict[str, str] = {}
    for drawing in ALL:
        for node in (*drawing.kinds, *drawing.lanes, *(flow.id for flow in drawing.flows)):
            assert is_snake_case(node), node
            assert node not in seen, (node, drawing.name, seen.get(node))
            seen[node] = drawing.name
