"""Values of a case as Camunda's variables `{value, type, valueInfo}`, and back.

Amounts are exact: a number may come as String ("120000.00") or as a JSON number, whose digits are kept as written; it is
answered as String with `valueInfo.format` "decimal", because a JSON number passes through binary floating point in most clients.
Dates are Strings with the format "date"; tables are Json, a text as in Camunda.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import orjson
from pydantic import Field

from app.workflow import forms
from app.workflow.api.operation import BadRequest
from app.workflow.api.schema import Model, Word
from app.workflow.forms import Access, FieldType
from app.workflow.forms.values import TICKED

INTEGER = 2**31
MOST_DIGITS = 40
CAMUNDA_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T[0-9:.]+([+-][0-9]{2}:?[0-9]{2}|Z)")


class VariableType(StrEnum):
    """The types of Camunda that a form can hold."""

    BOOLEAN = "Boolean"
    DATE = "Date"
    DOUBLE = "Double"
    INTEGER = "Integer"
    JSON = "Json"
    LONG = "Long"
    NULL = "Null"
    SHORT = "Short"
    STRING = "String"


class Variable(Model):
    """A value with its type. Without a type the field of the form says what the value is."""

    value: Any = None
    type: VariableType | None = None
    value_info: dict[str, Any] | None = None


Variables = dict[Word, Variable]


def variable(value: Any) -> Variable:
    """A value of a case as a variable."""
    if value is None:
        return Variable(type=VariableType.NULL)
    if isinstance(value, bool):
        return Variable(value=value, type=VariableType.BOOLEAN)
    if isinstance(value, int):
        return Variable(value=value, type=VariableType.INTEGER if -INTEGER <= value < INTEGER else VariableType.LONG)
    if isinstance(value, Decimal):
        return Variable(value=format(value, "f"), type=VariableType.STRING, value_info={"format": "decimal"})
    if isinstance(value, date):
        return Variable(value=value.isoformat(), type=VariableType.STRING, value_info={"format": "date"})
    if isinstance(value, list | Mapping):
        plain = forms.to_json({"": value})[""]
        return Variable(value=orjson.dumps(plain).decode(), type=VariableType.JSON)
    return Variable(value=value, type=VariableType.DOUBLE if isinstance(value, float) else VariableType.STRING)


def of_form(form: forms.Form, values: Mapping[str, Any]) -> dict[str, Variable]:
    """What a form shows; hidden fields are not told."""
    return {
        key: variable(_ticked(field, values.get(key, field.empty)))
        for key, field in form.fields.items()
        if field.access is not Access.HIDDEN
    }


def _ticked(field: forms.Field, value: Any) -> Any:
    """A draft holds a tick as it was posted."""
    return value in (True, TICKED) if field.type is FieldType.CHECKBOX else value


def entered(form: forms.Form, given: Mapping[str, Variable]) -> dict[str, Any]:
    """The values that a client wants to enter, typed as the form's fields; raises BadRequest for a name the form does not show."""
    return {name: _value(_field(form, name), name, given[name]) for name in given}


def read_only(form: forms.Form, given: Mapping[str, Variable]) -> list[str]:
    """The names among `given` that this step shows and may not change."""
    return [name for name in given if name in form.fields and not form.fields[name].editable]


def _field(form: forms.Form, name: str) -> forms.Field:
    field = form.fields.get(name)
    if field is None or field.access is Access.HIDDEN:
        raise BadRequest("The form of this step has no field {name}.", name=name)
    return field


def _value(field: forms.Field, name: str, given: Variable) -> Any:
    value = given.value
    if value is None or given.type is VariableType.NULL:
        return None
    if given.type is VariableType.JSON and isinstance(value, str):
        value = _from_json(name, value)
    return _table(field, name, value) if field.type is FieldType.TABLE else _single(field, name, value)


def _from_json(name: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        raise BadRequest("The variable {name} is no JSON.", name=name) from None


def _table(field: forms.Field, name: str, rows: Any) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise BadRequest("The variable {name} must be a list of rows (type Json).", name=name)
    columns = {column.key: column for column in field.columns}
    strange = {key for row in rows for key in row} - set(columns)
    if strange:
        raise BadRequest("The table {name} has no column {column}.", name=name, column=sorted(strange)[0][:100])
    return [{key: _single(columns[key], f"{name}.{key}", cell) for key, cell in row.items()} for row in rows]


def _single(field: forms.Field, name: str, value: Any) -> Any:
    """One value, as `forms.to_posted` takes it; whether it is right is the form's to say."""
    if value is None:
        return None
    if field.type is FieldType.CHECKBOX:
        return _must(isinstance(value, bool), value, name, "Boolean")
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return _must(False, value, name, "String")
    if isinstance(value, str):
        return CAMUNDA_DATE.sub(r"\1", value) if field.type is FieldType.DATE else value
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    _must(number.is_finite() and abs(number.adjusted()) < MOST_DIGITS, value, name, "Double")
    return number if field.type is FieldType.NUMBER else format(number, "f")


def _must(right: bool, value: Any, name: str, kind: str) -> Any:
    if not right:
        raise BadRequest("The variable {name} must be of type {kind}.", name=name, kind=kind)
    return value


class VariablesBody(Model):
    """Values by field key."""

    variables: Variables | None = Field(default=None, max_length=500)
