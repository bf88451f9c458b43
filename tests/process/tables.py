"""The decision tables of the routes, asked directly. For tests only."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from app import feel
from tests.process.drawing import ROOT


@cache
def model(name: str) -> feel.DecisionModel:
    """The decision model in the one file of that name."""
    (path,) = ROOT.glob(f"bpmn/*/{name}.dmn")
    return feel.load_dmn(path.read_bytes())


def ask(name: str, **inputs: Any) -> feel.DecisionResult:
    """The answer of a table as a case would get it: every input must be there."""
    exact = {key: Decimal(value) if isinstance(value, int) else value for key, value in inputs.items()}
    return model(name).evaluate(name, exact, strict=True)


def answer(name: str, **inputs: Any) -> Any:
    """Only the value, as plain data."""
    return feel.from_feel(ask(name, **inputs).value)
