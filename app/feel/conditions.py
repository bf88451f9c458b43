"""Conditions as sets: which of them can hold together, and which values none of them covers.

Every value that a variable is compared with cuts its axis into atoms (`dmn/regions.py`); a condition is then a union of boxes, one
bit mask of atoms for each variable it speaks of. What a condition says of anything else (two variables compared with each other, a
sum, a function) is left out: its boxes are then too large, never too small, and it is marked as not exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.feel import nodes as n
from app.feel.dmn.regions import OTHER, Axis, axis_of, constant
from app.feel.dmn.table import Input, Rule
from app.feel.errors import FeelError
from app.feel.expression import parse
from app.feel.types import ANY, Type
from app.feel.values import from_feel, to_feel

Box = Mapping[str, int]
MOST_BOXES = 64
MOST_REGIONS = 4_000
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_BOOLEAN = Type("boolean")


@dataclass(frozen=True)
class Condition:
    """Where a condition can hold: in one of `boxes`. `exact`: and everywhere in them."""

    boxes: tuple[Box, ...]
    exact: bool


@dataclass(frozen=True)
class _Test:
    """One comparison of a variable with known values, or a piece that is not understood (name empty)."""

    name: str
    tree: n.UnaryTests | None = None


_UNKNOWN = _Test("")
_Case = tuple[_Test, ...]


class Space:
    """Some conditions over the same variables. `domains`: every value that a variable can have, where that is known."""

    def __init__(self, conditions: Iterable[str], domains: Mapping[str, Sequence[Any]] | None = None) -> None:
        cases = {text: _cases_of(text) for text in dict.fromkeys(conditions)}
        trees: dict[str, list[n.UnaryTests]] = {}
        for test in (test for found in cases.values() for case in found for test in case if test.tree is not None):
            trees.setdefault(test.name, []).append(test.tree)  # type: ignore[arg-type]
        self.axes: dict[str, Axis] = {}
        self._masks: dict[tuple[str, n.UnaryTests], int | None] = {}
        for name, cells in trees.items():
            self._cut(name, cells, (domains or {}).get(name))
        self.conditions = {text: self._condition(found) for text, found in cases.items()}

    def _cut(self, name: str, cells: list[n.UnaryTests], values: Sequence[Any] | None) -> None:
        allowed = None if values is None else n.UnaryTests(0, tuple(n.Literal(0, to_feel(value)) for value in values))
        truths = values is not None and all(isinstance(value, bool) for value in values)
        column = Input(name, name, lambda scope: None, ANY, tree=allowed, known=_BOOLEAN if truths else ANY)
        rules = tuple(Rule(i, "", (cell,), (), (), (), (), ("",)) for i, cell in enumerate(cells, start=1))
        axis = axis_of(column, 0, rules)
        if axis is not None:
            self.axes[name] = axis
            self._masks.update(((name, cell), mask) for cell, mask in zip(cells, axis.masks, strict=True))

    def _condition(self, cases: Sequence[_Case]) -> Condition:
        exact, boxes = True, []
        for case in cases:
            box: dict[str, int] = {}
            for test in case:
                mask = self._masks.get((test.name, test.tree)) if test.tree is not None else None
                exact = exact and mask is not None
                if mask is not None:
                    box[test.name] = box.get(test.name, self.axes[test.name].domain) & mask
            if all(box.values()):
                boxes.append(box)
        return Condition(tuple(boxes), exact)

    def domain(self, name: str) -> int:
        """Every atom that can come."""
        return self.axes[name].domain

    def mask_of(self, name: str, value: Any) -> int:
        """The atom in which a known text or truth lies; all of the domain for other values."""
        axis = self.axes[name]
        if not isinstance(value, (str, bool)):
            return axis.domain
        hits = [i for i, example in enumerate(axis.examples) if type(example) is type(value) and example == value]
        return 1 << (hits[0] if hits else len(axis.examples) - 1)

    def meet(self, one: Box, two: Box) -> Box | None:
        """What lies in both boxes; None if nothing."""
        box = {name: one.get(name, self.domain(name)) & two.get(name, self.domain(name)) for name in {**one, **two}}
        return box if all(box.values()) else None

    def without(self, regions: Sequence[Box], box: Box) -> list[Box]:
        """The parts of the regions outside the box. Raises OverflowError where they become too many."""
        left: list[Box] = []
        for region in regions:
            left += self._outside(dict(region), box)
        if len(left) > MOST_REGIONS:
            raise OverflowError
        return left

    def _outside(self, region: dict[str, int], box: Box) -> Iterator[Box]:
        for name, mask in box.items():
            here = region.get(name, self.domain(name))
            if here & ~mask:
                yield {**region, name: here & ~mask}
            region[name] = here & mask
            if not region[name]:
                return

    def uncovered(self, conditions: Iterable[str]) -> Box | None:
        """Values for which none of the conditions holds; None where there are none, or where that can't be told."""
        regions: list[Box] = [{}]
        for text in conditions:
            for box in self.conditions[text].boxes:
                try:
                    regions = self.without(regions, box)
                except OverflowError:
                    return None
        return regions[0] if regions else None

    def common(self, one: str, two: str) -> Box | None:
        """Values for which both conditions surely hold; None where there are none or that can't be told."""
        first, second = self.conditions[one], self.conditions[two]
        if not (first.exact and second.exact):
            return None
        met = (self.meet(a, b) for a in first.boxes for b in second.boxes)
        return next((box for box in met if box is not None), None)

    def example(self, box: Box) -> dict[str, str | None]:
        """One value a variable, as an analyst would write it; None stands for any value that nobody names."""
        return {name: self._shown(name, mask) for name, mask in sorted(box.items())}

    def _shown(self, name: str, mask: int) -> str | None:
        value = self.axes[name].examples[(mask & -mask).bit_length() - 1]
        if value is OTHER or value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        return f'"{value}"' if isinstance(value, str) else str(from_feel(value))


def literal(text: str) -> tuple[bool, Any]:
    """Whether an expression is a value known beforehand, and the value."""
    try:
        return constant(parse(text).tree)
    except FeelError:
        return False, None


def sources(text: str) -> tuple[tuple[Any, ...], tuple[str, ...]] | None:
    """The values and variables of which an expression gives one: `if a then "x" else b` gives "x" or what b is. None: anything."""
    try:
        return _sources(parse(text).tree)
    except FeelError:
        return None


def _sources(node: n.Node) -> tuple[tuple[Any, ...], tuple[str, ...]] | None:
    if isinstance(node, n.If):
        one, two = _sources(node.then), _sources(node.otherwise)
        return None if one is None or two is None else (one[0] + two[0], one[1] + two[1])
    name = _name_of(node)
    if name is not None:
        return (), (name,)
    known, value = constant(node)
    return ((value,), ()) if known else None


def _cases_of(text: str) -> tuple[_Case, ...]:
    try:
        return _cases(parse(text).tree, holds=True)
    except FeelError:
        return ((_UNKNOWN,),)


def _cases(node: n.Node, *, holds: bool) -> tuple[_Case, ...]:
    """The alternatives in which a condition holds (or does not), each a conjunction of tests."""
    if isinstance(node, n.Logic):
        parts = [_cases(part, holds=holds) for part in node.operands]
        return _both(parts) if (node.operator == "and") == holds else tuple(case for part in parts for case in part)
    if isinstance(node, n.Call) and isinstance(node.function, n.Name) and node.function.name == "not":
        return _cases(node.arguments[0], holds=not holds) if len(node.arguments) == 1 else ((_UNKNOWN,),)
    if isinstance(node, n.Literal) and isinstance(node.value, bool):
        return ((),) if node.value is holds else ()
    return ((_test(node, holds),),)


def _both(parts: Sequence[tuple[_Case, ...]]) -> tuple[_Case, ...]:
    found: tuple[_Case, ...] = ((),)
    for part in parts:
        found = tuple((*case, *other) for case in found for other in part)
        if len(found) > MOST_BOXES:
            return ((_UNKNOWN,),)
    return found


def _test(node: n.Node, holds: bool) -> _Test:
    subject, tests = _subject_and_tests(node)
    name = _name_of(subject)
    return _UNKNOWN if name is None else _Test(name, n.UnaryTests(0, tests, negated=not holds))


def _subject_and_tests(node: n.Node) -> tuple[n.Node | None, tuple[n.Node, ...]]:
    if isinstance(node, n.Compare):
        turned = _name_of(node.left) is None
        subject, value = (node.right, node.left) if turned else (node.left, node.right)
        return subject, (n.Test(0, _TURNED[node.operator] if turned else node.operator, value),)
    if isinstance(node, n.Between):
        return node.operand, (n.RangeOf(0, node.low, node.high, True, True),)
    if isinstance(node, n.In):
        tests = tuple(part for test in node.tests for part in (test.items if isinstance(test, n.ListOf) else (test,)))
        return node.operand, tests
    if isinstance(node, n.Name | n.Path):
        return node, (n.Test(0, "=", n.Literal(0, True)),)
    return None, ()


def _name_of(node: n.Node | None) -> str | None:
    """The variable that an expression is, members and all; None for anything else."""
    if isinstance(node, n.Name):
        return node.name
    if isinstance(node, n.Path):
        source = _name_of(node.source)
        return None if source is None else f"{source}.{node.name}"
    return None
