"""What is known to be wrong with an expression before it runs."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import feel
from tests.feel.kit import ev

TYPES = {
    "amount": "number",
    "grade": "string",
    "ok": "boolean",
    "day": "date",
    "moment": "date and time",
    "term": "years and months duration",
    "rows": "list<context<x: number, name: string>>",
    "tags": "list<string>",
    "anything": None,
}


def found(text: str, **keywords: object) -> list[str]:
    """The codes of what is found."""
    return [item.code for item in feel.check(text, types=TYPES, **keywords)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "amount > 5",
        'grade = "A" and ok',
        'grade in ("A", "B")',
        "amount between 1 and 5",
        "amount in [1..5]",
        "day + term",
        'day - day < duration("P1D")',
        "moment > day",
        "moment.year = 2024",
        'anything > 5 and anything = "x"',
        "sum(rows.x) > amount",
        "rows[x > 5].name",
        "rows[1].x + amount",
        "for r in rows return r.x * 2",
        "some t in tags satisfies t = grade",
        "if ok then amount else 0",
        "if ok then amount else null",
        "amount = null",
        "{a: amount, b: a + 1}.b > 5",
        "(function(x) x + 1)(amount)",
        "string(amount) + grade",
        "-amount * 2",
        "not(ok) or false",
        "tags = grade",
        "count(tags) > 1",
        "amount instance of number",
        'contains(grade, "A")',
        'anything.member + 1 = "x"',
    ],
)
def test_what_may_be_right_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('amount > "5"', "type_compare"),
        ("grade = 5", "type_compare"),
        ("ok = 1", "type_compare"),
        ('amount in ("A", "B")', "type_compare"),
        ("grade between 1 and 5", "type_compare"),
        ('amount in ["a".."b"]', "type_compare"),
        ("day > 5", "type_compare"),
        ("amount + grade", "type_arithmetic"),
        ("day + 1", "type_arithmetic"),
        ("day * 2", "type_arithmetic"),
        ("grade - grade", "type_arithmetic"),
        ("amount and ok", "type_condition"),
        ("if amount then 1 else 2", "type_condition"),
        ("some t in tags satisfies 5", "type_condition"),
        ('rows[x > "5"]', "type_compare"),
        ('rows[1].x = "a"', "type_compare"),
        ("for r in rows return r.x + r.name", "type_arithmetic"),
        ("rows.price", "unknown_member"),
        ("day.hour", "unknown_member"),
        ("summe(amount)", "unknown_function"),
        ("missing > 5", "unknown_name"),
        ("amount >", "unreadable"),
        ("{a: grade}.a > 5", "type_compare"),
        ('string length(grade) = "5"', "type_compare"),
    ],
)
def test_what_can_not_be_right_is_found(text: str, code: str) -> None:
    assert code in found(text)


def test_a_finding_names_the_place_and_the_types() -> None:
    (item,) = feel.check('ok and\n  amount > "5"', types=TYPES, element="flow_1")
    assert item.element == "flow_1"
    assert item.severity == "error"
    assert item.message("en") == "line 2, column 10: number is compared with string, which is never true"
    assert item.message("zh_Hans") == "第 2 行第 10 列：数字与文本比较，永远不成立"


def test_the_wanted_type_of_a_result_is_checked() -> None:
    assert found("amount", expected="boolean") == ["type_result"]
    assert found("amount > 5", expected="boolean") == []
    assert found("anything", expected="boolean") == []
    assert found("tags", expected="list<string>") == []


@pytest.mark.parametrize(
    ("text", "tested", "wrong"),
    [
        ("< 5", "number", False),
        ("< 5", "string", True),
        ('"A", "B"', "string", False),
        ('"A", "B"', "number", True),
        ("-", "number", False),
        ("not(5)", "string", True),
        ("? > 5", "number", False),
        ("? > 5", "string", True),
        ("tags", "string", False),
        ("tags", "number", True),
        ("null", "number", False),
        ("ok", "number", False),
    ],
)
def test_cells_are_checked_against_the_type_of_their_column(text: str, tested: str, wrong: bool) -> None:
    assert bool(found(text, unary=True, tested=tested)) is wrong


VALUES = {"number": 3, "string": "a", "boolean": True, "date": datetime.date(2024, 1, 1)}


@given(st.sampled_from(sorted(VALUES)), st.sampled_from(["+", "-", "*", "/", "**"]), st.sampled_from(sorted(VALUES)))
def test_arithmetic_that_is_found_wrong_is_always_null(left: str, sign: str, right: str) -> None:
    text = f"a {sign} b"
    codes = [item.code for item in feel.check(text, types={"a": left, "b": right})]
    assert (codes == ["type_arithmetic"]) is (ev(text, {"a": VALUES[left], "b": VALUES[right]}) is None)


def test_a_list_stands_for_its_one_element_so_it_is_not_called_wrong() -> None:
    assert found("tags + grade") == []
    assert found('tags = "A"') == []
