"""A form file as bytes and as a document: written the way a person writes one, so that a change shows as a few lines.

What fits into a line stands in one; an object fills its lines member after member, a list gives each element lines of its own.
"""

from __future__ import annotations

import json
from typing import Any

from app.kernel.errors import Refusal
from app.workflow.forms import limits
from app.workflow.forms.texts import LOCALES

Document = dict[str, Any]
WIDTH = 119
INDENT = 2


class NotAForm(Refusal):
    """The text is no JSON object, so no form can be made of it."""


def parse(content: bytes) -> Document:
    """The document; raises NotAForm where the bytes are no JSON object or too large."""
    if len(content) > limits.FILE_BYTES:
        raise NotAForm("The form file is too large.")
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise NotAForm("This text is not readable as a form: {reason}", reason=str(fault)[:200]) from fault
    if not isinstance(document, dict):
        raise NotAForm("This text is not readable as a form: {reason}", reason="{…}")
    return document


def write(document: Document) -> bytes:
    """The bytes of a document; `parse` gives the same document back. Raises NotAForm where it is nested without end."""
    try:
        return (_written(document, 0, 0) + "\n").encode()
    except (RecursionError, UnicodeEncodeError) as fault:
        raise NotAForm("This text is not readable as a form: {reason}", reason="…") from fault


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _written(value: Any, indent: int, before: int) -> str:
    """`before`: characters that stand on the line already, or must follow on it."""
    line = _line(value)
    if not isinstance(value, dict | list) or not value or (indent and before + len(line) <= WIDTH):
        return line
    inner = indent + INDENT
    rows = _list_rows(value, inner) if isinstance(value, list) else _filled(value, inner)
    opening, closing = ("[", "]") if isinstance(value, list) else ("{", "}")
    return f"{opening}\n" + ",\n".join(" " * inner + row for row in rows) + f"\n{' ' * indent}{closing}"


def _list_rows(values: list[Any], indent: int) -> list[str]:
    return [_written(value, indent, indent + 1) for value in values]


def _filled(members: Document, indent: int) -> list[str]:
    """Members one after the other, as many in a line as fit; what takes several lines begins one of its own, and so does
    each language of a text."""
    if members.keys() <= set(LOCALES):
        return [f"{_line(name)}: {_line(value)}" for name, value in members.items()]
    rows: list[str] = []
    for name, value in members.items():
        head = f"{_line(name)}: "
        text = head + _line(value)
        if rows and "\n" not in rows[-1] and indent + len(rows[-1]) + 2 + len(text) + 1 <= WIDTH:
            rows[-1] += f", {text}"
        else:
            rows.append(head + _written(value, indent, indent + len(head) + 1))
    return rows
