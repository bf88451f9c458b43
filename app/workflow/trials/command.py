"""`python run.py scenarios [FOLDER]`: every scenario over the diagrams beside it, for CI; no database, no bank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.workflow.deploying import shelf
from app.workflow.engine import Definition
from app.workflow.trials.scenarios import Coverage, Result, Results, definitions_in, run_all
from app.workflow.trials.walks import Fault
from app.workflow.trials.ways import Difference, Mark, What


def run_folder(root: Path) -> tuple[list[str], int]:
    """A line per scenario and per process, and the exit code: 0 where all pass, else 1.

    `root` is a shelf (with bpmn/ and forms/ in it) or the folder of one process.
    """
    lines: list[str] = []
    failed = False
    for name, files in _folders(root):
        definitions = definitions_in(files)
        found = run_all(files, definitions)
        failed = failed or bool(found.failed)
        lines += _lines(name, found, definitions)
    return lines or [f"{root}: no scenarios"], int(failed)


def _folders(root: Path) -> Iterator[tuple[str, Mapping[str, bytes]]]:
    if (root / "bpmn").is_dir():
        yield from shelf.folders(root)
    elif root.is_dir():
        files = {f"{root.name}/{p.name}": p.read_bytes() for p in sorted(root.iterdir()) if p.suffix in shelf.SUFFIXES}
        yield root.name, files


def _lines(name: str, found: Results, definitions: tuple[Definition, ...]) -> Iterator[str]:
    labels = {key: text["en"] for definition in definitions for key, text in definition.labels.items()}
    for result in found.results:
        yield f"{result.file}: {'passes' if result.passes else 'fails: ' + _why(result, labels)}"
    for coverage in found.coverage.values():
        yield f"{name}: {_share(coverage)}"


def _share(coverage: Coverage) -> str:
    return (
        f"{coverage.element_share:.1%} of {coverage.all_elements} elements and {coverage.flow_share:.1%} of "
        f"{coverage.all_flows} flows of {coverage.process} are walked"
    )


def _why(result: Result, labels: Mapping[str, str]) -> str:
    if result.difference is not None:
        reason = f" ({_fault(result.fault, labels)})" if result.fault is not None else ""
        return _parted(result.difference, labels) + reason
    if result.fault is not None:
        return _fault(result.fault, labels)
    walked, wanted = result.walked, result.scenario.end if result.scenario is not None else ""
    return f'it ends as "{walked.status or walked.end if walked is not None else ""}" instead of "{wanted}"'


def _parted(found: Difference, labels: Mapping[str, str]) -> str:
    place = f'at "{labels.get(found.at, found.at)}" ' if found.at else ""
    return f"{place}{_mark(found.now, labels)} instead of {_mark(found.then, labels)}"


def _mark(mark: Mark | None, labels: Mapping[str, str]) -> str:
    if mark is None:
        return "no further"
    said = {What.BY: "to", What.MOVE: "back to", What.STAND: "waiting at", What.END: "ended as"}[mark.what]
    return f'{said} "{labels.get(mark.element, mark.element)}"'


def _fault(fault: Fault, labels: Mapping[str, str]) -> str:
    place = labels.get(fault.element or "", fault.element or "")
    if fault.texts:
        return fault.texts["en"]
    known = {
        "unanswered": f'the scenario has no answer for "{place}"',
        "message": f'it waits at "{place}" for the message "{fault.fact}"',
        "circle": f'it comes to "{place}" again and again',
        "standstill": f'nothing goes on after "{place}"',
        "process": f'there is no process "{fault.fact}" that can run',
        "unreadable_file": f"the file can't be read: {fault.fact}",
    }
    return known.get(fault.code, fault.code)
