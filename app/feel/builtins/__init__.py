"""The built-in functions of DMN 1.3 clause 10.3.4, one module a subject; importing this package declares them all."""

from app.feel.builtins import contexts, conversion, dates, lists, numbers, ranges, strings
from app.feel.builtins.registry import BUILTINS, Builtin

__all__ = ["BUILTINS", "Builtin", "contexts", "conversion", "dates", "lists", "numbers", "ranges", "strings"]
