"""A decision model as the editor of tables shows it: cells by id, findings at their cell, and one trial."""

from __future__ import annotations

import pytest

from app.feel.dmn import sheet
from config import ROOT

MODEL = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:x" name="x">
<inputData id="d1" name="score"><variable id="v1" name="score" typeRef="number"/></inputData>
<inputData id="d2" name="kind"><variable id="v2" name="kind" typeRef="string"/></inputData>
<decision id="grade" name="Grade">
  <informationRequirement id="r1"><requiredInput href="#d1"/></informationRequirement>
  <informationRequirement id="r2"><requiredInput href="#d2"/></informationRequirement>
  <decisionTable id="t" hitPolicy="UNIQUE">
  <input id="i1" label="Score"><inputExpression id="e1" typeRef="number"><text>score</text></inputExpression></input>
  <input id="i2" label="Kind"><inputExpression id="e2" typeRef="string"><text>kind</text></inputExpression>
    <inputValues id="iv"><text>"new","old"</text></inputValues></input>
  <output id="o1" label="Grade" name="grade" typeRef="string"/>
  <rule id="a"><inputEntry id="a1"><text>{first}</text></inputEntry>
    <inputEntry id="a2"><text>-</text></inputEntry><outputEntry id="a3"><text>"C"</text></outputEntry></rule>
  <rule id="b"><inputEntry id="b1"><text>&gt;= 500</text></inputEntry>
    <inputEntry id="b2"><text>-</text></inputEntry><outputEntry id="b3"><text>"A"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def model(first: str = "&lt; 500") -> bytes:
    return MODEL.replace("{first}", first).encode()


def test_a_table_is_shown_with_what_it_needs_in_the_order_of_its_columns():
    seen = sheet.look(model(), [], "en")
    decision = seen["decisions"][0]
    assert (seen["fault"], seen["findings"], decision["kind"]) == (None, [], "decisionTable")
    assert decision["variables"] == [
        {"name": "score", "label": "Score", "type": "number", "choices": []},
        {"name": "kind", "label": "Kind", "type": "string", "choices": ["new", "old"]},
    ]
    assert decision["table"]["rules"][0] == {"id": "a", "cells": ["< 500", "-", '"C"'], "notes": []}


@pytest.mark.parametrize(
    ("first", "code", "rule", "cell"),
    [("&lt; 500)", "unreadable", "a", "a1"), ("&lt; 600", "overlaps", "b", ""), ("&lt; 400", "gap", "", "")],
)
def test_a_finding_names_the_cell_or_the_rule_it_is_about(first, code, rule, cell):
    found = sheet.look(model(first), [], "en")["findings"][0]
    assert (found["code"], found["decision"], found["rule"], found["cell"]) == (code, "grade", rule, cell)


def test_a_gap_brings_a_value_for_each_column():
    found = sheet.look(model("&lt; 400"), [], "zh_Hans")["findings"][0]
    assert found["example"] == ["400", '"new"']
    assert "没有规则适用" in found["message"]


def test_a_column_without_expression_is_found_at_its_head():
    broken = model().replace(b"<text>score</text>", b"<text></text>")
    found = next(f for f in sheet.look(broken, [], "en")["findings"] if f["code"] == "no_input")
    assert found["cell"] == "i1"


def test_values_are_tried_as_typed_and_the_rules_that_fired_are_named():
    said = sheet.attempt(model(), [], "grade", {"score": "1,600", "kind": "old"}, "en")
    assert (said["fault"], said["value"]) == (None, "A")
    assert [(one["rule"], one["id"]) for one in said["rules"]] == [(2, "b")]


@pytest.mark.parametrize("score", ["many", "NaN", "1e999999", "9" * 400])
def test_a_value_of_the_wrong_type_is_said(score):
    assert "is not a value of this type" in sheet.attempt(model(), [], "grade", {"score": score}, "en")["fault"]


@pytest.mark.parametrize("xml", [b"", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", b"\0", b"<definitions"])
def test_what_is_no_model_is_said_and_nothing_else(xml):
    assert sheet.look(xml, [], "en")["fault"]
    assert sheet.attempt(xml, [], "grade", {}, "en")["fault"]


def test_a_decision_that_is_not_there_or_broken_is_said():
    assert sheet.attempt(model(), [], "nothing", {}, "en")["fault"]
    assert sheet.attempt(model("&lt; 500)"), [], "grade", {"score": "1", "kind": "new"}, "en")["fault"]


def test_every_table_of_the_shelf_can_be_shown():
    for path in (ROOT / "bpmn").glob("*/*.dmn"):
        seen = sheet.look(path.read_bytes(), [], "zh_Hant")
        assert (seen["fault"], [f for f in seen["findings"] if f["severity"] == "error"]) == (None, [])
        assert all(one["table"]["rules"] for one in seen["decisions"])
