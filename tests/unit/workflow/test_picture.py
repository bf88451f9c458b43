"""Diagrams drawn on the server: what is in the file is in the picture, and nothing a file says becomes markup."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from app.workflow.deploying.picture import EDGE, svg
from config import ROOT

ROUTE = ROOT / "bpmn/credit_application/credit_application.bpmn"
SVG = "{http://www.w3.org/2000/svg}"
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:dd="http://www.omg.org/spec/DD/20100524/DI" targetNamespace="x">'
)


def drawn(text: str, language: str = "zh_Hans", **states: str) -> etree._Element:
    return etree.fromstring(svg(text.encode(), language, states))


def task(name: str = "审查", bounds: str = 'x="10" y="20" width="100" height="80"', kind: str = "userTask") -> str:
    return (
        f'{HEAD}<process id="p"><{kind} id="t" name="{name}"/></process>'
        f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="p"><di:BPMNShape bpmnElement="t"><dc:Bounds {bounds}/></di:BPMNShape>'
        "</di:BPMNPlane></di:BPMNDiagram></definitions>"
    )


def texts(picture: etree._Element) -> str:
    return "".join(picture.itertext())


def test_every_shape_and_flow_of_the_route_is_drawn() -> None:
    content = ROUTE.read_bytes()
    root, picture = etree.fromstring(content), etree.fromstring(svg(content, "zh_Hans"))
    di = "{http://www.omg.org/spec/BPMN/20100524/DI}"
    solid = (
        len(picture.findall(f"{SVG}rect")) + len(picture.findall(f"{SVG}circle")) + len(picture.findall(f"{SVG}path"))
    )
    assert len(picture.findall(f"{SVG}polyline")) == len(list(root.iter(f"{di}BPMNEdge")))
    assert solid >= len(list(root.iter(f"{di}BPMNShape")))


@pytest.mark.parametrize(
    ("language", "word"), [("zh_Hans", "录入贷款申请"), ("en", "market department"), ("zh_Hant", "錄入")]
)
def test_names_are_in_the_readers_language(language: str, word: str) -> None:
    assert word.lower() in svg(ROUTE.read_bytes(), language).lower()


@pytest.mark.parametrize("state", ["done", "running", "returned", "refused"])
def test_a_station_shows_how_far_the_case_has_come(state: str) -> None:
    box = drawn(task(), t=state).find(f"{SVG}rect")
    assert box is not None
    assert box.get("stroke") == EDGE[state]


def test_a_hostile_name_stays_a_name() -> None:
    picture = drawn(task("&lt;script&gt;alert(1)&lt;/script&gt;"))
    assert not list(picture.iter(f"{SVG}script"))
    assert "<script>" in texts(picture)


@pytest.mark.parametrize(
    "bounds", ['x="NaN" y="inf" width="1e999" height="-"', 'x="1e300" y="0" width="1" height="1"', ""]
)
def test_coordinates_that_are_none_do_no_harm(bounds: str) -> None:
    picture = drawn(task(bounds=bounds))
    assert "nan" not in etree.tostring(picture, encoding="unicode").lower()
    assert "inf" not in etree.tostring(picture, encoding="unicode").lower()


def test_a_file_without_coordinates_gives_no_picture() -> None:
    assert svg(f'{HEAD}<process id="p"><userTask id="t"/></process></definitions>'.encode(), "en") == ""


def test_long_names_are_broken_to_fit_their_box() -> None:
    lines = drawn(task("贷款审查委员会秘书核对上会材料并通知全体委员")).findall(f"{SVG}text")
    assert len(lines) > 1
    assert all(len(line.text or "") <= 8 for line in lines)


def test_every_real_diagram_is_drawn_or_has_no_coordinates(shared: Path) -> None:
    files = [path for path in (shared / "bpmn").rglob("*.bpmn") if "malformed" not in str(path)]
    assert len(files) > 100
    for path in files:
        made = svg(path.read_bytes(), "en")
        assert made == "" or etree.fromstring(made.encode()).tag == f"{SVG}svg"
        assert bool(made) == (b"Bounds" in path.read_bytes()), path
