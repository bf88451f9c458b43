"""Measures what the library promises: `python -m app.feel.bench` prints each figure beside its target.

Every figure is the median of many repeats on this machine, in microseconds of processor time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from app.feel import load_dmn, parse
from app.feel.expression import parse_with

_CONDITION = 'amount > 500000 and grade in ("AAA", "AA")'
_LONG = (
    'if amount > 500000 and term <= 36 and (grade = "AAA" or grade = "AA") '
    "then sum(for i in incomes return i.amount * 0.7) / max(1, count(incomes)) "
    "- decimal(amount * rate / 1200, 2) else min(amount, 200)"
)


def table_xml(rules: int, inputs: int) -> bytes:
    """A decision table of so many rules and number inputs, of which exactly the last rule will match."""
    columns = "".join(
        f'<input id="i{c}"><inputExpression typeRef="number"><text>x{c}</text></inputExpression></input>'
        for c in range(inputs)
    )
    rows = "".join(
        "<rule>"
        + "".join(f"<inputEntry><text>{_cell(r, c, inputs)}</text></inputEntry>" for c in range(inputs))
        + f"<outputEntry><text>{r}</text></outputEntry></rule>"
        for r in range(rules)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:bench" name="bench">'
        f'<decision id="d" name="d"><decisionTable hitPolicy="UNIQUE">{columns}<output name="r" typeRef="number"/>'
        f"{rows}</decisionTable></decision></definitions>"
    ).encode()


def _cell(rule: int, column: int, inputs: int) -> str:
    """All columns but the last accept every value, so that each rule is walked to its end."""
    return f"[{rule}..{rule + 1})" if column == inputs - 1 else ">= 0"


def timed(code: Callable[[], object], repeats: int) -> float:
    """Median processor time of one call, in microseconds."""
    samples = []
    for _ in range(repeats):
        begun = time.process_time_ns()
        code()
        samples.append(time.process_time_ns() - begun)
    return median(samples) / 1_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured, in microseconds, and what it may take at most."""

    label: str
    micros: float
    target: float


def figures() -> list[Figure]:
    """Everything that is measured."""
    context = {"amount": Decimal(800000), "grade": "AA"}
    inputs = {f"x{c}": 199 for c in range(6)}
    xml = table_xml(200, 6)
    model = load_dmn(xml)
    return [
        Figure("condition of two comparisons, cached", timed(lambda: parse(_CONDITION).evaluate(context), 5_000), 15),
        Figure("table of 200 rules and 6 inputs", timed(lambda: model.evaluate("d", inputs), 200), 2_000),
        Figure("parse of 200 characters", timed(lambda: parse_with(_LONG, names=frozenset()), 200), 2_000),
        Figure("loading that table, all checks", timed(lambda: load_dmn(xml), 3), 2_000_000),
    ]


def main() -> int:
    """The command: exit 0 when every target is met, 1 otherwise."""
    found = figures()
    for one in found:
        verdict = "met" if one.micros <= one.target else "missed"
        print(f"{one.label:40} {one.micros:12.1f} µs   target {one.target:9.0f} µs   {verdict}")
    return 0 if all(one.micros <= one.target for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
