"""Which papers a station asks for in this very case: the diagram says it, per kind of customer, product or security. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app import feel
from app.workflow.engine import Document, Step


def asked(step: Step, variables: Mapping[str, Any]) -> Sequence[Document]:
    """The papers of the station; one with a condition only where that is not false.

    A condition that can't be told yet (nothing was entered) counts as fulfilled: better a paper too many is asked for than one
    forgotten.
    """
    return [document for document in step.documents if document.when is None or _may_hold(document.when, variables)]


def required(step: Step, variables: Mapping[str, Any]) -> list[str]:
    """The types without which the station can't be completed."""
    return [document.type for document in asked(step, variables) if document.required]


def _may_hold(condition: str, variables: Mapping[str, Any]) -> bool:
    expression = feel.parse(condition, names=variables.keys())
    try:
        return expression.evaluate({name: variables.get(name) for name in expression.names}) is not False
    except feel.FeelError:
        return True
