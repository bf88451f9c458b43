"""Choices that depend on the other entries: a field's `filter` is asked of each choice, and only those it holds for are offered.

The filter reads the form's fields by name, and the choice as `option`: `option.value`, and what its source tells of it
(`option.lines`, `option.customer_kind`). As everywhere in a form, unknown is not true: a filter that can't be decided yet
offers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.workflow.forms.model import Field, Option

OPTION, VALUE = "option", "value"


def narrowed(field: Field, choices: Sequence[Option], seen: Mapping[str, Any]) -> Sequence[Option]:
    """The choices that are left with these entries; `seen` are typed values, None where a field is not visible."""
    keeps = field.filter
    if keeps is None:
        return choices
    return [one for one in choices if keeps.holds({**seen, OPTION: {**one.facts, VALUE: one.value}})]


def is_out(field: Field, value: Any, choices: Sequence[Option], seen: Mapping[str, Any]) -> bool:
    """Whether the value is a choice that its source still has, but that does not go with the other entries."""
    return _has(choices, value) and not _has(narrowed(field, choices, seen), value)


def depends_on(field: Field) -> frozenset[str]:
    """The names of the fields that decide which choices are left."""
    return field.filter.names - {OPTION} if field.filter else frozenset()


def _has(choices: Iterable[Option], value: Any) -> bool:
    return any(one.value == value for one in choices)
