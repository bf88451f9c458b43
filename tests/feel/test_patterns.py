"""Regular expressions of XPath on an engine that always ends."""

from __future__ import annotations

import time

import pytest

from app.feel.patterns import compile_pattern
from tests.feel.kit import ev, refusal


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ('matches("foobar", "^fo*b")', True),
        ('matches("foobar", "o.b")', True),
        ('matches("foobar", "^b")', False),
        ('matches("ABC", "abc")', False),
        ('matches("ABC", "abc", "i")', True),
        (r'matches("a\nb", "a.b")', False),
        (r'matches("a\nb", "a.b", "s")', True),
        (r'matches("a\rb", "a.b")', False),
        (r'matches("a\nb", "^b$")', False),
        (r'matches("a\nb", "^b$", "m")', True),
        ('matches("hello world", "hello[ ]world", "x")', True),
        ('matches("helloworld", "hello world", "x")', True),
        (r'matches("hello world", "hello\ sworld", "x")', True),
        ('matches("x[y-z]", "x[y-z]", "q")', True),
        ('matches("xz", "x[y-z]", "q")', False),
        ('matches("X[Y", "x[y", "qi")', True),
        ('matches("P", "[A-Z-[OI]]")', True),
        ('matches("O", "[A-Z-[OI]]")', False),
        ('matches("5", "[^a-z-[0-9]]")', False),
        (r'matches("5", "^\d$")', True),
        (r'matches("٥", "^\d$")', True),
        (r'matches("款", "^\w$")', True),
        (r'matches("-", "\w")', False),
        (r'matches("款", "\p{L}")', True),
        (r'matches("款", "\p{IsCJKUnifiedIdeographs}")', True),
        (r'matches("a", "\p{IsCJKUnifiedIdeographs}")', False),
        (r'matches("a", "\P{IsCJKUnifiedIdeographs}")', True),
        (r'matches("a", "[\p{IsBasicLatin}]")', True),
        (r'matches("a:b", "^\i\c*$")', True),
        (r'matches("1ab", "^\i")', False),
        ('matches("aaa", "^a{2,3}$")', True),
        ('matches("a{", "a{")', None),
    ],
)
def test_patterns_mean_what_xpath_says(call: str, wanted: object) -> None:
    assert ev(call) is wanted


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        ")",
        "[",
        "a]",
        "*a",
        "(?i)a",
        "(?=a)",
        "(?<n>a)",
        r"\b",
        r"\1",
        r"(a)\1",
        r"\Z",
        "[b-a]",
        "[0-9-.]",
        r"\p{IsNo}",
        r"\p{Foo}",
        "[]",
        "a**",
        r"[\1]",
    ],
)
def test_a_pattern_that_xpath_or_linear_time_refuses_gives_null(pattern: str) -> None:
    assert compile_pattern(pattern, "") is None
    assert ev("matches(s, p)", {"s": "a", "p": pattern}) is None


@pytest.mark.parametrize("flags", ["X", "g", " ", "si!"])
def test_an_unknown_flag_gives_null(flags: str) -> None:
    assert ev('matches("a", "a", f)', {"f": flags}) is None


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ('replace("abracadabra", "bra", "*")', "a*cada*"),
        ('replace("abracadabra", "a(.)", "a$1$1")', "abbraccaddabbra"),
        ('replace("facetiously", "[iouy]", "[$0]")', "facet[i][o][u]sl[y]"),
        ('replace("abc", "b", "$9")', "ac"),
        ('replace("abc", "(b)", "$1$12")', "abb2c"),
        (r'replace("abc", "b", "\\$1")', "a$1c"),
        ('replace("abc", "b", "$")', None),
        ('replace("abc", "b", "$x")', None),
        (r'replace("abc", "b", "\\x")', None),
        ('replace("abc", "x*", "-")', None),
        ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', "[1=ab][2=]cd"),
        ('replace("a.c", ".", "$", "q")', "a$c"),
        ('replace("0123456789", "(\\d{3})(\\d{3})(\\d{4})", "($1) $2-$3")', "(012) 345-6789"),
    ],
)
def test_replacing(call: str, wanted: object) -> None:
    assert ev(call) == wanted


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a|a?)+$", "([a-z]+)*=", "(.*a){20}", "((a{1,30}){1,30})$"])
def test_patterns_that_explode_elsewhere_end_at_once(pattern: str) -> None:
    begun = time.process_time()
    ev("matches(s, p)", {"s": "a" * 5000 + "!", "p": pattern})
    assert time.process_time() - begun < 0.5


def test_a_replacement_can_not_grow_without_bound() -> None:
    text = 'replace(string join(for i in 1..1000 return "a"), "a", "' + "x" * 500 + '")'
    assert refusal(text).code == "string_size"
