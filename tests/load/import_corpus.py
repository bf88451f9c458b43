"""What import makes of a folder of real diagrams: `python -m tests.load.import_corpus [FOLDER] [--write]`.

Each file is brought in alone with the proposals as answers, checked as at deployment, started, and driven with a stub
that fills in forms and presses buttons in turn, until it ends or stops. `--write` puts the table into docs/import.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import etree

from app.demo import staff
from app.workflow import engine, forms, importing
from app.workflow.importing import Bank, Fate, Import

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "data" / "bpmn"
DOCUMENT = ROOT / "docs" / "import.md"
BEGIN, END = "<!-- table: python -m tests.load.import_corpus --write -->", "<!-- end of table -->"
HOSTILE = "malformed-hostile"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MOVES = 300
_FILLED = {"number": 5000, "checkbox": True, "date": "2026-03-02"}
DELEGATES = ("credit_applications.announce_decision", "credit_applications.record_decision")


@dataclass(frozen=True)
class Row:
    """One file: what came of it."""

    file: Path
    tool: str
    counts: Counter[Fate]
    questions: int
    refused: str
    faults: tuple[str, ...]
    started: bool
    outcome: str
    seconds: float
    drawn: bool
    processor: float = 0.0

    @property
    def deployable(self) -> bool:
        """Whether the check at deployment finds nothing wrong."""
        return not self.refused and not self.faults


def _worked() -> float:
    """Processor time of the children so far: what a busy machine does not change."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bank() -> Bank:
    """The demo bank: its groups, delegates and people."""
    return Bank({t.key: t.name for t in staff.TEAMS}, DELEGATES, tuple(m.username for m in staff.STAFF))


def measured(file: Path) -> Row:
    """Bring one file in and try what came out."""
    begun, worked = time.perf_counter(), _worked()
    made = importing.bring_in({file.name: file.read_bytes()}, {}, bank())
    seconds, processor = time.perf_counter() - begun, _worked() - worked
    report = made.reports[0]
    counts = Counter(item.fate for item in report.items)
    if not made.usable:
        refused = (report.refused or {"en": "nothing came out"})["en"]
        return Row(file, report.tool, counts, 0, refused, (), False, "refused", seconds, False, processor)
    faults, definitions = checked(made)
    outcomes = [driven(definition, made.files) for definition in definitions] if not faults else []
    started = bool(outcomes) and "does not start" not in outcomes
    outcome = "; ".join(f"{number} × {word}" if number > 1 else word for word, number in Counter(outcomes).items())
    drawn, asked = has_picture(made), len(made.questions)
    return Row(file, report.tool, counts, asked, "", faults, started, outcome or "–", seconds, drawn, processor)


def checked(made: Import) -> tuple[tuple[str, ...], tuple[engine.Definition, ...]]:
    """What stands in the way of deployment, and the definitions."""
    here = bank()
    catalogue = engine.Catalogue(
        delegates=frozenset(here.delegates),
        forms=frozenset(name.removesuffix(".form") for name in made.files if name.endswith(".form")),
        groups=frozenset(here.groups),
        users=frozenset(here.users),
    )
    parsed = engine.check({n: c for n, c in made.files.items() if not n.endswith(".form")}, catalogue)
    of_forms = forms.check(made.files, sources=frozenset(), binds=lambda key: None)
    faults = [f.message["en"] for f in parsed.findings if f.severity == "error"]
    faults += [f.message["en"] for f in of_forms if f.severity == "error"]
    return tuple(faults), parsed.definitions


def driven(definition: engine.Definition, files: Mapping[str, bytes]) -> str:
    """How far a case goes: to its end, to something that it waits for, or not even to its start."""
    services = engine.Services(lambda delegate, variables: {})
    message = next(iter(definition.start_messages), None)
    try:
        try:
            last = engine.start(definition, {}, now=NOW, services=services)
        except engine.EngineError:
            last = engine.start(definition, {}, now=NOW, services=services, message=message)
    except engine.EngineError:
        return "does not start"
    for move in range(MOVES):
        now = NOW + timedelta(days=400 * (move + 1))
        if last.finished:
            return "runs to its end"
        if last.open:
            task = last.open[move % len(last.open)]
            values = pressed(definition, files, task.element_id, move)
            last = engine.complete(definition, last.state, task.id, values, now=now, services=services)
        elif last.incidents:
            return "stops: " + last.incidents[0].message["en"][:60]
        elif last.timers:
            last = engine.tick(definition, last.state, now=now, services=services)
        elif last.waits:
            last = engine.deliver(definition, last.state, last.waits[0].message, {}, now=now, services=services)
        else:
            return "nothing is open"
    return "goes round"


def pressed(definition: engine.Definition, files: Mapping[str, bytes], element: str, move: int) -> dict[str, object]:
    """The answer at a station: its form filled in, and one of its buttons, in turn."""
    step = definition.steps.get(element)
    choices = [outcome.id for outcome in step.outcomes] if step is not None else []
    if step is not None and step.vote is not None:
        choices = ["approve", "refuse"]
    values: dict[str, object] = {}
    for field in forms.load(step.form, files).fields.values() if step is not None and step.form else ():
        options = [choice.value for choice in field.choices]
        values[field.key] = options[move % len(options)] if options else _FILLED.get(field.type, "text")
    return {**values, f"{element}_result": choices[move % len(choices)] if choices else "completed"}


def has_picture(made: Import) -> bool:
    """Whether every node of every diagram has a place on the canvas."""
    for name, content in made.files.items():
        if not name.endswith(".bpmn"):
            continue
        root = etree.fromstring(content)
        shown = {shape.get("bpmnElement") for shape in root.iter("{*}BPMNShape")}
        nodes = {flow.get(end) for flow in root.iter("{*}sequenceFlow") for end in ("sourceRef", "targetRef")}
        if nodes - shown:
            return False
    return True


def summary(rows: list[Row]) -> list[str]:
    """The figures over all files."""
    taken = [row for row in rows if not row.refused]
    ready = [row for row in rows if row.deployable and row.started]
    lost = sum(row.counts[Fate.LOST] for row in rows)
    fates = ", ".join(f"{sum(row.counts[fate] for row in rows):,} {fate.replace('_', ' ')}" for fate in Fate)
    ends = sum("runs to its end" in row.outcome for row in rows)
    return [
        f"- {len(rows)} files: {len(taken)} opened, {sum(row.drawn for row in taken)} of them drawn in full, "
        f"{len(rows) - len(taken)} refused with the reason",
        f"- deployable and started with the proposals as answers: {len(ready)} ({len(ready) / max(len(rows), 1):.1%})",
        f"- driven on by a stub: {ends} run to an end; the others wait, go round, or stop where a value of theirs is missing",
        f"- elements: {fates}",
        f"- lost in silence: {lost}",
        f"- questions: {sum(row.questions for row in rows)}, at most {max((row.questions for row in rows), default=0)} in a file",
        f"- slowest: {max((row.seconds for row in rows), default=0):.1f} s by the clock, "
        f"{max((row.processor for row in rows), default=0):.1f} s of processor time",
    ]


def table(rows: list[Row]) -> list[str]:
    """One line a file."""
    lines = [
        "| file | tool | kept | changed | added | asked about | left out | lost | questions | deployable | started | then |"
    ]
    lines.append("|---|---|--:|--:|--:|--:|--:|--:|--:|---|---|---|")
    for row in rows:
        numbers = [Fate.KEPT, Fate.CHANGED, Fate.ADDED, Fate.NEEDS_YOU, Fate.CANNOT_RUN, Fate.LOST]
        cells = [f"{row.file.parent.name}/{row.file.stem}", row.tool.replace("|", "/")[:40] or "–"]
        cells += [str(row.counts[fate]) for fate in numbers] + [str(row.questions)]
        why = row.refused or "; ".join(row.faults)[:120]
        cells += ["yes" if row.deployable else "no", "yes" if row.started else "no", why or row.outcome]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def main() -> int:
    """Measure and print, or write; exit code 1 where anything is lost or a hostile file takes over 5 s of processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/import.md")
    asked = parser.parse_args()
    files = sorted(asked.folder.rglob("*.bpmn"))
    if not files:
        print(f"no diagrams at {asked.folder}")
        return 0
    plain = [measured(file) for file in files if file.parent.name != HOSTILE]
    hostile = [measured(file) for file in files if file.parent.name == HOSTILE]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    lines = [*summary(plain), ""]
    if hostile:
        late, work = max(row.seconds for row in hostile), max(row.processor for row in hostile)
        lines.append(
            f"- {len(hostile)} malformed or hostile files: slowest answer {late:.1f} s by the clock, {work:.1f} s of"
        )
        lines += [f"  processor time; no child above {peak:.0f} MB; load of the machine {os.getloadavg()[1]:.0f}", ""]
    lines += [*table(plain), "", *(["Malformed or hostile:", "", *table(hostile)] if hostile else [])]
    if asked.write:
        before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{rest.partition(END)[2]}", "utf-8")
    print("\n".join(lines))
    return int(any(row.counts[Fate.LOST] for row in [*plain, *hostile]) or any(row.processor > 5 for row in hostile))


if __name__ == "__main__":
    sys.exit(main())
