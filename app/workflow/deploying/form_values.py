"""What the forms of some files say of the variables: which a station may set, and what a field can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.workflow import engine, forms, registry
from app.workflow.forms import FieldType

CHOSEN = frozenset({FieldType.SELECT, FieldType.RADIO})


def known(files: Mapping[str, bytes]) -> engine.Known:
    """For the proof: names by form key, values by name. A form that can't be read has findings of its own and says nothing."""
    fields: dict[str, frozenset[str]] = {}
    options: dict[str, list[object] | None] = {}
    for form in readable(files):
        fields[form.key] = names_set(form)
        for field in form.fields.values():
            if field.editable or field.calculated is not None:
                for name in names_of(field):
                    _widen(options, name, values_of(field))
    return engine.Known(fields, options)


def readable(files: Mapping[str, bytes]) -> Iterator[forms.Form]:
    """The forms of stations, in the order of their names."""
    for name in sorted(name for name in files if name.endswith(".form")):
        key = name.removesuffix(".form")
        if not forms.is_part(key):
            try:
                yield forms.load(key, files)
            except forms.FormError:
                continue


def names_set(form: forms.Form) -> frozenset[str]:
    """The variables that a station with this form may set."""
    writable = (field for field in form.fields.values() if field.editable or field.calculated is not None)
    return frozenset(name for field in writable for name in names_of(field))


def names_of(field: forms.Field) -> set[str]:
    """Under which names the diagram knows a field: its key and the last part of its bind (`cases.routing_values`)."""
    return {field.key, field.bind.rpartition(".")[2] if field.bind else field.key}


def values_of(field: forms.Field) -> Sequence[object] | None:
    """Every value that a field can have; None where it takes anything."""
    if field.type is FieldType.CHECKBOX:
        return [True, False]
    if field.type not in CHOSEN or field.calculated is not None:
        return None
    offered = registry.options(field.source) if field.source else field.choices
    return [option.value for option in offered] or None


def _widen(options: dict[str, list[object] | None], name: str, values: Sequence[object] | None) -> None:
    before = options.get(name, [])
    options[name] = None if values is None or before is None else list(dict.fromkeys([*before, *values]))
