"""Ranges written as text, for the built-in `range` (DMN 1.5 clause 10.3.4.1): literal ends, nothing is evaluated."""

from __future__ import annotations

import re
from typing import Any

from app.feel.iso import parse_date, parse_date_time, parse_duration, parse_temporal, parse_time
from app.feel.operators import order
from app.feel.values import Range, number

_RANGE = re.compile(r"\s*([\[(\]])\s*(.*?)\s*\.\.\s*(.*?)\s*([\])\[])\s*", re.DOTALL)
_CALL = re.compile(r'(date and time|date|time|duration)\s*\(\s*"([^"\\]*)"\s*\)')
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_MAKERS = {"date": parse_date, "time": parse_time, "date and time": parse_date_time, "duration": parse_duration}


def parse_range(text: str) -> Range | None:
    """The range, null where an end is no literal, the ends are of different types or the wrong way round."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    opening, first, last, closing = match.groups()
    start, end = _literal(first), _literal(last)
    found = order(start, end)
    return Range(start, end, opening == "[", closing == "]") if found is not None and found <= 0 else None


def _literal(text: str) -> Any:
    if _NUMBER.fullmatch(text):
        return number(text)
    if text.startswith('@"') and text.endswith('"'):
        return parse_temporal(text[2:-1])
    if len(text) >= 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return text[1:-1]
    call = _CALL.fullmatch(text)
    return _MAKERS[call.group(1)](call.group(2)) if call else None
