"""The check of one expression before it is deployed: readable, every name set by somebody, types that fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.feel import nodes as n
from app.feel.errors import FeelError
from app.feel.expression import Expression, parse
from app.feel.findings import Finding, Place, Severity, finding
from app.feel.inference import Report, Surroundings, check_unary, fits, infer
from app.feel.lexer import place
from app.feel.messages import KindName
from app.feel.types import ANY, Type, parse_type

_KIND_FACTS = frozenset(("left", "right", "found", "wanted", "kind"))
TypeName = str | Type | None


def check(
    text: str,
    *,
    types: Mapping[str, TypeName],
    unary: bool = False,
    tested: TypeName = None,
    expected: TypeName = None,
    element: str = "",
) -> tuple[Finding, ...]:
    """Everything wrong with a text that can be known beforehand.

    `types` are all names that are set at this place, each with its FEEL type (`"number"`, `"list<string>"`) or None
    where it is not known. `tested` is the type of the value that unary tests look at, `expected` the type the result
    must have. `element` is put into the findings as it is.
    """
    try:
        expression = parse(text, names=types, unary=unary)
    except FeelError as error:
        return (finding(Severity.ERROR, "unreadable", element, text=text[:80], reason=error),)
    findings = [
        finding(Severity.ERROR, "unknown_name", element, name=name) for name in sorted(expression.names - types.keys())
    ]
    known = {name: as_type(declared) for name, declared in types.items()}
    report = reporter(findings, text, element, Place())
    try:
        check_types(expression, known, {}, report, tested=as_type(tested), expected=as_type(expected))
    except RecursionError:
        findings.append(finding(Severity.ERROR, "nesting_run", element))
    return tuple(findings)


def check_types(
    expression: Expression,
    known: Mapping[str, Type],
    types: Mapping[str, Type],
    report: Report,
    *,
    tested: Type = ANY,
    expected: Type = ANY,
) -> Type:
    """Report what does not fit in a parsed expression; answers the type of its result."""
    around = Surroundings(known, report, types)
    if isinstance(expression.tree, n.UnaryTests):
        check_unary(expression.tree, tested, around)
        return Type("boolean")
    found = infer(expression.tree, around)
    if not fits(found, expected):
        report("type_result", expression.tree.at, {"found": found.kind, "wanted": expected.kind})
    return found


def reporter(findings: list[Finding], text: str, element: str, where: Place) -> Report:
    """A report that turns each fault into a finding with line and column."""

    def report(code: str, at: int, facts: dict[str, Any]) -> None:
        line, column = place(text, at)
        spot = replace(where, line=line, offset=column)
        named = {name: KindName(value) if name in _KIND_FACTS else value for name, value in facts.items()}
        findings.append(finding(Severity.ERROR, code, element, spot, **named))

    return report


def as_type(name: TypeName) -> Type:
    """A type from its name, `Any` from None."""
    if isinstance(name, Type):
        return name
    return ANY if name is None else parse_type(name)
