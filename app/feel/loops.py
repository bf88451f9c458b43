"""`for`, `some`, `every` and filters: the only forms that run an inner expression many times.

Each turn pays for the whole inner expression before it runs, so the number of turns is bounded by the purse.
DMN 1.3 clauses 10.3.2.5 (filters) and 10.3.2.14 (iteration).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from app.feel import nodes as n
from app.feel.compiler import Code, Setting, compile_node, compiles, mentions, weight
from app.feel.errors import FeelError
from app.feel.limits import MAX_LIST, Run, Scope
from app.feel.temporal import Date, DateTime, date_of
from app.feel.values import Range

_Iterator = tuple[str, Code]


@compiles(n.For)
def _for(node: n.For, setting: Setting) -> Code:
    iterators = [(name, _domain(domain, setting)) for name, domain in node.iterators]
    looks_back = mentions(node.body, "partial")
    return make_for(iterators, compile_node(node.body, setting), weight(node.body), looks_back)


def make_for(iterators: list[_Iterator], body: Code, cost: int, looks_back: bool = True) -> Code:
    """A loop that collects the body's values; a body that looks back sees those collected so far as `partial`."""

    def code(scope: Scope) -> list[Any] | None:
        partial: list[Any] = []
        inner = scope.child()
        for turn in _turns(iterators, inner):
            if turn is None:
                return None
            scope.run.spend(cost + 1)
            if looks_back:
                scope.run.spend(1 + len(partial) // 16)
                inner["partial"] = list(partial)
            partial.append(body(inner))
            if len(partial) > MAX_LIST:
                raise FeelError("list_size", limit=MAX_LIST)
        return partial

    return code


@compiles(n.Quantified)
def _quantified(node: n.Quantified, setting: Setting) -> Code:
    iterators = [(name, _domain(domain, setting)) for name, domain in node.iterators]
    return make_quantified(node.every, iterators, compile_node(node.condition, setting), weight(node.condition))


def make_quantified(every: bool, iterators: list[_Iterator], condition: Code, cost: int) -> Code:
    """`every`: a conjunction over all turns; `some`: a disjunction; both three-valued."""

    def code(scope: Scope) -> bool | None:
        inner = scope.child()
        result: bool | None = every
        for turn in _turns(iterators, inner):
            if turn is None:
                return None
            scope.run.spend(cost + 1)
            value = condition(inner)
            if value is not every and type(value) is bool:
                return not every
            if type(value) is not bool:
                result = None
        return result

    return code


@compiles(n.Filter)
def _filter(node: n.Filter, setting: Setting) -> Code:
    return make_filter(
        compile_node(node.source, setting), compile_node(node.condition, setting), weight(node.condition)
    )


def make_filter(source: Code, condition: Code, cost: int) -> Code:
    """`list[condition]` keeps the elements for which it is true; `list[number]` picks one, from 1, or from the end."""

    def code(scope: Scope) -> Any:
        value = source(scope)
        items = value if type(value) is list else [] if value is None else [value]
        scope.run.spend(cost)
        first = condition(_element_scope(scope, items[0]) if items else scope)
        if type(first) is Decimal:
            return None if value is None else _pick(items, first)
        kept = [items[0]] if items and first is True else []
        for item in items[1:]:
            scope.run.spend(cost + 1)
            if condition(_element_scope(scope, item)) is True:
                kept.append(item)
        return None if value is None else kept

    return code


def _pick(items: list[Any], index: Decimal) -> Any:
    if index != index.to_integral_value() or abs(index) > len(items) or not index:
        return None
    return items[int(index) - 1] if index > 0 else items[int(index)]


def _element_scope(scope: Scope, item: Any) -> Scope:
    scope.run.spend(1 + len(scope) // 8)
    inner = scope.child()
    inner["item"] = item
    if type(item) is dict:
        scope.run.spend(len(item) // 8)
        inner.update(item)
    return inner


def _turns(iterators: list[_Iterator], scope: Scope) -> Iterator[bool | None]:
    """Set the loop variables to each combination, the last fastest; None once where a domain is null."""
    (name, domain), rest = iterators[0], iterators[1:]
    values = domain(scope)
    if values is None:
        yield None
        return
    for value in values:
        scope[name] = value
        if not rest:
            yield True
            continue
        scope.run.spend(1)
        yield from _turns(rest, scope)


def _domain(node: n.Node, setting: Setting) -> Callable[[Scope], Iterable[Any] | None]:
    """What a loop runs over: a list, a range of whole numbers or days, or one value as a list of one."""
    if isinstance(node, n.RangeOf) and node.start and node.end:
        start, end = compile_node(node.start, setting), compile_node(node.end, setting)
        closed = node.start_included, node.end_included
        return lambda scope: steps_of(Range(start(scope), end(scope), *closed), scope.run)
    return iterable(compile_node(node, setting))


def iterable(code: Code) -> Callable[[Scope], Iterable[Any] | None]:
    """The values of a domain given by an expression."""

    def values(scope: Scope) -> Iterable[Any] | None:
        value = code(scope)
        if type(value) is list or value is None:
            return value
        return steps_of(value, scope.run) if type(value) is Range else [value]

    return values


def steps_of(interval: Range, run: Run) -> Iterable[Any] | None:
    """The whole numbers or days of a range, upwards or downwards; null where the ends are something else."""
    start, end = interval.start, interval.end
    if type(start) is Decimal and type(end) is Decimal:
        return map(Decimal, _between(start, end, interval))
    if type(start) is Date and type(end) is Date:
        return map(date_of, _between(Decimal(start.ordinal), Decimal(end.ordinal), interval))
    if type(start) is DateTime and type(end) is DateTime:
        return map(date_of, _between(Decimal(start.date.ordinal), Decimal(end.date.ordinal), interval))
    return None


def _between(start: Decimal, end: Decimal, interval: Range) -> Iterable[int]:
    if abs(start) > 10**15 or abs(end) > 10**15 or start != int(start):
        raise FeelError("range_size")
    first, step = int(start), 1 if end >= start else -1
    last = int(end)
    return range(
        first if interval.start_included else first + step, last + step if interval.end_included else last, step
    )
