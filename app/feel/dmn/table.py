"""Decision tables: columns, rules, hit policies (DMN 1.3 clause 8).

A table is compiled once: each cell to a test of the input's value, cells with `-` to nothing at all. Running it
evaluates each input once, then walks the rules. The rules that fired are written into the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.feel import nodes as n
from app.feel.compiler import Code
from app.feel.dmn.hits import settle
from app.feel.errors import FeelError
from app.feel.limits import Scope
from app.feel.matching import Tester
from app.feel.types import ANY, Type, coerce
from app.feel.values import from_feel


@dataclass(frozen=True, slots=True)
class Input:
    """An input column. `tree` is the tests of its allowed values, None where there are none.

    `type` is the declared type, `known` what is known of it, `whole` that only whole numbers can come.
    """

    label: str
    text: str
    code: Code
    type: Type
    alias: str = ""
    allowed: Tester | None = None
    tree: n.UnaryTests | None = None
    takes_null: bool = False
    known: Type = ANY
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """An output column; `priorities` are its allowed values in order, `listed` tells whether a value is one of them."""

    name: str
    label: str
    type: Type
    default: Code | None
    listed: Tester | None = None
    priorities: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A row. `cells` and `results` keep the trees for checks; `tests` are the cells that are not `-`."""

    index: int
    id: str
    cells: tuple[n.UnaryTests | None, ...]
    tests: tuple[tuple[int, Tester], ...]
    outputs: tuple[Code, ...]
    results: tuple[n.Node | None, ...]
    annotations: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A compiled decision table."""

    element: str
    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    scoped: frozenset[int]

    def run(self, scope: Scope) -> Any:
        """The table's result; raises FeelError where the hit policy is broken."""
        scope.run.spend(1 + len(self.rules) * (len(self.inputs) + 1))
        values = [self._input(column, scope) for column in self.inputs]
        scopes = [self._cell_scope(i, value, scope) if i in self.scoped else scope for i, value in enumerate(values)]
        first_only = self.policy == "FIRST"
        matched: list[Rule] = []
        for rule in self.rules:
            for i, test in rule.tests:
                if test(values[i], scopes[i]) is not True:
                    break
            else:
                matched.append(rule)
                if first_only:
                    break
        seen = {column.text: value for column, value in zip(self.inputs, values, strict=True)}
        return settle(self, matched, scope, seen)

    def _input(self, column: Input, scope: Scope) -> Any:
        value = coerce(column.code(scope), column.type)
        if value is None and scope.run.strict and not column.takes_null:
            raise FeelError("null_input", element=self.element, text=column.text, values=shown(scope))
        if column.allowed is not None and value is not None and column.allowed(value, scope) is not True:
            raise FeelError("not_allowed", element=self.element, text=column.text, value=from_feel(value))
        return value

    def _cell_scope(self, i: int, value: Any, scope: Scope) -> Scope:
        inner = scope.child()
        inner["?"] = value
        inner["cellInput"] = value
        if self.inputs[i].alias:
            inner[self.inputs[i].alias] = value
        return inner


def shown(scope: Scope) -> str:
    """The variables of a scope in one short line, for a message."""
    parts = []
    for name, value in scope.items():
        try:
            parts.append(f"{name} = {str(from_feel(value))[:60]}")
        except FeelError:
            parts.append(f"{name} = …")
    return ", ".join(parts)[:300]
