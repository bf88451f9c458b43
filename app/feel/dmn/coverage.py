"""Overlaps, gaps and dead rules of a decision table, found before anybody is decided by it.

Every column is cut into atoms (`regions.py`); a rule is then a box of bit masks. Two rules overlap when their masks
meet in every column. A gap is a box that no rule holds: the search walks the columns, keeps the set of rules still
alive, and never looks at the same set twice. Both are exact for tables whose cells are values, ranges and
comparisons; a cell that depends on more is taken as accepting everything for gaps and nothing for overlaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.feel import nodes as n
from app.feel.dmn.regions import OTHER, Axis, axis_of, constant
from app.feel.dmn.table import Table
from app.feel.findings import Finding, Place, Severity, finding
from app.feel.messages import sentence
from app.feel.values import from_feel

MAX_RULES = 1_000
MAX_VISITS = 1_000_000
MAX_EXAMPLES = 5
MAX_OVERLAPS = 20
_GAP_POLICIES = frozenset(("UNIQUE", "ANY", "PRIORITY", "FIRST"))


def check_table(table: Table) -> list[Finding]:
    """Everything wrong with the rules of one table taken together."""
    if len(table.rules) > MAX_RULES or not table.inputs:
        return []
    axes = [axis_of(column, i, table.rules) for i, column in enumerate(table.inputs)]
    found = _never(table, axes)
    if table.policy in ("UNIQUE", "ANY"):
        found += islice(_overlaps(table, axes), MAX_OVERLAPS)
    if table.policy == "FIRST":
        found += _shadowed(table, axes)
    if table.policy in _GAP_POLICIES and not any(output.default for output in table.outputs):
        found += _gaps(table, axes)
    if table.policy in ("PRIORITY", "OUTPUT ORDER") and not any(output.priorities for output in table.outputs):
        found.append(finding(Severity.ERROR, "no_priorities", table.element))
    return found


def _never(table: Table, axes: list[Axis | None]) -> list[Finding]:
    """Cells that accept nothing that can come."""
    return [
        finding(
            Severity.ERROR, "never_cell", table.element, Place(rule.index, table.inputs[i].label), text=rule.texts[i]
        )
        for i, axis in enumerate(axes)
        if axis is not None
        for rule in table.rules
        if (mask := axis.masks[rule.index - 1]) is not None and not mask & axis.domain and not _of_null(rule, i)
    ]


def _of_null(rule: Any, i: int) -> bool:
    tree = rule.cells[i]
    return tree is not None and any(isinstance(test, n.Literal) and test.value is None for test in tree.tests)


def _overlaps(table: Table, axes: list[Axis | None]) -> Iterator[Finding]:
    boxes = [_box(axes, i) for i in range(len(table.rules))]
    for j, later in enumerate(boxes):
        for i, earlier in enumerate(boxes[:j]):
            if earlier is None or later is None or not all(a & b for a, b in zip(earlier, later, strict=True)):
                continue
            if table.policy == "ANY" and not _results_differ(table, i, j):
                continue
            common = [a & b for a, b in zip(earlier, later, strict=True)]
            example = _example(table, axes, [mask.bit_length() - 1 for mask in common])
            code = "overlaps" if table.policy == "UNIQUE" else "overlaps_any"
            facts = {"first": i + 1, "second": j + 1, "example": example}
            yield finding(Severity.ERROR, code, table.element, Place(row=j + 1), **facts)


def _box(axes: list[Axis | None], i: int) -> list[int] | None:
    """The masks of a rule within what can come; None when a cell is not known or accepts nothing."""
    masks: list[int] = []
    for axis in axes:
        mask = None if axis is None else axis.masks[i]
        if axis is None or mask is None or not mask & axis.domain:
            return None
        masks.append(mask & axis.domain)
    return masks


def _results_differ(table: Table, i: int, j: int) -> bool:
    """Whether both rules give values known beforehand and not the same ones."""
    for one, other in zip(table.rules[i].results, table.rules[j].results, strict=True):
        if one is None or other is None:
            continue
        (known, value), (also, second) = constant(one), constant(other)
        if known and also and value != second:
            return True
    return False


def _shadowed(table: Table, axes: list[Axis | None]) -> list[Finding]:
    """Rules that can never fire because the rules above take all that they accept."""
    if any(axis is None for axis in axes):
        return []
    search = _Search([axis for axis in axes if axis is not None])
    found: list[Finding] = []
    above = 0
    for j in range(len(table.rules)):
        box = _box(axes, j)
        if box is None:
            continue
        if above and next(search.uncovered(above, box), None) is None and not search.gave_up:
            found.append(finding(Severity.WARNING, "shadowed", table.element, Place(row=j + 1)))
        above |= 1 << j
    return found


def _gaps(table: Table, axes: list[Axis | None]) -> list[Finding]:
    known = [axis or Axis((OTHER,), 1, (None,) * len(table.rules)) for axis in axes]
    search = _Search(known)
    uncovered = search.uncovered((1 << len(table.rules)) - 1, [axis.domain for axis in known])
    found = [
        finding(Severity.WARNING, "gap", table.element, example=_example(table, list(known), atoms))
        for atoms in islice(uncovered, MAX_EXAMPLES)
    ]
    if search.gave_up and not found:
        found.append(finding(Severity.WARNING, "gap_unknown", table.element))
    return found


class _Search:
    """The walk over the columns for combinations of atoms that none of some rules accepts.

    Sets of rules are bit masks. `gave_up` says that all searches together took more than `MAX_VISITS` steps.
    """

    def __init__(self, axes: list[Axis]) -> None:
        self._columns = [_accepting(axis) for axis in axes]
        self._left = MAX_VISITS

    @property
    def gave_up(self) -> bool:
        """Whether a search was broken off."""
        return self._left < 0

    def uncovered(self, rules: int, within: list[int]) -> Iterator[list[int]]:
        """Combinations of atoms, one number a column, in which all these rules have dropped out."""
        columns = []
        for accepting, mask in zip(self._columns, within, strict=True):
            groups = {bits & rules: atom for atom, bits in reversed(list(enumerate(accepting))) if mask >> atom & 1}
            self._left -= len(accepting)
            columns.append(list(groups.items()))
        yield from self._walk(columns, 0, rules, [], set())

    def _walk(
        self, columns: list[list[tuple[int, int]]], at: int, alive: int, atoms: list[int], seen: set[tuple[int, int]]
    ) -> Iterator[list[int]]:
        if at == len(columns):
            if not alive:
                yield list(atoms)
            return
        if (at, alive) in seen or self.gave_up:
            return
        seen.add((at, alive))
        self._left -= len(columns[at])
        for accepting, atom in columns[at]:
            yield from self._walk(columns, at + 1, alive & accepting, [*atoms, atom], seen)


def _accepting(axis: Axis) -> list[int]:
    """For each atom of a column the rules that accept it, as bits."""
    found = [0] * len(axis.examples)
    for rule, mask in enumerate(axis.masks):
        bit = 1 << rule
        for atom in range(len(found)):
            if mask is None or mask >> atom & 1:
                found[atom] |= bit
    return found


@dataclass(frozen=True, slots=True)
class Example:
    """One value a column, as an analyst would write them; None stands for any value that no cell names."""

    values: tuple[tuple[str, str | None], ...]

    def message(self, locale: str) -> str:
        """`Amount = 5, Grade = any other`"""
        other = sentence("any_other", locale, {})
        return ", ".join(f"{label} = {other if value is None else value}" for label, value in self.values)


def _example(table: Table, axes: list[Axis | None], atoms: list[int]) -> Example:
    values = (OTHER if axis is None else axis.examples[atom] for axis, atom in zip(axes, atoms, strict=True))
    return Example(tuple((column.label, _shown(value)) for column, value in zip(table.inputs, values, strict=True)))


def _shown(value: Any) -> str | None:
    if value is OTHER:
        return None
    if type(value) is bool:
        return "true" if value else "false"
    return f'"{value}"' if type(value) is str else str(from_feel(value))
