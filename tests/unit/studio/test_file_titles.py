"""What people call a file: in every language it has, and nothing for what can't be read."""

import pytest

from app.studio.files.file_titles import title
from config import ROOT


@pytest.mark.parametrize(
    ("file", "english", "chinese"),
    [
        ("bpmn/credit_application/credit_application.bpmn", "Credit application", "授信审批"),
        ("forms/credit_application/_allocation.form", "Routing and assignment", "受理与分配"),
        (
            "bpmn/credit_application/refused_by_the_pre_check.scenario",
            "Refused by the automatic pre-check",
            "自动预审拒绝",
        ),
    ],
)
def test_a_file_is_called_what_its_author_called_it(file: str, english: str, chinese: str) -> None:
    found = title(file, (ROOT / file).read_bytes())
    assert (found["en"], found["zh_Hans"]) == (english, chinese)


def test_a_decision_is_called_by_its_name() -> None:
    assert title("pre_check.dmn", (ROOT / "bpmn/credit_application/pre_check.dmn").read_bytes())["zh_Hans"]


@pytest.mark.parametrize("content", [b"", b"<broken", b"[1]", b"{}", b'{"title": 7}', b"[" * 100_000])
@pytest.mark.parametrize("name", ["a.form", "a.scenario", "a.bpmn", "a.dmn"])
def test_what_can_not_be_read_has_no_title(name: str, content: bytes) -> None:
    assert title(name, content) == {}
