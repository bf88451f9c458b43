"""What an expression of a form may name: the fields of the form, and of a shared part also those of every form that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.studio.forms import form_files
from app.studio.forms.form_text import Document
from app.workflow import forms

FEEL_TYPES = {"number": "number", "checkbox": "boolean", "date": "date", "table": "list"}
OF_RULES = (
    {"name": "outcome", "type": "string", "label": "", "values": []},
    {"name": "returned", "type": "boolean", "label": "", "values": []},
)


def known_to(key: str, known: Mapping[str, Document], *, in_rule: bool) -> list[dict[str, Any]]:
    """Names in the order of the form: {"name", "type" of FEEL, "label" by language, "values": [{"value", "label"}]}.

    in_rule: rules also know the button pressed and whether the case came back.
    """
    holders = [key, *form_files.steps_showing(key, known)] if forms.is_part(key) else [key]
    found: dict[str, dict[str, Any]] = {}
    for holder in holders:
        for name in _of_form(holder, known):
            found.setdefault(name["name"], name)
    return [*found.values(), *(one for one in OF_RULES if in_rule and one["name"] not in found)]


def _of_form(key: str, known: Mapping[str, Document]) -> Iterator[dict[str, Any]]:
    if key not in known:
        return
    for _, _, fields in form_files.sections_of(key, known):
        for field in fields:
            if isinstance(field.get("key"), str):
                kind = FEEL_TYPES.get(str(field.get("type")), "string")
                yield {"name": field["key"], "type": kind, "label": field.get("label"), "values": _values(field)}


def _values(field: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    values = field.get("values")
    return [one for one in values if isinstance(one, Mapping)] if isinstance(values, list) else []
