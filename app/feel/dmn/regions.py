"""Cells as sets: which values of a column a cell accepts, in pieces that every cell either holds whole or not at all.

All values that stand in a column's cells cut its axis into atoms: the values themselves and the gaps between them,
for texts and booleans each value and "any other". A cell is then a bit mask over the atoms, and questions about
overlaps and gaps are questions about bits. A cell that depends on more than its own input is `None`: not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from app.feel import nodes as n
from app.feel.builtins.conversion import date_from_text, date_time_from_text, duration, time_from_text
from app.feel.dmn.table import Input, Rule
from app.feel.operators import add, divide, negate, order, subtract
from app.feel.temporal import Date, DateTime, Days, Months, Time
from app.feel.types import Type
from app.feel.values import KINDS, ONE, kind

_ORDERED = (Decimal, Date, DateTime, Days, Months, Time)
_MAKERS = {
    "date": date_from_text,
    "time": time_from_text,
    "date and time": date_time_from_text,
    "duration": duration,
}
OTHER: Any = object()


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of ordered values; an end that is None is open to infinity."""

    low: Any
    high: Any
    low_included: bool = False
    high_included: bool = False


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a cell accepts: spans of ordered values and single other values, or all but these."""

    spans: tuple[Span, ...] = ()
    singles: tuple[Any, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """The atoms of one column: an example of each, which of them can come at all, and each rule's mask."""

    examples: tuple[Any, ...]
    domain: int
    masks: tuple[int | None, ...]


def axis_of(column: Input, i: int, rules: tuple[Rule, ...]) -> Axis | None:
    """The axis of the i-th column; None when its values can't be put in order."""
    pieces = [_pieces(rule.cells[i]) for rule in rules]
    allowed = _pieces(column.tree) if column.tree else None
    known = [piece for piece in (*pieces, allowed) if piece is not None]
    points = _points(span_end for piece in known for span in piece.spans for span_end in (span.low, span.high))
    if points is None:
        return None
    singles = list(dict.fromkeys(single for piece in known for single in piece.singles))
    if column.known.kind == "boolean" or (singles and all(type(single) is bool for single in singles)):
        singles = [True, False, *(single for single in singles if type(single) is not bool)]
    atoms = [*_line(points), *singles, OTHER]
    masks = tuple(None if piece is None else _mask(piece, points, singles) for piece in pieces)
    domain = _domain(column, points, singles, _samples(points, column.whole))
    if allowed is not None:
        domain &= _mask(allowed, points, singles)
    samples = _samples(points, column.whole)
    return Axis((*samples, *singles, OTHER)[: len(atoms)], domain, masks)


def constant(node: n.Node) -> tuple[bool, Any]:
    """Whether a node is a value known beforehand, and the value: literals, `-5`, `date("2024-01-01")`."""
    if isinstance(node, n.Literal):
        return True, node.value
    if isinstance(node, n.Negate):
        known, value = constant(node.operand)
        return known, negate(value)
    if not isinstance(node, n.Call) or not isinstance(node.function, n.Name) or node.function.name not in _MAKERS:
        return False, None
    arguments = [argument.value for argument in node.arguments if isinstance(argument, n.Literal)]
    if len(arguments) != 1 or len(node.arguments) != 1 or type(arguments[0]) is not str:
        return False, None
    return True, _MAKERS[node.function.name](arguments[0])


def _pieces(tree: n.UnaryTests | None) -> Pieces | None:
    """The set of a cell; None for one that can't be told beforehand."""
    if tree is None:
        return None
    if not tree.tests:
        return Pieces(negated=True)
    found = [_of_test(test) for test in tree.tests]
    if any(piece is None for piece in found):
        return None
    parts = [piece for piece in found if piece is not None]
    if any(piece.negated for piece in parts):
        return parts[0] if len(parts) == 1 and not tree.negated else None
    spans = tuple(span for piece in parts for span in piece.spans)
    return Pieces(spans, tuple(single for piece in parts for single in piece.singles), tree.negated)


def _of_test(test: n.Node) -> Pieces | None:
    if isinstance(test, n.RangeOf):
        (low_known, low), (high_known, high) = constant(test.start), constant(test.end)
        if not low_known or not high_known or type(low) not in _ORDERED or type(low) is not type(high):
            return None
        return Pieces((Span(low, high, test.start_included, test.end_included),))
    known, value = constant(test.operand if isinstance(test, n.Test) else test)
    if not known:
        return None
    if isinstance(test, n.Test) and test.operator not in ("=", "!="):
        return _half_line(test.operator, value)
    single = Pieces((Span(value, value, True, True),)) if type(value) in _ORDERED else Pieces(singles=(value,))
    return Pieces(single.spans, single.singles, isinstance(test, n.Test) and test.operator == "!=")


def _half_line(operator: str, value: Any) -> Pieces | None:
    if type(value) not in _ORDERED:
        return None
    included = operator.endswith("=")
    if operator.startswith("<"):
        return Pieces((Span(None, value, False, included),))
    return Pieces((Span(value, None, included, False),))


def _points(values: Iterable[Any]) -> list[Any] | None:
    """The values in order, each once; None when they can't be compared with each other."""
    found = list({(type(value), value): value for value in values if value is not None}.values())
    if any(order(value, found[0]) is None for value in found):
        return None
    ordered = sorted(found, key=cmp_to_key(lambda a, b: order(a, b) or 0))
    return [value for i, value in enumerate(ordered) if i == 0 or order(value, ordered[i - 1])]


def _line(points: list[Any]) -> list[tuple[Any, Any]]:
    """The atoms of an axis of points: below the first, the first, between, the second, … above the last."""
    if not points:
        return []
    atoms: list[tuple[Any, Any]] = [(None, points[0])]
    for i, point in enumerate(points):
        atoms += [(point, point), (point, points[i + 1] if i + 1 < len(points) else None)]
    return atoms


def _mask(pieces: Pieces, points: list[Any], singles: list[Any]) -> int:
    atoms = _line(points)
    mask = 0
    for i, atom in enumerate(atoms):
        if any(_holds(span, atom) for span in pieces.spans):
            mask |= 1 << i
    for i, single in enumerate(singles):
        if any(type(single) is type(other) and single == other for other in pieces.singles):
            mask |= 1 << (len(atoms) + i)
    full = (1 << (len(atoms) + len(singles) + 1)) - 1
    return full & ~mask if pieces.negated else mask


def _holds(span: Span, atom: tuple[Any, Any]) -> bool:
    """Whether a span holds an atom whole; an atom is a point, (x, x), or what lies between two points."""
    low, high = atom
    is_point = low is not None and low is high
    if span.low is not None:
        found = -1 if low is None else order(low, span.low) or 0
        if found < 0 or (found == 0 and is_point and not span.low_included):
            return False
    if span.high is not None:
        found = 1 if high is None else order(high, span.high) or 0
        if found > 0 or (found == 0 and is_point and not span.high_included):
            return False
    return True


def _samples(points: list[Any], whole: bool) -> list[Any]:
    """One value of each atom of an axis of points, None where there is none."""
    return [low if low is not None and low is high else _between(low, high, whole) for low, high in _line(points)]


def _between(low: Any, high: Any, whole: bool) -> Any:
    """A value strictly between two, a plain one where possible."""
    unit = _unit(low if low is not None else high)
    if low is None:
        return subtract(high, unit)
    if high is None or order(add(low, unit), high) == -1:
        return add(low, unit)
    if whole or type(low) in (Date, Months):
        return None
    if type(low) is Decimal:
        return divide(add(low, high), Decimal(2))
    gap = subtract(high, low)
    return add(low, divide(gap, Decimal(2))) if type(gap) is Days and gap.nanoseconds > 1 else None


def _unit(value: Any) -> Any:
    if type(value) is Decimal:
        return ONE
    if type(value) is Months:
        return Months(1)
    return Days(86_400 * 10**9) if type(value) in (Date, DateTime, Days) else Days(10**9)


def _domain(column: Input, points: list[Any], singles: list[Any], samples: list[Any]) -> int:
    """The atoms that can come: of the column's type, and not empty."""
    wanted = column.known
    mask = 0
    for i, sample in enumerate(samples):
        if sample is not None and _possible(wanted, kind(points[0])):
            mask |= 1 << i
    for i, single in enumerate(singles):
        if single is not None and _possible(wanted, kind(single)):
            mask |= 1 << (len(samples) + i)
    closed = bool(points) or wanted.kind == "boolean" or (bool(singles) and all(type(s) is bool for s in singles))
    return mask if closed else mask | 1 << (len(samples) + len(singles))


def _possible(wanted: Type, found: str) -> bool:
    return (
        wanted.kind not in KINDS.values() or wanted.kind == found or {wanted.kind, found} <= {"date", "date and time"}
    )
