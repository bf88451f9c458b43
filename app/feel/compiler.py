"""Syntax tree to closures: each node becomes a Python function of the scope, so that running costs one call a node.

The table `_COMPILERS` has one entry per class of node; loops and tests live in their own modules and register there.
Nothing is looked up by attribute or evaluated by Python: a FEEL text can only do what these closures do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.feel import nodes as n
from app.feel.builtins import BUILTINS, Builtin
from app.feel.errors import FeelError
from app.feel.limits import MAX_CALLS, Run, Scope
from app.feel.operators import ARITHMETIC, add, negate
from app.feel.paths import member
from app.feel.types import Type, coerce, is_instance, parse_type
from app.feel.values import FeelFunction, Range

Code = Callable[[Scope], Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """What compiling needs besides the tree: the types a model defines."""

    types: dict[str, Type] = field(default_factory=dict)


_POWER_STEPS, _ROOT_STEPS = 10, 300
_MAKERS = frozenset(("date", "time", "date and time", "duration", "years and months duration", "number"))
_COMPILERS: dict[type, Callable[[Any, Setting], Code]] = {}


def compiles(node: type) -> Callable[[Callable[[Any, Setting], Code]], Callable[[Any, Setting], Code]]:
    """Register the compiler of one class of node."""

    def register(function: Callable[[Any, Setting], Code]) -> Callable[[Any, Setting], Code]:
        _COMPILERS[node] = function
        return function

    return register


def compile_node(node: n.Node, setting: Setting) -> Code:
    """The closure of a node."""
    return _COMPILERS[type(node)](node, setting)


def weight(node: n.Node) -> int:
    """Number of nodes under and including this one: what one run of it costs at most, loops and calls apart."""
    return sum(1 for _ in _walk(node))


def mentions(node: n.Node, name: str) -> bool:
    """Whether an expression reads a variable of that name."""
    return any(isinstance(inner, n.Name) and inner.name == name for inner in _walk(node))


def _walk(node: n.Node) -> Iterator[n.Node]:
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        for slot in current.__slots__:  # type: ignore[attr-defined]
            pending.extend(_nodes_in(getattr(current, slot)))


@compiles(n.Literal)
def _literal(node: n.Literal, setting: Setting) -> Code:
    value = node.value
    return lambda scope: value


@compiles(n.Name)
def _name(node: n.Name, setting: Setting) -> Code:
    name = node.name
    known = BUILTINS.get(name)
    if known is None:
        return lambda scope: scope.get(name)
    function = known.value()
    return lambda scope: scope.get(name, function)


@compiles(n.ListOf)
def _list(node: n.ListOf, setting: Setting) -> Code:
    items = [compile_node(item, setting) for item in node.items]

    def code(scope: Scope) -> Any:
        scope.run.spend(len(items))
        return [item(scope) for item in items]

    return code


@compiles(n.ContextOf)
def _context(node: n.ContextOf, setting: Setting) -> Code:
    entries = [(key, compile_node(value, setting)) for key, value in node.entries]

    def code(scope: Scope) -> Any:
        scope.run.spend(len(entries) + len(scope))
        inner = scope.child()
        result: dict[str, Any] = {}
        for key, value in entries:
            result[key] = inner[key] = value(inner)
        return result

    return code


@compiles(n.RangeOf)
def _range(node: n.RangeOf, setting: Setting) -> Code:
    start, end = compile_node(node.start, setting), compile_node(node.end, setting)
    ends = node.start_included, node.end_included
    return lambda scope: _make_range(start(scope), end(scope), *ends)


def _make_range(start: Any, end: Any, start_included: bool, end_included: bool) -> Range | None:
    """A range of two ends of one type; null where they are not. An end that is null makes every test null."""
    if start is not None and end is not None and type(start) is not type(end):
        return None
    if type(start) in (list, dict) or type(end) in (list, dict):
        return None
    return Range(start, end, start_included, end_included)


@compiles(n.Binary)
def _binary(node: n.Binary, setting: Setting) -> Code:
    left, right = compile_node(node.left, setting), compile_node(node.right, setting)
    operation = ARITHMETIC[node.operator]
    if node.operator == "+":
        return _sum(left, right)
    if node.operator != "**":
        return lambda scope: operation(left(scope), right(scope))

    def code(scope: Scope) -> Any:
        exponent = right(scope)
        whole = type(exponent) is Decimal and exponent == exponent.to_integral_value()
        scope.run.spend(_POWER_STEPS if whole else _ROOT_STEPS)
        return operation(left(scope), exponent)

    return code


def _sum(left: Code, right: Code) -> Code:
    """Addition; joining strings pays for their length."""

    def code(scope: Scope) -> Any:
        value = add(left(scope), right(scope))
        if type(value) is str:
            scope.run.spend_for(value)
        return value

    return code


@compiles(n.Negate)
def _negate(node: n.Negate, setting: Setting) -> Code:
    operand = compile_node(node.operand, setting)
    return lambda scope: negate(operand(scope))


@compiles(n.Logic)
def _logic(node: n.Logic, setting: Setting) -> Code:
    operands = [compile_node(operand, setting) for operand in node.operands]
    decisive = node.operator == "or"

    def code(scope: Scope) -> bool | None:
        result: bool | None = not decisive
        for operand in operands:
            value = operand(scope)
            if value is decisive:
                return decisive
            if type(value) is not bool:
                result = None
        return result

    return code


@compiles(n.If)
def _if(node: n.If, setting: Setting) -> Code:
    condition = compile_node(node.condition, setting)
    then, otherwise = compile_node(node.then, setting), compile_node(node.otherwise, setting)
    return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)


@compiles(n.Path)
def _path(node: n.Path, setting: Setting) -> Code:
    source, name = compile_node(node.source, setting), node.name
    return lambda scope: member(source(scope), name, scope.run)


@compiles(n.InstanceOf)
def _instance_of(node: n.InstanceOf, setting: Setting) -> Code:
    operand, wanted = compile_node(node.operand, setting), parse_type(node.type, setting.types)
    return lambda scope: is_instance(operand(scope), wanted)


@compiles(n.Function)
def _function(node: n.Function, setting: Setting) -> Code:
    names = tuple(name for name, _ in node.parameters)
    types = tuple(parse_type(text, setting.types) if text else parse_type("Any") for _, text in node.parameters)
    if node.external:
        return lambda scope: FeelFunction(names, _refused, types=types)
    body, cost = compile_node(node.body, setting), weight(node.body)

    def code(scope: Scope) -> FeelFunction:
        scope.run.spend(1 + len(scope))
        return make_function(names, types, body, scope.child(), cost)

    return code


def make_function(names: tuple[str, ...], types: tuple[Type, ...], body: Code, outer: Scope, cost: int) -> FeelFunction:
    """A function value over the scope it was made in; wrong number or types of arguments give null."""

    def invoke(arguments: list[Any], run: Run) -> Any:
        if len(arguments) != len(names):
            return None
        converted = [coerce(argument, wanted) for argument, wanted in zip(arguments, types, strict=True)]
        if any(new is None and old is not None for new, old in zip(converted, arguments, strict=True)):
            return None
        return guarded(run, cost + len(outer), lambda: body(_called(outer, run, names, converted)))

    return FeelFunction(names, invoke, types=types)


def guarded(run: Run, cost: int, body: Callable[[], Any]) -> Any:
    """Run the body of a call one level deeper, within the bound on calls inside calls."""
    run.spend(cost)
    run.calls += 1
    if run.calls > MAX_CALLS:
        raise FeelError("calls", limit=MAX_CALLS)
    try:
        return body()
    finally:
        run.calls -= 1


@compiles(n.Call)
def _call(node: n.Call, setting: Setting) -> Code:
    arguments = [compile_node(argument, setting) for argument in node.arguments]
    known = BUILTINS.get(node.function.name) if isinstance(node.function, n.Name) else None
    function = compile_node(node.function, setting)
    if known is None:
        return lambda scope: _invoke(function(scope), [a(scope) for a in arguments], node.names, scope.run)
    name = known.name
    fixed = _fixed(node, known)

    def code(scope: Scope) -> Any:
        if fixed is not None and name not in scope:
            return fixed
        values = [argument(scope) for argument in arguments]
        own = scope.get(name)
        if type(own) is FeelFunction:
            return _invoke(own, values, node.names, scope.run)
        return _builtin(known, values, node.names, scope.run)

    return code


def _fixed(node: n.Call, function: Builtin) -> Any:
    """The value of a call such as `date("2024-01-01")`, worked out once; None where it can't be."""
    values = [argument.value for argument in node.arguments if isinstance(argument, n.Literal)]
    if function.name not in _MAKERS or node.names or len(values) < len(node.arguments):
        return None
    return function.call(values, Run())


def _called(outer: Scope, run: Run, names: tuple[str, ...], values: list[Any]) -> Scope:
    inner = Scope(outer, run)
    inner.update(zip(names, values, strict=True))
    return inner


def _builtin(function: Builtin, values: list[Any], names: tuple[str, ...], run: Run) -> Any:
    if names:
        return function.call_named(dict(zip(names, values, strict=True)), run)
    return function.call(values, run)


def _invoke(function: Any, values: list[Any], names: tuple[str, ...], run: Run) -> Any:
    if type(function) is not FeelFunction:
        return None
    if not names:
        return function.invoke(values, run)
    known = BUILTINS.get(function.name)
    if known is not None:
        return known.call_named(dict(zip(names, values, strict=True)), run)
    if set(names) != set(function.parameters) or len(names) != len(function.parameters):
        return None
    by_name = dict(zip(names, values, strict=True))
    return function.invoke([by_name[name] for name in function.parameters], run)


def _refused(arguments: list[Any], run: Run) -> Any:
    """An external function: code outside FEEL is never run, so its answer is null."""
    return None


def _nodes_in(value: Any) -> list[n.Node]:
    if isinstance(value, n.Node):
        return [value]
    if isinstance(value, tuple):
        return [inner for item in value for inner in _nodes_in(item)]
    return []
