"""Which variables are known at an element of a diagram: what the stations, decisions and scripts before it have set.

"Before" is what a case may have passed when it comes there, loops included; inside a sub-process or a called process also what was
passed before that began.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app import feel
from app.feel.types import parse_type
from app.studio.editors.decision_heads import Head, heads
from app.studio.editors.diagrams import Drawing, drawing
from app.studio.editors.form_shelf import FormShelf, of_files
from app.workflow import forms, registry
from app.workflow.engine.environment import assignments
from app.workflow.engine.model import COUNT, MANUAL, Node, Process, inner_process

OF_TYPE = {
    forms.FieldType.NUMBER: "number",
    forms.FieldType.CHECKBOX: "boolean",
    forms.FieldType.DATE: "date",
    forms.FieldType.TABLE: "list",
}
ANY = "Any"
COUNTERS = ("loopCounter", "nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances")


@dataclass(frozen=True)
class Name:
    """A variable. type: of FEEL, "Any" where it is not known; origin: id of the element that sets it; values: all it may be."""

    name: str
    type: str
    origin: str
    label: Mapping[str, str] | str = ""
    values: tuple[str, ...] = ()


def at(element_id: str, files: Mapping[str, bytes]) -> list[Name]:
    """The variables known at a node, flow or process, by name; what nothing is known of before gives an empty list."""
    drawn = drawing(files)
    setters = _Setters(drawn, {head.id: head for head in heads(files)}, of_files(files))
    found: dict[str, Name] = {}
    for process, node_id in _before(element_id, drawn, frozenset()):
        for name in setters.of(process.by_id[node_id]):
            found.setdefault(name.name, name)
    for name in _of_repetition(element_id, drawn):
        found[name.name] = name
    return [found[name] for name in sorted(found)]


def _before(element_id: str, drawn: Drawing, seen: frozenset[str]) -> Iterator[tuple[Process, str]]:
    """The nodes that a case may have passed before it comes to the element, each with its process."""
    if element_id in seen:
        return
    seen |= {element_id}
    process = drawn.holder_of(element_id)
    if process is None and element_id in drawn.processes:
        process = drawn.processes[element_id]
    elif process is not None:
        for node_id in _passed(process, element_id):
            yield process, node_id
    if process is not None:
        for _, activity in drawn.callers_of(process.id):
            yield from _before(activity, drawn, seen)


def _passed(process: Process, element_id: str) -> set[str]:
    flow = next((flow for flow in process.flows if flow.id == element_id), None)
    found: set[str] = {flow.source} if flow else set()
    todo = [flow.source if flow else element_id]
    while todo:
        node_id = todo.pop()
        node = process.by_id.get(node_id)
        sources = [flow.source for flow in process.incoming.get(node_id, ())]
        # What a boundary event cuts off may have been done in part; only what came before it is sure.
        if node is not None and node.attached_to and node.attached_to not in found:
            todo.append(node.attached_to)
        for source in sources:
            if source not in found:
                found.add(source)
                todo.append(source)
    return {node_id for node_id in found if node_id in process.by_id}


@dataclass(frozen=True)
class _Setters:
    """What each kind of node sets."""

    drawn: Drawing
    decisions: Mapping[str, Head]
    shelf: FormShelf

    def of(self, node: Node, seen: frozenset[str] = frozenset()) -> Iterator[Name]:
        """The variables that a case has when it has passed the node."""
        if node.kind in MANUAL:
            yield from self._of_station(node)
        if node.decision:
            yield from self._of_decision(node)
        if node.script:
            yield from _of_script(node)
        for name, kind in registry.set_by(node.delegate).items():
            yield Name(name, kind, node.id, node.name)
        if node.loop is not None and node.loop.output:
            yield Name(node.loop.output, "list", node.id, node.name)
        inside = inner_process(node)
        if inside is not None and inside in self.drawn.processes and inside not in seen:
            for inner in self.drawn.processes[inside].nodes:
                yield from self.of(inner, seen | {inside})

    def _of_station(self, node: Node) -> Iterator[Name]:
        step = self.drawn.steps.get(node.id)
        outcomes = tuple(outcome.id for outcome in step.outcomes) if step else ()
        yield Name(f"{node.id}_result", "string", node.id, node.name, outcomes)
        if node.loop is not None:
            yield Name(f"{node.id}_answers", "list", node.id, node.name)
        if step is not None and step.form:
            yield from of_form(step.form, self.shelf, node.id)

    def _of_decision(self, node: Node) -> Iterator[Name]:
        head = self.decisions.get(node.decision or "")
        result = node.result or node.decision or ""
        yield Name(result, feel_type(head.type if head else ""), node.id, node.name)
        if head is not None and len(head.outputs) > 1:
            for column in head.outputs:
                kind = "list" if head.is_list else feel_type(column.type)
                yield Name(f"{result}_{column.name}", kind, node.id, column.label)


def of_form(key: str, shelf: FormShelf, origin: str) -> Iterator[Name]:
    """The routing variables that a form may set: fields it may change or calculates, by key and by the last part of the bind."""
    form = shelf.get(key)
    if form is None:
        return
    for field in form.fields.values():
        if not field.editable and field.calculated is None:
            continue
        values = tuple(choice.value for choice in field.choices) if not field.source else ()
        for name in dict.fromkeys((field.key, (field.bind or field.key).rpartition(".")[2])):
            yield Name(name, OF_TYPE.get(field.type, "string"), origin, field.label, values)


def feel_type(said: str) -> str:
    """A type as a decision file says it, in FEEL's words; "Any" where it says nothing that FEEL knows."""
    kind = parse_type(said).kind if said else ANY
    return ANY if kind == "unknown" else kind


def _of_script(node: Node) -> Iterator[Name]:
    try:
        lines = assignments(node.script or "")
    except ValueError:
        return
    for name, text in lines:
        try:
            kind = feel.type_of(feel.parse(text), {}).kind
        except feel.FeelError:
            kind = ANY
        yield Name(name, kind, node.id, node.name)


def _of_repetition(element_id: str, drawn: Drawing) -> Iterable[Name]:
    """Names that exist only inside a repetition."""
    process = drawn.holder_of(element_id)
    node = process.by_id.get(element_id) if process is not None else None
    if node is None or node.loop is None:
        return []
    found = [Name(name, "number", node.id, node.name) for name in COUNTERS]
    found += [Name(name, ANY, node.id, node.name) for name in (node.loop.item, node.loop.output_item) if name]
    step = drawn.steps.get(node.id)
    found += [Name(f"{COUNT}{o.id}", "number", node.id, node.name) for o in (step.outcomes if step else ())]
    return found
