"""The proof that a route can't get stuck, and the look at its conditions: played out in a child process with limits.

`prove` takes the files as they are drawn, with errors and all: whatever can be played is played, so that a fault comes with a walk
that leads to it. What can't be played (a line to nowhere) has a finding of the check. Limits are states for each process, processor
time and memory; where they end the game the result says so.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from app import feel
from app.kernel import children
from app.workflow.engine.checking import read_all, tables
from app.workflow.engine.domains import domains
from app.workflow.engine.gateways import check_conditions
from app.workflow.engine.knowing import Knowing
from app.workflow.engine.linting import executable
from app.workflow.engine.model import START, Process, inner_process
from app.workflow.engine.soundness import MOST_STATES, Explored, Fault, Kind, Stride, examine
from app.workflow.engine.stations import Step
from app.workflow.engine.texts import Findings
from app.workflow.engine.tokens import Game, talks
from app.workflow.engine.values import LANGUAGES, Finding, Severity, Texts

SECONDS = 45  # by the clock, on a machine that may be busy
PROCESSOR_SECONDS = 25
MEMORY = 1536 * 1024 * 1024
WARNINGS = frozenset({Kind.DOUBLED_SIDE, Kind.DEAD_WAY, Kind.DEAD_EVENT, Kind.UNDECIDED})


@dataclass(frozen=True)
class Known:
    """What forms say of the variables. fields: the names that a form may set, by form key; options: the values that a field
    offers, by its name; None for one that takes anything."""

    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    options: Mapping[str, Sequence[Any] | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Proved:
    """A finding, and the walk that shows it (empty where a place alone does)."""

    finding: Finding
    walk: tuple[Stride, ...] = ()


@dataclass(frozen=True)
class Proof:
    """What came of it.

    states: how many were looked at, by process id; understood: gateways whose conditions are all understood; domains: every value a
    variable can have, where that is known (`domains.py`).
    """

    findings: tuple[Proved, ...]
    states: Mapping[str, int]
    understood: frozenset[str]
    decided: bool
    domains: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def prove(files: Mapping[str, bytes], known: Known | None = None, *, seconds: float = SECONDS) -> Proof:
    """Play the processes of some files; by file name. Never raises for bad input; what the limits end is a finding."""
    given = known or Known()
    job = {
        "files": {name: base64.b64encode(content).decode() for name, content in files.items()},
        "fields": {form: sorted(names) for form, names in given.fields.items()},
        "options": {name: None if values is None else list(values) for name, values in given.options.items()},
    }
    command = children.command(__name__)
    try:
        done = subprocess.run(  # noqa: S603
            command, input=orjson.dumps(job), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return _given_up(files)
    return _answer(orjson.loads(done.stdout)) if done.returncode == 0 and done.stdout else _given_up(files)


def prove_here(files: Mapping[str, bytes], known: Known | None = None, most: int = MOST_STATES) -> Proof:
    """The same in this process, without limits of time and memory."""
    given = known or Known()
    found, drawn, steps = read_all(files)
    for collected in found.values():
        collected.clear()  # what reading finds is the check's to say
    processes = {process.id: process for process in executable(drawn) if _is_whole(process)}
    try:
        values = domains(processes.values(), steps, tables(files), given.options)
    except feel.FeelError:
        values = {}
    forms = given.fields
    sets = {step.element_id: forms[step.form] for step in steps.values() if step.form and step.form in forms}
    knowing = Knowing(processes, values, sets)
    understood = check_conditions(processes.values(), knowing.space, found)
    proved = [Proved(finding) for collected in found.values() for finding in collected]
    states: dict[str, int] = {}
    decided = True
    for root in _roots(processes):
        explored = _played(root, processes, knowing, Knowing(processes, values, sets, tracking=False), most)
        states[root.id] = explored.states
        decided = decided and explored.complete
        proved += [_told(fault, processes, steps, found) for fault in explored.faults]
        if not explored.complete:
            proved.append(_undecided(found[root.file], root.id, explored.states))
    plain = {name: [feel.from_feel(value) for value in every] for name, every in values.items()}
    return Proof(tuple(sorted(proved, key=_errors_first)), states, understood, decided, plain)


def _played(
    root: Process, processes: Mapping[str, Process], knowing: Knowing, unknowing: Knowing, most: int
) -> Explored:
    """The game with all that is known of the variables; where that has too many states, with less."""
    explored = _two_rounds(root, processes, knowing, most)
    if explored.complete or not knowing.tracked:
        return explored
    without = _two_rounds(root, processes, unknowing, most)
    # Less known means more is possible: what is sound then is sound; a fault then may be none.
    return without if without.complete and not without.faults else explored


def _two_rounds(root: Process, processes: Mapping[str, Process], knowing: Knowing, most: int) -> Explored:
    """First as if no side event rang, then with them: a side branch started twice is no step done twice."""
    has_sides = any(
        node.kind == "boundaryEvent" and not node.interrupting
        for process in processes.values()
        for node in process.nodes
    )
    first, spots = examine(Game(root, processes, knowing, side=False), most)
    if not has_sides or not first.complete or any(fault.kind is Kind.DOUBLED for fault in first.faults):
        return first
    second, _ = examine(Game(root, processes, knowing), most, main=spots)
    told = {(fault.kind, fault.element) for fault in second.faults}
    dead = {Kind.DEAD, Kind.DEAD_WAY, Kind.DEAD_EVENT}  # what only a side event leads to is not dead
    missed = [fault for fault in first.faults if (fault.kind, fault.element) not in told and fault.kind not in dead]
    return Explored(root.id, second.states, second.complete, (*missed, *second.faults))


def _is_whole(process: Process) -> bool:
    """Whether all lines and boundary events hang on nodes of the process."""
    ids = process.by_id
    lines = all(flow.source in ids and flow.target in ids for flow in process.flows)
    return lines and all(node.attached_to in ids for node in process.nodes if node.kind == "boundaryEvent")


def _roots(processes: Mapping[str, Process]) -> Iterator[Process]:
    """The processes to be played by themselves: all but the insides that are played along with what holds them."""
    held = {inside for process in processes.values() for node in process.nodes if (inside := inner_process(node))}
    for process in processes.values():
        if _comes_back(process, processes, ()):
            continue
        if any(node.kind == START for node in process.nodes) and (
            process.id not in held or not talks(process, processes)
        ):
            yield process


def _comes_back(process: Process, processes: Mapping[str, Process], path: tuple[str, ...]) -> bool:
    """Whether a process calls itself, which is an error of its own."""
    if process.id in path:
        return True
    inside = {inner_process(node) or "" for node in process.nodes} & processes.keys()
    return any(_comes_back(processes[held], processes, (*path, process.id)) for held in inside)


def _told(
    fault: Fault, processes: Mapping[str, Process], steps: Mapping[str, Step], found: Mapping[str, Findings]
) -> Proved:
    findings = found[processes[fault.process_id].file]
    facts: dict[str, Any] = {role: findings.listed(elements) for role, elements in fault.facts.items()}
    if "last" in facts:
        facts["after"] = _after(facts.pop("last"))
    report = findings.warning if fault.kind in WARNINGS else findings.error
    before = len(list(findings))
    report(fault.kind.value, fault.element, **facts)
    return Proved(list(findings)[before], fault.walk)


def _after(last: Texts) -> Texts:
    """ "after “intake” " as the beginning of a sentence; nothing where the walk begins."""
    if not last["en"]:
        return dict.fromkeys(LANGUAGES, "")
    return {"en": f"after {last['en']}, ", "zh_Hans": f"{last['zh_Hans']}之后，", "zh_Hant": f"{last['zh_Hant']}之後，"}


def _undecided(findings: Findings, process_id: str, states: int) -> Proved:
    findings.warning(Kind.UNDECIDED.value, process_id, states=states)
    return Proved(list(findings)[-1])


def _errors_first(proved: Proved) -> bool:
    return proved.finding.severity is not Severity.ERROR


def _given_up(files: Mapping[str, bytes]) -> Proof:
    findings = Findings(", ".join(files))
    findings.warning("sound_given_up", None, seconds=PROCESSOR_SECONDS)
    return Proof(tuple(Proved(finding) for finding in findings), {}, frozenset(), decided=False)


def _answer(body: dict[str, Any]) -> Proof:
    return Proof(
        findings=tuple(_proved(part) for part in body["findings"]),
        states=body["states"],
        understood=frozenset(body["understood"]),
        decided=body["decided"],
        domains=body["domains"],
    )


def _proved(body: dict[str, Any]) -> Proved:
    finding = Finding(**{**body["finding"], "severity": Severity(body["finding"]["severity"])})
    walk = (Stride(step["at"], tuple(step["flows"]), tuple(step["tokens"])) for step in body["walk"])
    return Proved(finding, tuple(walk))


def answer_as_child() -> None:
    """The child's whole life: limit itself, read the job, play, answer."""
    children.bound(MEMORY)
    children.bound_processor(PROCESSOR_SECONDS)
    job = orjson.loads(sys.stdin.buffer.read())
    files = {name: base64.b64decode(content) for name, content in job["files"].items()}
    fields = {form: frozenset(names) for form, names in job["fields"].items()}
    proof = prove_here(files, Known(fields, job["options"]))
    answer = {**asdict(proof), "understood": sorted(proof.understood)}
    sys.stdout.buffer.write(orjson.dumps(answer))
