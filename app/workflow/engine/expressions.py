"""Every expression of a process, found and compiled; and the names that they read and set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from app import feel
from app.workflow.engine import candidates
from app.workflow.engine.environment import LITERAL_TIME, assignments, compiled
from app.workflow.engine.model import COUNT, MANUAL, Node, Process
from app.workflow.engine.stations import Step
from app.workflow.engine.texts import Findings
from app.workflow.engine.values import LANGUAGES

ANY = feel.Type("Any")
INSTANCE_NAMES = frozenset({"loopCounter", "nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances", "answers"})


@dataclass
class Names:
    """Variables that the expressions of some processes read and set; `types` is what is known of any variable."""

    read: set[str] = field(default_factory=set)
    set_: set[str] = field(default_factory=set)
    types: Mapping[str, feel.Type] = field(default_factory=dict)


def known_types(processes: Iterable[Process], table_columns: Iterable[str]) -> dict[str, feel.Type]:
    """What is known of variables that hold lists: the tables of the forms, and what the scripts set."""
    columns: dict[str, list[tuple[str, feel.Type]]] = {}
    for name in sorted(table_columns):
        table, _, column = name.partition(".")
        columns.setdefault(table, []).append((column, ANY))
    types = {name: feel.Type("list", item=feel.Type("context", fields=tuple(has))) for name, has in columns.items()}
    for script in (node.script for process in processes for node in process.nodes if node.script):
        for name, found in _set_by(script, types):
            types[name] = found if types.get(name, found) == found else ANY
    return types


def _set_by(script: str, types: Mapping[str, feel.Type]) -> Iterator[tuple[str, feel.Type]]:
    try:
        for name, expression in assignments(script):
            yield name, feel.type_of(compiled(expression), types)
    except (ValueError, feel.FeelError):
        return  # a script that can't be read is a finding of its own


def collect(process: Process, steps: Mapping[str, Step], findings: Findings, names: Names) -> None:
    """Compile every expression of `process`; what can't be read is a finding, what can adds to `names`."""
    for node in process.nodes:
        own = _own_names(node)
        for expression in _of_node(node):
            found = _names_in(expression, node.id, findings, names) - own - INSTANCE_NAMES
            names.read |= {name for name in found if node.loop is None or not name.startswith(COUNT)}
        if node.script:
            _script(node, findings, names)
        names.set_ |= set(_results(node))
        if node.id in steps:
            _step(steps[node.id], own, findings, names)
    for flow in process.flows:
        if flow.condition is not None:
            names.read |= _names_in(flow.condition, flow.id, findings, names)


def _of_node(node: Node) -> Iterator[str]:
    if node.event is not None and node.event.value:
        if node.event.kind == "timer" and not LITERAL_TIME.fullmatch(node.event.value):
            yield node.event.value
        if node.event.kind == "conditional":
            yield node.event.value
    if node.loop is not None:
        parts = (node.loop.cardinality, node.loop.collection, node.loop.condition)
        yield from (part for part in parts if part)


def _own_names(node: Node) -> set[str]:
    """Names that exist only inside a repetition."""
    if node.loop is None:
        return set()
    return {name for name in (node.loop.item, node.loop.output_item, node.loop.output) if name}


def _results(node: Node) -> Iterator[str]:
    if node.decision:
        yield node.result or node.decision
    if node.loop is not None and node.loop.output:
        yield node.loop.output
    if node.loop is not None and node.kind in MANUAL:
        yield f"{node.id}_answers"


def _script(node: Node, findings: Findings, names: Names) -> None:
    try:
        lines = assignments(node.script or "")
    except ValueError as error:
        findings.error("script_line", node.id, line=str(error))
        return
    for name, expression in lines:
        names.set_.add(name)
        names.read |= _names_in(expression, node.id, findings, names)


def _step(step: Step, own: set[str], findings: Findings, names: Names) -> None:
    for expression in candidates.expressions(step):
        names.read |= _names_in(expression, step.element_id, findings, names) - own
    for document in step.documents:
        if document.when:
            names.read |= _names_in(document.when, step.element_id, findings, names)
    names.set_.add(f"{step.element_id}_result")


def _names_in(expression: str, element: str, findings: Findings, names: Names) -> set[str]:
    try:
        return set(feel.outside_names(compiled(expression), names.types))
    except feel.FeelError as error:
        reason = {language: error.message(language) for language in LANGUAGES}
        findings.error("expression_unreadable", element, expression=expression, reason=reason)
        return set()
