"""Keyset paging: a page goes on after the last row of the one before, so a page costs the same however far in it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursor to go on from (None at the end)."""

    rows: Sequence[Row]
    following: str | None


def page(rows: Sequence[Row], size: int, cursor: object) -> Page[Row]:
    """A page from one row more than fits; `cursor` gives a row's place in the order as text."""
    more = len(rows) > size
    shown = rows[:size]
    return Page(shown, cursor(shown[-1]) if more and callable(cursor) else None)
