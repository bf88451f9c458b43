"""Requirements between the elements of a model: what each sees, knowledge, services, imports."""

from __future__ import annotations

import pytest

from app import feel
from tests.feel.kit import codes, decision, definitions, input_data, literal, model, needs, table


def value(loaded: feel.DecisionModel, name: str, inputs: dict | None = None, **keywords: object) -> object:
    """A decision's value as JSON."""
    return feel.from_feel(loaded.evaluate(name, inputs or {}, **keywords).value)  # type: ignore[arg-type]


def knowledge(name: str, parameters: str, text: str, requires: str = "", type_ref: str = "Any") -> str:
    """A business knowledge model."""
    formal = "".join(f'<formalParameter name="{p}"/>' for p in parameters.split())
    return (
        f'<businessKnowledgeModel id="{name}" name="{name}"><variable name="{name}" typeRef="{type_ref}"/>'
        f"<encapsulatedLogic>{formal}{literal(text)}</encapsulatedLogic>{requires}</businessKnowledgeModel>"
    )


def service(name: str, outputs: str, encapsulated: str = "", decisions: str = "", inputs: str = "") -> str:
    """A decision service; each argument is a list of ids."""
    kinds = {"outputDecision": outputs, "encapsulatedDecision": encapsulated, "inputDecision": decisions}
    links = "".join(
        f'<{kind} href="#{i}"/>' for kind, ids in {**kinds, "inputData": inputs}.items() for i in ids.split()
    )
    return f'<decisionService id="{name}" name="{name}"><variable name="{name}"/>{links}</decisionService>'


INPUT = input_data("Monthly Salary", "number")
YEARLY = decision("Yearly Salary", literal("Monthly Salary * 12"), needs("Monthly_Salary"), "number")
RICH = decision("Rich", literal("Yearly Salary > 100000"), needs("Yearly_Salary", kind="requiredDecision"))


def test_a_decision_asks_those_it_requires() -> None:
    loaded = model(INPUT, YEARLY, RICH)
    assert value(loaded, "Rich", {"Monthly Salary": 10_000}) is True
    assert value(loaded, "Rich", {"Monthly Salary": 1_000}) is False
    assert codes(loaded) == []


def test_the_outer_variables_are_known_through_all_requirements() -> None:
    loaded = model(INPUT, YEARLY, RICH)
    assert loaded.decisions["Rich"].names == {"Monthly Salary"}
    assert loaded.tops == ("Rich",)


def test_a_decision_is_found_by_id_or_name() -> None:
    loaded = model(INPUT, YEARLY)
    assert (
        value(loaded, "Yearly_Salary", {"Monthly Salary": 1})
        == value(loaded, "Yearly Salary", {"Monthly Salary": 1})
        == 12
    )
    with pytest.raises(feel.FeelError, match="no decision “Nope”"):
        loaded.evaluate("Nope", {})


def test_what_is_not_required_is_not_seen_and_is_a_finding() -> None:
    loaded = model(INPUT, YEARLY, decision("Blind", literal("Yearly Salary")))
    assert value(loaded, "Blind", {"Monthly Salary": 1, "Yearly Salary": 5}) is None
    assert [(item.code, item.element) for item in loaded.findings] == [("not_required", "Blind")]


def test_without_input_data_the_callers_variables_are_seen() -> None:
    loaded = model(decision("a", literal("x + 1")))
    assert value(loaded, "a", {"x": 1}) == 2
    assert loaded.decisions["a"].names == {"x"}
    assert codes(loaded) == []


def test_a_name_that_nothing_sets_is_a_warning_where_the_model_declares_its_inputs() -> None:
    loaded = model(INPUT, decision("a", literal("Monthly Salary + bonus"), needs("Monthly_Salary")))
    assert [(item.code, item.severity) for item in loaded.findings] == [("unknown_name", "warning")]


def test_a_decision_that_needs_itself_is_stopped() -> None:
    first = decision("a", literal("b"), needs("b", kind="requiredDecision"))
    second = decision("b", literal("a"), needs("a", kind="requiredDecision"))
    with pytest.raises(feel.FeelError) as caught:
        model(first, second).evaluate("a", {})
    assert caught.value.code == "cycle"


def test_a_required_decision_is_worked_out_once() -> None:
    base = decision("base", table(["x"], ["r"], [["> 0", "1"]]))
    middle = [decision(f"m{i}", literal("base + 1"), needs("base", kind="requiredDecision")) for i in range(3)]
    top = decision("top", literal("m0 + m1 + m2"), needs("m0", "m1", "m2", kind="requiredDecision"))
    result = model(base, *middle, top).evaluate("top", {"x": 1})
    assert result.value == 6
    assert len(result.rules) == 1


def test_inputs_and_results_are_converted_to_their_declared_types() -> None:
    loaded = model(INPUT, YEARLY)
    assert value(loaded, "Yearly_Salary", {"Monthly Salary": [100]}) == 1200
    assert value(loaded, "Yearly_Salary", {"Monthly Salary": "100"}) is None
    assert value(model(decision("a", literal('"text"'), type_ref="number")), "a") is None


def test_item_definitions_describe_contexts_lists_and_allowed_values() -> None:
    types = (
        '<itemDefinition name="tGrade"><typeRef>string</typeRef><allowedValues><text>"A","B"</text></allowedValues>'
        '</itemDefinition><itemDefinition name="tLoan"><itemComponent name="principal amount"><typeRef>number</typeRef>'
        '</itemComponent><itemComponent name="grades" isCollection="true"><typeRef>tGrade</typeRef></itemComponent>'
        "</itemDefinition>"
    )
    body = types + input_data("loan", "tLoan") + decision("d", literal("loan.principal amount"), needs("loan"))
    loaded = feel.load_dmn(definitions(body))
    assert value(loaded, "d", {"loan": {"principal amount": 5, "grades": ["A", "B"]}}) == 5
    assert value(loaded, "d", {"loan": {"principal amount": 5, "grades": ["A", "C"]}}) is None
    assert value(loaded, "d", {"loan": {"principal amount": "5", "grades": []}}) is None


def test_a_type_may_stand_after_its_use_and_a_circle_of_types_ends() -> None:
    types = (
        '<itemDefinition name="tA"><typeRef>tB</typeRef></itemDefinition>'
        '<itemDefinition name="tB"><typeRef>number</typeRef></itemDefinition>'
        '<itemDefinition name="tC"><itemComponent name="c"><typeRef>tC</typeRef></itemComponent></itemDefinition>'
    )
    loaded = feel.load_dmn(definitions(types + input_data("x", "tA") + decision("d", literal("x"), needs("x"))))
    assert value(loaded, "d", {"x": 1}) == 1
    assert value(loaded, "d", {"x": "a"}) is None


def test_an_unknown_type_is_a_finding() -> None:
    assert "unknown_type" in codes(model(decision("d", literal("1"), type_ref="tNowhere")))


def test_knowledge_is_a_function_that_sees_only_what_it_requires() -> None:
    square = knowledge("square", "x", "x * x")
    cube = knowledge("cube", "x", "square(x) * x", needs("square", kind="requiredKnowledge"))
    blind = knowledge("blind", "x", "square(x)")
    top = decision("d", literal("[cube(2), blind(2)]"), needs("cube", "blind", kind="requiredKnowledge"))
    loaded = model(square, cube, blind, top)
    assert value(loaded, "d") == [8, None]
    assert "not_required" in codes(loaded)


def test_knowledge_may_call_itself_within_bounds() -> None:
    factorial = knowledge("factorial", "n", "if n <= 1 then 1 else n * factorial(n - 1)")
    top = decision("d", literal("factorial(n)"), needs("factorial", kind="requiredKnowledge"))
    loaded = model(factorial, top)
    assert value(loaded, "d", {"n": 10}) == 3628800
    with pytest.raises(feel.FeelError) as caught:
        loaded.evaluate("d", {"n": 10_000})
    assert caught.value.code in ("calls", "nesting_run")


def test_knowledge_converts_its_arguments_and_its_result() -> None:
    typed = knowledge("f", "x", '"text"', type_ref="number")
    assert value(model(typed, decision("d", literal("f(1)"), needs("f", kind="requiredKnowledge"))), "d") is None


def test_a_service_is_a_function_of_its_inputs() -> None:
    base = decision("base", literal("x * 2"), needs("x"))
    top = decision("top", literal("base + 1"), needs("base", kind="requiredDecision"))
    whole = service("whole", "top", "base", inputs="x")
    half = service("half", "top", decisions="base")
    caller = decision("caller", literal("[whole(5), half(7)]"), needs("whole", "half", kind="requiredKnowledge"))
    loaded = model(input_data("x"), base, top, whole, half, caller)
    assert value(loaded, "caller", {"x": 100}) == [11, 8]
    assert feel.from_feel(loaded.call_service("whole", {"x": 1}).value) == 3


def test_a_service_with_several_outputs_gives_a_context() -> None:
    both = service("both", "a b")
    loaded = model(decision("a", literal("1")), decision("b", literal("2")), both)
    assert feel.from_feel(loaded.call_service("both", {}).value) == {"a": 1, "b": 2}


def test_a_service_called_with_too_many_arguments_is_null() -> None:
    loaded = model(
        decision("a", literal("1")),
        service("s", "a"),
        decision("d", literal("[s(), s(1)]"), needs("s", kind="requiredKnowledge")),
    )
    assert value(loaded, "d") == [1, None]


def test_an_imported_model_is_seen_under_its_name() -> None:
    other = definitions(
        input_data("Person name") + decision("Greeting", literal('"Hello, " + Person name'), needs("Person_name"))
    ).replace(b"urn:test", b"urn:other")
    imported = (
        '<import namespace="urn:other" name="other model" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    )
    requirement = '<informationRequirement><requiredDecision href="urn:other#Greeting"/></informationRequirement>'
    xml = definitions(imported + decision("d", literal('other model.Greeting + "!"'), requirement))
    loaded = feel.load_dmn(xml, imports=[other])
    assert loaded.findings == ()
    assert value(loaded, "d", {"Person name": "Li"}) == "Hello, Li!"


def test_a_missing_import_is_a_finding() -> None:
    imported = '<import namespace="urn:gone" name="gone" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    assert "import_missing" in codes(feel.load_dmn(definitions(imported + decision("d", literal("1")))))


def test_references_to_the_own_namespace_are_followed() -> None:
    requirement = '<informationRequirement><requiredInput href="urn:test#x"/></informationRequirement>'
    assert value(model(input_data("x"), decision("d", literal("x"), requirement)), "d", {"x": 1}) == 1


def test_a_reference_to_nothing_is_a_finding() -> None:
    assert "unknown_reference" in codes(model(decision("d", literal("1"), needs("nowhere"))))


def test_a_decision_without_logic_is_null_and_a_finding() -> None:
    loaded = model(decision("d", ""))
    assert value(loaded, "d") is None
    assert codes(loaded) == ["no_logic"]


def test_two_elements_with_one_id_are_a_finding() -> None:
    assert "twice_id" in codes(model(decision("d", literal("1")), decision("d", literal("2"))))


def test_a_long_chain_of_decisions_is_answered_or_refused_but_never_breaks() -> None:
    chain = [decision("d0", literal("1"))]
    chain += [
        decision(f"d{i}", literal(f"d{i - 1} + 1"), needs(f"d{i - 1}", kind="requiredDecision")) for i in range(1, 600)
    ]
    loaded = model(*chain)
    assert value(loaded, "d20") == 21
    with pytest.raises(feel.FeelError, match="nested too deeply"):
        loaded.evaluate("d599", {})
