"""The cases of an examination of kind "impact", a page at a time, straight from the database.

A result may hold a hundred thousand cases. What they have in common is kept once (`verdicts`), a case is its number and the place
of its verdict, and of these the database gives out only those that a page shows. Holders are those of today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, cast, column, func, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB

from app.kernel.db import session
from app.studio.models import Examination
from app.web.i18n import text_of
from app.workflow import queries

CHUNK = 1000


@dataclass(frozen=True)
class Wanted:
    """Which cases: of one kind (all where it is empty), with a word in number, holder or station (empty: whatever)."""

    kind: str = ""
    words: str = ""


def summary(row: Examination) -> Mapping[str, Any] | None:
    """The result without its cases: verdicts, counts, names, gone. None where there is no result."""
    kept: Mapping[str, Any] | None = session.scalar(
        select(Examination.found.op("-", return_type=JSONB)("rows")).where(
            Examination.id == row.id, Examination.state == "done"
        )
    )
    return kept if kept and "verdicts" in kept else None


def page(row: Examination, found: Mapping[str, Any], wanted: Wanted, skip: int, size: int) -> list[dict[str, Any]]:
    """So many of the cases, the worst first: a verdict each, with number and holders."""
    statement, place = _chosen(row, found, wanted)
    return _lines(found, session.execute(statement.order_by(place).offset(skip).limit(size)).all())


def count(row: Examination, found: Mapping[str, Any], wanted: Wanted) -> int:
    """How many there are."""
    if not wanted.words:
        counts = found["counts"]
        return int(counts.get(wanted.kind, 0)) if wanted.kind else sum(counts.values())
    statement, _ = _chosen(row, found, wanted)
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def every(row: Examination, found: Mapping[str, Any], wanted: Wanted) -> Iterator[dict[str, Any]]:
    """All of them, for a file; the list is unfolded once."""
    statement, place = _chosen(row, found, wanted)
    for part in session.execute(statement.order_by(place)).partitions(CHUNK):
        yield from _lines(found, part)


def _lines(found: Mapping[str, Any], rows: Sequence[Any]) -> list[dict[str, Any]]:
    holders = queries.holders_by_number([one.number for one in rows])
    return [
        {**found["verdicts"][one.verdict], "number": one.number, "holders": sorted(set(holders.get(one.number, ())))}
        for one in rows
    ]


def _chosen(row: Examination, found: Mapping[str, Any], wanted: Wanted) -> tuple[Select[Any], Any]:
    """number and verdict of the wanted cases, and by what they are ordered."""
    elements = func.jsonb_array_elements(Examination.found["rows"])
    part = elements.table_valued(column("value", JSONB), with_ordinality="place").render_derived(name="part")
    number, verdict = part.c.value[0].astext, cast(part.c.value[1].astext, Integer)
    verdicts: Sequence[Mapping[str, Any]] = found["verdicts"]
    statement = select(number.label("number"), verdict.label("verdict")).select_from(Examination).join(part, true())
    statement = statement.where(Examination.id == row.id)
    if wanted.kind:
        statement = statement.where(verdict.in_([n for n, one in enumerate(verdicts) if one["kind"] == wanted.kind]))
    words = wanted.words.strip()
    if words:
        here = [n for n, one in enumerate(verdicts) if _stands_at(one, words.lower(), found["names"])]
        held = number.in_(queries.numbers_held_by(words))
        statement = statement.where(or_(number.icontains(words, autoescape=True), verdict.in_(here), held))
    return statement, part.c.place


def _stands_at(verdict: Mapping[str, Any], words: str, names: Mapping[str, Any]) -> bool:
    return any(words in f"{element} {text_of(names.get(element, ''))}".lower() for element in verdict["stations"])
