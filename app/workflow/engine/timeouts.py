"""Time running out never approves: where a timer on a station may lead.

A timer chooses no outcome; but a line drawn from it could still do what an approval does. So the lines from every timer on
the edge of an activity are followed up to the next person: they may not come to an end that approves, nor, from a station
where somebody approves, to where only his approval leads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from app.workflow.engine.model import END, MANUAL, Flow, Node, Process
from app.workflow.engine.outcomes import BALLOT_OUTCOMES
from app.workflow.engine.stations import Step
from app.workflow.engine.texts import Findings

APPROVING = frozenset({"approved", "conditional"})
BALLOTS_FOR = frozenset({"approve", "conditional"})
_ANSWER = re.compile('"([^"]*)"')


def check_timeouts(process: Process, steps: Mapping[str, Step], findings: Findings) -> None:
    """Findings about the timers on the edges of activities in `process`."""
    for timer in process.nodes:
        if timer.kind != "boundaryEvent" or timer.event is None or timer.event.kind != "timer":
            continue
        reached = _next_people(process, process.outgoing[timer.id])
        for node in reached:
            if node.kind == END and node.status in APPROVING:
                findings.error("timer_approves", timer.id, end=node.id)
        step = steps.get(timer.attached_to or "")
        if step is not None and timer.interrupting:
            for node in _only_by_approval(process, step):
                if node in reached:
                    findings.error("timer_like_approval", timer.id, target=node.id)


def _only_by_approval(process: Process, step: Step) -> list[Node]:
    """Where the case comes next when this step approves, and not when it answers otherwise."""
    given = {outcome.id for outcome in step.outcomes} or (set(BALLOT_OUTCOMES) if step.vote else set())
    approving = {outcome.id for outcome in step.outcomes if outcome.kind == "approve"} or given & BALLOTS_FOR
    if not approving or approving == given:
        return []
    ways, result = process.outgoing[step.element_id], f"{step.element_id}_result"
    by_approval = _next_people(process, ways, lambda flow: _taken(process, flow, result, approving))
    otherwise = _next_people(process, ways, lambda flow: _taken(process, flow, result, given - approving))
    return [node for node in by_approval if node not in otherwise and node.id != step.element_id]


def _taken(process: Process, flow: Flow, result: str, answers: set[str]) -> bool:
    """Whether the line may be taken after one of these answers, as far as the conditions tell."""
    if flow.condition is None:
        beside = (other.condition or "" for other in process.outgoing[flow.source])
        return bool(answers - {answer for text in beside if result in text for answer in _ANSWER.findall(text)})
    if result not in flow.condition:
        return True
    named = set(_ANSWER.findall(flow.condition))
    return bool(answers - named if "!=" in flow.condition else answers & named)


def _next_people(process: Process, flows: Iterable[Flow], taken: Callable[[Flow], bool] = lambda _: True) -> list[Node]:
    """The stations and ends that these lines come to first, by lines that are `taken`."""
    found: dict[str, Node] = {}
    ahead, seen = list(flows), set[str]()
    while ahead:
        flow = ahead.pop()
        if not taken(flow):
            continue
        node = process.by_id.get(flow.target)
        if node is None:
            continue  # a line to nowhere is a finding of its own
        if node.kind in MANUAL or node.kind == END:
            found[node.id] = node
        elif node.id not in seen:
            seen.add(node.id)
            ahead += process.outgoing[node.id]
    return list(found.values())
