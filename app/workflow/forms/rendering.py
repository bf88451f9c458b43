"""Forms as HTML (for screens) and as plain label and value pairs (for print, history, read-only views).

The HTML works without script: every change can be sent by the form's own buttons ("_update", "_add:<table>",
"_remove:<table>:<row>"), which the page answers by rendering the draft again. Where the page gives the address
`refresh`, htmx does the same in place.

Classes, styled by the shell: `.form-body` around all; `.error-summary`; `.section` (details) with `.section-body`;
`.field`, `.field-label`, `.required`, `.hint`, `.error`, `.value`, `.with-unit`, `.unit`, `.options`, `.check`,
`.radio`; `.row-table-field`, `.row-table-wrap`, `.row-table`, `.actions`; `.text`; `.button`. Ids: `field-<path>`,
`hint-<path>`, `error-<path>`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from app.workflow.forms.messages import say
from app.workflow.forms.model import Field, FieldType, Form, OptionSource
from app.workflow.forms.pages import Cell, Paragraph, Table, page_of
from app.workflow.forms.stored import from_json
from app.workflow.forms.submissions import offered
from app.workflow.forms.texts import pick
from app.workflow.forms.values import for_reading

_TEMPLATES = Path(__file__).parent.parent / "templates"


class PlainTable(NamedTuple):
    """A table as texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class PlainItem(NamedTuple):
    """A field as its key, its label and a text or table; a paragraph has neither key nor label."""

    key: str
    label: str
    value: str | PlainTable


class PlainSection(NamedTuple):
    """A section; fields outside of sections stand in one without title."""

    title: str
    items: tuple[PlainItem, ...]

    @property
    def pairs(self) -> tuple[tuple[str, str | PlainTable], ...]:
        """The items as label and value."""
        return tuple((item.label, item.value) for item in self.items)


def render(
    form: Form,
    values: Mapping[str, Any],
    *,
    errors: Mapping[str, str] | None = None,
    options: OptionSource,
    locale: str,
    disabled: bool = False,
    refresh: str = "",
) -> Markup:
    """The fields of the form (the page brings the <form> element, its buttons and its token).

    `values` may be typed values, a `Submission.shown`, or typed values with a draft over them. `refresh` is an address
    that answers a POST of the whole form with the page or this part rendered again. `disabled` shows all for reading.
    """
    page = page_of(form, values, errors or {}, options, locale, disabled=disabled)
    html = _template().render(page=page, form_key=form.key, refresh=refresh, say=partial(say, locale=locale))
    return Markup(html)  # noqa: S704  (autoescaped by the environment below)


def plain(
    form: Form, values: Mapping[str, Any], locale: str, options: OptionSource, only: Collection[str] | None = None
) -> list[PlainSection]:
    """What is to be seen of the form, as texts; hidden fields and sections without content are left out.

    only: the keys of the fields that are wanted, where not all are.
    """
    page = page_of(form, values, {}, options, locale, disabled=True, only=only)
    return [PlainSection(part.label, tuple(_plain_item(item) for item in part.items)) for part in page.parts]


def show(form: Form, key: str, value: Any, locale: str, options: OptionSource) -> str:
    """One value of a field, typed or as stored, as a person reads it; a table as one line a row."""
    field = form.fields[key]
    typed = from_json(form, {key: value})[key]
    if field.type is not FieldType.TABLE:
        return for_reading(field, typed, offered(field, options), locale)
    return "\n".join(_row_in_words(field, row, locale, options) for row in typed or [])


def _row_in_words(table: Field, row: Mapping[str, Any], locale: str, options: OptionSource) -> str:
    words = (
        (pick(column.label, locale), for_reading(column, row.get(column.key), offered(column, options), locale))
        for column in table.columns
    )
    return "; ".join(say("labelled", locale, label=label, text=text) for label, text in words if text)


def _plain_item(item: Cell | Table | Paragraph) -> PlainItem:
    if isinstance(item, Paragraph):
        return PlainItem("", "", item.text)
    if isinstance(item, Cell):
        return PlainItem(item.name, item.label, item.reading)
    rows = tuple(tuple(cell.reading for cell in row) for row in item.rows)
    return PlainItem(item.cell.name, item.cell.label, PlainTable(tuple(head for head, _ in item.heads), rows))


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("forms/form.html")
