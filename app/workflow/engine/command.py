"""`python run.py check FILE…`: the check for analysts, in git hooks and CI."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.workflow.engine.proving import prove
from app.workflow.engine.sandbox import check
from app.workflow.engine.soundness import Stride
from app.workflow.engine.values import Catalogue, Finding, Severity


def check_files(paths: Sequence[str], language: str = "en") -> tuple[list[str], int]:
    """One line for each finding (file, element, what, how to mend) and the exit code: 0 without findings of severity error, else 1.

    Folders stand for the diagrams and decision tables in them. What the proof finds (a case that gets stuck, conditions with
    a hole) comes with the walk that leads there.
    """
    lines: list[str] = []
    files: dict[str, bytes] = {}
    for path in _expanded(paths):
        try:
            files[str(path)] = path.read_bytes()
        except OSError as error:
            lines.append(f"{path}: error: {error.strerror}")
    checked = check(files, Catalogue()).findings if files else ()
    proof = prove(files) if files else None
    proved = proof.findings if proof is not None else ()
    understood = proof.understood if proof is not None else frozenset()
    # A gateway whose conditions are all understood has a hole by example or none.
    findings = [f for f in checked if f.code != "no_default" or f.element not in understood]
    every = [*findings, *(one.finding for one in proved)]
    failed = bool(lines) or any(finding.severity is Severity.ERROR for finding in every)
    lines += [_line(finding, language) for finding in findings]
    lines += [_line(one.finding, language) + _walk(one.walk) for one in proved]
    return lines, int(failed)


def _walk(walk: Sequence[Stride]) -> str:
    """ " [s → intake → fork]": the elements that the walk is about, in order; nothing where there is none."""
    at = [step.at for step in walk if step.at]
    return f" [{' → '.join(at)}]" if at else ""


def _expanded(paths: Sequence[str]) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, paths):
        inside = (
            sorted(file for file in path.rglob("*") if file.suffix in (".bpmn", ".dmn")) if path.is_dir() else [path]
        )
        found.extend(inside)
    return found


def _line(finding: Finding, language: str) -> str:
    where = f"{finding.file}: {finding.element}" if finding.element else finding.file
    what = " ".join(finding.message[language].split())
    mend = finding.mend[language]
    return f"{where}: {finding.severity}: {what}" + (f" – {mend}" if mend else "")
