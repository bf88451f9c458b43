"""The language against a reference: random trees, written as FEEL and worked out by a few lines of plain Python.

The texts carry only the brackets that precedence asks for, so the reader is tested as much as the evaluator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app import feel

CONTEXT = {"a": 3, "b": Decimal("-1.5"), "c": None, "s": "x", "t": True}
LEVELS = {"or": 1, "and": 2, "<": 3, "<=": 3, "=": 3, "!=": 3, "+": 4, "-": 4, "*": 5, "neg": 7, "leaf": 9}


@dataclass(frozen=True)
class Tree:
    """A piece of FEEL: its operator, its parts, and for a leaf the text."""

    operator: str
    parts: tuple[Tree, ...] = ()
    text: str = ""


def leaf(text: str) -> Tree:
    return Tree("leaf", text=text)


LEAVES = st.sampled_from(["1", "2.5", "0", "a", "b", "c", "s", "t", "true", "false", "null", '"x"', '"y"']).map(leaf)


def grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    binary = st.builds(
        lambda operator, left, right: Tree(operator, (left, right)),
        st.sampled_from([name for name in LEVELS if name not in ("neg", "leaf")]),
        inner,
        inner,
    )
    negated = inner.map(lambda part: Tree("neg", (part,)))
    chosen = st.tuples(inner, inner, inner).map(lambda parts: Tree("if", parts))
    listed = st.lists(inner, max_size=3).map(lambda parts: Tree("list", tuple(parts)))
    negation = inner.map(lambda part: Tree("not", (part,)))
    return binary | negated | chosen | listed | negation


TREES = st.recursive(LEAVES, grown, max_leaves=12)


def written(tree: Tree, level: int = 0) -> str:
    """The text of a tree with as few brackets as may be."""
    if tree.operator == "leaf":
        return tree.text
    if tree.operator == "list":
        return f"[{', '.join(written(part) for part in tree.parts)}]"
    if tree.operator == "not":
        return f"not({written(tree.parts[0])})"
    if tree.operator == "if":
        condition, then, otherwise = (written(part) for part in tree.parts)
        return f"(if {condition} then {then} else {otherwise})"
    own = LEVELS[tree.operator]
    if tree.operator == "neg":
        text = f"-{written(tree.parts[0], own)}"
    else:
        left, right = tree.parts
        text = f"{written(left, own)} {tree.operator} {written(right, own + 1)}"
    return f"({text})" if own < level else text


def worked_out(tree: Tree) -> Any:
    """The value of a tree, by the tables of the specification."""
    if tree.operator == "leaf":
        return LITERALS[tree.text]
    values = [worked_out(part) for part in tree.parts]
    if tree.operator == "if":
        return values[1] if values[0] is True else values[2]
    if tree.operator == "list":
        return values
    if tree.operator == "not":
        return not values[0] if isinstance(values[0], bool) else None
    if tree.operator == "neg":
        return -values[0] if is_number(values[0]) else None
    return RULES[tree.operator](*values)


def is_number(value: Any) -> bool:
    return isinstance(value, Decimal)


def same_kind(left: Any, right: Any) -> bool:
    return type(left) is type(right)


def arithmetic(operation: Callable[[Any, Any], Any], *, texts: bool = False) -> Callable[[Any, Any], Any]:
    def rule(left: Any, right: Any) -> Any:
        fits = (is_number(left) and is_number(right)) or (texts and isinstance(left, str) and isinstance(right, str))
        return operation(left, right) if fits else None

    return rule


def ordered(operation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def rule(left: Any, right: Any) -> Any:
        return operation(left, right) if same_kind(left, right) and isinstance(left, Decimal | str) else None

    return rule


def equal(left: Any, right: Any) -> Any:
    if left is None or right is None:
        return left is right
    if not same_kind(left, right):
        return None
    if isinstance(left, list):
        return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))
    return left == right


def unequal(left: Any, right: Any) -> Any:
    found = equal(left, right)
    return None if found is None else not found


def logic(decisive: bool) -> Callable[[Any, Any], Any]:
    def rule(left: Any, right: Any) -> Any:
        if left is decisive or right is decisive:
            return decisive
        return None if not isinstance(left, bool) or not isinstance(right, bool) else not decisive

    return rule


LITERALS: dict[str, Any] = {
    **{text: Decimal(text) for text in ("1", "2.5", "0")},
    **{"a": Decimal(3), "b": Decimal("-1.5"), "c": None, "s": "x", "t": True},
    **{"true": True, "false": False, "null": None, '"x"': "x", '"y"': "y"},
}
RULES: dict[str, Callable[[Any, Any], Any]] = {
    "or": logic(True),
    "and": logic(False),
    "<": ordered(lambda left, right: left < right),
    "<=": ordered(lambda left, right: left <= right),
    "=": equal,
    "!=": unequal,
    "+": arithmetic(lambda left, right: left + right, texts=True),
    "-": arithmetic(lambda left, right: left - right),
    "*": arithmetic(lambda left, right: left * right),
}


def alike(found: Any, wanted: Any) -> bool:
    """Equal and of the same kind, so that true is not 1."""
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(alike(a, b) for a, b in zip(found, wanted, strict=True))
    return type(found) is type(wanted) and found == wanted


@settings(max_examples=600, deadline=None)
@given(TREES)
def test_random_expressions_come_to_what_the_reference_says(tree: Tree) -> None:
    text = written(tree)
    assert alike(feel.parse(text).evaluate(CONTEXT), worked_out(tree)), text


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_a_cell_with_an_expression_accepts_what_equals_it(tree: Tree) -> None:
    text = written(tree)
    wanted = worked_out(tree)
    if isinstance(wanted, Decimal | str):
        assert feel.parse(f"({text})", unary=True).evaluate({**CONTEXT, "?": wanted}) is True, text


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_the_check_before_use_never_calls_a_working_comparison_wrong(tree: Tree) -> None:
    types = {"a": "number", "b": "number", "c": None, "s": "string", "t": "boolean"}
    text = written(tree)
    found = {item.code for item in feel.check(text, types=types)}
    if "type_compare" in found or "type_arithmetic" in found:
        assert _has_a_null(tree), text


def _has_a_null(tree: Tree) -> bool:
    """Whether some part comes to null, or a condition is none."""
    return worked_out(tree) is None or any(_has_a_null(part) for part in tree.parts)


@settings(max_examples=300, deadline=None)
@given(TREES, st.sampled_from(["\n", "  ", "\t", " /* note */ ", " // note\n"]))
def test_white_space_and_comments_change_nothing(tree: Tree, blank: str) -> None:
    text = written(tree)
    assert alike(feel.parse(text.replace(" ", blank)).evaluate(CONTEXT), feel.parse(text).evaluate(CONTEXT))
