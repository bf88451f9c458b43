"""What is refused while reading, where, and in which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import feel
from app.feel.messages import _SENTENCES, LOCALES
from tests.feel.kit import ev, outcome, refusal


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "unfinished", 1, 1),
        ("1 +", "unfinished", 1, 4),
        ("1 + * 2", "unexpected", 1, 5),
        ("(1 + 2", "expected_at_end", 1, 7),
        ("[1, 2", "expected_at_end", 1, 6),
        ("1 2", "unexpected", 1, 3),
        ("a and\nb and\n)", "unexpected", 3, 1),
        ('"abc', "open_string", 1, 1),
        ("if a then b", "expected_at_end", 1, 12),
        ("if a else b", "expected", 1, 6),
        ("for i in [1]", "expected_at_end", 1, 13),
        ("for 1 in [1] return 1", "expected_name", 1, 5),
        ("a.1", "unexpected", 1, 2),
        ("a.", "expected_name", 1, 3),
        ("{a 1}", "expected", 1, 5),
        ("金额＞100", "full_width", 1, 3),
        ("sum（a）", "full_width", 1, 4),
        ("a == 1", "double_equals", 1, 4),
        ("a = 'x'", "single_quote", 1, 5),
        ("a && b", "foreign", 1, 3),
        ("a || b", "foreign", 1, 3),
        ("!a", "foreign", 1, 1),
        ("${a}", "sign", 1, 1),
        ("a # b", "sign", 1, 3),
        ("a instance of", "expected_type", 1, 14),
        ("@a", "expected_text", 1, 2),
        ("x in", "unfinished", 1, 5),
        ("x in ()", "unexpected", 1, 7),
        ("1 between 2", "expected_at_end", 1, 12),
        ("function(x", "expected_at_end", 1, 11),
        ("then", "unexpected", 1, 1),
        ("import os", None, 0, 0),
    ],
)
def test_a_fault_is_named_with_line_and_column(text: str, code: str | None, line: int, column: int) -> None:
    if code is None:
        assert feel.parse(text).evaluate({}) is None
        return
    error = refusal(text)
    assert (error.code, error.line, error.column) == (code, line, column)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 // a comment", 1),
        ("1 /* a\ncomment */ + 2", 3),
        ("/**/1", 1),
        ("1 +\n\t2", 3),
        ("1\u00a0+\u30002", 3),
        ("[1,2,3]  [2]", 2),
        ("a.b.c", None),
        ("1 = 1 and 2 = 2", True),
        ("true or 1 = 2 and 3 = 4", True),
        ("5 instance of number", True),
        ("1 + 2 instance of number", True),
        ('"a" instance of list<string>', False),
        ("[1] instance of list<number>", True),
        ("{a: 1} instance of context<a: number>", True),
        ('{a: "x"} instance of context<a: number>', False),
        ("function(x: number) x instance of function<number> -> number", "function"),
        ("(function(x: number) x) instance of function<number> -> number", True),
        ('@"P1D" instance of days and time duration', True),
        ("null instance of Any", False),
        ("null instance of null", True),
        ("1 instance of nothing", None),
        ("[[1]] instance of list<list<number>>", True),
        ("-5[1]", -5),
    ],
)
def test_shapes_of_the_grammar(text: str, wanted: object) -> None:
    assert ev(text) == wanted


def test_messages_read_naturally_in_three_languages() -> None:
    error = refusal("金额＞100")
    assert str(error) == "line 1, column 3: “＞” is a full-width sign; type “>”"
    assert error.message("zh_Hans") == "第 1 行第 3 列：“＞”是全角符号，请改用半角“>”"
    assert error.message("zh_Hant") == "第 1 行第 3 字：「＞」是全形符號，請改用半形「>」"
    assert error.message("xx") == str(error)


def test_every_sentence_exists_in_three_languages_and_names_the_same_facts() -> None:
    import string

    for code, texts in _SENTENCES.items():
        assert len(texts) == len(LOCALES), code
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts]
        assert fields[0] == fields[1] == fields[2], code
        assert all(texts), code


def test_every_code_that_is_raised_or_noted_has_a_sentence() -> None:
    import re
    from pathlib import Path

    room = Path(feel.__file__).parent
    pattern = re.compile(
        r'(?:FeelError|\.error|_broken|report|note|finding)\(\s*(?:(?:table|Severity\.\w+|self\.\w+), )?"([a-z_]+)"'
    )
    found = {code for path in room.rglob("*.py") for code in pattern.findall(path.read_text(encoding="utf-8"))}
    assert len(found) > 40
    assert found <= _SENTENCES.keys()


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    found = outcome(text)
    assert not isinstance(found, feel.FeelError) or all(found.message(locale) for locale in LOCALES)


SIGNS = [*"()[]{},.:+-*/<>=@?", "..", "**", "<=", "!=", "->", "//", "/*", "*/"]
KEYWORDS = ["if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "between", "and", "or", "not"]
OTHERS = [
    "instance",
    "of",
    "function",
    "external",
    "null",
    "true",
    "a",
    "b c",
    "1",
    "1.5",
    '"x"',
    "sum",
    "date",
    "list",
]
TOKENS = st.lists(st.sampled_from(SIGNS + KEYWORDS + OTHERS), max_size=25)


@given(TOKENS, st.booleans())
def test_any_sequence_of_tokens_is_read_or_refused_with_a_sentence(tokens: list[str], unary: bool) -> None:
    text = " ".join(tokens)
    found = outcome(text, {"a": 1, "?": 2}, unary=unary)
    if isinstance(found, feel.FeelError) and found.line:
        assert found.line == 1
        assert 1 <= found.column <= len(text) + 1
