"""What a form's conditions make of its values: which fields are visible, what the calculated ones hold.

A field that is not visible counts as empty for every other condition, so visibility is worked out in rounds until
nothing changes; `checks` refuses forms in which that would go in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.workflow.forms import limits
from app.workflow.forms.conditions import Condition
from app.workflow.forms.model import Field, FieldType, Form
from app.workflow.forms.values import TICKED, ValueRefused, clean, rows_of, to_date, to_number


@dataclass(frozen=True)
class State:
    """Typed values with the calculated ones worked out, and the keys of visible fields."""

    values: Mapping[str, Any]
    visible: frozenset[str]


def settle(form: Form, values: Mapping[str, Any]) -> State:
    """Visibility and calculated values over `values`, which may still hold texts as typed (a draft)."""
    typed = {key: as_typed(field, values.get(key)) for key, field in form.fields.items()}
    state, before = State(typed, frozenset(form.fields)), None
    for _ in range(len(form.fields) + 1):
        seen = seen_by_conditions(state)
        if seen == before:
            break
        state, before = _round(form, state.values, seen), seen
    return state


def seen_by_conditions(state: State) -> dict[str, Any]:
    """What a condition reads: a field that is not visible counts as empty."""
    return {key: value if key in state.visible else None for key, value in state.values.items()}


def as_typed(field: Field, value: Any) -> Any:
    """The value with its type where it can be read, None where it is only a text that can't be read yet."""
    if field.type is FieldType.TABLE:
        return [
            {column.key: as_typed(column, row.get(column.key)) for column in field.columns} for row in rows_of(value)
        ]
    if not isinstance(value, str):
        return field.empty if value is None else value
    try:
        return _read(field, clean(value, several_lines=True))
    except ValueRefused:
        return field.empty


def _read(field: Field, text: str) -> Any:
    if field.type is FieldType.CHECKBOX:
        return text == TICKED
    if not text:
        return None
    if field.type is FieldType.NUMBER:
        return to_number(field, text)
    return to_date(text) if field.type is FieldType.DATE else text


def _round(form: Form, values: Mapping[str, Any], seen: Mapping[str, Any]) -> State:
    """What the conditions make of the values that are seen."""
    calculated = {key: fitted(form.fields[key], how, seen) for key, how in form.calculations.items()}
    hidden: set[str] = set()
    for condition, keys in form.hiding.items():
        if not condition.holds(seen):
            hidden |= keys
    return State({**values, **calculated}, frozenset(form.fields.keys() - hidden))


def fitted(field: Field, expression: Condition, values: Mapping[str, Any]) -> Any:
    """The result of a default or calculation as a value of the field's type, empty where it does not fit.

    Amounts are rounded half up to the field's decimals.
    """
    result = expression.value(values)
    if field.type is FieldType.NUMBER:
        if not isinstance(result, Decimal) or result.adjusted() >= limits.NUMBER_DIGITS:
            return None
        return result.quantize(Decimal(1).scaleb(-field.decimals), ROUND_HALF_UP)
    if field.type is FieldType.CHECKBOX:
        return result is True
    if field.type is FieldType.DATE:
        return result if isinstance(result, date) else None
    return result if isinstance(result, str) else None
