"""Hit policies: from the rules that matched to the result of a table (DMN 1.3 clause 8.2.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.feel.builtins.lists import maximum, minimum, total
from app.feel.errors import FeelError
from app.feel.limits import Run, Scope
from app.feel.operators import equal
from app.feel.types import coerce

if TYPE_CHECKING:
    from app.feel.dmn.table import Output, Rule, Table

POLICIES = frozenset(("UNIQUE", "ANY", "PRIORITY", "FIRST", "COLLECT", "RULE ORDER", "OUTPUT ORDER"))
_SINGLE = frozenset(("UNIQUE", "ANY", "PRIORITY", "FIRST"))
_AGGREGATES: dict[str, Callable[[Run, list[Any]], Any]] = {
    "SUM": lambda run, items: total(items),
    "MIN": minimum,
    "MAX": maximum,
    "COUNT": lambda run, items: Decimal(len(items)),
}


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired: the decision it belongs to, its row from 1, its id, its notes and what the inputs were."""

    decision: str
    index: int
    rule_id: str
    annotations: tuple[str, ...]
    inputs: tuple[tuple[str, Any], ...]
    output: Any


def settle(table: Table, matched: list[Rule], scope: Scope, seen: dict[str, Any]) -> Any:
    """The result of the rules that matched."""
    if table.policy == "UNIQUE" and len(matched) > 1:
        raise _broken(table, "overlap", matched)
    if not matched:
        return _without_match(table, scope)
    rows = [(rule, _row(table, rule, scope)) for rule in matched]
    if table.policy in ("PRIORITY", "OUTPUT ORDER"):
        rows.sort(key=_priority(table, scope))
    if table.policy == "ANY" and any(equal(row, rows[0][1], scope.run) is False for _, row in rows):
        raise _broken(table, "any_differs", matched)
    if table.policy in _SINGLE:
        rows = rows[:1]
    _record(table, rows, scope, seen)
    values = [row for _, row in rows]
    if table.policy in _SINGLE:
        return _shaped(table, values[0])
    if table.aggregation:
        return _aggregated(table, values, scope.run)
    return [_shaped(table, value) for value in values]


def _row(table: Table, rule: Rule, scope: Scope) -> list[Any]:
    return [_typed(output, code(scope)) for output, code in zip(table.outputs, rule.outputs, strict=True)]


def _typed(output: Output, value: Any) -> Any:
    return coerce(value, output.type)


def _shaped(table: Table, row: list[Any]) -> Any:
    if len(table.outputs) == 1:
        return row[0]
    return {output.name: value for output, value in zip(table.outputs, row, strict=True)}


def _without_match(table: Table, scope: Scope) -> Any:
    if any(output.default for output in table.outputs):
        row = [_typed(output, output.default(scope)) if output.default else None for output in table.outputs]
        shaped = _shaped(table, row)
        return shaped if table.policy in _SINGLE or table.aggregation else [shaped]
    if table.aggregation:
        return Decimal(0) if table.aggregation == "COUNT" else None
    return None if table.policy in _SINGLE else []


def _aggregated(table: Table, rows: list[list[Any]], run: Run) -> Any:
    aggregate = _AGGREGATES.get(table.aggregation)
    if aggregate is None:
        raise FeelError("hit_policy", policy=table.aggregation)
    return _shaped(table, [aggregate(run, [row[i] for row in rows]) for i in range(len(table.outputs))])


def _priority(table: Table, scope: Scope) -> Callable[[tuple[Rule, list[Any]]], tuple[int, ...]]:
    """Sort key: the place of each output in its list of allowed values, the first output weighing most."""
    orders = [[code(scope) for code in output.priorities] for output in table.outputs]

    def key(row: tuple[Rule, list[Any]]) -> tuple[int, ...]:
        return tuple(_place(value, order) for value, order in zip(row[1], orders, strict=True) if order)

    return key


def _place(value: Any, order: list[Any]) -> int:
    return next((i for i, other in enumerate(order) if type(other) is type(value) and other == value), len(order))


def _record(table: Table, rows: list[tuple[Rule, list[Any]]], scope: Scope, seen: dict[str, Any]) -> None:
    for rule, row in rows:
        fired = Fired(table.element, rule.index, rule.id, rule.annotations, tuple(seen.items()), _shaped(table, row))
        scope.run.fired.append(fired)


def _broken(table: Table, code: str, matched: list[Rule]) -> FeelError:
    return FeelError(code, element=table.element, rules=", ".join(str(rule.index) for rule in matched))
