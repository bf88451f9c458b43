"""The conditions at a gateway taken together: values for which none holds, and values for which two do, by example."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

from app.feel.conditions import Box, Space
from app.feel.messages import sentence as feel_words
from app.workflow.engine.knowing import DECIDING
from app.workflow.engine.model import Flow, Node, Process
from app.workflow.engine.texts import Findings
from app.workflow.engine.values import LANGUAGES, Texts


def check_conditions(processes: Iterable[Process], space: Space, found: Mapping[str, Findings]) -> frozenset[str]:
    """Findings about holes and overlaps; gives back the gateways whose conditions were understood in full."""
    understood = set[str]()
    for process in processes:
        for node in process.nodes:
            asked = [flow for flow in process.outgoing[node.id] if flow.condition and not flow.default]
            if node.kind not in DECIDING or not asked or len(process.outgoing[node.id]) < 2:
                continue
            if all(space.conditions[flow.condition or ""].exact for flow in asked):
                understood.add(node.id)
            _hole(process, node, asked, space, found[process.file])
            if node.kind == "exclusiveGateway":
                _overlap(node, asked, space, found[process.file])
    return frozenset(understood)


def _hole(process: Process, node: Node, asked: list[Flow], space: Space, findings: Findings) -> None:
    if len(asked) < len(process.outgoing[node.id]):
        return  # a default takes what is left
    box = space.uncovered(flow.condition or "" for flow in asked)
    if box is not None:
        findings.warning("ways_hole", node.id, example=example(space, box))


def _overlap(node: Node, asked: list[Flow], space: Space, findings: Findings) -> None:
    for first, second in combinations(asked, 2):
        box = space.common(first.condition or "", second.condition or "")
        if box is not None:
            facts = {"first": _named(first, findings), "second": _named(second, findings)}
            findings.warning("ways_overlap", node.id, example=example(space, box), **facts)
            return  # one example says it; the next shows once this is mended


def example(space: Space, box: Box) -> Texts:
    """ "amount = 5, grade = any other value", in every language."""
    shown = space.example(box)
    if not shown:
        return dict.fromkeys(LANGUAGES, "…")
    other = {language: feel_words("any_other", language, {}) for language in LANGUAGES}
    return {
        language: ", ".join(f"{name} = {value or other[language]}" for name, value in shown.items())
        for language in LANGUAGES
    }


def _named(flow: Flow, findings: Findings) -> Texts:
    """A way out as people see it: its words, else where it leads."""
    if flow.name["zh_Hans"] != flow.id:
        return flow.name
    return findings.named.get(flow.target, dict.fromkeys(LANGUAGES, flow.target))
