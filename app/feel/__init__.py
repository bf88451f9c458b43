"""FEEL and DMN: the language in which analysts state conditions, rules and decisions (OMG DMN 1.3).

A library of its own: it imports nothing of the application. An expression goes text → tokens (`lexer`) → tree
(`parser`) → closures (`compiler`), once; running it costs a call per node, is bounded in every direction (`limits`)
and can touch nothing but the values it is given. See README.md beside this file.
"""

from app.feel.check import check
from app.feel.dmn import Decision, DecisionModel, DecisionResult, Finding, Fired, Severity, load_dmn
from app.feel.errors import FeelError
from app.feel.expression import Expression, parse
from app.feel.outside import outside_names, type_of
from app.feel.types import Type
from app.feel.values import from_feel, to_feel

__all__ = [
    "Decision",
    "DecisionModel",
    "DecisionResult",
    "Expression",
    "FeelError",
    "Finding",
    "Fired",
    "Severity",
    "Type",
    "check",
    "from_feel",
    "load_dmn",
    "outside_names",
    "parse",
    "to_feel",
    "type_of",
]
