"""A decision model as an editor shows it: tables cell by cell, findings with the id of the cell they are about, and one trial.

Everything is plain JSON and in one language, so that it can be made by a process of its own. A text that can't be read is no error
here: it is what the answer says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.feel.dmn.coverage import Example
from app.feel.dmn.graph import Item, Part, Role
from app.feel.dmn.load import load_parts
from app.feel.dmn.model import DecisionModel
from app.feel.dmn.regions import constant
from app.feel.dmn.table import Table
from app.feel.dmn.xml import attribute, child, children, local, text_of
from app.feel.errors import FeelError
from app.feel.expression import parse
from app.feel.findings import Finding
from app.feel.limits import MAX_TEXT
from app.feel.values import from_feel

MOST_CHOICES = 50
SPOKEN = {"true": True, "false": False}


def look(xml: bytes, imports: Iterable[bytes], locale: str) -> dict[str, Any]:
    """`{"fault", "decisions": [...], "findings": [...]}`; `fault` is the reason why nothing of it can be read."""
    try:
        part, findings = load_parts(xml, imports)
    except (FeelError, RecursionError) as fault:
        return {"fault": _reason(fault, locale), "decisions": [], "findings": []}
    decisions = [item for item in part.items.values() if item.role is Role.DECISION]
    return {
        "fault": None,
        "decisions": [_decision(part, item) for item in decisions],
        "findings": [_finding(part, found, locale) for found in findings],
    }


def attempt(
    xml: bytes, imports: Iterable[bytes], decision: str, given: Mapping[str, str], locale: str
) -> dict[str, Any]:
    """The decision for these values, as typed: `{"fault", "value", "rules": [{"decision", "rule", "id"}]}`."""
    try:
        part, findings = load_parts(xml, imports)
        model = DecisionModel(part, findings)
        item = part.items.get(decision)
        kinds = {one["name"]: one["type"] for one in _variables(part, item)} if item else {}
        inputs = {name: _typed(text, kinds.get(name, "")) for name, text in given.items() if text.strip()}
        result = model.evaluate(decision, inputs)
        return {"fault": None, "value": _shown(result.value), "rules": result.as_json()["rules"]}
    except (FeelError, RecursionError) as fault:
        return {"fault": _reason(fault, locale), "value": None, "rules": []}


def _reason(fault: FeelError | RecursionError, locale: str) -> str:
    return (fault if isinstance(fault, FeelError) else FeelError("nesting_run")).message(locale)


def _decision(part: Part, item: Item) -> dict[str, Any]:
    box = next((one for one in children(item.element) if local(one) in ("decisionTable", "literalExpression")), None)
    table = item.tables[-1] if item.tables and box is not None and local(box) == "decisionTable" else None
    return {
        "id": item.id,
        "name": attribute(item.element, "name") or item.name,
        "kind": local(box) if box is not None else "",
        "text": text_of(box) if box is not None and table is None else "",
        "table": _table(table) if table else None,
        "variables": _variables(part, item),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "policy": " ".join(filter(None, (table.policy, table.aggregation))),
        "inputs": [{"label": one.label, "text": one.text} for one in table.inputs],
        "outputs": [{"label": one.label, "text": one.name} for one in table.outputs],
        "rules": [{"id": one.id, "cells": list(one.texts), "notes": list(one.annotations)} for one in table.rules],
    }


def _variables(part: Part, item: Item) -> list[dict[str, Any]]:
    """What the decision and those it requires need from outside, in the order of its columns: name, FEEL type, the column's label,
    values to choose from."""
    needed = DecisionModel(part, ()).decisions[item.id].names
    tables = [table for one in part.items.values() for table in one.tables]
    own = dict.fromkeys(column.text for table in item.tables for column in table.inputs if column.text in needed)
    return [_variable(part, name, tables) for name in (*own, *sorted(needed - own.keys()))]


def _variable(part: Part, name: str, tables: Iterable[Table]) -> dict[str, Any]:
    data = next((one for one in part.items.values() if one.role is Role.INPUT and one.name == name), None)
    columns = [(table, i, one) for table in tables for i, one in enumerate(table.inputs) if one.text == name]
    kinds = [one.type.kind for _, _, one in columns] + ([data.type.kind] if data else [])
    choices = dict.fromkeys(value for table, i, _ in columns for value in _choices(table, i))
    return {
        "name": name,
        "label": columns[0][2].label if columns else name,
        "type": next((kind for kind in kinds if kind not in ("Any", "unknown")), ""),
        "choices": list(choices)[:MOST_CHOICES],
    }


def _choices(table: Table, column: int) -> Iterator[str]:
    """The texts that the column lists as allowed, or that its cells name."""
    trees = [table.inputs[column].tree] if table.inputs[column].tree else [rule.cells[column] for rule in table.rules]
    for tree in trees:
        for test in tree.tests if tree else ():
            known, value = constant(test)
            if known and type(value) is str:
                yield value


def _finding(part: Part, found: Finding, locale: str) -> dict[str, Any]:
    item = part.items.get(found.element)
    where = found.where
    at = _column(item, where.column) if item and where.column else None
    return {
        "severity": str(found.severity),
        "code": found.code,
        "decision": found.element,
        "row": where.row,
        "column": at,
        "message": found.message(locale),
        "example": _example(found),
        **_ids(item, where.row, at),
    }


def _example(found: Finding) -> list[str | None]:
    """A value a column that no rule takes, as a cell would say it; None for any other value. Empty unless it is a gap."""
    example = dict(found.facts).get("example") if found.code == "gap" else None
    return [value for _, value in example.values] if isinstance(example, Example) else []


def _column(item: Item, label: str) -> int | None:
    """The number of a column from its label, inputs first; None where there is none of that label."""
    for table in item.tables:
        labels = [one.label for one in (*table.inputs, *table.outputs)]
        if label in labels:
            return labels.index(label)
    return None


def _ids(item: Item | None, row: int, column: int | None) -> dict[str, str]:
    """The ids of rule and cell, or of the column's head, as the editor knows them; empty where there are none."""
    element = child(item.element, "decisionTable") if item else None
    if element is None:
        return {"rule": "", "cell": ""}
    if not row:
        heads = list(children(element, "input", "output"))
        return {"rule": "", "cell": heads[column].get("id") or "" if column is not None and column < len(heads) else ""}
    rules = list(children(element, "rule"))
    rule = rules[row - 1] if row <= len(rules) else None
    cells = list(children(rule, "inputEntry", "outputEntry"))
    cell = cells[column] if column is not None and column < len(cells) else None
    return {
        "rule": rule.get("id") or "" if rule is not None else "",
        "cell": cell.get("id") or "" if cell is not None else "",
    }


def _typed(text: str, kind: str) -> Any:
    """What somebody typed, as the type the column wants; a text needs no quotes. Raises FeelError where it can't be one."""
    text = text.strip()[:MAX_TEXT]
    if kind == "number":
        return _number(text)
    if kind == "boolean" or (not kind and text in SPOKEN):
        return SPOKEN.get(text.lower())
    if kind == "date":
        return _date(text)
    if text[:1] == text[-1:] == '"' and len(text) > 1:
        return text[1:-1]
    return text if kind == "string" else _guessed(text)


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise FeelError("unreadable_value", text=text[:40])
    return number


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FeelError("unreadable_value", text=text[:40]) from None


def _guessed(text: str) -> Any:
    """Of no known type: a FEEL value without variables where it is one, else the text itself."""
    try:
        expression = parse(text)
        return text if expression.names else expression.evaluate({})
    except FeelError:
        return text


def _shown(value: Any) -> Any:
    """JSON, cut where it would be too much for a page."""
    plain = from_feel(value)
    return plain if len(str(plain)) <= MAX_TEXT else str(plain)[:MAX_TEXT] + "…"
