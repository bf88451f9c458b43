"""What a decision file offers to diagrams, read from its XML alone: decisions with what they ask and what they answer.

Nothing is compiled and no cell is looked at, so a half-finished table can be read too, and fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from app.workflow.engine.xmlgate import Refused, parse

LISTS = frozenset({"COLLECT", "RULE ORDER", "OUTPUT ORDER", "C", "R", "O"})


@dataclass(frozen=True)
class Column:
    """An input or output. name: the expression of an input, the name of an output; type: as the file says, "" for nothing said."""

    name: str
    label: str
    type: str


@dataclass(frozen=True)
class Head:
    """A decision. is_list: its answer is a list of the rows that apply."""

    id: str
    name: str
    file: str
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    is_list: bool

    @property
    def type(self) -> str:
        """The FEEL type of its result as far as it is known."""
        if self.is_list:
            return "list"
        return "context" if len(self.outputs) > 1 else (self.outputs[0].type if self.outputs else "")


def heads(files: Mapping[str, bytes]) -> list[Head]:
    """The decisions of all decision files; files that can't be read give none (that is a finding of its own)."""
    return [head for name in sorted(files) if name.endswith(".dmn") for head in _of_file(name, files[name])]


def _of_file(name: str, content: bytes) -> Iterator[Head]:
    try:
        root = parse(content)
    except Refused:
        return
    for element in root:
        if _tag(element) == "decision" and element.get("id"):
            yield _head(element, name)


def _head(element: etree._Element, file: str) -> Head:
    decision_id = element.get("id", "")
    table = _child(element, "decisionTable")
    variable = _child(element, "variable")
    if table is None:
        kind = variable.get("typeRef", "") if variable is not None else ""
        outputs: tuple[Column, ...] = (Column(decision_id, element.get("name", ""), kind),)
        return Head(decision_id, element.get("name") or decision_id, file, (), outputs, is_list=False)
    policy = (table.get("hitPolicy") or "UNIQUE").upper()
    is_list = policy in LISTS and not table.get("aggregation")
    found = tuple(_output(child, decision_id) for child in table if _tag(child) == "output")
    inputs = tuple(_input(child) for child in table if _tag(child) == "input")
    return Head(decision_id, element.get("name") or decision_id, file, inputs, found, is_list)


def _input(element: etree._Element) -> Column:
    expression = _child(element, "inputExpression")
    text = _child(expression, "text") if expression is not None else None
    words = (text.text or "").strip() if text is not None else ""
    kind = expression.get("typeRef", "") if expression is not None else ""
    return Column(words, element.get("label") or words, kind)


def _output(element: etree._Element, decision_id: str) -> Column:
    name = element.get("name") or decision_id
    return Column(name, element.get("label") or name, element.get("typeRef", ""))


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if _tag(child) == name), None)


def _tag(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
