"""Built-in functions on strings (DMN 1.3 clause 10.3.4.3).

Positions count characters from 1, from the end when negative.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.feel.builtins.registry import builtin
from app.feel.limits import CHARS_PER_STEP, MAX_STRING, Run
from app.feel.patterns import compile_pattern, replace_all


@builtin("substring", "string: string, start position: number, [length: number]")
def substring(string: str, start: Decimal, length: Decimal | None = None) -> str | None:
    """From a position on, so many characters; null for position 0 or outside, and for a length below 1."""
    size = len(string)
    if not -size <= start <= size or not int(start):
        return None
    first = int(start) - 1 if start > 0 else size + int(start)
    if length is None:
        return string[first:]
    return string[first : first + min(int(length), size)] if 1 <= length < 10**9 else None


@builtin("string length", "string: string")
def string_length(string: str) -> Decimal:
    """Number of characters."""
    return Decimal(len(string))


@builtin("upper case", "string: string")
def upper_case(string: str) -> str:
    """In capital letters."""
    return string.upper()


@builtin("lower case", "string: string")
def lower_case(string: str) -> str:
    """In small letters."""
    return string.lower()


@builtin("trim", "string: string")
def trim(string: str) -> str:
    """Without blanks at the ends (not in DMN; understood because Camunda 8 has it)."""
    return string.strip()


@builtin("is blank", "string: string")
def is_blank(string: str) -> bool:
    """Whether there is nothing but blanks (not in DMN; understood because Camunda 8 has it)."""
    return not string.strip()


@builtin("substring before", "string: string, match: string")
def substring_before(string: str, match: str) -> str:
    """What stands before the first match, empty without one."""
    before, found, _ = string.partition(match) if match else ("", "", "")
    return before if found else ""


@builtin("substring after", "string: string, match: string")
def substring_after(string: str, match: str) -> str:
    """What stands after the first match, empty without one."""
    return string.partition(match)[2] if match else string


@builtin("contains", "string: string, match: string")
def contains(string: str, match: str) -> bool:
    """Whether the match stands in the string."""
    return match in string


@builtin("starts with", "string: string, match: string")
def starts_with(string: str, match: str) -> bool:
    """Whether the string begins with the match."""
    return string.startswith(match)


@builtin("ends with", "string: string, match: string")
def ends_with(string: str, match: str) -> bool:
    """Whether the string ends with the match."""
    return string.endswith(match)


@builtin("matches", "input: string, pattern: string, [flags: string]", wants_run=True)
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> bool | None:
    """Whether the pattern is found; null for a pattern that can't be read."""
    run.spend(_pattern_cost(text, pattern))
    compiled = compile_pattern(pattern, flags or "")
    return None if compiled is None else compiled.search(text) is not None


@builtin("replace", "input: string, pattern: string, replacement: string, [flags: string]", wants_run=True)
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> str | None:
    """Every match replaced; `$1` is the first group, `$0` the whole match."""
    run.spend(_pattern_cost(text, pattern) + len(text) // 2)
    compiled = compile_pattern(pattern, flags or "")
    return None if compiled is None else replace_all(compiled, text, replacement, MAX_STRING, "q" in (flags or ""))


@builtin("split", "string: string, delimiter: string", wants_run=True)
def split(run: Run, text: str, delimiter: str) -> list[str] | None:
    """The parts between matches of a pattern."""
    run.spend(_pattern_cost(text, delimiter) + len(text))
    compiled = compile_pattern(delimiter, "")
    if compiled is None or compiled.search("") is not None:
        return None
    parts, end = [], 0
    for match in compiled.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
    return [*parts, text[end:]]


@builtin("string join", "list: list, [delimiter: string]", wants_run=True)
def string_join(run: Run, items: list[Any], delimiter: str | None = "") -> str | None:
    """The strings of a list in one, nulls left out; null when something else is in it."""
    if any(item is not None and type(item) is not str for item in items):
        return None
    texts = [item for item in items if item is not None]
    run.spend((sum(map(len, texts)) + len(delimiter or "") * len(texts)) // CHARS_PER_STEP)
    return (delimiter or "").join(texts)


def _pattern_cost(text: str, pattern: str) -> int:
    return 40 + 4 * len(pattern) + len(text) // 8
