"""Regular expressions of XPath (which FEEL uses) on RE2, an engine that never goes back and so always ends.

What XPath writes differently is translated: character class subtraction, `.` that stops at carriage returns, `\\i` and
`\\c`, blocks such as `\\p{IsBasicLatin}`, the flags `x` and `q`. Back-references can't be run in linear time and are
refused, as is everything that XPath does not have (look-around, inline flags, `\\b`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from app.feel.charclasses import BLOCKS, NAME_CHARS, NAME_START, read_class
from app.feel.errors import FeelError

_MAX_MEMORY = 1 << 20
_ESCAPED = frozenset("\\|.?*+(){}-[]^$nrt")
_WORD = r"[^\p{P}\p{Z}\p{C}]"
_CLASSES = {
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "s": r"[ \t\n\r]",
    "S": r"[^ \t\n\r]",
    "w": _WORD,
    "W": r"[\p{P}\p{Z}\p{C}]",
    "i": f"[{NAME_START}]",
    "I": f"[^{NAME_START}]",
    "c": f"[{NAME_START}{NAME_CHARS}]",
    "C": f"[^{NAME_START}{NAME_CHARS}]",
}


@lru_cache(maxsize=64)
def compile_pattern(pattern: str, flags: str) -> Any:
    """The compiled pattern; None for flags or a pattern that XPath or RE2 refuse."""
    if not set(flags) <= set("smixq"):
        return None
    if "x" in flags and "q" not in flags:
        pattern = _without_blanks(pattern)
    translated = re.escape(pattern) if "q" in flags else _translate(pattern, "s" in flags)
    if translated is None:
        return None
    inline = "".join(flag for flag in "im" if flag in flags)
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(f"(?{inline}){translated}" if inline else translated, options)
    except re2.error:
        return None


def replace_all(compiled: Any, text: str, replacement: str, limit: int, literal: bool) -> str | None:
    """Every match replaced; null where XPath makes it an error: a pattern that matches nothing, a stray `$` or `\\`."""
    parts = [(replacement, -1)] if literal else _template(replacement, compiled.groups)
    if parts is None or compiled.search("") is not None:
        return None
    result: list[str] = []
    size = end = 0
    for match in compiled.finditer(text):
        piece = text[end : match.start()] + "".join(
            part if group < 0 else match.group(group) or "" for part, group in parts
        )
        result.append(piece)
        size += len(piece)
        end = match.end()
        if size > limit:
            raise FeelError("string_size", limit=limit)
    return "".join(result) + text[end:]


def _template(replacement: str, groups: int) -> list[tuple[str, int]] | None:
    """Literal text and group numbers in turn."""
    parts: list[tuple[str, int]] = []
    at = 0
    while at < len(replacement):
        sign, following = replacement[at], replacement[at + 1 : at + 2]
        if sign == "\\":
            if following not in ("\\", "$"):
                return None
            parts.append((following, -1))
            at += 2
        elif sign == "$":
            if not following.isdigit():
                return None
            group, at = _group(replacement, at + 1, groups)
            parts.append(("", group) if group <= groups else ("", -1))
        else:
            parts.append((sign, -1))
            at += 1
    return parts


def _group(text: str, at: int, groups: int) -> tuple[int, int]:
    """The longest group number that exists, at least one digit."""
    number, at = int(text[at]), at + 1
    while at < len(text) and text[at].isdigit() and number * 10 + int(text[at]) <= groups:
        number, at = number * 10 + int(text[at]), at + 1
    return number, at


def _without_blanks(pattern: str) -> str:
    """The pattern without white space outside of character classes, as the flag `x` has it."""
    return re.sub(r"(\[(?:\\.|[^\]])*\])|[ \t\n\r]+", lambda match: match.group(1) or "", pattern)


def _translate(pattern: str, dot_all: bool) -> str | None:
    dot = r"(?s:.)" if dot_all else r"[^\n\r]"
    result: list[str] = []
    at = 0
    while at < len(pattern):
        piece, at = _piece(pattern, at, dot)
        if piece is None:
            return None
        result.append(piece)
    return "".join(result)


def _piece(pattern: str, at: int, dot: str) -> tuple[str | None, int]:
    sign = pattern[at]
    if sign == "[":
        return read_class(pattern, at)
    if sign == "\\":
        return _escape(pattern, at)
    if sign == ".":
        return dot, at + 1
    if pattern.startswith("(?", at) and not pattern.startswith("(?:", at):
        return None, at
    if sign in "]}" or (sign == "{" and not re.match(r"\{\d+(,\d*)?\}", pattern[at:])):
        return (None, at) if sign != "}" or "{" not in pattern[:at] else ("}", at + 1)
    return sign, at + 1


def _escape(pattern: str, at: int) -> tuple[str | None, int]:
    following = pattern[at + 1 : at + 2]
    if following in ("p", "P"):
        return _category(pattern, at)
    if following in _CLASSES:
        return _CLASSES[following], at + 2
    return (pattern[at : at + 2], at + 2) if following and following in _ESCAPED else (None, at)


def _category(pattern: str, at: int) -> tuple[str | None, int]:
    end = pattern.find("}", at)
    name = pattern[at + 3 : end]
    if end < 0 or pattern[at + 2 : at + 3] != "{":
        return None, at
    negated = pattern[at + 1] == "P"
    if name.startswith("Is"):
        block = BLOCKS.get(name[2:])
        return (None, at) if block is None else (f"[{'^' if negated else ''}{block}]", end + 1)
    return (f"\\{pattern[at + 1]}{{{name}}}", end + 1) if re.fullmatch(r"[LMNPZSC][a-z]?", name) else (None, at)
