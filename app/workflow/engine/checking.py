"""Checking a set of files: what the analyst gives in, what can be deployed, and everything that is wrong with it.

Files are looked at one by one (gate, schema, reading), then each process by itself, then all together (calls,
decisions, names). What has no error becomes a `Definition` and is tried: built and started once with nothing known.
`check_here` does the work; `check` has it done in a child process that may neither take long nor grow large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from lxml import etree

from app.workflow.engine import linking, linting
from app.workflow.engine.definition import Definition
from app.workflow.engine.model import Process
from app.workflow.engine.reading import read
from app.workflow.engine.stations import Step
from app.workflow.engine.texts import Findings
from app.workflow.engine.values import Catalogue, Finding, Severity, Texts
from app.workflow.engine.xmlgate import BPMN, Refused, parse, schema_errors


@dataclass(frozen=True)
class Parsed:
    """What a check gives: the definitions that can be deployed, and the findings (errors first)."""

    definitions: tuple[Definition, ...]
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether there are no errors; warnings don't count."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


def check_here(files: Mapping[str, bytes], catalogue: Catalogue) -> Parsed:
    """Check in this process. For bad input it returns findings, it does not raise."""
    found, processes, steps = read_all(files)
    for process in linting.executable(processes):
        linting.lint(process, found[process.file])
    definitions = linking.link(processes, steps, tables(files), catalogue, found)
    findings = sorted(
        (finding for collected in found.values() for finding in collected),
        key=lambda finding: finding.severity is not Severity.ERROR,
    )
    return Parsed(definitions, tuple(findings))


def read_all(files: Mapping[str, bytes]) -> tuple[dict[str, Findings], list[Process], dict[str, Step]]:
    """The findings of each file so far, and every process and station in them."""
    found = {name: Findings(name) for name in files}
    processes: list[Process] = []
    steps: dict[str, Step] = {}
    for name, content in files.items():
        if PurePath(name).suffix in (".bpmn", ".xml", ".bpmn20"):
            _read_file(content, found[name], processes, steps)
        elif PurePath(name).suffix != ".dmn":
            found[name].error("file_kind")
    named = {element: texts for findings in found.values() for element, texts in findings.named.items()}
    for collected in found.values():
        collected.named = named
    return found, processes, steps


def names_drawn(content: bytes) -> Mapping[str, Texts]:
    """What is drawn in a diagram, by element id, with its name in each language; nothing for a file that can't be read."""
    findings = Findings("")
    _read_file(content, findings, [], {})
    return findings.named


def tables(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The decision files among them."""
    return {name: content for name, content in files.items() if PurePath(name).suffix == ".dmn"}


def _read_file(content: bytes, findings: Findings, processes: list[Process], steps: dict[str, Step]) -> None:
    try:
        root = parse(content)
    except Refused as refused:
        findings.error(refused.code, fact=refused.fact)
        return
    if root.tag != f"{{{BPMN}}}definitions":
        findings.error("not_bpmn", fact=etree.QName(root).text[:80])
        return
    for line, text in schema_errors(root):
        findings.error("schema", line=line, text=text)
    document = read(root, findings)
    processes.extend(document.processes)
    for step_id, step in document.steps.items():
        if step_id in steps:
            findings.error("element_duplicate", step_id, other=steps[step_id].process_id)
        steps.setdefault(step_id, step)
