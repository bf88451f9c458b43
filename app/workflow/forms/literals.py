"""Which fields an expression compares with which literals: what a checker can say before anybody fills the form.

Only comparisons at the level of the form are looked at; inside filters and loops a name may mean a column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from app import feel
from app.feel import nodes
from app.feel.builtins import BUILTINS

_OTHER_SCOPES = (nodes.Filter, nodes.For, nodes.Quantified, nodes.Function, nodes.ContextOf)


def compared(text: str) -> frozenset[tuple[str, Any]]:
    """(name, literal) of every `name = literal`, `name < literal`, `name in (literal, …)` of the expression."""
    return frozenset(pair for node in _walk(feel.parse(text).tree) for pair in _pairs(node))


def names_of_functions(tree: nodes.Node) -> frozenset[str]:
    """Names that stand where a value is meant, though a function of the language has the same: `product` of `product = "car"`."""
    called = {id(node.function) for node in _walk(tree) if isinstance(node, nodes.Call)}
    named = (node for node in _walk(tree) if isinstance(node, nodes.Name) and id(node) not in called)
    return frozenset(node.name for node in named if node.name in BUILTINS)


def members_read(text: str, name: str) -> frozenset[str]:
    """The members of a name that the expression asks for: "lines" of `option.lines`, wherever it stands."""
    return frozenset(
        node.name
        for node in _every(feel.parse(text).tree)
        if isinstance(node, nodes.Path) and isinstance(node.source, nodes.Name) and node.source.name == name
    )


def _every(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for inner in _inside(node):
        yield from _every(inner)


def _inside(node: nodes.Node) -> Iterator[nodes.Node]:
    """The nodes one level below; members of contexts, iterators and parameters stand in pairs."""
    waiting = [getattr(node, field.name) for field in fields(node)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, nodes.Node):
            yield value
        elif isinstance(value, tuple):
            waiting += value


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    if isinstance(node, _OTHER_SCOPES):
        return
    yield node
    for field in fields(node):
        value = getattr(node, field.name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, nodes.Node):
                yield from _walk(inner)


def _pairs(node: nodes.Node) -> Iterator[tuple[str, Any]]:
    if isinstance(node, nodes.Compare):
        yield from _pair(node.left, node.right)
        yield from _pair(node.right, node.left)
    elif isinstance(node, nodes.In):
        for test in node.tests:
            yield from _pair(node.operand, test.operand if isinstance(test, nodes.Test) else test)


def _pair(name: nodes.Node, literal: nodes.Node) -> Iterator[tuple[str, Any]]:
    if isinstance(name, nodes.Name) and isinstance(literal, nodes.Literal) and literal.value is not None:
        yield name.name, literal.value
