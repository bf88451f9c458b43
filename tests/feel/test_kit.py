"""The compatibility kit of the OMG: every case of level 2, at least 97 % of level 3, and the runner itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.feel import tck
from tests.feel.kit import decision, definitions, literal, shared

EXPLAINED = {"0076-feel-external-java", "1111-feel-matches-function"}


def test_every_case_of_level_2_is_met() -> None:
    cases = list(tck.run_tree(shared("tck-level2")))
    assert len(cases) >= 50
    assert [case for case in cases if case.reason] == []


def test_level_3_is_met_to_97_percent_and_each_miss_is_explained() -> None:
    cases = list(tck.run_tree(shared("tck-level3")))
    misses = [case for case in cases if case.reason]
    assert len(cases) >= 1_500
    assert len(misses) <= 0.03 * len(cases)
    assert {case.folder for case in misses} <= EXPLAINED


CASES = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<modelName>m.dmn</modelName>
<testCase id="1"><inputNode name="x"><value xsi:type="xsd:decimal">2</value></inputNode>
<resultNode name="good"><expected><value xsi:type="xsd:decimal">4</value></expected></resultNode>
<resultNode name="bad"><expected>
<list><item><value xsi:type="xsd:string">a</value></item></list></expected></resultNode>
<resultNode name="gone"><expected><value xsi:nil="true"/></expected></resultNode></testCase></testCases>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one model and three expected results, of which one is wrong."""
    inner = tmp_path / "level" / "0001-sample"
    inner.mkdir(parents=True)
    body = decision("good", literal("x * 2")) + decision("bad", literal('["b"]')) + decision("gone", literal("1 +"))
    (inner / "m.dmn").write_bytes(definitions(body))
    (inner / "m-test-01.xml").write_text(CASES, encoding="utf-8")
    return tmp_path


def test_the_runner_tells_hits_from_misses_and_says_why(folder: Path) -> None:
    lines = tck.report(folder)
    assert lines[0].split() == ["0001-sample", "2", "of", "3", "66.67", "%"]
    assert lines[1].startswith("level in all")
    assert lines[2] == "0001-sample 1/bad: expected ['a'] (list), got ['b'] (list)"


def test_the_runner_needs_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert tck.main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_runner_prints_its_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tck.main([str(folder)]) == 0
    assert "66.67 %" in capsys.readouterr().out
