"""Overlaps, gaps and dead rules of a decision table, found before anybody is decided by it.

Every column is cut into atoms (`regions.py`); a rule is then a box of bit masks. Two rules overlap when their masks
meet in every column. A gap is a box that no rule holds: the search walks the columns, keeps the set of rules still
alive, and never looks at the same set twice. Both are exact for tables whose cells are values, ranges and
comparisons; a cell that depends on more is taken as accepting everything for gaps and nothing for overlaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from app.feel import nodes as n
from app.feel.dmn.regions import OTHER, Axis, axis_of, constant
from app.feel.dmn.table import Table
from app.feel.findings import Finding, Place, Severity, finding
from app.feel.values import from_feel

MAX_RULES = 1_000
MAX_VISITS = 20_000
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
    found: list[Finding] = []
    for j in range(1, len(table.rules)):
        box = _box(axes, j)
        above = [i for i in range(j) if _box(axes, i) is not None]
        if box is None or not above:
            continue
        search = _Search([axis for axis in axes if axis is not None], above, box)
        if next(search.uncovered(), None) is None and not search.gave_up:
            found.append(finding(Severity.WARNING, "shadowed", table.element, Place(row=j + 1)))
    return found


def _gaps(table: Table, axes: list[Axis | None]) -> list[Finding]:
    known = [axis or Axis((OTHER,), 1, (None,) * len(table.rules)) for axis in axes]
    search = _Search(known, list(range(len(table.rules))), [axis.domain for axis in known])
    found = [
        finding(Severity.WARNING, "gap", table.element, example=_example(table, list(known), atoms))
        for atoms in islice(search.uncovered(), MAX_EXAMPLES)
    ]
    if search.gave_up and not found:
        found.append(finding(Severity.WARNING, "gap_unknown", table.element))
    return found


class _Search:
    """The walk over the columns for combinations of atoms that none of the given rules accepts."""

    def __init__(self, axes: list[Axis], rules: list[int], within: list[int]) -> None:
        self._columns = [list(_groups(axis, rules, mask)) for axis, mask in zip(axes, within, strict=True)]
        self._all = (1 << len(rules)) - 1
        self._seen: set[tuple[int, int]] = set()
        self.gave_up = False

    def uncovered(self) -> Iterator[list[int]]:
        """Combinations of atoms, one number a column, in which every rule has dropped out."""
        yield from self._walk(0, self._all, [])

    def _walk(self, column: int, alive: int, atoms: list[int]) -> Iterator[list[int]]:
        if column == len(self._columns):
            if not alive:
                yield list(atoms)
            return
        if (column, alive) in self._seen or self.gave_up:
            return
        self._seen.add((column, alive))
        self.gave_up = len(self._seen) > MAX_VISITS
        for atom, accepting in self._columns[column]:
            yield from self._walk(column + 1, alive & accepting, [*atoms, atom])


def _groups(axis: Axis, rules: list[int], within: int) -> Iterator[tuple[int, int]]:
    """The atoms of a column, one for each set of rules that accepts it, with that set as bits."""
    seen: set[int] = set()
    for atom in range(len(axis.examples)):
        if not within >> atom & 1:
            continue
        accepting = 0
        for bit, rule in enumerate(rules):
            mask = axis.masks[rule]
            accepting |= (mask is None or mask >> atom & 1) << bit
        if accepting not in seen:
            seen.add(accepting)
            yield atom, accepting


def _example(table: Table, axes: list[Axis | None], atoms: list[int]) -> str:
    parts = []
    for column, axis, atom in zip(table.inputs, axes, atoms, strict=True):
        value = OTHER if axis is None else axis.examples[atom]
        parts.append(f"{column.label} = {_shown(value)}")
    return ", ".join(parts)


def _shown(value: Any) -> str:
    if type(value) is bool:
        return "true" if value else "false"
    return f'"{value}"' if type(value) is str and value != OTHER else str(from_feel(value))
