"""A process as text: every element in the order in which a case meets it, with who, what, until when and what comes next.

It says the same as the picture, for those who can't see it or have no room for it: screen readers, phones, paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.studio.editors import form_shelf
from app.studio.editors import outline_words as say
from app.studio.editors.diagrams import Drawing, drawing
from app.web.i18n import text_of
from app.workflow.engine.model import MANUAL, SCOPES, START, Node, Process
from app.workflow.engine.stations import Step


@dataclass(frozen=True)
class Way:
    """What may come next: under which condition (empty: always), its id, and its number in the outline."""

    when: str
    name: str
    element: str
    number: str = ""


@dataclass(frozen=True)
class Entry:
    """One element. number: "4", inside a sub-process "4.2"; facts: (label, value) in the reader's language."""

    element: str
    number: str
    kind: str
    icon: str
    name: str
    facts: tuple[tuple[str, str], ...] = ()
    ways: tuple[Way, ...] = ()
    inside: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Outline:
    """One process of a diagram."""

    element: str
    name: str
    entries: tuple[Entry, ...]
    facts: tuple[tuple[str, str], ...] = ()


def of_file(name: str, files: Mapping[str, bytes]) -> list[Outline]:
    """The processes drawn in a file, in its order; none where it can't be read."""
    writer = _Writer(drawing(files), files)
    roots = [process for process in writer.drawn.processes.values() if process.file == name and process.parent is None]
    return [writer.outline(process) for process in roots]


class _Writer:
    """Writes the entries of processes; forms and called processes are looked up among all files."""

    def __init__(self, drawn: Drawing, files: Mapping[str, bytes]) -> None:
        self.drawn, self.shelf = drawn, form_shelf.of_files(files)

    def outline(self, process: Process) -> Outline:
        """A process from its start to its ends."""
        return Outline(process.id, text_of(process.name), self._entries(process, ""), say.of_process(process))

    def _entries(self, process: Process, before: str) -> tuple[Entry, ...]:
        ordered = list(in_order(process))
        numbers = {node.id: f"{before}{i}" for i, node in enumerate(ordered, 1)}
        return tuple(self._entry(node, process, numbers) for node in ordered)

    def _entry(self, node: Node, process: Process, numbers: Mapping[str, str]) -> Entry:
        number = numbers[node.id]
        inside = self.drawn.processes.get(node.id) if node.kind in SCOPES else None
        return Entry(
            element=node.id,
            number=number,
            kind=say.kind_of(node, len(process.incoming[node.id]), len(process.outgoing[node.id])),
            icon=say.ICONS.get(node.kind, "circle-dot"),
            name=_name(node),
            facts=tuple((label, value) for label, value in self._facts(node, process) if value),
            ways=tuple(_ways(node, process, numbers)),
            inside=self._entries(inside, f"{number}.") if inside is not None else (),
        )

    def _facts(self, node: Node, process: Process) -> Iterator[tuple[str, str]]:
        yield say.label("lane"), text_of(node.lane)
        step = self.drawn.steps.get(node.id)
        if step is not None and node.kind in MANUAL:
            yield say.label("form"), self._form(step)
            yield from say.of_station(step, self._station)
        called = self.drawn.processes.get(node.called or "")
        yield from say.of_node(node, text_of(called.name) if called is not None else node.called or "")
        host = process.by_id.get(node.attached_to or "")
        yield say.label("attached"), _name(host) or host.id if host is not None else ""

    def _form(self, step: Step) -> str:
        if not step.form:
            return ""
        form = self.shelf.get(step.form)
        return (text_of(form.title) if form is not None else "") or step.form

    def _station(self, element_id: str) -> str:
        step = self.drawn.steps.get(element_id)
        return text_of(step.name) if step is not None else element_id


def in_order(process: Process) -> Iterator[Node]:
    """The nodes as a case meets them: from the starts along the flows, side events after what they sit on, strays last."""
    seen: set[str] = set()
    starts = [node for node in process.nodes if node.kind == START]
    for first in (*starts, *process.nodes):
        todo = [first.id]
        while todo:
            node_id = todo.pop()
            if node_id in seen or node_id not in process.by_id:
                continue
            seen.add(node_id)
            yield process.by_id[node_id]
            following = [flow.target for flow in process.outgoing[node_id]]
            beside = [event.id for event in process.boundary.get(node_id, ())]
            todo += [*reversed(beside), *reversed(following)]


def _ways(node: Node, process: Process, numbers: Mapping[str, str]) -> Iterator[Way]:
    flows = process.outgoing[node.id]
    for flow in flows:
        target = process.by_id.get(flow.target)
        said = text_of(flow.name) if text_of(flow.name) != flow.id else ""
        when = say.when(said, flow.condition, default=flow.default) if len(flows) > 1 or flow.condition else said
        if target is not None:
            yield Way(when, _name(target) or say.plain_kind(target), target.id, numbers.get(target.id, ""))


def _name(node: Node) -> str:
    """The drawn name; empty where nobody gave one (the reader then falls back on the id)."""
    name = text_of(node.name)
    return "" if name == node.id else name
