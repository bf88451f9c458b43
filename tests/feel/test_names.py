"""Names: with spaces, with signs, in Chinese, and the variables an expression is found to read."""

from __future__ import annotations

import pytest

from app import feel
from tests.feel.kit import ev


@pytest.mark.parametrize(
    ("text", "context", "wanted"),
    [
        ("Monthly Salary * 12", {"Monthly Salary": 100}, 1200),
        ("Monthly  Salary * 12", {"Monthly Salary": 100}, 1200),
        ("a + b c", {"a": 1, "b c": 2}, 3),
        ("loan-to-value * 100", {"loan-to-value": 0.5}, 50),
        ("loan - to", {"loan": 5, "to": 3, "loan-to": 9}, 2),
        ("loan-to", {"loan": 5, "to": 3, "loan-to": 9}, 9),
        ("Applicant's Age + 1", {"Applicant's Age": 40}, 41),
        ("in stock > 1", {"in stock": 2}, True),
        ("date of birth and time", {"date of birth and time": 7}, 7),
        ("if for sale then 1 else 2", {"for sale": True}, 1),
        ("{for sale: 2, r: for sale + 1}.r", {}, 3),
        ("order of x + 1", {"order of x": 1, "order": 5}, 2),
        ("贷款金额 > 100", {"贷款金额": 200}, True),
        ("客户.贷款 金额", {"客户": {"贷款 金额": 5}}, 5),
        ("x.first name", {"x": {"first name": "Li"}}, "Li"),
        ("x.first name + y", {"x": {"first name": "Li"}, "y": "!"}, "Li!"),
        ("`a-b` + 1", {"a-b": 2}, 3),
        ("duration + 1", {"duration": 12}, 13),
        ('duration("P1D") * duration', {"duration": 2}, "P2D"),
        ("count", {"count": 3}, 3),
        ("🐎", {"🐎": 1}, 1),
        ("_x1 + x.y1", {"_x1": 1, "x": {"y1": 2}}, 3),
        ("sum of parts", {"sum of parts": 4}, 4),
    ],
)
def test_names_are_found_as_a_reader_would_find_them(text: str, context: dict, wanted: object) -> None:
    assert ev(text, context) == wanted


def test_longer_names_win_over_shorter_ones() -> None:
    context = {"a": 1, "a b": 2, "a b c": 3}
    assert ev("a b c", context) == 3
    assert ev("a b + a", context) == 3


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a + b", {"a", "b"}),
        ("a.b + c[1]", {"a", "c"}),
        ("for i in a return i + b", {"a", "b"}),
        ("{x: a, y: x}", {"a"}),
        ("function(x) x + y", {"y"}),
        ("some i in a satisfies i = b", {"a", "b"}),
        ("a[x > 1]", {"a"}),
        ("sum(a)", {"a"}),
        ("abs", set()),
        ("1 + 2", set()),
        ('"a"', set()),
        ("if a then b else c", {"a", "b", "c"}),
        ("partial", {"partial"}),
        ("nothing(1)", {"nothing"}),
        ("Monthly Salary", {"Monthly Salary"}),
    ],
)
def test_an_expression_says_which_variables_it_reads(text: str, names: set[str]) -> None:
    assert feel.parse(text).names == names


def test_a_known_name_is_read_inside_a_filter_too() -> None:
    assert feel.parse("rows[x > limit]", names={"rows", "limit"}).names == {"rows", "limit"}


def test_the_value_under_test_is_no_variable() -> None:
    assert feel.parse("? > limit", unary=True).names == {"limit"}


def test_a_name_nobody_sets_is_null() -> None:
    assert ev("missing") is None
    assert ev("missing > 1") is None


def test_the_same_text_is_parsed_once() -> None:
    assert feel.parse("a + 1", names=["a"]) is feel.parse("a + 1", names=("a",))
    assert feel.parse("a + 1").text == "a + 1"


def test_only_the_variables_that_are_read_are_looked_at() -> None:
    assert feel.parse("a").evaluate({"a": 1, "other": object()}) == 1
    with pytest.raises(feel.FeelError) as caught:
        feel.parse("a").evaluate({"a": object()})
    assert caught.value.code == "input"
