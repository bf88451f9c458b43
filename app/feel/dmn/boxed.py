"""Boxed expressions to code: contexts, relations, lists, invocations, functions, the boxes of DMN 1.4 (clause 10.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.feel.compiler import Code, make_function
from app.feel.dmn.site import Site, broken
from app.feel.dmn.tableform import compile_table
from app.feel.dmn.xml import Element, attribute, child, children, local
from app.feel.findings import Place, Severity
from app.feel.limits import Scope
from app.feel.loops import iterable, make_filter, make_for, make_quantified
from app.feel.types import coerce
from app.feel.values import FeelFunction

_COST = 20


def compile_box(element: Element, site: Site) -> Code:
    """The code of a boxed expression, its result converted to its own `typeRef`."""
    compiler = _BOXES.get(local(element))
    if compiler is None:
        site.note(Severity.ERROR, "unknown_box", box=local(element))
        return broken(site.element, local(element))
    code, wanted = compiler(element, site), site.type(attribute(element, "typeRef"))
    if wanted.kind in ("Any", "unknown", "function"):
        return code
    return lambda scope: coerce(code(scope), wanted)


def find_box(element: Element | None) -> Element | None:
    """The boxed expression among the children of an element."""
    return child(element, *_BOXES)


def inner_box(element: Element | None, site: Site) -> Code:
    """The code of the boxed expression inside an element; null where there is none."""
    box = find_box(element)
    return compile_box(box, site) if box is not None else lambda scope: None


def _literal(element: Element, site: Site) -> Code:
    if child(element, "importedValues") is not None:
        site.note(Severity.ERROR, "imported_values")
        return broken(site.element, "importedValues")
    return site.literal(element)


def _context(element: Element, site: Site) -> Code:
    entries: list[tuple[str, Code]] = []
    inner = site
    for entry in children(element, "contextEntry"):
        variable = child(entry, "variable")
        name = attribute(variable, "name")
        code = inner_box(entry, inner.at(Place(entry=name or "result")))
        entries.append((name, _typed(code, attribute(variable, "typeRef"), site)))
        inner = inner.inside({name} - {""})

    def run(scope: Scope) -> Any:
        scope.run.spend(len(entries) + len(scope))
        inner_scope = scope.child()
        result: dict[str, Any] = {}
        for name, code in entries:
            if not name:
                return code(inner_scope)
            result[name] = inner_scope[name] = code(inner_scope)
        return result

    return run


def _relation(element: Element, site: Site) -> Code:
    names = [attribute(column, "name") for column in children(element, "column")]
    rows = [
        [
            compile_box(cell, site.at(Place(row=i, column=name)))
            for name, cell in zip(names, children(row), strict=False)
        ]
        for i, row in enumerate(children(element, "row"), 1)
    ]

    def run(scope: Scope) -> list[dict[str, Any]]:
        scope.run.spend(len(rows) * (1 + len(names)))
        return [{name: cell(scope) for name, cell in zip(names, row, strict=False)} for row in rows]

    return run


def _list(element: Element, site: Site) -> Code:
    items = [compile_box(item, site.at(Place(entry=str(i)))) for i, item in enumerate(children(element, *_BOXES), 1)]

    def run(scope: Scope) -> list[Any]:
        scope.run.spend(len(items))
        return [item(scope) for item in items]

    return run


def _invocation(element: Element, site: Site) -> Code:
    target = inner_box(element, site)
    bindings = list(children(element, "binding"))
    names = [attribute(child(binding, "parameter"), "name") for binding in bindings]
    codes = [inner_box(binding, site.at(Place(entry=name))) for name, binding in zip(names, bindings, strict=True)]

    def run(scope: Scope) -> Any:
        function = target(scope)
        if type(function) is not FeelFunction:
            return None
        given = {name: code(scope) for name, code in zip(names, codes, strict=True)}
        if not given.keys() <= set(function.parameters):
            return None
        return function.invoke([given.get(name) for name in function.parameters], scope.run)

    return run


def parameters_of(element: Element, site: Site) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Names and types of the formal parameters of a function."""
    found = list(children(element, "formalParameter"))
    return (
        tuple(attribute(parameter, "name") for parameter in found),
        tuple(site.type(attribute(parameter, "typeRef")) for parameter in found),
    )


def _function(element: Element, site: Site) -> Code:
    names, types = parameters_of(element, site)
    body = function_body(element, site.inside(names))

    def run(scope: Scope) -> FeelFunction:
        return make_function(names, types, body, scope.child(), _COST)

    return run


def function_body(element: Element, site: Site) -> Code:
    """The body of a function definition; Java and PMML bodies are never run and answer null."""
    if attribute(element, "kind").upper() in ("JAVA", "PMML", "J", "P"):
        site.note(Severity.WARNING, "external", kind=attribute(element, "kind"))
        return lambda scope: None
    return inner_box(element, site)


def _conditional(element: Element, site: Site) -> Code:
    condition = inner_box(child(element, "if"), site)
    then, otherwise = inner_box(child(element, "then"), site), inner_box(child(element, "else"), site)

    def run(scope: Scope) -> Any:
        value = condition(scope)
        if value is not None and type(value) is not bool:
            return None
        return then(scope) if value else otherwise(scope)

    return run


def _filter(element: Element, site: Site) -> Code:
    source = inner_box(child(element, "in"), site)
    return make_filter(source, inner_box(child(element, "match"), site.inside(("item",))), _COST)


def _for(element: Element, site: Site) -> Code:
    name = attribute(element, "iteratorVariable")
    domain = iterable(inner_box(child(element, "in"), site))
    body = inner_box(child(element, "return"), site.inside((name, "partial")))
    return make_for([(name, domain)], body, _COST)


def _quantified(every: bool) -> Callable[[Element, Site], Code]:
    def compiler(element: Element, site: Site) -> Code:
        name = attribute(element, "iteratorVariable")
        domain = iterable(inner_box(child(element, "in"), site))
        condition = inner_box(child(element, "satisfies"), site.inside((name,)))
        return make_quantified(every, [(name, domain)], condition, _COST)

    return compiler


def _typed(code: Code, reference: str, site: Site) -> Code:
    wanted = site.type(reference)
    if wanted.kind in ("Any", "unknown", "function"):
        return code
    return lambda scope: coerce(code(scope), wanted)


_BOXES: dict[str, Callable[[Element, Site], Code]] = {
    "literalExpression": _literal,
    "decisionTable": compile_table,
    "context": _context,
    "relation": _relation,
    "list": _list,
    "invocation": _invocation,
    "functionDefinition": _function,
    "conditional": _conditional,
    "filter": _filter,
    "for": _for,
    "some": _quantified(False),
    "every": _quantified(True),
}
