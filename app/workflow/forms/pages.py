"""A form with its values as a page sees it: everything decided here, so that the templates only print.

A hidden field has no view at all: nothing of it can reach the page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.workflow.forms.messages import say
from app.workflow.forms.model import (
    CHOICES,
    IDENTIFIERS,
    Access,
    Field,
    FieldType,
    Form,
    Note,
    Option,
    OptionSource,
    Section,
)
from app.workflow.forms.narrowing import depends_on, is_out, narrowed
from app.workflow.forms.state import State, fitted, seen_by_conditions, settle
from app.workflow.forms.submissions import offered
from app.workflow.forms.texts import pick
from app.workflow.forms.values import for_input, for_reading, rows_of

_WIDE = frozenset({FieldType.TEXTAREA, FieldType.TABLE})


@dataclass(frozen=True)
class Cell:
    """One control or value. `name` is also the path of errors; `choices` are (value, label, chosen).

    narrows: the choices change with other entries; each then has a name of its own on the page, or a swap in place would take the
    third choice of before for the third of now, and leave it chosen.
    """

    name: str
    kind: str
    label: str
    editable: bool
    text: str
    reading: str
    required: bool = False
    error: str = ""
    hint: str = ""
    unit: str = ""
    input_type: str = "text"
    input_mode: str = ""
    max_length: int | None = None
    choices: tuple[tuple[str, str, bool], ...] = ()
    refreshes: bool = False
    narrows: bool = False
    is_money: bool = False
    wide: bool = False

    @property
    def described_by(self) -> str:
        """Ids of its hint and error."""
        return " ".join(f"{part}-{self.name}" for part in ("hint", "error") if getattr(self, part))


@dataclass(frozen=True)
class Table:
    """A table of cells; `may_add` is false where it is full."""

    cell: Cell
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    may_add: bool
    kind: str = "table"


@dataclass(frozen=True)
class Paragraph:
    """A text between fields."""

    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Part:
    """A section; without label it has no frame."""

    key: str
    label: str
    items: tuple[Cell | Table | Paragraph, ...]
    opened: bool
    mistakes: int


@dataclass(frozen=True)
class Page:
    """The whole form, and its errors as (path of a control or "", label, sentence)."""

    parts: tuple[Part, ...]
    errors: tuple[tuple[str, str, str], ...]
    editable: bool
    depends: bool


def page_of(
    form: Form,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    options: OptionSource,
    locale: str,
    *,
    disabled: bool = False,
    only: Collection[str] | None = None,
) -> Page:
    """The page of a form. `values` may hold typed values and texts as typed; `disabled` shows all for reading.

    only: the keys of the fields that are wanted, where not all are.
    """
    given = prefilled(form, values)
    drawing = _Drawing(form, given, errors, options, locale, settle(form, given), disabled, only)
    parts = tuple(part for section in form.sections if (part := drawing.part(section)))
    editable = not disabled and any(field.editable for field in form.fields.values())
    return Page(parts, drawing.summary(parts), editable, bool(form.watched))


def controls(parts: Sequence[Part]) -> Iterator[Cell]:
    """Every cell of the page, those of tables too."""
    for part in parts:
        for item in part.items:
            if isinstance(item, Cell):
                yield item
            elif isinstance(item, Table):
                yield item.cell
                yield from (cell for row in item.rows for cell in row)


def prefilled(form: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody finds on the page: what was never touched (None, not "") gets its default."""
    given = {key: values.get(key) for key in form.fields}
    untouched = [
        (key, field, field.default)
        for key, field in form.fields.items()
        if given[key] is None and field.default and field.editable
    ]
    typed = settle(form, given).values if untouched else {}
    return {**given, **{key: fitted(field, default, typed) for key, field, default in untouched}}


class _Drawing:
    """One page being made."""

    def __init__(
        self,
        form: Form,
        values: Mapping[str, Any],
        errors: Mapping[str, str],
        options: OptionSource,
        locale: str,
        state: State,
        disabled: bool,
        only: Collection[str] | None,
    ) -> None:
        self.form, self.values, self.errors, self.options = form, values, errors, cache(options)
        self.locale, self.state, self.disabled, self.only = locale, state, disabled, only
        self.seen = seen_by_conditions(state)

    def part(self, section: Section) -> Part | None:
        """The section, or None where nothing of it is to be seen."""
        items = tuple(item for item in map(self._item, section.items) if item)
        if not items or not self._holds(section.visible):
            return None
        mistakes = sum(path.partition(".")[0] in {field.key for field in section.fields} for path in self.errors)
        # A page rendered again must not fold away what somebody is just filling in.
        opened = not section.folded or mistakes > 0 or any(_is_begun(item) for item in items)
        return Part(section.key, pick(section.label, self.locale), items, opened, mistakes)

    def summary(self, parts: Sequence[Part]) -> tuple[tuple[str, str, str], ...]:
        """The errors in the order of the page; those whose control is not on it come first and lead nowhere."""
        labels = {cell.name: self._place(cell) for cell in controls(parts)}
        homeless = [("", "", text) for path, text in self.errors.items() if path not in labels]
        return (*homeless, *((path, label, self.errors[path]) for path, label in labels.items() if path in self.errors))

    def _place(self, cell: Cell) -> str:
        key, _, rest = cell.name.partition(".")
        if not rest:
            return cell.label
        row = say("row", self.locale, number=int(rest.partition(".")[0]) + 1)
        return f"{pick(self.form.fields[key].label, self.locale)} · {row} · {cell.label}"

    def _item(self, item: Field | Note) -> Cell | Table | Paragraph | None:
        if isinstance(item, Note):
            return Paragraph(pick(item.text, self.locale)) if self._holds(item.visible) else None
        if item.access is Access.HIDDEN or item.key not in self.state.visible or not self._is_wanted(item):
            return None
        value = self.state.values[item.key] if item.calculated else self.values[item.key]
        return self._table(item, value) if item.type is FieldType.TABLE else self._cell(item, value, item.key)

    def _is_wanted(self, field: Field) -> bool:
        return self.only is None or field.key in self.only

    def _holds(self, condition: Any) -> bool:
        return condition is None or condition.holds(self.seen)

    def _cell(self, field: Field, value: Any, path: str, editable: bool | None = None) -> Cell:
        text, choices = for_input(field, value), offered(field, self.options)
        may_edit = (field.editable if editable is None else editable) and not self.disabled
        return Cell(
            name=path,
            kind=_kind(field),
            label=pick(field.label, self.locale),
            editable=may_edit,
            text=text,
            reading=for_reading(field, value, choices, self.locale),
            required=may_edit and field.required,
            error=self.errors.get(path, ""),
            hint=self._hint(field, choices, text) if may_edit else "",
            unit=pick(field.unit or {}, self.locale),
            input_type=_input_type(field, value),
            input_mode=_input_mode(field),
            max_length=field.limits.max_length or None,
            choices=self._choices(field, choices, text) if may_edit else (),
            refreshes=path.partition(".")[0] in self.form.watched,
            narrows=field.filter is not None,
            is_money=field.type is FieldType.NUMBER and "元" in (field.unit or {}).values(),
            wide=field.type in _WIDE,
        )

    def _hint(self, field: Field, choices: Sequence[Option], chosen: str) -> str:
        """The form's own words, and why a choice is gone or none is left."""
        said = [pick(field.help, self.locale) if field.help else ""]
        if is_out(field, chosen, choices, self.seen):
            label = next(pick(option.label, self.locale) for option in choices if option.value == chosen)
            said.append(say("was_out", self.locale, label=label))
        on_offer = [one for one in choices if one.is_offered]
        if field.filter and on_offer and not narrowed(field, on_offer, self.seen):
            fields = (self.form.fields[name] for name in sorted(depends_on(field)) if name in self.form.fields)
            labels = (", " if self.locale == "en" else "、").join(pick(one.label, self.locale) for one in fields)
            said.append(say("fill_first", self.locale, labels=labels))
        return " ".join(part for part in said if part)

    def _choices(self, field: Field, choices: Sequence[Option], chosen: str) -> tuple[tuple[str, str, bool], ...]:
        """The choices that are left, and the value there is even where nobody offers it any longer: it must not be lost by
        saving. One that does not go with the other entries is gone: it would be refused."""
        left = narrowed(field, choices, self.seen)
        listed = [
            (option.value, self._label(option), option.value == chosen)
            for option in left
            if option.is_offered or option.value == chosen
        ]
        if chosen and not any(option.value == chosen for option in choices):
            listed.append((chosen, say("no_longer", self.locale, label=chosen), True))
        return tuple(listed)

    def _label(self, option: Option) -> str:
        label = pick(option.label, self.locale)
        return label if option.is_offered else say("no_longer", self.locale, label=label)

    def _table(self, field: Field, value: Any) -> Table:
        editable = field.editable and not self.disabled
        rows = rows_of(value)
        least = max(field.limits.min_rows, 1 if field.required else 0) if editable else 0
        rows += [{} for _ in range(least - len(rows))]
        return Table(
            cell=self._cell(field, None, field.key),
            heads=tuple((pick(column.label, self.locale), editable and column.must_fill) for column in field.columns),
            rows=tuple(
                tuple(
                    self._cell(column, row.get(column.key), f"{field.key}.{number}.{column.key}", editable)
                    for column in field.columns
                )
                for number, row in enumerate(rows)
            ),
            may_add=editable and len(rows) < field.limits.max_rows,
        )


def _is_begun(item: Cell | Table | Paragraph) -> bool:
    if isinstance(item, Table):
        return item.cell.editable and bool(item.rows)
    return isinstance(item, Cell) and item.editable and bool(item.text)


def _kind(field: Field) -> str:
    if field.type in CHOICES and field.type is not FieldType.RADIO:
        return "select"
    return field.type.value if field.type in (*_WIDE, FieldType.RADIO, FieldType.CHECKBOX) else "input"


def _input_type(field: Field, value: Any) -> str:
    """A browser's date input shows nothing for a text that is no date, so such a text gets a plain input."""
    if field.type is FieldType.DATE and not (isinstance(value, str) and value):
        return "date"
    return "tel" if field.type is FieldType.PHONE else "text"


def _input_mode(field: Field) -> str:
    if field.type is FieldType.NUMBER:
        return "decimal" if field.decimals else "numeric"
    return "text" if field.type in IDENTIFIERS - {FieldType.PHONE} else ""
