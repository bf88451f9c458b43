"""The commands `decide` and `feel`: what analysts use beside their files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import feel
from app.feel.command import decide, evaluate
from tests.feel.kit import decision, definitions, literal, needs, table

ROWS = [["< 500", '"拒绝"'], [">= 500", '"同意"']]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A model of two decisions; `outcome` is the one on top."""
    grade = decision(
        "grade", table(["score", "income > 0"], ["r"], [[*row[:1], "true", row[1]] for row in ROWS], "FIRST")
    )
    top = decision("outcome", literal('grade + "!"'), needs("grade", kind="requiredDecision"))
    file = tmp_path / "grade.dmn"
    file.write_bytes(definitions(grade + top))
    return file


def test_an_expression_is_evaluated_with_exact_numbers() -> None:
    assert evaluate("a * 3", '{"a": 0.1}') == "0.3"
    assert evaluate("1 + 1") == "2"
    assert json.loads(evaluate('{x: [1, "贷款", null]}')) == {"x": [1, "贷款", None]}
    assert "贷款" in evaluate('"贷款"')


def test_a_variable_may_have_blanks_in_its_name() -> None:
    assert evaluate("Monthly Salary * 12", '{"Monthly Salary": 100}') == "1200"


def test_the_top_decision_is_taken_and_the_fired_rules_are_printed(path: Path) -> None:
    printed = json.loads(decide(path, '{"score": 600, "income": 1}'))
    assert printed["value"] == "同意!"
    assert printed["rules"] == [
        {"decision": "grade", "rule": 2, "id": "rule_2", "inputs": {"score": 600, "income > 0": True}}
    ]
    assert printed["inputs"] == {"income": 1, "score": 600}


def test_a_decision_can_be_named(path: Path) -> None:
    assert json.loads(decide(str(path), '{"score": 1, "income": 1}', "grade"))["value"] == "拒绝"


def test_explain_draws_the_table_with_the_fired_row_marked(path: Path) -> None:
    lines = decide(path, '{"score": 600, "income": 1}', explain=True).splitlines()
    assert lines[0] == "grade (FIRST)"
    marked = [line for line in lines if line.startswith("→")]
    assert len(marked) == 1
    assert ">= 500" in marked[0]
    assert '"同意"' in marked[0]
    assert lines[-1] == '= "同意!"'
    assert all("|" in line for line in lines[1:4])


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "json"), ("[1]", "json_object"), ("1", "json_object"), ("", "json"), ("[" * 100_000, "json")],
)
def test_input_that_is_no_json_object_is_refused_with_a_sentence(text: str, code: str) -> None:
    with pytest.raises(feel.FeelError) as caught:
        evaluate("1", text)
    assert caught.value.code == code


def test_a_missing_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(feel.FeelError, match="can’t be read"):
        decide(tmp_path / "none.dmn")


def test_several_top_decisions_must_be_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "two.dmn"
    file.write_bytes(definitions(decision("a", literal("1")) + decision("b", literal("2"))))
    with pytest.raises(feel.FeelError, match="say which decision is meant: a, b"):
        decide(file)


def test_models_beside_the_file_are_imported(tmp_path: Path) -> None:
    other = definitions(decision("x", literal("41"))).replace(b"urn:test", b"urn:other")
    imported = '<import namespace="urn:other" name="m" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    requirement = '<informationRequirement><requiredDecision href="urn:other#x"/></informationRequirement>'
    (tmp_path / "other.dmn").write_bytes(other)
    (tmp_path / "main.dmn").write_bytes(definitions(imported + decision("d", literal("m.x + 1"), requirement)))
    assert json.loads(decide(tmp_path / "main.dmn"))["value"] == 42
