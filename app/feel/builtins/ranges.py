"""Built-in functions on ranges and points: before, after, meets, overlaps and their kin (DMN 1.3 clause 10.3.4.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.feel.builtins.registry import builtin
from app.feel.operators import order, within
from app.feel.values import Range

Answer = bool | None
_POINT = "scalar"


class _Unrelated(Exception):
    """Two ends that can't be compared."""


def _less(left: Any, right: Any) -> bool:
    return _order(left, right) < 0


def _order(left: Any, right: Any) -> int:
    found = order(left, right)
    if found is None:
        raise _Unrelated
    return found


def _related(code: Callable[..., bool]) -> Callable[..., Answer]:
    """The function with null for ends that can't be compared."""

    def answer(*arguments: Any) -> Answer:
        try:
            return code(*arguments)
        except _Unrelated:
            return None

    return answer


def _declare(name: str, signature: str, code: Callable[..., bool]) -> None:
    builtin(name, signature)(_related(code))


def _before(left: Any, right: Any) -> bool:
    """All of `left` is below all of `right`; a point is a closed range of itself."""
    a, b = _range(left), _range(right)
    found = _order(a.end, b.start)
    return found < 0 or (found == 0 and not (a.end_included and b.start_included))


def _meets(a: Range, b: Range) -> bool:
    return a.end_included and b.start_included and _order(a.end, b.start) == 0


def _overlaps(a: Range, b: Range) -> bool:
    return not _before(a, b) and not _before(b, a)


def _overlaps_before(a: Range, b: Range) -> bool:
    """`a` begins first, reaches into `b` and ends no later."""
    starts = _order(a.start, b.start)
    ends = _order(a.end, b.end)
    first = starts < 0 or (starts == 0 and a.start_included and not b.start_included)
    last = ends < 0 or (ends == 0 and (not a.end_included or b.end_included))
    return first and last and not _before(a, b)


def _finishes(a: Any, b: Range) -> bool:
    if not isinstance(a, Range):
        return b.end_included and _order(a, b.end) == 0
    same_end = a.end_included == b.end_included and _order(a.end, b.end) == 0
    start = _order(a.start, b.start)
    return same_end and (start > 0 or (start == 0 and (not a.start_included or b.start_included)))


def _starts(a: Any, b: Range) -> bool:
    if not isinstance(a, Range):
        return b.start_included and _order(a, b.start) == 0
    same_start = a.start_included == b.start_included and _order(a.start, b.start) == 0
    end = _order(a.end, b.end)
    return same_start and (end < 0 or (end == 0 and (not a.end_included or b.end_included)))


def _during(a: Any, b: Range) -> bool:
    if not isinstance(a, Range):
        return bool(_known(within(a, b)))
    start, end = _order(a.start, b.start), _order(a.end, b.end)
    after = start > 0 or (start == 0 and (b.start_included or not a.start_included))
    return after and (end < 0 or (end == 0 and (b.end_included or not a.end_included)))


def _coincides(a: Any, b: Any) -> bool:
    if not isinstance(a, Range):
        return _order(a, b) == 0
    closed = (a.start_included, a.end_included) == (b.start_included, b.end_included)
    return _order(a.start, b.start) == 0 and _order(a.end, b.end) == 0 and closed


def _range(value: Any) -> Range:
    return value if isinstance(value, Range) else Range(value, value)


def _known(answer: bool | None) -> bool:
    if answer is None:
        raise _Unrelated
    return answer


def _swap(code: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: code(right, left)


_BOTH = "range1: range, range2: range"
_POINTS = f"point1: {_POINT}, point2: {_POINT}"
_POINT_RANGE = f"point: {_POINT}, range: range"
_RANGE_POINT = f"range: range, point: {_POINT}"

for _name, _code in {"before": _before, "after": _swap(_before)}.items():
    for _signature in (_BOTH, _POINT_RANGE, _RANGE_POINT, _POINTS):
        _declare(_name, _signature, _code)
for _name, _code in {
    "meets": _meets,
    "met by": _swap(_meets),
    "overlaps": _overlaps,
    "overlaps before": _overlaps_before,
    "overlaps after": _swap(_overlaps_before),
}.items():
    _declare(_name, _BOTH, _code)
for _name, _code in {"finishes": _finishes, "starts": _starts, "during": _during}.items():
    _declare(_name, _BOTH, _code)
    _declare(_name, _POINT_RANGE, _code)
for _name, _code in {"finished by": _swap(_finishes), "started by": _swap(_starts), "includes": _swap(_during)}.items():
    _declare(_name, _BOTH, _code)
    _declare(_name, _RANGE_POINT, _code)
_declare("coincides", _BOTH, _coincides)
_declare("coincides", _POINTS, _coincides)
