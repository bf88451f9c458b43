"""Asking a decision table of a definition outside a run: a candidate rule may name one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app import feel
from app.workflow.engine.definition import Definition
from app.workflow.engine.values import EngineError


def decide(definition: Definition, decision: str, variables: Mapping[str, Any], *, now: datetime) -> Any:
    """The result of `decision` for these variables, as JSON values. Raises EngineError where it has none."""
    model = definition.decisions.get(decision)
    if model is None:
        raise EngineError("decision_failed", decision=decision, reason="it is not in this definition")
    try:
        needed = model.decisions[decision].names
        seen = {name: value for name, value in variables.items() if name in needed}
        return model.evaluate(decision, seen, strict=True, now=now).as_json()["value"]
    except feel.FeelError as error:
        raise EngineError("decision_failed", decision=decision, reason=error.message("en")) from error
