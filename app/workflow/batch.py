"""One act on many rows: each row succeeds or is refused by itself, and the page says which."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.kernel.db import session
from app.kernel.errors import Refusal
from app.kernel.ids import parse_id

MOST = 1000


class TooMany(Refusal):
    """More rows were ticked than one request may carry out."""


@dataclass(frozen=True)
class Result:
    """What became of one row: its name as the reader knows it, and the refusal where it was refused."""

    row: str
    refusal: Refusal | None = None


def carry_out(texts: Iterable[str], act: Callable[[uuid.UUID], str], *, most: int = MOST) -> list[Result]:
    """`act` on each id, each in a savepoint of its own; returns a result per row. Raises TooMany, Refusal (nothing ticked)."""
    ids = [found for found in map(parse_id, dict.fromkeys(texts)) if found is not None]
    if not ids:
        raise Refusal("Tick at least one row.")
    if len(ids) > most:
        raise TooMany("At most {most} rows at once.", most=most)
    # Always in the order of the ids: two supervisors with overlapping rows wait for each other instead of blocking each other.
    return [_one(row_id, act) for row_id in sorted(ids)]


def _one(row_id: uuid.UUID, act: Callable[[uuid.UUID], str]) -> Result:
    try:
        with session.begin_nested():
            return Result(act(row_id))
    except Refusal as refusal:
        return Result(str(row_id), refusal)
