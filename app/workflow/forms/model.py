"""A form as values: sections of fields, who may do what with each field on this step, and the rules across fields.

Everything is frozen and independent of any case: a form is loaded once per deployment and shared by all requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

from app.workflow.forms.conditions import Condition
from app.workflow.forms.texts import Texts


class FieldType(StrEnum):
    """What a field holds; the value type follows: Decimal, date, bool, list of dicts (table), otherwise str."""

    TEXTFIELD = "textfield"
    TEXTAREA = "textarea"
    NUMBER = "number"
    DATE = "date"
    SELECT = "select"
    RADIO = "radio"
    CHECKBOX = "checkbox"
    TABLE = "table"
    IDNUMBER = "idnumber"
    CREDITCODE = "creditcode"
    PHONE = "phone"
    USER = "user"
    GROUP = "group"


CHOICES = frozenset({FieldType.SELECT, FieldType.RADIO, FieldType.USER, FieldType.GROUP})
IDENTIFIERS = frozenset({FieldType.IDNUMBER, FieldType.CREDITCODE, FieldType.PHONE})


class Access(StrEnum):
    """What a step may do with a field. Only EDIT and REQUIRED are ever read from a request."""

    HIDDEN = "hidden"
    READ = "read"
    EDIT = "edit"
    REQUIRED = "required"

    @property
    def editable(self) -> bool:
        """Whether a request may change the value."""
        return self in (Access.EDIT, Access.REQUIRED)


class Option(Protocol):
    """One choice: the stored value, its label per language, what is known of it (`registry.Option` is one)."""

    @property
    def value(self) -> str: ...

    @property
    def label(self) -> Texts: ...

    @property
    def facts(self) -> Mapping[str, Any]: ...

    @property
    def is_offered(self) -> bool: ...


class OptionSource(Protocol):
    """Gives the choices of a named source ("products"); empty where it is not known."""

    def __call__(self, source: str, /) -> Sequence[Option]: ...


@dataclass(frozen=True)
class Choice:
    """An option written in the form file, or one of a source with its facts; one that is not offered can only be read and kept."""

    value: str
    label: Texts
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_offered: bool = True


@dataclass(frozen=True)
class Limits:
    """Bounds of a value; None is no bound of the form's own (the house bounds of `limits` always hold)."""

    min_length: int = 0
    max_length: int = 0
    pattern: str | None = None
    pattern_message: Texts | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    earliest: str | None = None
    latest: str | None = None
    min_rows: int = 0
    max_rows: int = 0


@dataclass(frozen=True)
class Field:
    """One field. `access` is that of this step; a column of a table has the access of its table; `filter` holds for the choices
    that are offered (see `narrowing`)."""

    key: str
    type: FieldType
    label: Texts
    access: Access = Access.EDIT
    must_fill: bool = False
    help: Texts | None = None
    bind: str | None = None
    visible: Condition | None = None
    default: Condition | None = None
    calculated: Condition | None = None
    limits: Limits = Limits()
    decimals: int = 0
    unit: Texts | None = None
    source: str | None = None
    choices: tuple[Choice, ...] = ()
    filter: Condition | None = None
    kinds: tuple[str, ...] = ()
    columns: tuple[Field, ...] = ()
    file: str = ""

    @cached_property
    def required(self) -> bool:
        """Whether this step must fill it (when it is visible)."""
        return self.editable and (self.must_fill or self.access is Access.REQUIRED)

    @cached_property
    def editable(self) -> bool:
        """Whether a request of this step may change it; calculated fields never."""
        return self.access.editable and self.calculated is None

    @property
    def empty(self) -> Any:
        """The value of a field that nobody filled."""
        return [] if self.type is FieldType.TABLE else False if self.type is FieldType.CHECKBOX else None


@dataclass(frozen=True)
class Note:
    """A paragraph between fields."""

    text: Texts
    visible: Condition | None = None


@dataclass(frozen=True)
class Section:
    """A titled part that folds; the anonymous section (empty key) holds what stands outside of all."""

    key: str
    label: Texts
    items: tuple[Field | Note, ...]
    folded: bool = False
    visible: Condition | None = None

    @property
    def fields(self) -> Iterator[Field]:
        """Its fields in order."""
        return (item for item in self.items if isinstance(item, Field))


# What a rule may read beside the form's fields; a field of the same name goes first.
PRESS = frozenset({"outcome", "returned"})


@dataclass(frozen=True)
class Rule:
    """A check across fields: refused when it comes out false, shown at `field`."""

    check: Condition
    message: Texts
    field: str | None = None


@dataclass(frozen=True)
class Form:
    """The form of one step, its includes resolved and its access decided."""

    key: str
    title: Texts
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    section_of: Mapping[str, Section] = field(default_factory=dict)

    @cached_property
    def hiding(self) -> Mapping[Condition, frozenset[str]]:
        """Each condition with the keys of the fields that it may hide, by themselves or with their section."""
        keys: dict[Condition, set[str]] = {}
        for key, item in self.fields.items():
            for condition in (item.visible, self.section_of[key].visible):
                if condition:
                    keys.setdefault(condition, set()).add(key)
        return {condition: frozenset(hidden) for condition, hidden in keys.items()}

    @cached_property
    def calculations(self) -> Mapping[str, Condition]:
        """Field key to what it is calculated by."""
        return {key: item.calculated for key, item in self.fields.items() if item.calculated}

    @cached_property
    def watched(self) -> frozenset[str]:
        """Names that conditions, calculations and filters of choices read: a change of one makes the page another."""
        conditions = [section.visible for section in self.sections]
        conditions += [one.filter for one in self.fields.values()]
        for item in (item for section in self.sections for item in section.items):
            conditions += [item.visible, item.calculated] if isinstance(item, Field) else [item.visible]
        return frozenset().union(*(condition.names for condition in conditions if condition))

    @property
    def bindings(self) -> Mapping[str, str]:
        """Field key to bind name, for fields that live in a record."""
        return {key: item.bind for key, item in self.fields.items() if item.bind}

    def split(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Values by where they live: (record values by bind name, case data by field key); strange keys left out."""
        known = {key: value for key, value in values.items() if key in self.fields}
        bound = self.bindings
        return (
            {bound[key]: value for key, value in known.items() if key in bound},
            {key: value for key, value in known.items() if key not in bound},
        )

    def join(self, records: Mapping[str, Any], case_data: Mapping[str, Any]) -> dict[str, Any]:
        """The values the form shows: bound fields from the records, the others from the case data."""
        return {
            key: records.get(item.bind) if item.bind else case_data.get(key, item.empty)
            for key, item in self.fields.items()
        }
