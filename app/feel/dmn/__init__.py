"""Decisions of DMN 1.3: models read from XML, checked, and evaluated with a record of the rules that fired."""

from app.feel.dmn.hits import Fired
from app.feel.dmn.model import Decision, DecisionModel, DecisionResult, load_dmn
from app.feel.findings import Finding, Severity

__all__ = ["Decision", "DecisionModel", "DecisionResult", "Finding", "Fired", "Severity", "load_dmn"]
