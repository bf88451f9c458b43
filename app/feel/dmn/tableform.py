"""From the XML of a decision table to a `Table`: its columns, its cells, and what is wrong with each of them."""

from __future__ import annotations

from dataclasses import replace

from app.feel import nodes as n
from app.feel.compiler import Code, Setting, compile_node, mentions
from app.feel.dmn.hits import POLICIES
from app.feel.dmn.regions import constant
from app.feel.dmn.site import Site, broken
from app.feel.dmn.table import Input, Output, Rule, Table
from app.feel.dmn.xml import Element, attribute, child, children, extension, text_of
from app.feel.findings import Place, Severity
from app.feel.limits import Run, Scope
from app.feel.matching import Tester, compile_unary

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
    parsed = here.parse(text, expected=wanted) if text else None
    known = here.infer(parsed) if parsed and wanted.kind in ("Any", "unknown") else wanted
    whole = attribute(expression, "typeRef") in ("integer", "long", "int")
    code = parsed.run if parsed else broken(site.element, text or label)
    alias = extension(element, "inputVariable")
    return Input(label, text, code, wanted, alias, allowed, tree, known=known, whole=whole)


def _output(element: Element, number: int, site: Site) -> Output:
    name = attribute(element, "name")
    label = attribute(element, "label") or name or str(number)
    here = site.at(Place(column=label))
    tree = _values(child(element, "outputValues"), here)
    default = child(element, "defaultOutputEntry")
    code = here.literal(default) if default is not None and text_of(default) else None
    setting = Setting(site.workshop.types)
    priorities = tuple(compile_node(test, setting) for test in tree.tests) if tree else ()
    listed = compile_unary(tree, setting) if tree else None
    return Output(name, label, here.type(attribute(element, "typeRef")), code, listed, priorities)


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
        node, code = _result(results[i] if i < len(results) else None, output, site.at(Place(index, output.label)))
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
    expression = inner.parse(text, unary=True, tested=column.known)
    if expression is None or not isinstance(expression.tree, n.UnaryTests):
        fail = broken(site.element, text)
        return None, lambda value, scope: fail(scope)
    return expression.tree, compile_unary(expression.tree, Setting(site.workshop.types))


def _result(element: Element | None, output: Output, site: Site) -> tuple[n.Node | None, Code]:
    text = text_of(element)
    if element is not None:
        site.check_language(element)
    if text in ("", "-"):
        return n.Literal(0, None), lambda scope: None
    expression = site.parse(text, expected=output.type)
    if expression is None:
        return None, broken(site.element, text)
    known, value = constant(expression.tree)
    if output.listed and known and value is not None and output.listed(value, Scope({}, Run())) is not True:
        site.note(Severity.ERROR, "output_not_listed", value=text)
    return expression.tree, expression.run


def _needs_scope(tree: n.UnaryTests, column: Input) -> bool:
    return any(mentions(tree, name) for name in ("?", "cellInput", column.alias) if name)


def _forgiving(column: Input, i: int, rules: tuple[Rule, ...]) -> Input:
    """A column whose cells speak of null expects it, so a null there is no accident."""
    return replace(column, takes_null=any(_speaks_of_null(rule.cells[i]) for rule in rules))


def _speaks_of_null(tree: n.UnaryTests | None) -> bool:
    return tree is not None and any(isinstance(test, n.Literal) and test.value is None for test in tree.tests)
