"""Who a station's task is for, as the diagram says it: rules with values, joined by *also*, *except* and *otherwise*.

```xml
<credit:candidates rule="group" value="approvers_branch">      <!-- rules one beside the other add up -->
  <credit:also rule="branch"/>                                 <!-- of these only who is found by this rule too -->
  <credit:except rule="actor_of" value="intake"/>              <!-- and not these -->
</credit:candidates>
<credit:candidates rule="superior" value="2" otherwise="true"/>   <!-- only where those before found nobody -->
```

What a rule finds is the business of the room above; here is only what its value must be, so that a misspelt one is a finding.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from enum import StrEnum

from lxml import etree

from app.workflow.engine.stations import Candidates, Step
from app.workflow.engine.texts import Findings
from app.workflow.engine.values import Catalogue
from app.workflow.engine.xmlgate import BPMN

CREDIT = "urn:creditflow:bpmn:1"
HIGHEST = 9
_ATTRIBUTES = frozenset({"rule", "value", "otherwise"})
_CHILDREN = frozenset({"also", "except"})


class Kind(StrEnum):
    """What the value of a rule must be."""

    GROUP = "group"
    FEEL = "feel"
    USER = "user"
    POSITION = "position"
    BRANCH = "branch"
    STEP = "step"
    LEVEL = "level"
    DECISION = "decision"
    NOTHING = "nothing"


VALUES: Mapping[str, Kind] = {
    "user": Kind.USER,
    "user_of": Kind.FEEL,
    "group": Kind.GROUP,
    "group_of": Kind.FEEL,
    "position": Kind.POSITION,
    "position_in_branch": Kind.POSITION,
    "branch": Kind.BRANCH,
    "head_of": Kind.FEEL,
    "superior": Kind.LEVEL,
    "initiator": Kind.NOTHING,
    "actor_of": Kind.STEP,
    "picked": Kind.GROUP,
    "decision": Kind.DECISION,
    "least_loaded": Kind.FEEL,
    "round_robin": Kind.FEEL,
}


def read_candidates(config: etree._Element, node_id: str, findings: Findings) -> tuple[Candidates, ...]:
    """The rules of a step; names that mean nothing are findings."""
    elements = [*config.iterfind(f"{{{CREDIT}}}candidates")]
    elements += config.iterfind(f"{{{BPMN}}}extensionElements/{{{CREDIT}}}candidates")
    return tuple(_read(element, node_id, findings) for element in elements)


def every(step: Step) -> Iterator[Candidates]:
    """The rules of a step with those inside them."""
    for candidates in step.candidates:
        yield candidates
        yield from candidates.also
        yield from candidates.apart


def expressions(step: Step) -> Iterator[str]:
    """The FEEL in the rules of a step."""
    yield from (c.value for c in every(step) if VALUES.get(c.rule) is Kind.FEEL and c.value)


def decisions(step: Step) -> Iterator[str]:
    """The decisions that the rules of a step ask."""
    yield from (c.value for c in every(step) if c.rule == "decision")


def check_candidates(
    step: Step, steps: Container[str], models: Container[str], catalogue: Catalogue, findings: Findings
) -> None:
    """Findings about the rules of a step: unknown rules, and values that name nothing."""
    for candidates in every(step):
        known = catalogue.candidate_rules
        if known is not None and candidates.rule and candidates.rule not in known:
            findings.error("rule_unknown", step.element_id, rule=candidates.rule, known=", ".join(sorted(known)))
        else:
            _check_value(candidates, step.element_id, steps, models, catalogue, findings)


def _read(element: etree._Element, node_id: str, findings: Findings) -> Candidates:
    inside = {etree.QName(child).localname for child in element}
    for given, known in (({str(name) for name in element.attrib}, _ATTRIBUTES), (inside, _CHILDREN)):
        for name in sorted(given - known):
            findings.error("step_unknown", node_id, name=name, known=", ".join(sorted(known)))
    if not element.get("rule"):
        findings.error("candidates_without_rule", node_id)
    return Candidates(
        rule=element.get("rule", ""),
        value=element.get("value", ""),
        otherwise=element.get("otherwise") == "true",
        also=tuple(_read(child, node_id, findings) for child in element.iterfind(f"{{{CREDIT}}}also")),
        apart=tuple(_read(child, node_id, findings) for child in element.iterfind(f"{{{CREDIT}}}except")),
    )


def _check_value(
    candidates: Candidates,
    at: str,
    steps: Container[str],
    models: Container[str],
    catalogue: Catalogue,
    findings: Findings,
) -> None:
    kind, value = VALUES.get(candidates.rule, Kind.NOTHING), candidates.value
    if kind is Kind.STEP and value not in steps:
        findings.error("step_reference_unknown", at, part="candidates", step=value)
    if kind is Kind.DECISION and value not in models:
        findings.error("decision_unknown", at, decision=value)
    if kind is Kind.LEVEL and not _is_level(value, steps):
        findings.error("level_unreadable", at, text=value, most=HIGHEST)
    if kind is Kind.FEEL and not value:
        findings.error("candidates_without_value", at, rule=candidates.rule)
    if kind is Kind.BRANCH and not value:
        return
    for wanted, known, code in (
        (Kind.GROUP, catalogue.groups, "group_unknown"),
        (Kind.USER, catalogue.users, "user_unknown"),
        (Kind.POSITION, catalogue.positions, "position_unknown"),
        (Kind.BRANCH, catalogue.branches, "branch_unknown"),
    ):
        if kind is wanted and known is not None and value not in known:
            findings.error(code, at, **{wanted.value: value})


def _is_level(value: str, steps: Container[str]) -> bool:
    """ "2", or "2 investigation": up to how high above the initiator, or above who did that step."""
    level, _, subject = value.partition(" ")
    return level.isdecimal() and 1 <= int(level) <= HIGHEST and (not subject or subject in steps)
