"""Boxed expressions other than tables."""

from __future__ import annotations

import pytest

from app import feel
from tests.feel.kit import codes, decision, literal, model, needs


def answer(box: str, inputs: dict | None = None, *others: str, requires: str = "") -> object:
    """What a decision made of one box answers."""
    loaded = model(decision("d", box, requires), *others)
    return feel.from_feel(loaded.evaluate("d", inputs or {}).value)


def entry(name: str, box: str, type_ref: str = "Any") -> str:
    """A context entry; without a name the result."""
    variable = f'<variable name="{name}" typeRef="{type_ref}"/>' if name else ""
    return f"<contextEntry>{variable}{box}</contextEntry>"


def test_a_literal_expression_reads_the_inputs() -> None:
    assert answer(literal("amount * rate / 100"), {"amount": 1000, "rate": 4.35}) == 43.5


def test_a_context_gives_its_entries_and_later_ones_see_earlier_ones() -> None:
    entries = [entry("a", literal("1")), entry("b c", literal("a + 1")), entry("d", literal("b c * 10"))]
    assert answer(f"<context>{''.join(entries)}</context>") == {"a": 1, "b c": 2, "d": 20}


def test_a_context_with_a_result_gives_only_that() -> None:
    assert answer(f"<context>{entry('a', literal('2'))}{entry('', literal('a * a'))}</context>") == 4


def test_a_context_entry_is_converted_to_its_type() -> None:
    box = f"<context>{entry('a', literal('[1]'), 'number')}{entry('b', literal('1'), 'string')}</context>"
    assert answer(box) == {"a": 1, "b": None}


def test_a_relation_is_a_list_of_contexts() -> None:
    columns = '<column name="name"/><column name="age"/>'
    rows = f"<row>{literal('x')}{literal('1 + 1')}</row><row>{literal('null')}{literal('3')}</row>"
    assert answer(f"<relation>{columns}{rows}</relation>", {"x": "Li"}) == [
        {"name": "Li", "age": 2},
        {"name": None, "age": 3},
    ]


def test_a_list_gives_its_items() -> None:
    assert answer(f"<list>{literal('1')}{literal('x')}</list>", {"x": "a"}) == [1, "a"]


def test_an_invocation_binds_parameters_by_name() -> None:
    function = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f"/><encapsulatedLogic>'
        '<formalParameter name="x y"/><formalParameter name="z"/>' + literal("x y - z") + "</encapsulatedLogic>"
        "</businessKnowledgeModel>"
    )
    bindings = "".join(
        f'<binding><parameter name="{name}"/>{literal(text)}</binding>' for name, text in (("z", "1"), ("x y", "10"))
    )
    box = f"<invocation>{literal('f')}{bindings}</invocation>"
    assert answer(box, {}, function, requires=needs("f", kind="requiredKnowledge")) == 9


def test_an_invocation_with_a_wrong_name_or_of_no_function_is_null() -> None:
    assert (
        answer(f'<invocation>{literal("5")}<binding><parameter name="x"/>{literal("1")}</binding></invocation>') is None
    )
    box = f'<invocation>{literal("abs")}<binding><parameter name="nope"/>{literal("1")}</binding></invocation>'
    assert answer(box) is None


def test_a_function_definition_is_a_value_that_can_be_called() -> None:
    function = f'<functionDefinition><formalParameter name="x"/>{literal("x + 1")}</functionDefinition>'
    assert answer(f"<context>{entry('f', function)}{entry('', literal('f(1)'))}</context>") == 2


@pytest.mark.parametrize("kind", ["Java", "JAVA", "PMML"])
def test_a_function_of_another_language_is_noted_and_never_run(kind: str) -> None:
    java = '{class: "java.lang.Runtime", method signature: "exec(java.lang.String)"}'
    function = f'<functionDefinition kind="{kind}"><formalParameter name="x"/>{literal(java)}</functionDefinition>'
    box = f"<context>{entry('f', function)}{entry('', literal('f(1)'))}</context>"
    assert answer(box) is None
    assert "external" in codes(model(decision("d", box)))


@pytest.mark.parametrize(("condition", "wanted"), [("true", 1), ("false", 2), ("null", 2), ('"x"', None)])
def test_a_boxed_conditional(condition: str, wanted: object) -> None:
    ways = f"<then>{literal('1')}</then><else>{literal('2')}</else>"
    assert answer(f"<conditional><if>{literal(condition)}</if>{ways}</conditional>") == wanted


def test_a_boxed_filter() -> None:
    box = f"<filter><in>{literal('rows')}</in><match>{literal('item > limit')}</match></filter>"
    assert answer(box, {"rows": [1, 5, 9], "limit": 4}) == [5, 9]


def test_a_boxed_for_sees_what_it_has_made_so_far() -> None:
    body = literal("if count(partial) = 0 then i else i + partial[-1]")
    box = f'<for iteratorVariable="i"><in>{literal("1..4")}</in><return>{body}</return></for>'
    assert answer(box.replace("1..4", "[1, 2, 3, 4]")) == [1, 3, 6, 10]


@pytest.mark.parametrize(("form", "wanted"), [("some", True), ("every", False)])
def test_boxed_some_and_every(form: str, wanted: bool) -> None:
    box = f'<{form} iteratorVariable="i"><in>{literal("[1, 5]")}</in><satisfies>{literal("i > 3")}</satisfies></{form}>'
    assert answer(box) is wanted


def test_a_box_is_converted_to_its_own_type() -> None:
    box = '<literalExpression typeRef="string"><text>5</text></literalExpression>'
    assert answer(box) is None


def test_a_fault_inside_a_box_is_named_with_the_entry() -> None:
    loaded = model(decision("d", f"<context>{entry('total', literal('1 +'))}</context>"))
    assert [(item.code, item.place) for item in loaded.findings] == [("unreadable", "total")]
    with pytest.raises(feel.FeelError, match="1 \\+"):
        loaded.evaluate("d", {})


def test_imported_values_are_refused() -> None:
    box = '<literalExpression><importedValues importType="x" locationURI="file:///etc/passwd"/></literalExpression>'
    assert codes(model(decision("d", box))) == ["imported_values"]


def test_a_boxed_loop_is_bounded_like_any_other() -> None:
    box = f'<for iteratorVariable="i"><in>{literal("[1..999999999]")}</in><return>{literal("i")}</return></for>'
    with pytest.raises(feel.FeelError) as caught:
        answer(box)
    assert caught.value.code in ("list_size", "steps")
