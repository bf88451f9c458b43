"""Inputs for which a rule of a table applies, one value a column, as an analyst would write them."""

from __future__ import annotations

from app.feel.dmn.regions import OTHER, axis_of, constant
from app.feel.dmn.table import Rule, Table
from app.feel.values import from_feel


def example_of(table: Table, rule: Rule) -> dict[str, str]:
    """By the label of the column; columns that the rule does not look at, or that can't be told, are left out."""
    found: dict[str, str] = {}
    for number, column in enumerate(table.inputs):
        axis = axis_of(column, number, table.rules)
        mask = axis.masks[rule.index - 1] if axis is not None else None
        if axis is None or mask is None or rule.cells[number] is None or not mask & axis.domain:
            continue
        possible = [axis.examples[atom] for atom in range(len(axis.examples)) if (mask & axis.domain) >> atom & 1]
        named = [value for value in possible if value is not OTHER and value is not None]
        if named:
            value = named[0]
            found[column.label] = f'"{value}"' if isinstance(value, str) else str(from_feel(value))
    return found


def results_of(table: Table, output: int) -> dict[Rule, str]:
    """The texts that a column of results gives, by rule; other results are left out."""
    found = {}
    for rule in table.rules:
        cell = rule.results[output]
        known, value = constant(cell) if cell is not None else (False, None)
        if known and isinstance(value, str):
            found[rule] = value
    return found


def values_named(table: Table, column: int) -> frozenset[str] | None:
    """The texts that the cells of a column name ("consumer", not("housing")); None where they can't be told beforehand."""
    axis = axis_of(table.inputs[column], column, table.rules)
    return frozenset(value for value in axis.examples if isinstance(value, str)) if axis is not None else None
