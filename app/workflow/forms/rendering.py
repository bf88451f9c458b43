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

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from app.workflow.forms.messages import say
from app.workflow.forms.model import Form, OptionSource
from app.workflow.forms.pages import Cell, Paragraph, Table, page_of

_TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True)
class PlainTable:
    """A table as texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PlainSection:
    """A section as (label, text or table) pairs; a paragraph has no label, fields outside of sections no title."""

    title: str
    pairs: tuple[tuple[str, str | PlainTable], ...]


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


def plain(form: Form, values: Mapping[str, Any], locale: str, options: OptionSource) -> list[PlainSection]:
    """What is to be seen of the form, as texts; hidden fields and sections without content are left out."""
    page = page_of(form, values, {}, options, locale, disabled=True)
    return [PlainSection(part.label, tuple(_pair(item) for item in part.items)) for part in page.parts]


def _pair(item: Cell | Table | Paragraph) -> tuple[str, str | PlainTable]:
    if isinstance(item, Paragraph):
        return "", item.text
    if isinstance(item, Cell):
        return item.label, item.reading
    rows = tuple(tuple(cell.reading for cell in row) for row in item.rows)
    return item.cell.label, PlainTable(tuple(head for head, _ in item.heads), rows)


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
