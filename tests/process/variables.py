"""Which variables are surely set where: a walk over a drawn process that keeps, at every node, what every way to it has set.

At a merge only what all ways have set counts; at a parallel join everything does. A field that a form shows under a condition
counts behind a flow with the same condition. For tests only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from tests.process.drawing import Drawing, Flow, drawings, form

_CREDIT = "{urn:creditflow:bpmn:1}"
_WORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "and",
        "or",
        "in",
        "not",
        "true",
        "false",
        "null",
        "between",
        "some",
        "every",
        "satisfies",
        "for",
        "return",
    ]
)
_DMN = "{*}"
# What delegates bring, as their docstrings say.
_BROUGHT: Mapping[str, set[str]] = {"credit_applications.record_decision": {"conditions_open"}}

Facts = frozenset[str]


def names_in(expression: str) -> set[str]:
    """Variables a FEEL expression of our diagrams reads: words outside of texts that are no keywords."""
    return set(re.findall(r"[a-z_][a-z0-9_]*", re.sub(r'"[^"]*"', "", expression))) - _WORDS


def fields(key: str) -> Iterator[tuple[str, str | None]]:
    """The required fields of a form with the condition under which they are shown."""
    content = json.loads(form(key).read_text(encoding="utf-8"))
    access: Mapping[str, str] = content.get("access", {})
    parts = [json.loads(form(part).read_text(encoding="utf-8")) for part in content.get("include", [])]
    for component, shown in _components([c for part in [*parts, content] for c in part.get("components", [])], None):
        if access.get(component["key"], access.get("*", "edit")) == "required":
            yield component["key"], shown


def _components(found: list[dict[str, Any]], outer: str | None) -> Iterator[tuple[dict[str, Any], str | None]]:
    for component in found:
        shown = component.get("visible", outer)
        if component["type"] == "section":
            yield from _components(component["components"], shown)
        elif "key" in component:
            yield component, shown


def decision(drawing: Drawing, ref: str) -> etree._Element:
    """The decision with that id, from the tables beside the diagram."""
    for path in drawing.path.parent.glob("*.dmn"):
        for found in etree.parse(path).iterfind(f".//{_DMN}decision"):
            if found.get("id") == ref:
                return found
    raise LookupError(ref)


def reads(drawing: Drawing, node: str) -> set[str]:
    """Variables a node needs when a case comes to it."""
    kind, element = drawing.kinds[node], drawing.element(node)
    if kind == "exclusiveGateway":
        return set().union(*(names_in(f.condition or "") for f in drawing.flows if f.source == node))
    if kind == "businessRuleTask":
        (rule,) = element.iter(f"{_CREDIT}decision")
        table = decision(drawing, rule.get("ref", ""))
        return {
            name
            for text in table.iterfind(f".//{_DMN}inputExpression/{_DMN}text")
            for name in names_in(text.text or "")
        }
    if kind == "scriptTask":
        return {name for line in _script(element) for name in names_in(line.partition("=")[2])}
    if kind == "userTask":
        candidates = [
            c for c in element.iter(f"{_CREDIT}candidates") if c.get("rule") in ("group_of", "user_of", "head_of")
        ]
        return {name for c in candidates for name in names_in(c.get("value", ""))}
    return {"decision"} if kind == "serviceTask" else set()


def sets(drawing: Drawing, node: str) -> set[str]:
    """Facts a node leaves behind: names, or "name if condition"."""
    kind, element = drawing.kinds[node], drawing.element(node)
    if kind == "userTask":
        shown = fields(drawing.steps()[node].get("form", ""))
        return {f"{node}_result"} | {name if when is None else f"{name} if {when}" for name, when in shown}
    if kind == "businessRuleTask":
        (rule,) = element.iter(f"{_CREDIT}decision")
        outputs = [o.get("name") for o in decision(drawing, rule.get("ref", "")).iterfind(f".//{_DMN}output")]
        result = rule.get("result", "")
        return {result} | ({f"{result}_{name}" for name in outputs} if len(outputs) > 1 else set())
    if kind == "scriptTask":
        return {line.partition("=")[0].strip() for line in _script(element)}
    if kind == "serviceTask":
        (service,) = element.iter(f"{_CREDIT}service")
        return _BROUGHT.get(service.get("delegate", ""), set())
    return set()


def _script(element: etree._Element) -> list[str]:
    text = "".join(script.text or "" for script in element.iterfind("{*}script"))
    return [line for line in text.splitlines() if line.strip()]


@dataclass
class Walk:
    """The walk over one process from what is known at its start; `gaps` are the reads of something not surely set."""

    drawing: Drawing
    entry: Facts
    after: dict[str, Facts] = field(default_factory=dict)
    gaps: set[tuple[str, str]] = field(default_factory=set)

    def run(self) -> Walk:
        """Repeat until nothing changes: facts only ever shrink, so it ends."""
        while self._pass():
            self.gaps.clear()
        return self

    @property
    def at_end(self) -> Facts:
        """What is set however the process ends."""
        ends = [self.after[node] for node, kind in self.drawing.kinds.items() if kind == "endEvent"]
        return frozenset.intersection(*ends)

    def _pass(self) -> bool:
        before = dict(self.after)
        for node, kind in self.drawing.kinds.items():
            known = self._before(node)
            if known is None:
                continue
            self.gaps |= {(node, name) for name in reads(self.drawing, node) if name not in known}
            called = self._called(node, known) if kind == "callActivity" else frozenset()
            self.after[node] = known | sets(self.drawing, node) | called
        return self.after != before

    def _before(self, node: str) -> Facts | None:
        ways = [
            _along(flow, self.after[flow.source])
            for flow in self.drawing.flows
            if flow.target == node and flow.source in self.after
        ]
        if self.drawing.kinds[node] == "startEvent":
            return self.entry
        if not ways:
            return None
        join = self.drawing.kinds[node] == "parallelGateway"
        return frozenset.union(*ways) if join else frozenset.intersection(*ways)

    def _called(self, node: str, known: Facts) -> Facts:
        key = self.drawing.element(node).get("calledElement")
        inner = Walk(next(d for d in drawings() if d.name == key), known).run()
        self.gaps |= inner.gaps
        return inner.at_end


def _along(flow: Flow, known: Facts) -> Facts:
    """What is known behind a flow: fields shown under just its condition are now surely there."""
    ending = f" if {flow.condition}"
    return known | {fact.removesuffix(ending) for fact in known if flow.condition and fact.endswith(ending)}
