"""`python run.py import FILE…`: the import on the command line, for whole folders and for trying things out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.workflow.engine import Catalogue, Finding, check
from app.workflow.importing.sandbox import bring_in
from app.workflow.importing.values import Answers, Bank, Fate, FileReport, Import, Question

SUFFIXES = frozenset({".bpmn", ".xml", ".dmn", ".form", ".json"})


@dataclass(frozen=True)
class Wanted:
    """What the command is asked: files or folders, answers by question, whether proposals do for the rest, where to write."""

    paths: Sequence[str]
    answers: Answers
    defaults: bool = False
    out: Path | None = None
    language: str = "en"


def import_files(wanted: Wanted) -> tuple[list[str], int]:
    """What to print, a line each, and the exit code: 0 where what came out passes the check and nothing is left to ask.

    Raises OSError for a file that can't be read or a folder that can't be written.
    """
    made = bring_in(_read(wanted.paths), wanted.answers, Bank())
    lines = [line for report in made.reports for line in _report(report, wanted.language)]
    if made.open_questions and not wanted.defaults:
        lines += [line for question in made.open_questions for line in _question(question, wanted.language)]
        lines.append(
            f"{len(made.open_questions)} questions are open: give --answers, or --defaults to take what is proposed."
        )
        return lines, 1
    if not made.usable:
        return lines, 1
    found = [f.message[wanted.language] for f in _check(made.files) if f.severity == "error"]
    lines += [f"check: {words}" for words in found]
    if wanted.out is not None:
        lines += _write(made, wanted.out)
    return lines, int(bool(found or made.lost or any(report.refused for report in made.reports)))


def answers_from(text: str) -> Answers:
    """Answers as JSON: {"way:file.bpmn#gateway": {"what": "person"}}; raises ValueError."""
    body = json.loads(text)
    if not isinstance(body, dict) or not all(isinstance(given, dict) for given in body.values()):
        raise ValueError('answers look like {"question": {"entry": "value"}}')
    return {str(id_): {str(k): str(v) for k, v in given.items()} for id_, given in body.items()}


def _read(paths: Sequence[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in map(Path, paths):
        inside = sorted(f for f in path.rglob("*") if f.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
        for file in inside:
            found[file.name if file.name not in found else str(file)] = file.read_bytes()
    return found


def _check(files: Mapping[str, bytes]) -> Sequence[Finding]:
    forms = frozenset(name.removesuffix(".form") for name in files if name.endswith(".form"))
    diagrams = {name: content for name, content in files.items() if not name.endswith(".form")}
    return check(diagrams, Catalogue(forms=forms)).findings


def _report(report: FileReport, language: str) -> Iterator[str]:
    if report.refused is not None:
        yield f"{report.name}: refused: {report.refused[language]}"
        return
    counts = ", ".join(f"{report.count(fate)} {fate.replace('_', ' ')}" for fate in Fate if report.count(fate))
    yield f"{report.name}: {counts or 'taken over'}" + (f" -> {report.became}" if report.became else "")
    yield from (f"  {remark[language]}" for remark in report.remarks)
    for item in report.items:
        if item.fate is not Fate.KEPT:
            why = "; ".join(words[language] for words in item.why)
            yield f"  {item.fate.replace('_', ' ')}: {item.kind} {item.name or item.element}: {why}"


def _question(question: Question, language: str) -> Iterator[str]:
    yield f"? {question.id}: {question.title[language]} {question.help[language]}"
    for entry in question.entries:
        legal = " | ".join(option.value for option in entry.choices) or entry.kind
        fault = f" ({entry.fault[language]})" if entry.fault else ""
        yield f"    {entry.name} = {entry.proposed or '–'}   [{legal}]{fault}"


def _write(made: Import, folder: Path) -> list[str]:
    lines = []
    for name, content in made.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        lines.append(f"written: {target}")
    return lines
