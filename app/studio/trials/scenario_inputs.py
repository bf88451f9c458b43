"""What a station of a scenario asks by hand: its outcome, and the values of its form that the diagram decides by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict

from app.kernel.errors import Refusal
from app.web.i18n import text_of
from app.workflow import forms, registry
from app.workflow.engine import Definition, Step
from app.workflow.trials.from_case import FREE
from app.workflow.trials.record import names_of

PREFIX = "v-"
TRUTH = {"true": True, "false": False}


@dataclass(frozen=True)
class Input:
    """One value to enter: the variables it sets, its words, how it is typed, its choices (None: free) and what it holds."""

    key: str
    names: tuple[str, ...]
    label: str
    type: str
    options: Sequence[tuple[str, str]] | None
    value: str = ""


@dataclass(frozen=True)
class Asked:
    """A station to be answered by hand."""

    station: str
    name: str
    outcomes: Sequence[tuple[str, str]]
    inputs: Sequence[Input] = field(default_factory=tuple)


def asked(definition: Definition, files: Mapping[str, bytes], station: str, known: Mapping[str, Any]) -> Asked:
    """The station with what `known` says of its values."""
    step = definition.steps[station]
    outcomes = [(outcome.id, text_of(outcome.label)) for outcome in step.outcomes] or [("completed", "")]
    return Asked(station, text_of(step.name), outcomes, tuple(_inputs(definition, files, step, known)))


def read(found: Asked, form: MultiDict[str, str]) -> dict[str, Any]:
    """The values entered, by variable; what was left empty is left out. Raises Refusal."""
    values: dict[str, Any] = {}
    for each in found.inputs:
        text = form.get(PREFIX + each.key, "").strip()
        if text:
            values |= dict.fromkeys(each.names, _typed(each, text))
    return values


def _inputs(
    definition: Definition, files: Mapping[str, bytes], step: Step, known: Mapping[str, Any]
) -> Iterator[Input]:
    form = _form(step, files)
    for each in form.fields.values() if form is not None else ():
        names = tuple(name for name in names_of(each) if name in definition.routing_names)
        if names and each.editable and each.type is not forms.FieldType.TABLE:
            value = next((_shown(known[name]) for name in names if name in known), "")
            yield Input(each.key, names, text_of(each.label), _type(each), _options(each), value)


def _form(step: Step, files: Mapping[str, bytes]) -> forms.Form | None:
    try:
        return forms.load(step.form, files) if step.form is not None else None
    except forms.FormError:
        return None


def _type(each: forms.Field) -> str:
    return {forms.FieldType.NUMBER: "number", forms.FieldType.DATE: "date", forms.FieldType.CHECKBOX: "truth"}.get(
        each.type, "text"
    )


def _options(each: forms.Field) -> list[tuple[str, str]] | None:
    """The choices of the bank; of people none, for a scenario names nobody."""
    if each.type in FREE or each.type in (forms.FieldType.NUMBER, forms.FieldType.DATE):
        return None
    if each.type is forms.FieldType.CHECKBOX:
        return [("true", "✓"), ("false", "✕")]
    own: Sequence[forms.Option] = each.choices or (registry.options(each.source) if each.source else ())
    return [(option.value, text_of(option.label)) for option in own] or None


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def _typed(each: Input, text: str) -> Any:
    try:
        if each.type == "number":
            return Decimal(text)
        if each.type == "date":
            return date.fromisoformat(text)
        return TRUTH[text] if each.type == "truth" else text[:200]
    except (InvalidOperation, ValueError, KeyError):
        raise Refusal("“{value}” can't be entered for {field}.", value=text[:40], field=each.label) from None
