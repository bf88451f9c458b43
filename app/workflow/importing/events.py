"""Events brought to what can be run: links joined, references defined, several definitions taken apart, compensation
done by hand.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.workflow.importing.desk import choice, text
from app.workflow.importing.expressions import condition
from app.workflow.importing.model import (
    ACTIVITIES,
    BOUNDARY,
    CATCH,
    END,
    EVENT_GATEWAY,
    START,
    THROW,
    Event,
    Node,
    Scope,
)
from app.workflow.importing.scopes import empty
from app.workflow.importing.texts import sentence
from app.workflow.importing.timers import timer_text
from app.workflow.importing.values import Entry
from app.workflow.importing.work import Work

WAITING = frozenset({"timer", "message", "signal", "conditional"})
INSIDE = frozenset({"error", "escalation", "cancel"})
_NEVER_ENDING = frozenset({"timer", "conditional"})
_NEVER_THROWN = _NEVER_ENDING | {"error", "cancel", "terminate"}


def mend(work: Work) -> None:
    """All repairs of events, scope by scope."""
    for scope in work.diagram.running:
        _links(work, scope)
        for node in list(scope.nodes):
            if node.kind == BOUNDARY:
                _boundary(work, node)
        _compensation(work, scope)
        for node in list(scope.nodes):
            if len(node.events) > 1:
                _several(work, node)
    for node in work.diagram.nodes:
        _references(work, node)
    for node in work.diagram.nodes:
        settle(work, node)
    for node in work.diagram.nodes:
        if node.inside is not None and not node.inside.nodes:
            empty(node)


def _links(work: Work, scope: Scope) -> None:
    """A throwing link and the catching one of its name become passing events with a line between them."""
    links = [n for n in scope.nodes if n.kind != BOUNDARY and any(event.kind == "link" for event in n.events)]
    catchers = {_link(node): node for node in links if node.kind == CATCH}
    thrown = {_link(node) for node in links if node.kind != CATCH}
    for node in links:
        name = _link(node)
        node.events = []
        if node.kind == CATCH:
            node.kind = THROW
            if name in thrown:
                node.line.changed("link_caught", link=name)
            else:
                node.line.asked("link_without_throw", link=name)
            continue
        target = catchers.get(name)
        if target is None:
            node.line.changed("link_without_catch", link=name)
            node.kind = THROW
            continue
        node.kind = THROW
        node.line.changed("link_joined", target=target.title)
        work.connect(node, target)


def _link(node: Node) -> str:
    event = next(event for event in node.events if event.kind == "link")
    return event.name or node.name


def _boundary(work: Work, node: Node) -> None:
    if node.attached is None or node.attached.kind not in ACTIVITIES:
        work.take_out(node, "boundary_alone")
        return
    if any(event.kind == "compensate" for event in node.events):
        return
    node.events = [event for event in node.events if event.kind != "link"]
    if not node.events:
        node.events = [_trigger(work.ask("border", node, *_trigger_entries(node), on=node.attached.title))]


def _trigger_entries(node: Node) -> tuple[Entry, ...]:
    options = [(word, sentence(f"trigger_{word}")) for word in ("message", "timer")]
    return (
        choice("what", "message", options),
        text("message", "text", node.name or node.id, only="message"),
        text("time", "time", "P1D", only="timer"),
    )


def _trigger(answer: Mapping[str, str]) -> Event:
    if answer["what"] == "timer":
        return Event("timer", text=answer["time"], timer="duration")
    return Event("message", name=answer["message"])


def _compensation(work: Work, scope: Scope) -> None:
    """What would undo something is taken out of the flow, and where it would be called a person undoes it."""
    borders = [n for n in scope.nodes if n.kind == BOUNDARY and any(e.kind == "compensate" for e in n.events)]
    handlers = [n for n in scope.nodes if n.compensates and not n.incoming and n.kind != BOUNDARY]
    handlers = [n for n in handlers if not n.triggered]
    undone = [node.title for node in handlers]
    for node in [*borders, *handlers]:
        work.take_out(node, "compensation_taken_out")
    for node in list(scope.nodes):
        if node.kind in (THROW, END) and any(event.kind == "compensate" for event in node.events):
            _undo_by_hand(work, node, undone)


def _undo_by_hand(work: Work, node: Node, undone: list[str]) -> None:
    node.events = [event for event in node.events if event.kind != "compensate"]
    station = work.before(node, "userTask", node.name, "compensation_by_hand", what=", ".join(undone) or "?")
    work.call(station, "undo")
    station.docs = ", ".join(undone)
    node.line.changed("compensation_thrown", station=station.title)
    station.said["no_lane"] = True


def _several(work: Work, node: Node) -> None:
    """One event for each definition, so that any of them does what the one did."""
    node.line.changed("several_definitions", number=len(node.events))
    first, *rest = node.events
    node.events = [first]
    for event in rest:
        if node.kind in (BOUNDARY, START):
            _twin(work, node, event)
        elif node.kind == CATCH and not node.parallel_multiple:
            _alternative(work, node, event)
        else:
            made = work.before(
                node, CATCH if node.kind == CATCH else THROW, node.name, "several_in_turn", node=node.title
            )
            made.events = [event]


def _twin(work: Work, node: Node, event: Event) -> None:
    made = work.add(node.scope, node.kind, node.name, node, "several_twin", node=node.title)
    made.events, made.attached, made.interrupting = [event], node.attached, node.interrupting
    for flow in node.outgoing:
        work.connect(made, flow.target)


def _alternative(work: Work, node: Node, event: Event) -> None:
    gateway = next((f.source for f in node.incoming if f.source.kind == EVENT_GATEWAY), None)
    if gateway is None:
        gateway = work.before(node, EVENT_GATEWAY, "", "several_gateway", node=node.title)
    made = work.add(node.scope, CATCH, node.name, node, "several_twin", node=node.title)
    made.events = [event]
    work.connect(gateway, made)
    for flow in node.outgoing:
        work.connect(made, flow.target)


def _references(work: Work, node: Node) -> None:
    """Messages, signals, errors and escalations that are named nowhere get the name of their element."""
    for event in node.events:
        if event.kind not in ("message", "signal", "error", "escalation"):
            continue
        if event.timer == "dangling":
            node.line.changed("reference_defined", reference=event.ref)
            event.name = event.ref.rpartition(":")[2]
        elif not event.ref and not event.name and event.kind in ("message", "signal"):
            event.name = node.name or node.id
            node.line.changed("message_named", name=event.name)
        event.timer = ""


def settle(work: Work, node: Node) -> None:
    """Each event holds something that may stand where it stands."""
    kind = node.events[0].kind if node.events else "none"
    if node.kind == CATCH or node.kind == BOUNDARY:
        _caught(work, node, kind)
    elif node.kind == END and node.scope.owner is None and kind in ("error", "escalation", "cancel"):
        node.line.changed("end_plain", kind=kind, name=node.events[0].name or node.title)
        node.events = []
    elif node.kind in (THROW, END) and kind == "cancel" and not _in_transaction(node):
        node.line.changed("end_plain", kind=kind, name=node.title)
        node.events = []
    elif kind in (_NEVER_THROWN if node.kind == THROW else _NEVER_ENDING if node.kind == END else ()):
        node.line.changed("throw_plain", kind=kind)
        node.events = []


def _in_transaction(node: Node) -> bool:
    return node.kind == END and node.scope.owner is not None and node.scope.owner.kind == "transaction"


def _caught(work: Work, node: Node, kind: str) -> None:
    allowed = WAITING | INSIDE if node.kind == BOUNDARY else WAITING
    if kind == "cancel" and (node.attached is None or node.attached.kind != "transaction"):
        allowed = WAITING
    if kind not in allowed:
        node.events = [_trigger(work.ask("catch", node, *_trigger_entries(node)))]
        return
    event = node.events[0]
    if kind == "timer":
        event.text, event.timer = timer_text(work, node, event)
    elif kind == "conditional":
        _conditional(work, node, event)


def _conditional(work: Work, node: Node, event: Event) -> None:
    read = condition(event.text, work.names)
    if read is not None:
        if read.text != event.text:
            node.line.changed("translated", was=event.text, now=read.text)
        event.text = read.text
        return
    answer = work.ask("condition", node, text("condition", "feel", "false"), was=event.text or "–")
    event.text = answer["condition"] or "false"
