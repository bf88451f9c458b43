"""Which variables an expression needs from outside, when something is known of the lists it filters.

In `items[amount > 5]` the name `amount` may be a member of the item or a variable beside `items`; the member hides the variable.
The text alone can't tell, the type of the list can. Where that is unknown too the name counts as one from outside: a variable
handed over in vain costs nothing, a missing one makes the condition null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.feel import nodes as n
from app.feel.builtins import BUILTINS
from app.feel.expression import Expression
from app.feel.inference import Surroundings, children, element_of, infer
from app.feel.types import ANY, Type


def outside_names(expression: Expression, types: Mapping[str, Type]) -> frozenset[str]:
    """The variables the expression reads or may read; `types` is what is known of them."""
    maybe: set[str] = set()
    _walk(expression.tree, Surroundings(types, _silent, {}), frozenset(), maybe)
    return expression.names | (maybe & expression.reads) - BUILTINS.keys()


def type_of(expression: Expression, types: Mapping[str, Type]) -> Type:
    """The type of the expression's value, `Any` where it can't be told."""
    return infer(expression.tree, Surroundings(types, _silent, {}))


def _walk(node: n.Node, around: Surroundings, local: frozenset[str], found: set[str]) -> None:
    """Collect the names below `node` that no inner scope (`local`) holds."""
    if isinstance(node, n.Name):
        found.update({node.name} - local)
    elif isinstance(node, n.Filter):
        _walk(node.source, around, local, found)
        element = element_of(infer(node.source, around))
        names = {"item": element, **dict(element.fields)}
        _walk(node.condition, around.with_names(names), local | names.keys(), found)
    elif isinstance(node, n.For | n.Quantified):
        for name, domain in node.iterators:
            _walk(domain, around, local, found)
            around, local = around.with_names({name: element_of(infer(domain, around))}), local | {name}
        _walk(node.body if isinstance(node, n.For) else node.condition, around, local | {"partial"}, found)
    elif isinstance(node, n.ContextOf):
        for name, value in node.entries:
            _walk(value, around, local, found)
            around, local = around.with_names({name: infer(value, around)}), local | {name}
    elif isinstance(node, n.Function):
        parameters = {name for name, _ in node.parameters}
        _walk(node.body, around.with_names(dict.fromkeys(parameters, ANY)), local | parameters, found)
    else:
        for inner in children(node):
            _walk(inner, around, local, found)


def _silent(code: str, at: int, facts: dict[str, Any]) -> None:
    """What can't be right is the check's to say."""
