"""Files made to do harm, or harmed on the way: each is answered soon, with a sentence, and takes neither much time nor memory."""

from __future__ import annotations

import resource

import pytest

from app.kernel import children
from app.workflow import importing
from app.workflow.importing import sandbox
from app.workflow.importing.bringing import bring
from app.workflow.importing.gate import MAX_ATTRIBUTES, MAX_DRAWN
from app.workflow.importing.values import LANGUAGES
from tests.importing.kit import BANK, HEAD, brought, errors, file, flow, unaccounted

S, E = '<startEvent id="s"/>', '<endEvent id="e"/>'
GATES = "".join(f'<inclusiveGateway id="t{i}"/>' for i in range(200))
MESH = "".join(
    f'<sequenceFlow id="f{i}_{k}" sourceRef="t{i}" targetRef="t{(i * k + k) % 200}"/>' for i in range(200) for k in (1, 3, 7, 11)
)  # fmt: skip
TABLE = (
    '<?xml version="1.0" encoding="{}"?><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" '
    'namespace="x"><decision id="权限" name="审批权限"><literalExpression><text>"支行"</text></literalExpression></decision>'
    "</definitions>"
)


def wide(number: int) -> bytes:
    """A step with so many attributes."""
    attributes = " ".join(f'a{i}="1"' for i in range(number - 1))
    return file(S, f'<task id="a" {attributes}/>', E, flow("s", "a"), flow("a", "e"))


REFUSED = {
    "an element of a hundred thousand attributes": (
        wide(100_000),
        "attributes",
    ),
    "a hundred thousand elements": (file("<task/>" * 100_000), "elements"),
    "more steps than anybody draws": (file("".join(f'<task id="t{i}"/>' for i in range(MAX_DRAWN))), "elements"),
    "forty thousand lines between two steps": (file(S, E, '<sequenceFlow sourceRef="s" targetRef="e"/>' * 15_000), "elements"),
    "signs only": (b"<" * 1_000_000, "XML"),
    "an entity in another encoding": (f'<!DOCTYPE d [<!ENTITY a "b">]>{HEAD[38:]}'.encode("utf-16"), "DOCTYPE"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_too_much_is_refused_with_a_sentence(name: str) -> None:
    content, word = REFUSED[name]
    report = brought(content).reports[0]
    assert report.refused is not None
    assert word in report.refused["en"]
    assert all(report.refused[language] for language in LANGUAGES)


@pytest.mark.parametrize("name", [*REFUSED, "a mesh of gateways"])
def test_the_child_answers_within_its_processor_time(name: str) -> None:
    content = REFUSED[name][0] if name in REFUSED else file(S, GATES, E, flow("s", "t0"), MESH)
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = importing.bring_in({"f.bpmn": content}, {}, BANK)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime < 5
    assert made.reports


def test_a_file_cut_off_anywhere_is_read_as_far_as_it_goes_or_refused() -> None:
    whole = file(
        S, '<userTask id="a" name="A" camunda:assignee="x"/>', E, flow("s", "a"), flow("a", "e", "${x &gt; 1}")
    )
    for length in range(0, len(whole), 7):
        made = brought(whole[:length])
        assert made.usable or made.reports[0].refused is not None
        if made.usable:
            assert errors(made) == []


def test_an_attribute_more_than_the_limit_is_too_many_and_one_less_is_not() -> None:
    assert brought(wide(MAX_ATTRIBUTES)).usable
    assert not brought(wide(MAX_ATTRIBUTES + 1)).usable


def test_an_id_without_end_is_shortened_and_told() -> None:
    content = file(S, f'<userTask id="{"x" * 50_000}" name="A"/>', E, flow("s", "x" * 50_000), flow("x" * 50_000, "e"))
    made = brought(content)
    assert unaccounted(content, made) == []
    assert errors(made) == []
    assert sum(map(len, made.files.values())) < 20_000


@pytest.mark.parametrize("encoding", ["GBK", "Big5", "UTF-16"])
def test_a_table_in_another_encoding_is_taken_in_utf8(encoding: str) -> None:
    text = TABLE.format(encoding).replace("权限", "x").replace("审批x", "分行").replace("支行", "分行")
    made = bring({"t.dmn": text.encode(encoding)}, {}, BANK)
    assert made.reports[0].refused is None
    assert "行" in made.files["tables/t.dmn"].decode("utf-8")


def test_a_table_in_utf8_stays_byte_for_byte() -> None:
    content = TABLE.format("UTF-8").encode()
    assert bring({"t.dmn": content}, {}, BANK).files["tables/t.dmn"] == content


def test_a_fault_of_the_program_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "BOOT", "raise RuntimeError")
    refused = sandbox.bring_in({"f.bpmn": b""}, {}, BANK).reports[0].refused
    assert refused is not None
    assert "failed" in refused["en"]
