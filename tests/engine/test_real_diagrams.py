"""Diagrams that nobody here drew, from 29 tools: each is answered in time with findings, none with a traceback."""

from __future__ import annotations

import resource
import time
from datetime import timedelta
from pathlib import Path

import pytest

from app.workflow import engine
from app.workflow.engine.checking import check_here
from tests.engine.drawing import NOW

ROOT = Path(__file__).resolve().parents[3] / "shared" / "data" / "bpmn"
FILES = sorted(ROOT.glob("*/*.bpmn"))
needs_data = pytest.mark.skipif(not FILES, reason=f"no real diagrams at {ROOT}")


@needs_data
def test_every_real_diagram_is_answered_in_time_and_none_is_accepted_with_losses() -> None:
    for file in FILES:
        content = file.read_bytes()
        begun = time.perf_counter()
        result = check_here({file.name: content}, engine.Catalogue())
        assert time.perf_counter() - begun < 5, file.name
        assert result.definitions or not result.clean, file.name
        for definition in result.definitions:
            drawn = content.count(b"sequenceFlow ") + content.count(b"sequenceFlow>")
            flows = sum(len(process.flows) for process in definition.processes.values())
            assert flows <= drawn, file.name


@needs_data
@pytest.mark.parametrize("file", [f for f in FILES if f.parent.name == "malformed-hostile"], ids=lambda file: file.name)
def test_hostile_diagrams_are_answered_by_the_child_within_five_seconds(file: Path) -> None:
    begun = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    result = engine.check({file.name: file.read_bytes()}, engine.Catalogue())
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - begun < 2.5
    assert result.findings
    assert not {"check_time", "check_memory"} & {finding.code for finding in result.findings}


@needs_data
def test_a_linked_set_of_twenty_files_is_checked_as_one() -> None:
    files = {file.name: file.read_bytes() for file in FILES if file.name.startswith("olovson")}
    found = check_here(files, engine.Catalogue()).findings
    assert {finding.file for finding in found} >= set(list(files)[:5])
    assert not any(finding.code == "process_duplicate" for finding in found)


@needs_data
def test_real_diagrams_without_errors_run_to_an_end() -> None:
    ran = 0
    for file in FILES:
        for definition in check_here({file.name: file.read_bytes()}, engine.Catalogue()).definitions:
            ran += _finishes(definition)
    assert ran >= 3


def _finishes(definition: engine.Definition) -> bool:
    services = engine.Services(lambda delegate, variables: {})
    last = engine.start(definition, {}, now=NOW, services=services)
    for step in range(300):
        if last.finished or last.incidents:
            break
        now = NOW + timedelta(days=400 * step)
        if last.open:
            last = engine.complete(definition, last.state, last.open[0].id, {}, now=now, services=services)
        elif last.timers:
            last = engine.tick(definition, last.state, now=now, services=services)
        elif last.waits:
            last = engine.deliver(definition, last.state, last.waits[0].message, {}, now=now, services=services)
    assert last.finished or last.incidents or last.open or last.timers or last.waits
    return last.finished
