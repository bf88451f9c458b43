"""Authority tables: decisions whose result names the group that may do a station, and the amounts nobody has the authority for.

A table counts as one where a candidate rule asks it, or reads a variable that it sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app import feel
from app.feel.dmn.examples import example_of, results_of
from app.feel.dmn.table import Table
from app.workflow import engine
from app.workflow.assigning import groups
from app.workflow.engine import LANGUAGES, Findings


@dataclass(frozen=True)
class Authority:
    """A table that names groups: the decision, which column, by which variable the station asks ("" where the rule asks the table
    itself), and in which expression."""

    decision: str
    table: Table
    output: int
    variable: str = ""
    expression: str = ""


def check_authority(definition: engine.Definition, findings: Findings) -> frozenset[str]:
    """Findings about gaps and about groups with nobody; gives back the words that name no group with people in it."""
    barren = set[str]()
    told = set[tuple[str, str]]()
    for authority in dict.fromkeys(authorities(definition)):
        model = definition.decisions[authority.decision]
        for fault in model.findings:
            if fault.code == "gap" and fault.element == authority.table.element:
                example = dict(fault.facts)["example"]
                facts = {language: example.message(language) for language in LANGUAGES}
                findings.error("authority_gap", authority.decision, example=facts)
        skipped = _words_asked_for(definition, authority.variable)
        for rule, word in results_of(authority.table, authority.output).items():
            key = _group_named(authority, word)
            team = groups.by_key(key)
            if team is not None and team.member_ids:
                continue
            barren.add(word)
            if word not in skipped and (authority.decision, key) not in told:
                told.add((authority.decision, key))
                example = ", ".join(f"{label} = {value}" for label, value in example_of(authority.table, rule).items())
                code = "authority_unknown" if team is None else "authority_nobody"
                findings.error(code, authority.decision, group=team.name if team else key, example=example or "…")
    return frozenset(barren)


def groups_answered(definition: engine.Definition) -> set[str]:
    """The keys of the groups that the authority tables of a route give a station to."""
    return {
        _group_named(one, word)
        for one in dict.fromkeys(authorities(definition))
        for word in results_of(one.table, one.output).values()
        if word not in _words_asked_for(definition, one.variable)
    }


def authorities(definition: engine.Definition) -> Iterator[Authority]:
    """The authority tables of a route."""
    set_by = dict(_variables(definition))
    for step in definition.steps.values():
        for candidates in engine.every_rule(step):
            if candidates.rule == "decision" and candidates.value in definition.decisions:
                model = definition.decisions[candidates.value]
                yield from (Authority(candidates.value, t, 0) for t in model.decisions[candidates.value].tables[-1:])
        for text in engine.candidate_expressions(step):
            for name in _names(text) & set_by.keys():
                decision, table, output = set_by[name]
                yield Authority(decision, table, output, name, text)


def _variables(definition: engine.Definition) -> Iterator[tuple[str, tuple[str, Table, int]]]:
    """The variables that decision tables set: by which decision and column."""
    for process in definition.processes.values():
        for node in process.nodes:
            model = definition.decisions.get(node.decision or "")
            tables = model.decisions[node.decision or ""].tables if model is not None else ()
            for table in tables[-1:]:
                result = node.result or node.decision or ""
                for number, output in enumerate(table.outputs):
                    name = result if len(table.outputs) == 1 else f"{result}_{output.name}"
                    yield name, (node.decision or "", table, number)


def _words_asked_for(definition: engine.Definition, variable: str) -> set[str]:
    """Results that a gateway sends another way, such as "none", and that therefore name no group."""
    conditions = [flow.condition or "" for process in definition.processes.values() for flow in process.flows]
    return {part for text in conditions if variable and variable in text for part in text.split('"')[1::2]}


def _group_named(authority: Authority, word: str) -> str:
    if not authority.expression:
        return word
    try:
        return str(feel.parse(authority.expression).evaluate({authority.variable: word}) or word)
    except feel.FeelError:
        return word


def _names(text: str) -> frozenset[str]:
    try:
        return feel.parse(text).names
    except feel.FeelError:
        return frozenset()
