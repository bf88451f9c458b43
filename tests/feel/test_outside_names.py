"""The variables an expression needs: in a filter the member of the item hides the variable of its name."""

from __future__ import annotations

import pytest

from app import feel

ROWS = feel.Type(
    "list", item=feel.Type("context", fields=(("amount", feel.Type("number")), ("kind", feel.Type("string"))))
)
NUMBERS = feel.Type("list", item=feel.Type("number"))
KNOWN = {"items": ROWS, "figures": NUMBERS}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("items[amount > 5]", {"items"}),
        ("items[amount > least]", {"items", "least"}),
        ("figures[item > amount]", {"figures", "amount"}),
        ("things[amount > 5]", {"things", "amount"}),
        ("amount > 5 and count(items[amount > 5]) > 0", {"amount", "items"}),
        ("[{amount: 3}][amount > 5]", set()),
        ("[{price: 3}][price > amount]", {"amount"}),
        ('count(items[kind = "a"][amount > 5]) > 1', {"items"}),
        ("items[count(figures[item > amount]) > 0]", {"items", "figures"}),
        ("some row in items satisfies row.amount > amount", {"items", "amount"}),
        ("for row in items return row.amount * rate", {"items", "rate"}),
        ("{rate: 2, twice: rate * factor}", {"factor"}),
        ("items[sum(figures) > amount]", {"items", "figures"}),
    ],
)
def test_names_from_outside_are_told_from_members_of_the_items(text: str, wanted: set[str]) -> None:
    assert feel.outside_names(feel.parse(text), KNOWN) == wanted


def test_without_a_filter_the_names_are_those_the_parser_found() -> None:
    expression = feel.parse("a + b > max(c, d)")
    assert feel.outside_names(expression, {}) == expression.names == {"a", "b", "c", "d"}


def test_an_expression_evaluates_with_no_more_than_these_names() -> None:
    rows = [{"amount": 3, "kind": "a"}, {"amount": 8, "kind": "b"}]
    values = {"items": rows, "least": 5, "amount": 100}
    expression = feel.parse("count(items[amount > least])")
    handed = {name: values[name] for name in feel.outside_names(expression, KNOWN)}
    assert expression.evaluate(handed) == expression.evaluate(values) == 1
