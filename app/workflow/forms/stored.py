"""Form values as JSON and back, and the JSON Schema of what a client may send.

Amounts are texts (a JSON number would pass through binary floating point somewhere), dates ISO.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from app.workflow.forms.model import Access, Field, FieldType, Form
from app.workflow.forms.texts import pick
from app.workflow.forms.values import rows_of

_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,20})?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values as what JSON can hold."""
    return {key: _plain(value) for key, value in values.items()}


def from_json(form: Form, data: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values; keys of other forms stay as they are, and so does what has no longer the type of its field."""
    return {key: _typed(form.fields[key], value) if key in form.fields else value for key, value in data.items()}


def json_schema(form: Form) -> dict[str, Any]:
    """JSON Schema (2020-12) of what this step shows, `readOnly` where it may not change it; hidden ones left out."""
    shown = {key: field for key, field in form.fields.items() if field.access is not Access.HIDDEN}
    always = [key for key, field in shown.items() if field.required and not _is_conditional(form, field)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": pick(form.title, "en"),
        "type": "object",
        "properties": {key: _schema(field) for key, field in shown.items()},
        "required": always,
        "additionalProperties": False,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return to_json(value) if isinstance(value, Mapping) else value


def _typed(field: Field, value: Any) -> Any:
    if field.type is FieldType.TABLE:
        return [_typed_row(field, row) for row in rows_of(value)]
    if field.type is FieldType.NUMBER and type(value) in (str, int, float):
        # Only plain digits: Decimal also reads "NaN" and "1e999999", which is a gigabyte when printed.
        return Decimal(str(value)) if _PLAIN_NUMBER.fullmatch(str(value)) else value
    if field.type is FieldType.DATE and isinstance(value, str) and _ISO_DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def _typed_row(table: Field, row: Mapping[str, Any]) -> dict[str, Any]:
    columns = {column.key: column for column in table.columns}
    return {key: _typed(columns[key], cell) if key in columns else cell for key, cell in row.items()}


def _is_conditional(form: Form, field: Field) -> bool:
    return field.visible is not None or form.section_of[field.key].visible is not None


def _schema(field: Field) -> dict[str, Any]:
    schema = {"title": pick(field.label, "en"), **_SHAPES.get(field.type, _text_shape)(field)}
    if not field.editable:
        schema["readOnly"] = True
    return schema


def _text_shape(field: Field) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": ["string", "null"]}
    if field.limits.max_length:
        shape["maxLength"] = field.limits.max_length
    if field.choices and not field.source:
        shape["enum"] = [*(choice.value for choice in field.choices), None]
    return shape


def _number_shape(field: Field) -> dict[str, Any]:
    fraction = rf"(\.[0-9]{{1,{field.decimals}}})?" if field.decimals else ""
    shape: dict[str, Any] = {"type": ["string", "null"], "pattern": f"^-?[0-9]{{1,18}}{fraction}$", "format": "decimal"}
    bounds = {"minimum": field.limits.minimum, "maximum": field.limits.maximum}
    return {**shape, **{f"x-{name}": format(bound, "f") for name, bound in bounds.items() if bound is not None}}


def _table_shape(field: Field) -> dict[str, Any]:
    row = {
        "type": "object",
        "properties": {column.key: _schema(column) for column in field.columns},
        "required": [column.key for column in field.columns if column.required],
        "additionalProperties": False,
    }
    return {"type": "array", "items": row, "minItems": field.limits.min_rows, "maxItems": field.limits.max_rows}


_SHAPES = {
    FieldType.NUMBER: _number_shape,
    FieldType.DATE: lambda field: {"type": ["string", "null"], "format": "date"},
    FieldType.CHECKBOX: lambda field: {"type": "boolean"},
    FieldType.TABLE: _table_shape,
}
