"""Strings and the built-ins on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feel.kit import ev, refusal


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (r'"a\nb"', "a\nb"),
        (r'"a\tb"', "a\tb"),
        (r'"say \"yes\""', 'say "yes"'),
        (r'"back\\slash"', "back\\slash"),
        (r'"\u8d37\u6b3e"', "贷款"),
        (r'"\U01F40E"', "🐎"),
        (r'"\ud83d\udca9"', "💩"),
        (r'"\d+"', r"\d+"),
        ('"贷款审批"', "贷款审批"),
        ('"ends with backslash\\\\"', "ends with backslash\\"),
        ('""', ""),
        ('"a" + "b"', "ab"),
        ('"a" + null', None),
        ('"a" < "b"', True),
        ('"a" >= "b"', False),
    ],
)
def test_literals_and_operators(text: str, wanted: object) -> None:
    assert ev(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('substring("foobar", 3)', "obar"),
        ('substring("foobar", 3, 3)', "oba"),
        ('substring("foobar", -2, 1)', "a"),
        ('substring("foobar", 3, 3.8)', "oba"),
        ('substring("foobar", 0)', None),
        ('substring("foobar", 7)', None),
        ('substring("foobar", 1, 0)', None),
        ('substring("贷款审批", 3)', "审批"),
        ('substring("🐎foo", 2)', "foo"),
        ('substring(string: "foobar", start position: 3, length: 2)', "ob"),
        ('substring("foobar")', None),
        ("substring(123, 1)", None),
        ('string length("foo")', 3),
        ('string length("贷款")', 2),
        ('string length("🐎")', 1),
        ("string length(null)", None),
        ('string length(["foo"])', 3),
        ('string length(["foo", "bar"])', None),
        ('upper case("aBc4")', "ABC4"),
        ('lower case("aBc4")', "abc4"),
        ('substring before("foobar", "bar")', "foo"),
        ('substring before("foobar", "xyz")', ""),
        ('substring before("foobar", "")', ""),
        ('substring after("foobar", "ob")', "ar"),
        ('substring after("", "a")', ""),
        ('substring after("foobar", "x")', ""),
        ('substring after("foobar", "")', "foobar"),
        ('contains("foobar", "oba")', True),
        ('contains("foobar", "x")', False),
        ('contains("foobar", null)', None),
        ('starts with("foobar", "fo")', True),
        ('starts with("foobar", "ar")', False),
        ('ends with("foobar", "ar")', True),
        ('ends with("foobar", "fo")', False),
        ('trim("  a b ")', "a b"),
    ],
)
def test_parts_of_strings(text: str, wanted: object) -> None:
    assert ev(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('split("John Doe", "\\s")', ["John", "Doe"]),
        ('split("a;b;;", ";")', ["a", "b", "", ""]),
        ('split("abc", "x")', ["abc"]),
        ('split("abc", "")', None),
        ('split("abc", "(")', None),
        ('string join(["a", "b", "c"])', "abc"),
        ('string join(["a", "b"], ", ")', "a, b"),
        ('string join(["a", null, "c"], "-")', "a-c"),
        ('string join(["a", "b"], null)', "ab"),
        ("string join([])", ""),
        ('string join("a", "X")', "a"),
        ('string join(["a", 1])', None),
        ("string join(null)", None),
    ],
)
def test_splitting_and_joining(text: str, wanted: object) -> None:
    assert ev(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("string(1.10)", "1.1"),
        ("string(100)", "100"),
        ("string(1e3)", "1000"),
        ("string(-0.0)", "0"),
        ("string(true)", "true"),
        ("string(null)", None),
        ('string("a")', "a"),
        ('string(["a", 1, null])', '["a", 1, null]'),
        ('string({a: "b", "c d": [1]})', '{a: "b", c d: [1]}'),
        ('string({"a:b": 1})', '{"a:b": 1}'),
        (r'string(["say \"x\""])', r'["say \"x\""]'),
        ('string(date("2024-02-29"))', "2024-02-29"),
        ('string(@"P1DT2H")', "P1DT2H"),
        ("string([1..5))", "[1..5)"),
        ('string(@"10:00:00@Asia/Shanghai")', "10:00:00@Asia/Shanghai"),
    ],
)
def test_every_value_has_a_text(text: str, wanted: object) -> None:
    assert ev(text) == wanted


def test_half_a_surrogate_pair_is_replaced_wherever_it_comes_from() -> None:
    half, whole = "\ud83d", "\ud83d\udca9"
    assert ev("s", {"s": half}) == "\ufffd"
    assert ev("s", {"s": whole}) == "💩"
    assert ev('"' + half + '"') == "\ufffd"
    assert ev(r'"\ud83d"') == "\ufffd"
    assert ev('matches(s, s) and replace(s, "a", "b") = s', {"s": half}) is True
    assert ev("matches(s, p)", {"s": "a", "p": half}) is False
    assert ev("x", {"x": {half: 1}}) == {"\ufffd": 1}
    assert str(refusal(half)).encode()


@given(st.text(max_size=50), st.text(min_size=1, max_size=3))
def test_before_and_after_a_match_put_together_give_the_string_back(text: str, match: str) -> None:
    context = {"s": text, "m": match}
    if match in text:
        assert ev("substring before(s, m) + m + substring after(s, m) = s", context) is True
    else:
        assert ev('substring before(s, m) = "" and substring after(s, m) = ""', context) is True


@given(st.text(max_size=30), st.integers(1, 30))
def test_a_substring_counts_characters_as_python_does(text: str, start: int) -> None:
    wanted = text[start - 1 :] if start <= len(text) else None
    assert ev("substring(s, n)", {"s": text, "n": start}) == wanted
