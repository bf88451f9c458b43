"""The report before publishing: everything that can be said of a draft before a case takes it, found by a worker.

What it finds is kept as JSON: `verdict` (errors, undecided, warnings, clean), `findings` (see `Line`), `states` looked at by
process, `decided`, `looked_at` and `left_out` (sections), `seconds`. The look at people, authority, returns and values needs a
route that can be run, so they are left out while the check finds errors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.studio.examinations import Task, examiner
from app.workflow import engine, forms, registry
from app.workflow.assigning.authority import check_authority
from app.workflow.assigning.staffing import Staffing
from app.workflow.deploying import definitions, form_values
from app.workflow.deploying.road_map import RoadMap, check_returns
from app.workflow.deploying.values_on_the_way import check_values

KIND = "report"
# What the proof says with a walk, the check says without one; and an answer by example is better than "there may be one".
SAID_BETTER = {"join_never": "sound_stuck", "merge_without_gateway": "sound_doubled", "no_default": "ways_hole"}
SAID_ALREADY = {"sound_dead": "unreachable"}


class Section(StrEnum):
    """What a finding is about."""

    CHECK = "check"
    SOUNDNESS = "soundness"
    CONDITIONS = "conditions"
    PEOPLE = "people"
    AUTHORITY = "authority"
    RETURNS = "returns"
    VALUES = "values"


@dataclass(frozen=True)
class Line:
    """One finding as it is kept. message and mend: by language; walk: steps of `at`, `flows`, `tokens`."""

    section: str
    severity: str
    file: str
    element: str | None
    code: str
    message: Mapping[str, str]
    mend: Mapping[str, str]
    walk: Sequence[Mapping[str, Any]] = ()


@dataclass
class _Report:
    """A report while it is made."""

    files: Mapping[str, bytes]
    now: datetime
    lines: list[Line] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    def add(
        self, section: Section, findings: Iterable[engine.Finding], *, placed: Mapping[str, str] | None = None
    ) -> None:
        self.looked_at.append(section)
        for found in findings:
            file = (placed or {}).get(found.element or "", found.file)
            self.lines.append(Line(section, found.severity, file, found.element, found.code, found.message, found.mend))


@examiner(KIND)
def examine(task: Task) -> dict[str, Any]:
    """The report about the draft's files."""
    begun = time.monotonic()
    report = _Report(task.files, task.now)
    task.report(0, 4)
    parsed = _check(report)
    task.report(1, 4)
    proof = _prove(report)
    task.report(3, 4)
    for definition in parsed.definitions:
        _look_at(definition, report, proof)
    task.report(4, 4)
    lines = list(_without_repetition(report.lines, proof))
    looked_at = list(dict.fromkeys(report.looked_at))
    return {
        "verdict": _verdict(lines, proof),
        "findings": [asdict(line) for line in lines],
        "states": dict(proof.states),
        "decided": proof.decided,
        "looked_at": looked_at,
        "left_out": [section.value for section in Section if section not in looked_at],
        "seconds": round(time.monotonic() - begun, 2),
    }


def _check(report: _Report) -> engine.Parsed:
    """Everything of the deployment check, warnings too."""
    files = report.files
    parsed = engine.check(definitions.diagrams(files), definitions.catalogue(files))
    report.add(Section.CHECK, parsed.findings)
    for found in forms.check(files, sources=registry.sources(), binds=registry.bind_names):
        line = Line(
            Section.CHECK,
            found.severity,
            found.file,
            found.component or None,
            found.code,
            dict(found.message),
            dict(found.mend),
        )
        report.lines.append(line)
    return parsed


def _prove(report: _Report) -> engine.Proof:
    proof = engine.prove(definitions.diagrams(report.files), form_values.known(report.files))
    report.looked_at += [Section.SOUNDNESS, Section.CONDITIONS]
    for proved in proof.findings:
        found = proved.finding
        section = Section.CONDITIONS if found.code.startswith("ways_") else Section.SOUNDNESS
        walk = [{"at": step.at, "flows": list(step.flows), "tokens": list(step.tokens)} for step in proved.walk]
        report.lines.append(
            Line(section, found.severity, found.file, found.element, found.code, found.message, found.mend, walk)
        )
    return proof


def _look_at(definition: engine.Definition, report: _Report, proof: engine.Proof) -> None:
    """What needs a route that can be run: people, authority, returns, values."""
    road, placed = RoadMap(definition), _places(definition)
    barren: list[str] = []

    def find(section: Section, look: Callable[[engine.Findings], Any]) -> None:
        findings = engine.Findings(definition.processes[definition.key].file)
        findings.named = dict(definition.labels)
        look(findings)
        report.add(section, findings, placed=placed)

    find(Section.AUTHORITY, lambda findings: barren.extend(check_authority(definition, findings)))
    find(Section.PEOPLE, lambda f: Staffing(definition, proof.domains, frozenset(barren), report.now).check(f))
    find(Section.RETURNS, lambda findings: check_returns(road, findings))
    fields = form_values.known(report.files).fields
    find(Section.VALUES, lambda findings: check_values(road, fields, findings))


def _places(definition: engine.Definition) -> dict[str, str]:
    """The file in which each element is drawn, decisions included."""
    found = {process.id: process.file for process in definition.processes.values()}
    found.update((node.id, process.file) for process in definition.processes.values() for node in process.nodes)
    for name, content in definition.decision_files.items():
        found.update((d, name) for d in definition.decisions if f'id="{d}"'.encode() in content)
    return found


def _without_repetition(lines: Sequence[Line], proof: engine.Proof) -> Iterator[Line]:
    """Errors first; a finding that another one says better is left out."""
    said = {(line.code, line.element) for line in lines}
    gaps = {line.file for line in lines if line.code == "authority_gap"}
    for line in sorted(lines, key=lambda line: (line.severity != "error", line.file)):
        if line.code == "decision_file" and line.severity == "warning" and line.file in gaps:
            continue  # the same gap, said as an error by what it means
        better, already = SAID_BETTER.get(line.code), SAID_ALREADY.get(line.code)
        if (better, line.element) in said or (already, line.element) in said:
            continue
        if line.code == "no_default" and line.element in proof.understood:
            continue
        yield line


def _verdict(lines: Sequence[Line], proof: engine.Proof) -> str:
    if any(line.severity == "error" for line in lines):
        return "errors"
    if not proof.decided:
        return "undecided"
    return "warnings" if lines else "clean"
