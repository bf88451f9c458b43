"""The check in a child process, and the command that analysts run."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from app.kernel import children
from app.workflow import engine
from app.workflow.engine import sandbox
from app.workflow.engine.command import check_files
from app.workflow.engine.model import Process
from app.workflow.engine.trial import missing
from tests.engine.drawing import Case, call, defined, document, end, path, process, start, user

LIMITED_CPU = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))"
PLAIN = process("p", start("s"), user("a"), end("e"), path("s", "a", "e"))


def test_a_good_file_comes_back_from_the_child_as_a_definition_that_runs() -> None:
    result = engine.check({"test.bpmn": document(PLAIN)}, engine.Catalogue())
    assert (result.clean, result.findings) == (True, ())
    (definition,) = result.definitions
    assert definition == defined(PLAIN)
    assert Case(definition).do("a").finished


def test_findings_come_back_from_the_child_as_they_were_made() -> None:
    result = engine.check(
        {"p.bpmn": document(process("p", start("s"), user("a"), path("s", "a")))}, engine.Catalogue(forms=frozenset())
    )
    (finding,) = result.findings
    assert (finding.code, finding.element, finding.file, finding.severity) == (
        "dead_end",
        "a",
        "p.bpmn",
        engine.Severity.ERROR,
    )


def test_a_child_that_takes_too_long_is_stopped_and_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))
    begun = time.perf_counter()
    result = sandbox.check({"p.bpmn": b""}, engine.Catalogue(), seconds=0.3)
    assert time.perf_counter() - begun < 3
    assert [finding.code for finding in result.findings] == ["check_time"]


def test_a_child_that_computes_too_long_is_stopped_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "BOOT", f"{LIMITED_CPU}\nwhile True: pass")
    result = sandbox.check({"p.bpmn": b""}, engine.Catalogue())
    assert [finding.code for finding in result.findings] == ["check_time"]


def test_the_child_limits_its_own_memory_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    life = "import_module(sys.argv[2]).answer_as_child()"
    greedy = "sandbox = import_module(sys.argv[2])\nsandbox.check_here = lambda *_: bytearray(2**31)\nsandbox.answer_as_child()"
    assert life in children.BOOT
    monkeypatch.setattr(children, "BOOT", children.BOOT.replace(life, greedy))
    result = sandbox.check({"p.bpmn": b""}, engine.Catalogue())
    assert [finding.code for finding in result.findings] == ["check_memory"]


def test_a_child_that_dies_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dying = tmp_path / "dying"
    dying.write_text("#!/bin/sh\nkill -9 $$\n")
    dying.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dying))
    result = sandbox.check({"p.bpmn": b""}, engine.Catalogue())
    assert [finding.code for finding in result.findings] == ["check_memory"]


def test_a_node_that_the_runnable_form_does_not_have_is_noticed() -> None:
    definition = defined(PLAIN)
    whole = definition.processes["p"]
    less = defined(process("p", start("s"), end("e"), path("s", "e"))).processes["p"]
    assert missing(whole, definition.specs["p"]) == []
    assert isinstance(less, Process)
    assert missing(less, definition.specs["p"]) == ["s_to_e"]


def test_the_command_prints_one_line_for_each_finding_and_fails(tmp_path: Path) -> None:
    bad = tmp_path / "bad.bpmn"
    bad.write_bytes(document(process("p", start("s"), user("a", due="soon"), path("s", "a"))))
    lines, code = check_files([str(bad)])
    assert code == 1
    assert len(lines) == 2
    assert all(line.startswith(f"{bad}: a: error: ") and " – " in line and "\n" not in line for line in lines)
    assert any("nothing follows a" in line for line in lines)
    assert any("没有路" in line for line in check_files([str(bad)], "zh_Hans")[0])


def test_the_command_is_content_with_good_files_and_folders_of_them(tmp_path: Path) -> None:
    (tmp_path / "outer.bpmn").write_bytes(
        document(process("p", start("s"), call("c", "q"), end("e"), path("s", "c", "e")))
    )
    (tmp_path / "inner.bpmn").write_bytes(
        document(process("q", start("s2"), user("a"), end("e2"), path("s2", "a", "e2")))
    )
    (tmp_path / "README.md").write_text("not looked at")
    assert check_files([str(tmp_path)]) == ([], 0)


def test_a_missing_file_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    lines, code = check_files([str(tmp_path / "none.bpmn")])
    assert (len(lines), code) == (1, 1)
    assert "No such file" in lines[0]
