"""Text to tokens. Names are left as single words here; the parser joins them (DMN 1.3 clause 10.3.1.4).

A full-width sign where FEEL wants an ASCII one (`＞`, `，`, `“`) is the commonest slip of people who type Chinese;
it is refused with the sign to type instead.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from app.feel.errors import FeelError
from app.feel.limits import MAX_TEXT
from app.feel.values import well_formed


class Kind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    STRING = "string"
    WORD = "word"
    SIGN = "sign"
    END = "end"


class Token(NamedTuple):
    """One token: kind, text (unescaped for strings), first offset and the offset after it."""

    kind: Kind
    text: str
    start: int
    end: int


KEYWORDS = frozenset(
    (
        *("if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "between", "and", "or"),
        *("instance", "of", "function", "external", "true", "false", "null"),
    )
)

_START = (
    r"?A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F"
    r"\u2600-\u27BF\u2C00-\u2FEF\u3003-\u3007\u3012-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFE\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A"
    r"\uFF66-\uFFDC\U00010000-\U000EFFFF"
)
_PART = _START + r"0-9\u00B7\u0300-\u036F\u203F\u2040"

_TOKEN = re.compile(
    rf"""
    (?P<space>(?:[\s\u180e\u200b\ufeff]|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)+)
  | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | "(?P<string>(?:[^"\\]|\\.)*)"
  | `(?P<quoted>[^`\n]+)`
  | (?P<word>[{_START}][{_PART}]*)
  | (?P<sign>\*\*|\.\.|<=|>=|!=|->|[-+*/=<>()\[\]{{}},:.@'])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:U([0-9A-Fa-f]{6})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_FOREIGN = {"&": "and", "|": "or", "!": "not(…)"}
_FULL_WIDTH = {"“": '"', "”": '"', "，": ",", "、": ",", "。": ".", "；": ",", "【": "[", "】": "]"}


def tokenize(text: str) -> list[Token]:
    """All tokens of a text, closed by one END token; raises FeelError with the place of an unreadable sign."""
    if len(text) > MAX_TEXT:
        raise FeelError("text_size", limit=MAX_TEXT, size=len(text))
    tokens: list[Token] = []
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            raise _unreadable(text, offset)
        if match.lastgroup != "space":
            tokens.append(_token(match))
        offset = match.end()
    tokens.append(Token(Kind.END, "", len(text), len(text)))
    return tokens


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _token(match: re.Match[str]) -> Token:
    group, start, end = match.lastgroup, match.start(), match.end()
    if group == "string":
        return Token(Kind.STRING, _unescape(match.group("string")), start, end)
    if group == "number":
        return Token(Kind.NUMBER, match.group(), start, end)
    if group == "sign":
        return Token(Kind.SIGN, match.group(), start, end)
    if group == "quoted":
        return Token(Kind.WORD, match.group("quoted"), start, end)
    return Token(Kind.WORD, match.group(), start, end)


def _unescape(text: str) -> str:
    return well_formed(text if "\\" not in text else _ESCAPE.sub(_escape, text))


def _escape(match: re.Match[str]) -> str:
    long, short, single = match.groups()
    if single is not None:
        return _SIMPLE.get(single, "\\" + single)
    code = int(long or short, 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _unreadable(text: str, offset: int) -> FeelError:
    line, column = place(text, offset)
    sign = text[offset]
    plain = _FULL_WIDTH.get(sign) or (chr(ord(sign) - 0xFEE0) if 0xFF01 <= ord(sign) <= 0xFF5E else None)
    if plain:
        return FeelError("full_width", line=line, column=column, sign=sign, plain=plain)
    if sign in _FOREIGN:
        return FeelError("foreign", line=line, column=column, sign=sign, plain=_FOREIGN[sign])
    if sign == '"':
        return FeelError("open_string", line=line, column=column)
    return FeelError("sign", line=line, column=column, sign=sign)
