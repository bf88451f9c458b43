"""Whether the ways out of a gateway cover every answer there can be.

A gateway without a default stops the case when no condition holds. That can't happen where the conditions name every
outcome of a step, or say a thing and its opposite; everywhere else the analyst is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.workflow.engine.model import Process
from app.workflow.engine.stations import Step
from app.workflow.engine.texts import Findings

BALLOT_OUTCOMES = frozenset({"approve", "conditional", "refuse"})
_CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
_NAMES = re.compile(r"\w+")
_EQUALS = re.compile(r'(\w+)\s*(!?=)\s*("[^"]*"|true|false)')
_ONE_OF = re.compile(r'(\w+)\s+in\s*\(((?:\s*"[^"]*"\s*,?)+)\)')


def check_ways_out(process: Process, steps: Mapping[str, Step], findings: Findings) -> None:
    """Warn of gateways that have no default and do not cover every answer."""
    repeated = {f"{node.id}_result" for node in process.nodes if node.loop is not None}
    for node in process.nodes:
        ways = process.outgoing[node.id]
        if node.kind not in _CHOOSING or len(ways) < 2 or any(flow.default for flow in ways):
            continue
        conditions = [flow.condition or "" for flow in ways]
        # People asked one by one may not agree; then the result is "mixed", which the outcomes alone do not cover.
        if repeated & {name for text in conditions for name in _NAMES.findall(text)} or not covers(conditions, steps):
            findings.warning("no_default", node.id)


def covers(conditions: Sequence[str], steps: Mapping[str, Step]) -> bool:
    """Whether one of the conditions always holds, as far as the texts alone can tell."""
    said: set[tuple[str, str, str]] = set()
    for condition in conditions:
        if match := _EQUALS.fullmatch(condition.strip()):
            said.add((match.group(1), match.group(2), match.group(3).strip('"')))
        elif match := _ONE_OF.fullmatch(condition.strip()):
            said.update((match.group(1), "=", literal) for literal in re.findall('"([^"]*)"', match.group(2)))
    if any((name, "!=", value) in said for name, sign, value in said if sign == "="):
        return True
    named = {name: {value for other, sign, value in said if other == name and sign == "="} for name, *_ in said}
    return any(values >= answers(name, steps) for name, values in named.items())


def answers(name: str, steps: Mapping[str, Step]) -> set[str]:
    """Every value that `name` can have: the outcomes of its step, or true and false where nothing else is known."""
    step = steps.get(name.removesuffix("_result"))
    if step is None or not name.endswith("_result"):
        return {"true", "false"}
    if step.vote is not None:
        return set(BALLOT_OUTCOMES)
    return {outcome.id for outcome in step.outcomes} or {"completed"}
