"""What the tests of the FEEL room share: evaluating a text, and small decision models written in a few lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app import feel

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "dmn"
NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def ev(text: str, context: dict[str, Any] | None = None) -> Any:
    """The value of a text as JSON would hold it."""
    variables = context or {}
    return feel.from_feel(feel.parse(text, names=variables).evaluate(variables))


def cell(text: str, value: Any, context: dict[str, Any] | None = None) -> Any:
    """Whether a table cell accepts a value."""
    variables = {**(context or {}), "?": value}
    return feel.parse(text, names=frozenset(variables) - {"?"}, unary=True).evaluate(variables)


def refusal(text: str, **keywords: Any) -> feel.FeelError:
    """The error a text is refused with."""
    with pytest.raises(feel.FeelError) as caught:
        feel.parse(text, **keywords).evaluate({})
    return caught.value


def outcome(text: str, context: dict[str, Any] | None = None, **keywords: Any) -> Any:
    """The value of a text as JSON would hold it, or the FeelError that came instead."""
    try:
        return feel.from_feel(feel.parse(text, **keywords).evaluate(context or {}))
    except feel.FeelError as error:
        return error


def shared(name: str) -> Path:
    """A folder of the real models, or a skip that says it is missing."""
    path = SHARED / name
    if not path.is_dir():
        pytest.skip(f"no real decision models at {path}")
    return path


def definitions(body: str, extra: str = "") -> bytes:
    """A whole document around some elements."""
    return f'<definitions xmlns="{NAMESPACE}" namespace="urn:test" name="test" {extra}>{body}</definitions>'.encode()


def escaped(text: str) -> str:
    """Text as XML holds it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """A literal expression element."""
    return f"<literalExpression><text>{escaped(text)}</text></literalExpression>"


def decision(name: str, box: str, requires: str = "", type_ref: str = "Any") -> str:
    """A decision element, its id the name with underscores."""
    identity = name.replace(" ", "_")
    variable = f'<variable name="{name}" typeRef="{type_ref}"/>'
    return f'<decision id="{identity}" name="{name}">{variable}{requires}{box}</decision>'


def needs(*ids: str, kind: str = "requiredInput") -> str:
    """Requirements of a decision."""
    outer = "knowledgeRequirement" if kind == "requiredKnowledge" else "informationRequirement"
    return "".join(f'<{outer}><{kind} href="#{identity}"/></{outer}>' for identity in ids)


def input_data(name: str, type_ref: str = "Any") -> str:
    """An input data element, its id the name with underscores."""
    variable = f'<variable name="{name}" typeRef="{type_ref}"/>'
    return f'<inputData id="{name.replace(" ", "_")}" name="{name}">{variable}</inputData>'


def table(
    inputs: list[str | tuple[str, str]],
    outputs: list[str | tuple[str, str]],
    rows: list[list[str]],
    policy: str = "UNIQUE",
    aggregation: str = "",
) -> str:
    """A decision table element. Columns are texts or (text, type); each row is its input cells, then its outputs."""
    columns = "".join(_column(column) for column in inputs)
    results = "".join(_output(column) for column in outputs)
    rules = "".join(_rule(i, row, len(inputs)) for i, row in enumerate(rows, 1))
    aggregate = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decisionTable hitPolicy="{policy}"{aggregate}>{columns}{results}{rules}</decisionTable>'


def _column(column: str | tuple[str, str]) -> str:
    text, type_ref = (column, "") if isinstance(column, str) else column
    reference = f' typeRef="{type_ref}"' if type_ref else ""
    return f"<input><inputExpression{reference}><text>{escaped(text)}</text></inputExpression></input>"


def _output(column: str | tuple[str, str]) -> str:
    name, values = (column, "") if isinstance(column, str) else column
    listed = f"<outputValues><text>{escaped(values)}</text></outputValues>" if values else ""
    return f'<output name="{name}">{listed}</output>'


def _rule(index: int, row: list[str], inputs: int) -> str:
    cells = "".join(f"<inputEntry><text>{escaped(text)}</text></inputEntry>" for text in row[:inputs])
    outputs = "".join(f"<outputEntry><text>{escaped(text)}</text></outputEntry>" for text in row[inputs:])
    return f'<rule id="rule_{index}">{cells}{outputs}</rule>'


def model(*elements: str, extra: str = "") -> feel.DecisionModel:
    """A loaded model of these elements."""
    return feel.load_dmn(definitions("".join(elements), extra))


def codes(loaded: feel.DecisionModel) -> list[str]:
    """The codes of a model's findings, in order."""
    return [found.code for found in loaded.findings]
