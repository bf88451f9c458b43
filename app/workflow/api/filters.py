"""From the members of a filter to conditions of a statement; what is not said is no condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

Condition = ColumnElement[bool]


def both(one: Any, several: Sequence[Any] | None) -> list[Any] | None:
    """What the members `x` and `xIn` together let through; None where neither is said."""
    if one is None:
        return None if several is None else list(several)
    return [one] if several is None or one in several else []


def among(wanted: Mapping[Any, Sequence[Any] | None]) -> list[Condition]:
    """Column → the values it may have."""
    return [column.in_(values) for column, values in wanted.items() if values is not None]


def equal(wanted: Mapping[Any, Any]) -> list[Condition]:
    """Column → the value it must have."""
    return [column == value for column, value in wanted.items() if value is not None]


def between(column: Any, after: datetime | None, before: datetime | None) -> list[Condition]:
    """The moment lies after one and before the other."""
    found: list[Condition] = [column > after] if after is not None else []
    return found if before is None else [*found, column < before]
