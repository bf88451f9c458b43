"""Business rule tasks: decisions by our own tables, in the diagram's variables, on record."""

from __future__ import annotations

from typing import Any

import pytest

from app.workflow import engine
from app.workflow.engine.checking import Parsed, check_here
from app.workflow.engine.outcomes import covers
from tests.engine import drawing as draw
from tests.engine.drawing import Case, document, end, flow, path, process, start, user, xor

OUTPUT = {"grade": '"{0}"', "limit": "{1}"}


def table(rows: list[tuple[str, str, str]], policy: str = "UNIQUE", outputs: tuple[str, ...] = ("grade",)) -> bytes:
    """A decision `rating` over amount and age; each row is two tests and an answer `text` or `text,number`."""
    inputs = "".join(
        f'<input id="i_{name}"><inputExpression id="e_{name}" typeRef="number"><text>{name}</text></inputExpression></input>'
        for name in ("amount", "age")
    )
    heads = "".join(f'<output id="o_{name}" name="{name}"/>' for name in outputs)
    rules = ""
    for number, (amount, age, answer) in enumerate(rows):
        parts = answer.split(",")
        tests = [
            f'<inputEntry id="r{number}_{i}"><text><![CDATA[{test}]]></text></inputEntry>'
            for i, test in enumerate((amount, age))
        ]
        texts = [OUTPUT[name].format(*parts) for name in outputs]
        answers = [
            f'<outputEntry id="r{number}_o{i}"><text>{text}</text></outputEntry>' for i, text in enumerate(texts)
        ]
        rules += f'<rule id="r{number}">{"".join(tests + answers)}</rule>'
    body = f'<decisionTable id="t" hitPolicy="{policy}">{inputs}{heads}{rules}</decisionTable>'
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:t">'
        f'<decision id="rating" name="rating">{body}</decision></definitions>'
    ).encode()


ROWS = [("< 1000", "-", "A,1"), (">= 1000", "< 60", "B,2"), (">= 1000", ">= 60", "C,3")]


def checked(dmn: bytes, result: str = "rating") -> Parsed:
    parts = [user("a"), draw.rule("r", "rating", result), user("b"), end("e"), path("s", "a", "r", "b", "e")]
    return check_here({"p.bpmn": document(process("p", start("s"), *parts)), "rating.dmn": dmn}, engine.Catalogue())


def decided(dmn: bytes, **values: Any) -> engine.Progress:
    (definition,) = checked(dmn).definitions
    case = Case(engine.Definition.from_bytes(definition.to_bytes()))
    return case.do("a", **values)


@pytest.mark.parametrize(("amount", "age", "grade"), [(500, 30, "A"), (1000, 59, "B"), (5000, 60, "C")])
def test_a_decision_sets_its_result_and_is_on_record(amount: int, age: int, grade: str) -> None:
    last = decided(table(ROWS), amount=amount, age=age)
    assert last.variables["rating"] == grade
    (taken,) = last.decisions
    assert (taken.element_id, taken.id, taken.result) == ("r", "rating", grade)
    assert taken.inputs == {"amount": amount, "age": age}
    assert len(taken.rules) == 1


def test_each_of_several_outputs_is_a_variable_of_its_own() -> None:
    dmn = table(ROWS, outputs=("grade", "limit"))
    last = decided(dmn, amount=2000, age=70)
    assert last.variables["rating"] == {"grade": "C", "limit": 3}
    assert (last.variables["rating_grade"], last.variables["rating_limit"]) == ("C", 3)
    (definition,) = checked(dmn).definitions
    assert {"rating", "rating_grade", "rating_limit"} <= definition.set_names


def test_what_a_decision_reads_is_a_routing_name() -> None:
    (definition,) = checked(table(ROWS)).definitions
    assert definition.routing_names == {"amount", "age"}


def test_two_rules_that_hold_where_one_may_are_an_incident() -> None:
    parsed = checked(table([("< 10", "-", "A"), ("< 20", "-", "B")]))
    assert any(finding.code == "decision_file" for finding in parsed.findings)
    first = decided(table([("< 10", "-", "A"), ("< 20", "-", "B")], policy="FIRST"), amount=5, age=1)
    assert first.variables["rating"] == "A"


def test_a_missing_input_is_an_incident_and_no_silent_answer() -> None:
    last = decided(table(ROWS), amount=2000)
    assert last.incident is not None
    assert (last.incident.element_id, last.incident.code) == ("r", "decision_failed")
    assert "rating" not in last.variables
    assert "rating" in last.incident.message["zh_Hant"]


def test_a_cell_that_can_not_be_read_keeps_the_files_out_and_says_where() -> None:
    parsed = checked(table([("< 10 +", "-", "A"), (">= 10", "-", "B")]))
    assert parsed.definitions == ()
    (finding, *_) = [finding for finding in parsed.findings if finding.severity == "error"]
    assert (finding.file, finding.code) == ("rating.dmn", "decision_file")
    assert "1" in finding.message["en"]


@pytest.mark.parametrize("content", [b"", b"<definitions/>", b"no xml", document()])
def test_a_decision_file_that_is_none_is_a_finding(content: bytes) -> None:
    parsed = checked(content)
    assert parsed.definitions == ()
    assert parsed.findings


@pytest.mark.parametrize(
    ("conditions", "covered"),
    [
        (['a_result = "yes"', 'a_result = "no"'], True),
        (['a_result in ("yes", "no")', "n > 1"], True),
        (['a_result = "yes"', "n > 1"], False),
        (["x = true", "x = false"], True),
        (["x = true", "n > 1"], False),
        (['x = "v"', 'x != "v"'], True),
        (['x = "v"', 'y != "v"'], False),
        (['b_result = "approve"', 'b_result in ("conditional", "refuse")'], True),
        (['b_result = "approve"', 'b_result = "refuse"'], False),
        (['c_result = "completed"', "n > 1"], True),
    ],
)
def test_a_gateway_that_covers_every_answer_needs_no_default(conditions: list[str], covered: bool) -> None:
    texts = dict.fromkeys(("en", "zh_Hans", "zh_Hant"), "x")
    outcomes = tuple(engine.Outcome(name, "neutral", texts) for name in ("yes", "no"))
    steps = {
        "a": engine.Step("a", "p", texts, outcomes=outcomes),
        "b": engine.Step("b", "p", texts, vote=engine.VoteRule("all")),
        "c": engine.Step("c", "p", texts),
    }
    assert covers(conditions, steps) is covered


def test_a_gateway_that_does_not_cover_every_answer_is_a_warning() -> None:
    parts = [
        user("a"),
        xor("x"),
        end("e"),
        end("f"),
        path("s", "a", "x"),
        flow("x", "e", "n > 1"),
        flow("x", "f", "n < 1"),
    ]
    parsed = draw.parsed(process("p", start("s"), *parts))
    assert [(finding.code, finding.element) for finding in parsed.findings] == [("no_default", "x")]
    assert parsed.clean


def test_a_decision_may_use_one_of_another_file() -> None:
    other = (
        table(ROWS)
        .replace(b'namespace="urn:t"', b'namespace="urn:base"')
        .replace(b'id="rating" name="rating"', b'id="base" name="base"')
    )
    main = (
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d2" name="d2" namespace="urn:t">'
        b'<import name="b" namespace="urn:base" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
        b'<decision id="rating" name="rating"><variable name="rating"/><informationRequirement id="q">'
        b'<requiredDecision href="urn:base#base"/></informationRequirement>'
        b'<literalExpression><text>b.base + "!"</text></literalExpression></decision></definitions>'
    )
    parts = [user("a"), draw.rule("r", "rating", "rating"), end("e"), path("s", "a", "r", "e")]
    files = {"p.bpmn": document(process("p", start("s"), *parts)), "main.dmn": main, "base.dmn": other}
    parsed = check_here(files, engine.Catalogue())
    assert parsed.clean, [finding.message["en"] for finding in parsed.findings]
    case = Case(parsed.definitions[0])
    assert case.do("a", amount=5, age=1).variables["rating"] == "A!"
