"""Types: what `instance of`, typed parameters and item definitions of a model say (DMN 1.3 clause 10.3.2.9).

A type is a frozen value; `conforms` asks whether a value belongs to it and `coerce` applies the implicit conversions
of clause 10.3.2.9.4 (one-element list to its element, element to one-element list, date to its midnight in UTC).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.feel.temporal import Date, DateTime, Days, Months, at_midnight
from app.feel.values import FeelFunction, Range, kind

SIMPLE = frozenset(
    (
        "number",
        "string",
        "boolean",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    )
)
ALIASES = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "integer": "number",
    "long": "number",
    "double": "number",
    "any": "Any",
    "Null": "null",
}
_TOKEN = re.compile(r"\s*(->|[<>,:]|[^<>,:\-]+(?:-[^<>,:\->]+)*)")


@dataclass(frozen=True, slots=True)
class Type:
    """`kind` is a FEEL type name, `Any`, `list`, `context`, `range`, `function`, or `unknown`: nobody defined it."""

    kind: str
    item: Type | None = None
    fields: tuple[tuple[str, Type], ...] = ()
    parameters: tuple[Type, ...] = ()
    result: Type | None = None
    allowed: Callable[[Any], bool] | None = field(default=None, compare=False)
    name: str = ""


ANY = Type("Any")
UNKNOWN = Type("unknown")
_NO_TYPES: Mapping[str, Type] = {}


def parse_type(text: str, types: Mapping[str, Type] = _NO_TYPES) -> Type:
    """The type a text names; `unknown` for a name that neither FEEL nor `types` has."""
    tokens = [token.strip() for token in _TOKEN.findall(text.replace("feel:", ""))]
    parsed, _ = _parse([*tokens, "", "", ""], 0, types)
    return parsed


def conforms(value: Any, wanted: Type) -> bool:
    """Whether a value belongs to a type. null belongs to every type here, see `is_instance`."""
    if value is None:
        return True
    if not _has_shape(value, wanted):
        return False
    return wanted.allowed is None or wanted.allowed(value)


def is_instance(value: Any, wanted: Type) -> bool | None:
    """`value instance of type`, allowed values apart; null for a type nobody defined."""
    if wanted.kind == "unknown":
        return None
    if value is None:
        return wanted.kind == "null"
    return _has_shape(value, wanted)


def coerce(value: Any, wanted: Type) -> Any:
    """The value as the type wants it, null where it can't be one."""
    if value is None or wanted.kind in ("Any", "unknown"):
        return value
    if conforms(value, wanted):
        return value
    if type(value) is list and len(value) == 1 and wanted.kind != "list" and conforms(value[0], wanted):
        return value[0]
    if wanted.kind == "list" and type(value) is not list and conforms([value], wanted):
        return [value]
    if wanted.kind == "date and time" and type(value) is Date:
        return at_midnight(value)
    if wanted.kind == "date" and type(value) is DateTime:
        return None
    return None


def assignable(value: Type, wanted: Type) -> bool:
    """Whether every value of one type belongs to another, as far as types alone can tell."""
    if wanted.kind == "Any" or value.kind in ("null", "unknown"):
        return True
    if value.kind != wanted.kind:
        return False
    if value.kind in ("list", "range"):
        return wanted.item is None or value.item is None or assignable(value.item, wanted.item)
    fields = dict(value.fields)
    return all(name in fields and assignable(fields[name], inner) for name, inner in wanted.fields)


def _has_shape(value: Any, wanted: Type) -> bool:
    if wanted.kind == "Any":
        return True
    if wanted.kind == "list":
        return type(value) is list and (wanted.item is None or all(conforms(item, wanted.item) for item in value))
    if wanted.kind == "context":
        return type(value) is dict and all(
            name in value and conforms(value[name], inner) for name, inner in wanted.fields
        )
    if wanted.kind == "range":
        return type(value) is Range and _range_holds(value, wanted.item)
    if wanted.kind == "function":
        return type(value) is FeelFunction and _function_fits(value, wanted)
    return kind(value) == wanted.kind or (wanted.kind == "duration" and type(value) in (Days, Months))


def _range_holds(value: Range, item: Type | None) -> bool:
    ends = [end for end in (value.start, value.end) if end is not None]
    return item is None or all(conforms(end, item) for end in ends)


def _function_fits(value: FeelFunction, wanted: Type) -> bool:
    if value.variadic:
        return True
    if len(value.parameters) != len(wanted.parameters):
        return False
    own = value.types or (ANY,) * len(value.parameters)
    return all(assignable(given, mine) for given, mine in zip(wanted.parameters, own, strict=True))


def _parse(tokens: list[str], at: int, types: Mapping[str, Type]) -> tuple[Type, int]:
    name = " ".join(tokens[at].split())
    at += 1
    if tokens[at] != "<":
        return named(name, types), at
    inner: list[tuple[str, Type]] = []
    at += 1
    while tokens[at] not in (">", ""):
        label = ""
        if tokens[at + 1] == ":":
            label, at = tokens[at], at + 2
        found, at = _parse(tokens, at, types)
        inner.append((label, found))
        at += tokens[at] == ","
    at = min(at + 1, len(tokens) - 1)
    if name == "function" and tokens[at] == "->":
        result, at = _parse(tokens, at + 1, types)
        return Type("function", parameters=tuple(found for _, found in inner), result=result), at
    return _generic(name, inner), at


def _generic(name: str, inner: list[tuple[str, Type]]) -> Type:
    if name in ("list", "range") and len(inner) == 1:
        return Type(name, item=inner[0][1])
    if name == "context":
        return Type(name, fields=tuple(inner))
    if name == "function":
        return Type(name, parameters=tuple(found for _, found in inner))
    return UNKNOWN


def named(name: str, types: Mapping[str, Type] = _NO_TYPES) -> Type:
    """The type of a plain name: the model's own first, then FEEL's."""
    if name in types:
        return types[name]
    name = ALIASES.get(name, name)
    if name in SIMPLE or name in ("Any", "null", "list", "context", "range", "function", "duration"):
        return Type(name)
    return UNKNOWN
