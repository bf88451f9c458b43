"""One component of a form file as a value: which properties each type has stands here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import re2

from app.kernel.identifiers import PHONE_REGIONS
from app.workflow.forms import limits
from app.workflow.forms.findings import Findings
from app.workflow.forms.model import CHOICES, Choice, Field, FieldType, Limits, Note, Section
from app.workflow.forms.properties import Properties

FIELD_TYPES = frozenset(FieldType)
COLUMN_TYPES = tuple(kind for kind in FieldType if kind is not FieldType.TABLE)
_IDENTITY_KINDS = ("cn", "tw", "hk")
_DEFAULT_SOURCES = {FieldType.USER: "users", FieldType.GROUP: "groups"}


def read_component(data: dict[str, Any], findings: Findings, *, top: bool = True) -> Field | Note | Section | None:
    """The component, or None after findings that leave nothing usable. Sections stand at the top only."""
    properties = Properties(data, str(data.get("key", data.get("type", "")))[: limits.KEY_LENGTH], findings)
    kind = properties.string("type", required=True)
    if kind == "section" and not top:
        findings.error("nested_section", properties.component)
        return None
    if kind == "section":
        return _section(properties)
    if kind == "text":
        return _note(properties)
    if kind in FIELD_TYPES:
        return _field(properties, FieldType(kind))
    if kind:
        known = ", ".join([*FieldType, "text", "section"])
        findings.error("unknown_type", properties.component, found=kind[:60], known=known)
    return None


def _section(properties: Properties) -> Section:
    key, label = properties.key(), properties.texts("label", required=True)
    inside = [read_component(item, properties.findings, top=False) for item in properties.objects("components")]
    section = Section(
        key,
        label or {},
        tuple(item for item in inside if isinstance(item, Field | Note)),
        folded=properties.flag("folded"),
        visible=properties.expression("visible"),
    )
    properties.finish()
    return section


def _note(properties: Properties) -> Note:
    properties.take("key")
    note = Note(properties.texts("text", required=True) or {}, properties.expression("visible"))
    properties.finish()
    return note


def _field(properties: Properties, kind: FieldType, *, column: bool = False) -> Field | None:
    key, label = properties.key(), properties.texts("label", required=True)
    validate = properties.within("validate")
    settings: dict[str, Any] = {
        "help": properties.texts("help"),
        "visible": None if column else properties.expression("visible"),
        "default": None if column else properties.expression("default"),
        "calculated": None if column else properties.expression("calculated"),
        "filter": properties.expression("filter") if kind in CHOICES and not column else None,
        "bind": None if column else properties.string("bind") or None,
        "must_fill": validate.flag("required"),
        **_READERS.get(kind, _text_settings)(properties, validate, kind),
    }
    validate.finish()
    properties.finish()
    if key in limits.RESERVED_KEYS and not column:
        properties.findings.error("reserved_key", key, found=key)
    return Field(key, kind, label or {}, file=properties.findings.file, **settings) if key else None


def _text_settings(properties: Properties, validate: Properties, kind: FieldType) -> dict[str, Any]:
    usual = limits.TEXT_LENGTH if kind is FieldType.TEXTAREA else limits.LINE_LENGTH
    pattern = validate.string("pattern") or None
    if pattern and not _is_pattern(pattern):
        properties.findings.error(
            "wrong_value", properties.component, property="pattern", found=pattern[:60], wanted="RE2"
        )
        pattern = None
    bounds = Limits(
        min_length=validate.integer("minLength", 0, most=limits.LONGEST_TEXT),
        max_length=validate.integer("maxLength", usual, least=1, most=limits.LONGEST_TEXT),
        pattern=pattern,
        pattern_message=validate.texts("message"),
    )
    _must_not_cross(properties, bounds.min_length, bounds.max_length)
    return {"limits": bounds}


def _number_settings(properties: Properties, validate: Properties, kind: FieldType) -> dict[str, Any]:
    bounds = Limits(minimum=validate.decimal("min"), maximum=validate.decimal("max"))
    _must_not_cross(properties, bounds.minimum, bounds.maximum)
    decimals = properties.integer("decimals", 0, most=limits.NUMBER_DECIMALS)
    return {"limits": bounds, "decimals": decimals, "unit": properties.texts("unit")}


def _date_settings(properties: Properties, validate: Properties, kind: FieldType) -> dict[str, Any]:
    bounds = Limits(earliest=validate.day("min"), latest=validate.day("max"))
    if "today" not in (bounds.earliest, bounds.latest):
        _must_not_cross(properties, bounds.earliest, bounds.latest)
    return {"limits": bounds}


def _choice_settings(properties: Properties, validate: Properties, kind: FieldType) -> dict[str, Any]:
    choices = tuple(_choice(item, properties) for item in properties.objects("values"))
    source = properties.string("source") or _DEFAULT_SOURCES.get(kind)
    values = [choice.value for choice in choices]
    if not choices and not source:
        properties.findings.error("no_choices", properties.component)
    if len(choices) > limits.CHOICES:
        what = {"en": "choices", "zh_Hans": "个选项", "zh_Hant": "個選項"}
        properties.findings.error("too_large", properties.component, found=len(choices), what=what, most=limits.CHOICES)
    for twice in sorted({value for value in values if values.count(value) > 1}):
        properties.findings.error("duplicate_key", properties.component, found=twice)
    return {"choices": choices, "source": source}


def _choice(data: dict[str, Any], parent: Properties) -> Choice:
    properties = Properties(data, parent.component, parent.findings)
    choice = Choice(properties.string("value", required=True), properties.texts("label", required=True) or {})
    properties.finish()
    return choice


def _table_settings(properties: Properties, validate: Properties, kind: FieldType) -> dict[str, Any]:
    bounds = Limits(
        min_rows=validate.integer("minRows", 0, most=limits.MOST_ROWS),
        max_rows=validate.integer("maxRows", limits.ROWS, least=1, most=limits.MOST_ROWS),
    )
    _must_not_cross(properties, bounds.min_rows, bounds.max_rows)
    columns = [_column(item, properties) for item in properties.objects("columns")[: limits.COLUMNS]]
    kept = tuple(column for column in columns if column)
    if not columns:
        properties.findings.error("missing", properties.component, property="columns", wanted="[{…}]")
    for twice in sorted({column.key for column in kept if sum(column.key == other.key for other in kept) > 1}):
        properties.findings.error("duplicate_key", properties.component, found=twice)
    return {"limits": bounds, "columns": kept}


def _column(data: dict[str, Any], table: Properties) -> Field | None:
    component = f"{table.component}.{str(data.get('key', ''))[: limits.KEY_LENGTH]}"
    properties = Properties(data, component, table.findings)
    kind = properties.string("type", required=True)
    if kind in COLUMN_TYPES:
        return _field(properties, FieldType.SELECT if kind == FieldType.RADIO else FieldType(kind), column=True)
    if kind:
        table.findings.error("bad_column", component, found=kind[:60], known=", ".join(COLUMN_TYPES))
    return None


def _identity_settings(properties: Properties, validate: Properties, kind: FieldType) -> dict[str, Any]:
    return {"kinds": properties.words("kinds", _IDENTITY_KINDS, ("cn",))}


def _phone_settings(properties: Properties, validate: Properties, kind: FieldType) -> dict[str, Any]:
    return {"kinds": properties.words("regions", PHONE_REGIONS, PHONE_REGIONS)}


def _no_settings(properties: Properties, validate: Properties, kind: FieldType) -> dict[str, Any]:
    return {}


def _is_pattern(pattern: str) -> bool:
    quiet = re2.Options()
    quiet.log_errors = False
    try:
        re2.compile(pattern, quiet)
    except re2.error:
        return False
    return True


def _must_not_cross(properties: Properties, low: Any, high: Any) -> None:
    if low is not None and high is not None and low > high:
        properties.findings.error("empty_range", properties.component, low=low, high=high)


_READERS: dict[FieldType, Callable[[Properties, Properties, FieldType], dict[str, Any]]] = {
    FieldType.NUMBER: _number_settings,
    FieldType.DATE: _date_settings,
    FieldType.CHECKBOX: _no_settings,
    FieldType.TABLE: _table_settings,
    FieldType.IDNUMBER: _identity_settings,
    FieldType.CREDITCODE: _no_settings,
    FieldType.PHONE: _phone_settings,
    **dict.fromkeys(CHOICES, _choice_settings),
}
