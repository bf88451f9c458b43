"""The commands `decide` and `feel` without a command line: paths and JSON texts in, a text to print out.

Faults of the reader's making (no such file, JSON that is none, unreadable expressions) raise FeelError with a
sentence; nothing here prints or exits.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.feel.dmn import DecisionModel, DecisionResult, load_dmn
from app.feel.dmn.table import Table
from app.feel.errors import FeelError
from app.feel.expression import parse
from app.feel.values import from_feel, number

_MARK, _BLANK = "→ ", "  "
_MAX_CELL = 40


def evaluate(expression: str, input_json: str = "{}") -> str:
    """The value of an expression as JSON, for variables given as a JSON object."""
    variables = _object(input_json)
    value = parse(expression, names=frozenset(variables)).evaluate(variables)
    return _json(from_feel(value))


def decide(path: str | Path, input_json: str = "{}", decision: str | None = None, explain: bool = False) -> str:
    """The result of a decision as JSON: value, rules that fired, inputs seen.

    Without `decision` the one that no other decision requires is taken. `explain` shows the tables instead, the rows
    that fired marked. Models beside the file are found when it imports them.
    """
    model = _load(Path(path))
    name = decision or _top(model)
    result = model.evaluate(name, _object(input_json))
    return explained(model, result) if explain else _json(result.as_json())


def explained(model: DecisionModel, result: DecisionResult) -> str:
    """The tables in which rules fired, their rows marked, and the value."""
    fired = {(rule.decision, rule.index) for rule in result.rules}
    tables = [table for decision in model.decisions.values() for table in decision.tables]
    tables += [table for table in model.knowledge_tables if table not in tables]
    lines: list[str] = []
    for table in tables:
        if any(element == table.element for element, _ in fired):
            lines += [*_drawn(table, {index for element, index in fired if element == table.element}), ""]
    return "\n".join([*lines, f"= {_json(from_feel(result.value))}"])


def _drawn(table: Table, marked: set[int]) -> list[str]:
    head = ["", *(column.label for column in table.inputs), *(output.label for output in table.outputs)]
    rows = [head, *([str(rule.index), *rule.texts] for rule in table.rules)]
    short = [[_short(cell) for cell in row] for row in rows]
    widths = [max(_width(row[i]) if i < len(row) else 0 for row in short) for i in range(len(head))]
    lines = [f"{table.element} ({table.policy})"]
    for index, row in enumerate(short):
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)]
        lines.append((_MARK if index in marked else _BLANK) + " | ".join(cells).rstrip())
    return lines


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _MAX_CELL else flat[: _MAX_CELL - 1] + "…"


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if "\u2e80" <= sign <= "\uffef" and sign != "…" else 1 for sign in text)


def _load(path: Path) -> DecisionModel:
    try:
        xml = path.read_bytes()
        beside = [other.read_bytes() for other in sorted(path.parent.glob("*.dmn")) if other != path]
    except OSError as error:
        raise FeelError("no_file", path=str(path), reason=error.strerror) from None
    return load_dmn(xml, imports=beside if b"import" in xml else ())


def _top(model: DecisionModel) -> str:
    """The one decision that no other requires."""
    if len(model.tops) != 1:
        raise FeelError("which_decision", ids=", ".join(model.tops or tuple(model.decisions)))
    return model.tops[0]


def _object(text: str) -> dict[str, Any]:
    """The variables; numbers with decimals are taken exactly as written, not rounded to a float."""
    try:
        value = json.loads(text, parse_float=number)
    except (ValueError, RecursionError) as error:
        raise FeelError("json", reason=str(error)) from None
    if not isinstance(value, dict):
        raise FeelError("json_object")
    return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
