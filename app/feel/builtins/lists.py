"""Built-in functions on lists (DMN 1.3 clauses 10.3.4.4 and 10.3.4.9).

Positions count from 1, from the end when negative.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from app.feel.builtins.registry import builtin
from app.feel.errors import FeelError
from app.feel.limits import MAX_LIST, MAX_VALUE_DEPTH, Run
from app.feel.operators import add, divide, equal, multiply, order
from app.feel.temporal import Days, Months
from app.feel.values import NUMBERS, ONE, FeelFunction


def _aggregate(name: str, *, wants_run: bool = False, types: str = "any") -> Callable[[Callable[..., Any]], Any]:
    """Declare a function that takes one list or the elements themselves."""

    def register(code: Callable[..., Any]) -> Callable[..., Any]:
        builtin(name, "list: list", wants_run=wants_run)(code)
        if wants_run:
            builtin(name, f"item: {types}...", wants_run=True)(lambda run, *items: code(run, list(items)))
        else:
            builtin(name, f"item: {types}...")(lambda *items: code(list(items)))
        return code

    return register


@builtin("list contains", "list: list, element: any", wants_run=True)
def list_contains(run: Run, items: list[Any], element: Any) -> bool:
    """Whether the element is in the list; null is found too."""
    run.spend(len(items))
    return any(_same(item, element, run) for item in items)


@builtin("count", "list: list")
def count(items: list[Any]) -> Decimal:
    """Number of elements."""
    return Decimal(len(items))


@_aggregate("min", wants_run=True)
def minimum(run: Run, items: list[Any]) -> Any:
    """The least element; null for an empty list or elements that can't be compared."""
    return _extreme(run, items, -1)


@_aggregate("max", wants_run=True)
def maximum(run: Run, items: list[Any]) -> Any:
    """The greatest element; null for an empty list or elements that can't be compared."""
    return _extreme(run, items, 1)


@_aggregate("sum")
def total(items: list[Any]) -> Any:
    """The sum of numbers or of durations of one kind; null for an empty list."""
    if not items or type(items[0]) not in (Decimal, Days, Months):
        return None
    result = items[0]
    for item in items[1:]:
        result = add(result, item) if type(item) is type(items[0]) else None
        if result is None:
            return None
    return result


@_aggregate("mean")
def mean(items: list[Any]) -> Any:
    """The arithmetic mean."""
    return divide(total(items), Decimal(len(items))) if items else None


@_aggregate("product")
def product(items: list[Any]) -> Decimal | None:
    """The product of numbers."""
    result: Decimal | None = ONE if items else None
    for item in items:
        result = multiply(result, item) if type(item) is Decimal else None
        if result is None:
            return None
    return result


@_aggregate("median")
def median(items: list[Any]) -> Decimal | None:
    """The middle number, or the mean of the two in the middle."""
    if not items or not _all_numbers(items):
        return None
    ordered, middle = sorted(items), len(items) // 2
    return ordered[middle] if len(items) % 2 else divide(add(ordered[middle - 1], ordered[middle]), Decimal(2))


@_aggregate("stddev", wants_run=True)
def stddev(run: Run, items: list[Any]) -> Decimal | None:
    """The sample standard deviation; null for fewer than two numbers."""
    if len(items) < 2 or not _all_numbers(items):
        return None
    run.spend(2 * len(items) + 40)
    middle = mean(items)
    squares = (
        [multiply(step, step) for step in (add(item, -middle) for item in items)] if middle is not None else [None]
    )
    variance = divide(total(squares), Decimal(len(items) - 1))
    return None if variance is None else NUMBERS.sqrt(variance)


@_aggregate("mode")
def mode(items: list[Any]) -> list[Decimal] | None:
    """The most frequent numbers, ascending."""
    if not _all_numbers(items):
        return None
    counts: dict[Decimal, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(item for item, times in counts.items() if times == most)


@_aggregate("all")
def conjunction(items: list[Any]) -> bool | None:
    """False if one is false, else null if one is not boolean, else true."""
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


@_aggregate("any")
def disjunction(items: list[Any]) -> bool | None:
    """True if one is true, else null if one is not boolean, else false."""
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None


@builtin("sublist", "list: list, start position: number, [length: number]")
def sublist(items: list[Any], start: Decimal, length: Decimal | None = None) -> list[Any] | None:
    """From a position on, so many elements; null where the list has no such place."""
    first = _index(items, start)
    if first is None or (length is not None and not 1 <= length <= len(items) - first):
        return None
    return items[first:] if length is None else items[first : first + int(length)]


@builtin("append", "list: list, item: any...")
def append(items: list[Any], *new: Any) -> list[Any]:
    """The list with elements added at its end."""
    return [*items, *new]


@builtin("concatenate", "list: list...")
def concatenate(*lists: list[Any]) -> list[Any]:
    """All lists in one."""
    return [item for items in lists for item in items]


@builtin("insert before", "list: list, position: number, newItem: any")
def insert_before(items: list[Any], position: Decimal, new: Any) -> list[Any] | None:
    """The list with an element put at a position."""
    at = _index(items, position)
    return None if at is None else [*items[:at], new, *items[at:]]


@builtin("remove", "list: list, position: number")
def remove(items: list[Any], position: Decimal) -> list[Any] | None:
    """The list without the element at a position."""
    at = _index(items, position)
    return None if at is None else [*items[:at], *items[at + 1 :]]


@builtin("list replace", "list: list, position: number, newItem: any")
def replace_at(items: list[Any], position: Decimal, new: Any) -> list[Any] | None:
    """The list with another element at a position (DMN 1.4)."""
    at = _index(items, position)
    return None if at is None else [*items[:at], new, *items[at + 1 :]]


@builtin("list replace", "list: list, match: function, newItem: any", wants_run=True)
def replace_matching(run: Run, items: list[Any], match: FeelFunction, new: Any) -> list[Any] | None:
    """The list with another element wherever `match(element, new)` is true (DMN 1.4)."""
    answers = [match.invoke([item, new], run) for item in items]
    if any(type(answer) is not bool for answer in answers):
        return None
    return [new if answer else item for item, answer in zip(items, answers, strict=True)]


@builtin("reverse", "list: list")
def reverse(items: list[Any]) -> list[Any]:
    """The list backwards."""
    return items[::-1]


@builtin("index of", "list: list, match: any", wants_run=True)
def index_of(run: Run, items: list[Any], match: Any) -> list[Decimal]:
    """The positions at which the element stands."""
    run.spend(len(items))
    return [Decimal(i + 1) for i, item in enumerate(items) if _same(item, match, run)]


@builtin("union", "list: list...", wants_run=True)
def union(run: Run, *lists: list[Any]) -> list[Any]:
    """All lists in one, each element once."""
    return distinct_values(run, concatenate(*lists))


@builtin("distinct values", "list: list", wants_run=True)
def distinct_values(run: Run, items: list[Any]) -> list[Any]:
    """Each element once, in the order of first appearance."""
    kept: list[Any] = []
    for item in items:
        run.spend(1 + len(kept))
        if not any(_same(item, other, run) for other in kept):
            kept.append(item)
    return kept


@builtin("duplicate values", "list: list", wants_run=True)
def duplicate_values(run: Run, items: list[Any]) -> list[Any]:
    """The elements that stand more than once (not in DMN; understood because Camunda 8 has it)."""
    run.spend(len(items) * len(items))
    often = [item for item in items if sum(_same(item, other, run) for other in items) > 1]
    return distinct_values(run, often)


@builtin("flatten", "list: list", wants_run=True)
def flatten(run: Run, items: list[Any]) -> list[Any]:
    """The list without inner lists, their elements in their place."""
    flat: list[Any] = []
    _flatten_into(flat, items, run, 0)
    return flat


@builtin("sort", "list: list, [precedes: function]", wants_run=True)
def sort(run: Run, items: list[Any], precedes: FeelFunction | None = None) -> list[Any] | None:
    """The list in the order of `precedes(x, y)`, or ascending; null where elements can't be compared."""
    bad: list[Any] = []

    def compare(left: Any, right: Any) -> int:
        run.spend(2)
        if precedes is None:
            found = order(left, right)
            bad.extend([left] if found is None else [])
            return found or 0
        if precedes.invoke([left, right], run) is True:
            return -1
        return 1 if precedes.invoke([right, left], run) is True else 0

    ordered = sorted(items, key=cmp_to_key(compare))
    return None if bad else ordered


@builtin("is empty", "list: list")
def is_empty(items: list[Any]) -> bool:
    """Whether the list has no element (not in DMN; understood because Camunda 8 has it)."""
    return not items


def _extreme(run: Run, items: list[Any], sign: int) -> Any:
    run.spend(len(items))
    if not items:
        return None
    best = items[0]
    for item in items if len(items) > 1 else (best,):
        found = order(item, best)
        if found is None:
            return None
        best = item if found == sign else best
    return best


def _index(items: list[Any], position: Decimal) -> int | None:
    if not -len(items) <= position <= len(items) or not int(position):
        return None
    return int(position) - 1 if position > 0 else len(items) + int(position)


def _all_numbers(items: list[Any]) -> bool:
    return all(type(item) is Decimal for item in items)


def _same(left: Any, right: Any, run: Run) -> bool:
    return equal(left, right, run) is True


def _flatten_into(flat: list[Any], items: list[Any], run: Run, depth: int) -> None:
    run.spend(1 + len(items))
    if depth > MAX_VALUE_DEPTH:
        raise FeelError("value_depth")
    for item in items:
        if type(item) is list:
            _flatten_into(flat, item, run, depth + 1)
        else:
            flat.append(item)
    if len(flat) > MAX_LIST:
        raise FeelError("list_size", limit=MAX_LIST)
