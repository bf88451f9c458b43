"""Who may do what with each field on each step, as one grid: a row a field, a column a step, as the forms' `access` says it.

A step's form says for a field, for a section or for everything ("*") whether it is hidden, read, edited or required. The narrower
word counts; where none is said, a field may be edited. Setting a cell writes exactly that one word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kernel.errors import Refusal
from app.studio.forms import form_files
from app.studio.forms.form_design import set_right
from app.studio.forms.form_text import Document
from app.workflow.forms import Access
from app.workflow.forms.limits import KEY_LENGTH

EVERYTHING = "*"


@dataclass(frozen=True)
class Cell:
    """stated: what the step's form says at this very place ("": nothing); holds: what counts then."""

    form: str
    stated: str
    holds: str


@dataclass(frozen=True)
class Row:
    """kind: all, section or field; part: the form in which it is drawn; calculated: nobody can ever fill it."""

    kind: str
    name: str
    label: Any
    part: str
    cells: tuple[Cell, ...]
    calculated: bool = False


def grid(shown: str, steps: Sequence[str], known: Mapping[str, Document]) -> list[Row]:
    """The rows for everything the form `shown` shows, in its order; a column for each of `steps`."""
    rights = {step: _access(known[step]) for step in steps if step in known}
    rows = [_row("all", EVERYTHING, "", shown, None, rights)]
    for part, section, fields in form_files.sections_of(shown, known):
        around = str(section.get("key", "")) if section else None
        if section and around:
            rows.append(_row("section", around, section.get("label"), part, None, rights))
        for field in fields:
            if isinstance(field.get("key"), str):
                calculated = bool(field.get("calculated"))
                rows.append(
                    _row("field", field["key"], field.get("label"), part, around, rights, calculated=calculated)
                )
    return rows


def must_be_right(word: str) -> str | None:
    """The word as the form keeps it; None for "as the wider one says". Raises Refusal for anything else."""
    if word and word not in list(Access):
        raise Refusal("A step may hide, read, edit or require a field, nothing else.")
    return word or None


def with_right(document: Document, name: str, right: str | None) -> Document:
    """The step's form with that one word; raises Refusal for a name that can be no field, section or "*"."""
    if name != EVERYTHING and not (name.isascii() and name.replace("_", "a").isalnum() and len(name) <= KEY_LENGTH):
        raise Refusal("A step may hide, read, edit or require a field, nothing else.")
    return set_right(document, name, right)


def _access(document: Document) -> dict[str, Any]:
    access = document.get("access")
    return access if isinstance(access, dict) else {}


def _row(
    kind: str,
    name: str,
    label: Any,
    part: str,
    around: str | None,
    rights: Mapping[str, Mapping[str, Any]],
    *,
    calculated: bool = False,
) -> Row:
    wider = [one for one in (name, around, EVERYTHING) if one]
    cells = tuple(
        Cell(
            step,
            _word(access.get(name)),
            next((_word(access[one]) for one in wider if one in access), Access.EDIT.value),
        )
        for step, access in rights.items()
    )
    return Row(kind, name, label, part, cells, calculated)


def _word(right: Any) -> str:
    """What is no right hides the field, as the form does when it is loaded."""
    return right if right in list(Access) else Access.HIDDEN.value if right is not None else ""
