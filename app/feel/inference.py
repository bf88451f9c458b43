"""What can be known of an expression's type before it runs, and what can't be right (deployment check).

`infer` walks the tree with the types of the names it reads, `Any` where nothing is known, and tells `report` of each
thing that would always be null: a number compared with a text, a sum of text and number, a condition that is no
condition, a function or member nobody defined. It never complains about what it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.feel import nodes as n
from app.feel.builtins import BUILTINS
from app.feel.results import ARITHMETIC_RESULTS, BUILTIN_RESULTS, PROPERTIES
from app.feel.types import ANY, Type, parse_type
from app.feel.values import kind

Report = Callable[[str, int, dict[str, Any]], None]
_OPEN = frozenset(("Any", "unknown", "null"))
BOOLEAN = Type("boolean")
NUMBER = Type("number")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The types of the names in scope, the model's own types, and where faults are told."""

    names: Mapping[str, Type]
    report: Report
    types: Mapping[str, Type]

    def with_names(self, names: Mapping[str, Type]) -> Surroundings:
        """The same with local names added."""
        return Surroundings({**self.names, **names}, self.report, self.types)


def infer(node: n.Node, around: Surroundings) -> Type:
    """The type of a node's value, `Any` where it can't be told."""
    rule = _RULES.get(type(node))
    if rule is not None:
        return rule(node, around)
    for inner in children(node):
        infer(inner, around)
    return _PLAIN.get(type(node), ANY)


def fits(found: Type, wanted: Type) -> bool:
    """Whether a value of one type can ever be one of the other; only definite knowledge says no."""
    if found.kind in _OPEN or wanted.kind in _OPEN or found.kind == wanted.kind:
        return True
    if {found.kind, wanted.kind} <= {"date", "date and time"}:
        return True
    if "list" in (found.kind, wanted.kind):
        inner, other = (found, wanted) if found.kind == "list" else (wanted, found)
        return inner.item is None or fits(inner.item, other)
    return wanted.kind == "duration" and "duration" in found.kind


def _compare(node: n.Compare, around: Surroundings) -> Type:
    left, right = infer(node.left, around), infer(node.right, around)
    _must_compare(left, right, node.at, around)
    return BOOLEAN


def _between(node: n.Between, around: Surroundings) -> Type:
    operand = infer(node.operand, around)
    for end in (node.low, node.high):
        _must_compare(operand, infer(end, around), node.at, around)
    return BOOLEAN


def _in(node: n.In, around: Surroundings) -> Type:
    operand = infer(node.operand, around)
    for test in node.tests:
        check_test(test, operand, around)
    return BOOLEAN


def check_test(test: n.Node, operand: Type, around: Surroundings) -> None:
    """Report a unary test that no value of the operand's type can pass."""
    if isinstance(test, n.Test):
        _must_compare(operand, infer(test.operand, around), test.at, around)
        return
    found = infer(test, around)
    if found.kind == "boolean" and not isinstance(test, n.Literal):
        return
    inner = found.item if found.kind in ("list", "range") and operand.kind != found.kind else found
    _must_compare(operand, inner or ANY, test.at, around)


def check_unary(tree: n.UnaryTests, operand: Type, around: Surroundings) -> None:
    """Report the tests of a cell that no value of the column's type can pass."""
    inner = around.with_names({"?": operand})
    for test in tree.tests:
        check_test(test, operand, inner)


def _must_compare(left: Type, right: Type, at: int, around: Surroundings) -> None:
    if not fits(left, right) and not fits(right, left):
        around.report("type_compare", at, {"left": left.kind, "right": right.kind})


def _arithmetic(node: n.Binary, around: Surroundings) -> Type:
    left, right = infer(node.left, around), infer(node.right, around)
    if left.kind in _OPEN or right.kind in _OPEN or "list" in (left.kind, right.kind):
        return ANY
    result = ARITHMETIC_RESULTS.get((left.kind, node.operator, right.kind))
    if result is None:
        around.report("type_arithmetic", node.at, {"left": left.kind, "sign": node.operator, "right": right.kind})
        return ANY
    return Type(result)


def _negate(node: n.Negate, around: Surroundings) -> Type:
    return infer(node.operand, around)


def _logic(node: n.Logic, around: Surroundings) -> Type:
    for operand in node.operands:
        _must_be_condition(operand, around)
    return BOOLEAN


def _if(node: n.If, around: Surroundings) -> Type:
    _must_be_condition(node.condition, around)
    then, otherwise = infer(node.then, around), infer(node.otherwise, around)
    if then.kind == "null":
        return otherwise
    return then if otherwise.kind in ("null", then.kind) else ANY


def _must_be_condition(node: n.Node, around: Surroundings) -> None:
    found = infer(node, around)
    if not fits(found, BOOLEAN):
        around.report("type_condition", node.at, {"found": found.kind})


def _name(node: n.Name, around: Surroundings) -> Type:
    if node.name in around.names:
        return around.names[node.name]
    return Type("function") if node.name in BUILTINS else ANY


def _literal(node: n.Literal, around: Surroundings) -> Type:
    return Type(kind(node.value))


def _list(node: n.ListOf, around: Surroundings) -> Type:
    found = [infer(item, around) for item in node.items]
    kinds = {item.kind for item in found}
    return Type("list", item=found[0] if len(kinds) == 1 else ANY)


def _context(node: n.ContextOf, around: Surroundings) -> Type:
    fields: dict[str, Type] = {}
    for key, value in node.entries:
        fields[key] = infer(value, around.with_names(fields))
    return Type("context", fields=tuple(fields.items()))


def _range(node: n.RangeOf, around: Surroundings) -> Type:
    start, end = infer(node.start, around), infer(node.end, around)
    _must_compare(start, end, node.at, around)
    return Type("range", item=start)


def _for(node: n.For, around: Surroundings) -> Type:
    inner = _iterated(node.iterators, around)
    return Type("list", item=infer(node.body, inner.with_names({"partial": Type("list")})))


def _quantified(node: n.Quantified, around: Surroundings) -> Type:
    _must_be_condition(node.condition, _iterated(node.iterators, around))
    return BOOLEAN


def _iterated(iterators: tuple[tuple[str, n.Node], ...], around: Surroundings) -> Surroundings:
    for name, domain in iterators:
        around = around.with_names({name: element_of(infer(domain, around))})
    return around


def element_of(found: Type) -> Type:
    """The type of what a list or range holds; of anything else, itself."""
    if found.kind in ("list", "range"):
        return found.item or ANY
    return found


def _filter(node: n.Filter, around: Surroundings) -> Type:
    source = infer(node.source, around)
    element = element_of(source) if source.kind == "list" else source
    names = {"item": element, **dict(element.fields)}
    unknown = element.kind in _OPEN
    # Members of an element of unknown type may hide any outer name, so nothing is said about the condition then.
    inner = around.with_names(names) if not unknown else Surroundings({}, _silent, around.types)
    condition = infer(node.condition, inner)
    if condition.kind == "number":
        return element
    return Type("list", item=element) if condition.kind == "boolean" else ANY


def _silent(code: str, at: int, facts: dict[str, Any]) -> None:
    """A report that nobody reads."""


def _path(node: n.Path, around: Surroundings) -> Type:
    source = infer(node.source, around)
    if source.kind == "context" and source.fields:
        return _field(node, source, around)
    if source.kind == "list":
        inner = source.item or ANY
        return Type("list", item=_field(node, inner, around) if inner.kind == "context" and inner.fields else ANY)
    if source.kind in PROPERTIES:
        if node.name not in PROPERTIES[source.kind]:
            around.report("unknown_member", node.at, {"name": node.name, "kind": source.kind})
            return ANY
        return parse_type(PROPERTIES[source.kind][node.name])
    return ANY


def _field(node: n.Path, source: Type, around: Surroundings) -> Type:
    fields = dict(source.fields)
    if node.name not in fields:
        around.report("unknown_member", node.at, {"name": node.name, "kind": source.name or "context"})
    return fields.get(node.name, ANY)


def _call(node: n.Call, around: Surroundings) -> Type:
    for argument in node.arguments:
        infer(argument, around)
    if not isinstance(node.function, n.Name):
        infer(node.function, around)
        return ANY
    name = node.function.name
    own = around.names.get(name)
    if own is not None and own.kind in ("function", *_OPEN):
        return own.result or ANY
    if name not in BUILTINS:
        around.report("unknown_function", node.at, {"name": name})
        return ANY
    return parse_type(BUILTIN_RESULTS.get(name, "Any"))


def children(node: n.Node) -> list[n.Node]:
    """The nodes directly below a node, in no order."""
    found: list[n.Node] = []
    pending: list[Any] = [getattr(node, slot) for slot in node.__slots__]  # type: ignore[attr-defined]
    while pending:
        current = pending.pop()
        if isinstance(current, n.Node):
            found.append(current)
        elif isinstance(current, tuple):
            pending.extend(current)
    return found


_PLAIN = {n.InstanceOf: BOOLEAN, n.UnaryTests: BOOLEAN, n.Test: Type("range")}
_RULES: dict[type, Callable[[Any, Surroundings], Type]] = {
    n.Compare: _compare,
    n.Between: _between,
    n.In: _in,
    n.Binary: _arithmetic,
    n.Negate: _negate,
    n.Logic: _logic,
    n.If: _if,
    n.Name: _name,
    n.Literal: _literal,
    n.ListOf: _list,
    n.ContextOf: _context,
    n.RangeOf: _range,
    n.For: _for,
    n.Quantified: _quantified,
    n.Filter: _filter,
    n.Path: _path,
    n.Call: _call,
    n.Function: lambda node, around: Type("function"),
}
