"""What the reader of a list wants to see, as the address of its page says it: read from the query string, written into links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import request, url_for

from app.kernel.ids import parse_number
from app.workflow.watching.worklists import Filter

ARGUMENTS: Mapping[str, tuple[str, int]] = {
    "text": ("q", 200),
    "process_key": ("process", 80),
    "element_id": ("station", 120),
    "due": ("due", 10),
    "age": ("age", 4),
    "state": ("state", 12),
    "sort": ("sort", 10),
    "after": ("after", 90),
}
NUMBERS: Mapping[str, str] = {"holder_id": "holder", "group_id": "group"}


def wanted(arguments: Mapping[str, str] | None = None) -> Filter:
    """The filter that the query string (of the request, if no other is given) asks for; what is too long is cut."""
    given = request.args if arguments is None else arguments
    texts: dict[str, Any] = {
        member: given[name].replace("\0", "")[:longest]
        for member, (name, longest) in ARGUMENTS.items()
        if name in given
    }
    numbers: dict[str, Any] = {member: parse_number(given.get(name, "")) for member, name in NUMBERS.items()}
    return Filter(**texts, **numbers)


def arguments(filter: Filter, **changes: str) -> dict[str, str]:
    """The query string of a filter: only what differs from the usual; the place in the list only where `changes` names it."""
    usual = asdict(Filter())
    values = {**asdict(filter), "after": "", **changes}
    names = {**{member: name for member, (name, _) in ARGUMENTS.items()}, **NUMBERS}
    return {names[member]: str(value) for member, value in values.items() if value and value != usual[member]}


def address(filter: Filter, **changes: str) -> str:
    """The address of the page that is shown, with the filter changed."""
    return url_for(str(request.endpoint), **{**(request.view_args or {}), **arguments(filter, **changes)})
