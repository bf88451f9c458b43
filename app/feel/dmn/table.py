"""Decision tables: columns, rules, hit policies (DMN 1.3 clause 8).

A table is compiled once: each cell to a test of the input's value, cells with `-` to nothing at all. Running it
evaluates each input once, then walks the rules. The rules that fired are written into the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.feel import nodes as n
from app.feel.compiler import Code, Setting
from app.feel.dmn.findings import Place, Severity
from app.feel.dmn.hits import POLICIES, settle
from app.feel.dmn.site import Site, broken
from app.feel.dmn.xml import Element, attribute, child, children, extension, text_of
from app.feel.errors import FeelError
from app.feel.limits import Scope
from app.feel.matching import Tester, compile_unary, uses_input
from app.feel.types import Type, coerce
from app.feel.values import from_feel

_LETTERS = {
    "U": "UNIQUE",
    "A": "ANY",
    "P": "PRIORITY",
    "F": "FIRST",
    "C": "COLLECT",
    "R": "RULE ORDER",
    "O": "OUTPUT ORDER",
}
_SIGNS = {"+": "SUM", "<": "MIN", ">": "MAX", "#": "COUNT"}


@dataclass(frozen=True, slots=True)
class Input:
    """An input column. `tree` is the tests of its allowed values, None where there are none."""

    label: str
    text: str
    code: Code
    type: Type
    alias: str = ""
    allowed: Tester | None = None
    tree: n.UnaryTests | None = None
    takes_null: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """An output column; `values` are its allowed values in order of priority, None where they are not all literals."""

    name: str
    label: str
    type: Type
    default: Code | None
    tree: n.UnaryTests | None = None
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


def compile_table(element: Element, site: Site) -> Code:
    """The code of a `decisionTable` element."""
    policy, aggregation = _policy(element, site)
    inputs = tuple(_input(column, i, site) for i, column in enumerate(children(element, "input"), 1))
    outputs = tuple(_output(column, i, site) for i, column in enumerate(children(element, "output"), 1))
    rules = tuple(_rule(rule, i, inputs, outputs, site) for i, rule in enumerate(children(element, "rule"), 1))
    scoped = frozenset(
        i for rule in rules for i, cell in enumerate(rule.cells) if cell is not None and _needs_scope(cell, inputs[i])
    )
    forgiving = tuple(_forgiving(column, i, rules) for i, column in enumerate(inputs))
    table = Table(site.element, policy, aggregation, forgiving, outputs, rules, scoped)
    site.tables.append(table)
    return table.run


def _policy(element: Element, site: Site) -> tuple[str, str]:
    text = attribute(element, "hitPolicy").upper() or "UNIQUE"
    sign = text[1:2] if len(text) == 2 else ""
    policy = _LETTERS.get(text[:1], text) if len(text) <= 2 else text
    aggregation = attribute(element, "aggregation").upper() or _SIGNS.get(sign, "")
    if policy not in POLICIES:
        site.note(Severity.ERROR, "hit_policy", policy=text)
        policy = "UNIQUE"
    return policy, aggregation if policy == "COLLECT" else ""


def _input(element: Element, number: int, site: Site) -> Input:
    expression = child(element, "inputExpression")
    text = text_of(expression) or extension(element, "inputVariable")
    label = attribute(element, "label") or text or str(number)
    where = Place(column=label)
    here = site.at(where)
    if not text:
        here.note(Severity.ERROR, "no_input")
    if expression is not None:
        here.check_language(expression)
    wanted = here.type(attribute(expression, "typeRef"))
    tree = _values(child(element, "inputValues"), here)
    allowed = compile_unary(tree, Setting(site.workshop.types)) if tree else None
    code = here.code(text) if text else broken(site.element, label)
    return Input(label, text, code, wanted, extension(element, "inputVariable"), allowed, tree)


def _output(element: Element, number: int, site: Site) -> Output:
    name = attribute(element, "name")
    label = attribute(element, "label") or name or str(number)
    here = site.at(Place(column=label))
    tree = _values(child(element, "outputValues"), here)
    default = child(element, "defaultOutputEntry")
    code = here.literal(default) if default is not None and text_of(default) else None
    priorities = tuple(here.code(part) for part in _parts(text_of(child(element, "outputValues")), tree))
    return Output(name, label, here.type(attribute(element, "typeRef")), code, tree, priorities)


def _parts(text: str, tree: n.UnaryTests | None) -> list[str]:
    """The texts of allowed values that are separated by commas outside of strings and brackets."""
    if tree is None:
        return []
    starts = [0]
    depth, quoted = 0, False
    for i, sign in enumerate(text):
        quoted ^= sign == '"' and text[i - 1 : i] != "\\"
        if not quoted:
            depth += (sign in "([{") - (sign in ")]}")
            if sign == "," and depth == 0:
                starts.append(i + 1)
    return [text[a:b].strip().removesuffix(",").strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]


def _values(element: Element | None, site: Site) -> n.UnaryTests | None:
    text = text_of(element)
    expression = site.parse(text, unary=True) if text else None
    tree = expression.tree if expression else None
    return tree if isinstance(tree, n.UnaryTests) and tree.tests else None


def _rule(element: Element, index: int, inputs: tuple[Input, ...], outputs: tuple[Output, ...], site: Site) -> Rule:
    cells = list(children(element, "inputEntry"))
    results = list(children(element, "outputEntry"))
    if len(cells) != len(inputs) or len(results) != len(outputs):
        site.note(Severity.ERROR, "cell_count", Place(row=index))
    trees, tests = [], []
    for i, column in enumerate(inputs):
        tree, test = _cell(cells[i] if i < len(cells) else None, column, site.at(Place(index, column.label)))
        trees.append(tree)
        if test is not None:
            tests.append((i, test))
    codes, nodes = [], []
    for i, output in enumerate(outputs):
        node, code = _result(results[i] if i < len(results) else None, site.at(Place(index, output.label)))
        nodes.append(node)
        codes.append(code)
    annotations = tuple(text_of(note) for note in children(element, "annotationEntry"))
    texts = tuple(text_of(cell) for cell in (*cells, *results))
    return Rule(
        index, element.get("id") or "", tuple(trees), tuple(tests), tuple(codes), tuple(nodes), annotations, texts
    )


def _cell(element: Element | None, column: Input, site: Site) -> tuple[n.UnaryTests | None, Tester | None]:
    text = text_of(element)
    if element is not None:
        site.check_language(element)
    if text in ("", "-"):
        return n.UnaryTests(0, ()), None
    inner = site.inside({"cellInput", column.alias} - {""})
    expression = inner.parse(text, unary=True)
    if expression is None or not isinstance(expression.tree, n.UnaryTests):
        fail = broken(site.element, text)
        return None, lambda value, scope: fail(scope)
    return expression.tree, compile_unary(expression.tree, Setting(site.workshop.types))


def _result(element: Element | None, site: Site) -> tuple[n.Node | None, Code]:
    text = text_of(element)
    if element is not None:
        site.check_language(element)
    if text in ("", "-"):
        return n.Literal(0, None), lambda scope: None
    expression = site.parse(text)
    return (expression.tree, expression.run) if expression else (None, broken(site.element, text))


def _needs_scope(tree: n.UnaryTests, column: Input) -> bool:
    return any(uses_input(tree, name) for name in ("?", "cellInput", column.alias) if name)


def _forgiving(column: Input, i: int, rules: tuple[Rule, ...]) -> Input:
    """A column whose cells speak of null expects it, so a null there is no accident."""
    return replace(column, takes_null=any(_speaks_of_null(rule.cells[i]) for rule in rules))


def _speaks_of_null(tree: n.UnaryTests | None) -> bool:
    return tree is not None and any(isinstance(test, n.Literal) and test.value is None for test in tree.tests)
