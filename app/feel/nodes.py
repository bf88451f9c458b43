"""The syntax tree of FEEL: frozen values, one class per shape of DMN 1.3 clause 10.3.1.2.

Every node carries `at`, the offset of its first character in the text, so that a message can name line and column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """Any piece of an expression."""

    at: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, string, boolean, null or an @-literal, already a FEEL value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable or built-in, spaces normalised."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """`[a, b]`"""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf(Node):
    """`{key: value}`; a later entry sees the earlier ones."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeOf(Node):
    """`[a..b)`"""

    start: Node
    end: Node
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic: `+ - * / **`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """`-a`"""

    operand: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`= != < <= > >=`"""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`a and b and c` or `a or b or c`, three-valued."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`a between low and high`"""

    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """`a in test` and `a in (test, test)`"""

    operand: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Test(Node):
    """`< 5`, `= x`, `!= x`: a comparison whose left side is the value under test."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """The content of a decision-table cell; no tests at all is `-`, which accepts everything."""

    tests: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if a then b else c`"""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for x in list, y in 1..3 return e`"""

    iterators: tuple[tuple[str, Node], ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some x in list satisfies e`, `every …`"""

    every: bool
    iterators: tuple[tuple[str, Node], ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class Function(Node):
    """`function(a: number, b) e`; `external` bodies are kept but never run."""

    parameters: tuple[tuple[str, str | None], ...]
    body: Node
    external: bool = False


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`f(a, b)` or `f(x: a, y: b)`"""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`a.b`"""

    source: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`list[condition or index]`"""

    source: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """`a instance of type`"""

    operand: Node
    type: str
