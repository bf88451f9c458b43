"""The last part of a check: what was read is built, compared with the drawing, and started once.

The trial start knows no values and calls no service; an incident in it is what a real case without data would meet
and no fault of the diagram. A fault is an engine that can't build the specs, loses a node, or ends at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.workflow.engine.checking import Parsed
from app.workflow.engine.definition import Definition
from app.workflow.engine.model import Process
from app.workflow.engine.running import look, start
from app.workflow.engine.specs import ProcessSpec
from app.workflow.engine.texts import Findings
from app.workflow.engine.values import EngineError, Finding, Services

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def tried(parsed: Parsed) -> Parsed:
    """`parsed` without the definitions that fail on trial, and with the findings that say why."""
    good, findings = [], list(parsed.findings)
    for definition in parsed.definitions:
        faults = list(_faults(definition))
        findings = [*faults, *findings]
        if not faults:
            good.append(definition)
    return replace(parsed, definitions=tuple(good), findings=tuple(findings))


def _faults(definition: Definition) -> Iterator[Finding]:
    findings = Findings(definition.processes[definition.key].file)
    lost = [
        part for process in definition.processes.values() for part in missing(process, definition.specs[process.id])
    ]
    if lost:
        findings.error("nodes_lost", definition.key, lost=", ".join(lost))
    message = next(iter(definition.start_messages), None)
    plain = any(
        n.kind == "startEvent" and n.event and n.event.kind == "none"
        for n in definition.processes[definition.key].nodes
    )
    try:
        begun = start(definition, {}, now=_NOW, services=Services(_nothing), message=None if plain else message)
        look(definition, begun.state, now=_NOW)
    except EngineError as error:
        findings.error(
            "trial_failed", definition.key, reason={lang: error.message(lang) for lang in ("zh_Hans", "zh_Hant", "en")}
        )
    return iter(findings)


def missing(process: Process, spec: ProcessSpec) -> list[str]:
    """Ids of the nodes and lines of the drawing that the runnable form does not have."""
    built = {task_spec.bpmn_id: task_spec for task_spec in spec.task_specs.values() if "[child]" not in task_spec.name}
    lost = [node.id for node in process.nodes if node.id not in built]
    for flow in process.flows:
        followers = {follower.name.removesuffix(".BoundaryEventSplit") for follower in built[flow.source].outputs}
        if flow.target not in followers:
            lost.append(flow.id)
    return lost


def _nothing(delegate: str, variables: dict[str, Any]) -> Mapping[str, Any]:
    return {}
