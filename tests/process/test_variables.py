"""Every variable is set on every way before something reads it: a condition that came out null would stop the case."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from lxml import etree

from tests.process.drawing import ROOT, Drawing, drawings, read
from tests.process.variables import Walk, names_in, reads, sets

ROUTES = [d for d in drawings() if d.name in ("credit_application", "expense_declaration")]
every_route = pytest.mark.parametrize("route", ROUTES, ids=[d.name for d in ROUTES])


@every_route
def test_nothing_is_read_that_some_way_has_not_set(route: Drawing) -> None:
    assert Walk(route, frozenset()).run().gaps == set()


@every_route
def test_the_walk_reaches_every_node(route: Drawing) -> None:
    assert set(Walk(route, frozenset()).run().after) == set(route.kinds)


def test_the_walk_sees_a_variable_that_only_one_way_sets() -> None:
    """Without its refusal script the route would reach “record decision” with no decision: the walk must notice."""
    (route,) = [d for d in ROUTES if d.name == "credit_application"]
    kinds = dict(route.kinds.items())
    kinds["conclude_refusal"] = "task"
    gaps = Walk(dataclasses.replace(route, kinds=kinds), frozenset()).run().gaps
    assert ("record_decision", "decision") in gaps


def test_the_second_officer_is_known_in_the_corporate_line_only() -> None:
    (route,) = [d for d in ROUTES if d.name == "credit_application"]
    after = Walk(route, frozenset()).run().after
    assert "second_officer" in after["investigate_corporate"]
    assert "second_officer" not in after["investigate_retail"]


def test_names_are_told_from_texts_and_keywords() -> None:
    assert names_in('if a_b = "x y" then c1 else null') == {"a_b", "c1"}
    assert names_in('not(guarantee in ("mortgage", "pledge"))') == {"guarantee"}


@every_route
def test_the_readme_lists_every_variable_that_is_read(route: Drawing) -> None:
    text = (route.path.parent / "README.md").read_text(encoding="utf-8")
    folder = [d for d in drawings() if d.path.parent == route.path.parent]
    needed = {name for d in folder for node in d.kinds for name in reads(d, node)}
    families = ("_conclusion_result", "_approval_result", "first_check_result", "payment_result", "correction_result")
    assert [n for n in sorted(needed) if f"`{n}`" not in text and not n.endswith(families)] == []


def test_every_outcome_variable_carries_the_name_of_its_station() -> None:
    for drawing in drawings():
        for node in drawing.steps():
            assert f"{node}_result" in sets(drawing, node)


def test_every_decision_and_every_called_process_exists() -> None:
    keys = {d.name for d in drawings()}
    for drawing in drawings():
        for node, kind in drawing.kinds.items():
            if kind == "callActivity":
                assert drawing.element(node).get("calledElement") in keys
            if kind == "businessRuleTask":
                assert sets(drawing, node)


def test_every_table_is_used_by_a_diagram() -> None:
    used = {
        (d.path.parent.name, rule.get("ref"))
        for d in drawings()
        for rule in d.tree.iter("{urn:creditflow:bpmn:1}decision")
    }
    on_disk = {(path.parent.name, _decision_id(path)) for path in ROOT.glob("bpmn/*/*.dmn")}
    assert used == on_disk


def _decision_id(path: Path) -> str | None:
    (found,) = etree.parse(path).iterfind("{*}decision")
    return found.get("id")


def test_reading_a_file_twice_is_reading_it_once() -> None:
    path = ROOT / "bpmn" / "credit_application" / "credit_application.bpmn"
    assert read(path) is read(path)
