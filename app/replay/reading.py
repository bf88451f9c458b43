"""Reading a log: row by row, leaving out what can't be used and saying why, never stopping at a bad row."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from app.replay.events import Event, Log, LogCase, Reject
from app.replay.moves import Format

# One row of a log is a line of some hundred characters; beyond this somebody feeds us something else.
LONGEST_FIELD = 10_000
LONGEST_CASE_ID = 100
SLASHED = re.compile(r"(\d{4})/(\d{2})/(\d{2}) (.*)")


class LogRefused(Exception):
    """The file as a whole is no log that can be replayed; the text says why."""


class RowRefused(Exception):
    """One row can't be used; the text says why."""


def read_log(path: Path, formats: Sequence[Format]) -> Log:
    """The log at `path` (CSV, compressed or not, UTF-8). Raises LogRefused."""
    if not path.is_file():
        raise LogRefused(f"There is no file {path}.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    with path.open("rb") as file:
        rows = _rows(file)
        header = _header(next(rows, (1, [])))
        chosen = _format(header, formats)
        return _collect(Log(digest, chosen.name), chosen, header, rows)


def read_time(text: str) -> datetime:
    """A moment as logs write it (ISO 8601 or 2016/12/09 02:33:55); without an offset it is taken as UTC. Raises RowRefused."""
    match = SLASHED.fullmatch(text.strip())
    iso = f"{match[1]}-{match[2]}-{match[3]} {match[4]}" if match else text.strip()
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        raise RowRefused(f"{text!r} is no date and time.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Row = tuple[int, list[str]]


def _rows(file: BinaryIO) -> Iterator[Row | RowRefused]:
    """Line numbers and cells; where the file breaks off, a RowRefused as the last."""
    magic = file.read(2)
    file.seek(0)
    binary = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if magic == b"\x1f\x8b" else file
    csv.field_size_limit(LONGEST_FIELD)
    lines = csv.reader(io.TextIOWrapper(binary, encoding="utf-8-sig", errors="replace", newline=""))
    while True:
        try:
            yield lines.line_num + 1, next(lines)
        except StopIteration:
            return
        except csv.Error as fault:
            yield RowRefused(f"The row can't be read as CSV: {fault}.")
        except (EOFError, OSError, zlib.error) as fault:
            yield RowRefused(f"The file breaks off here ({fault}); what comes after it is lost.")
            return


def _header(first: Row | RowRefused) -> list[str]:
    if isinstance(first, RowRefused):
        raise LogRefused(f"The file can't be read: {first}")
    if first[1] and first[1][0].lstrip().startswith("<"):
        raise LogRefused("The file is XML (XES?); only logs in CSV can be replayed.")
    return first[1]


def _format(header: Sequence[str], formats: Sequence[Format]) -> Format:
    for one in formats:
        if one.header <= set(header):
            return one
    nearest = min(formats, key=lambda one: len(one.header - set(header)))
    missing = ", ".join(sorted(nearest.header - set(header)))
    raise LogRefused(f"The columns are those of no log known here. For {nearest.name} these are missing: {missing}.")


def _collect(log: Log, chosen: Format, header: list[str], rows: Iterator[Row | RowRefused]) -> Log:
    cases: dict[str, LogCase] = {}
    last: dict[str, tuple[datetime, float]] = {}
    number = 1
    for row in rows:
        log.rows += 1
        number = row[0] if not isinstance(row, RowRefused) else number + 1
        cells: dict[str, str] = {}
        try:
            if isinstance(row, RowRefused):
                raise row
            cells = _cells(header, row[1])
            _take(chosen, number, cells, cases, last)
        except RowRefused as refused:
            log.rejects.append(Reject(number, cells.get(chosen.columns["case"], ""), str(refused)))
    log.cases = list(cases.values())
    return log


def _cells(header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(header):
        raise RowRefused(f"The row has {len(cells)} columns, the header {len(header)}.")
    return dict(zip(header, cells, strict=True))


def _take(
    chosen: Format,
    number: int,
    cells: dict[str, str],
    cases: dict[str, LogCase],
    last: dict[str, tuple[datetime, float]],
) -> None:
    """Put the row's event to its case. Raises RowRefused."""
    event = _event(chosen, number, cells)
    case_id = chosen.parts(cells[chosen.columns["case"]], event.activity)
    if len(case_id) > LONGEST_CASE_ID:
        raise RowRefused(f"The case id has more than {LONGEST_CASE_ID} characters.")
    place = (event.at, _order(chosen, cells))
    _check_order(place, last.get(case_id))
    last[case_id] = place
    case = cases.setdefault(case_id, LogCase(case_id, {name: cells[name] for name in chosen.facts}))
    case.events.append(event)


def _event(chosen: Format, number: int, cells: dict[str, str]) -> Event:
    columns = chosen.columns
    for name in ("case", "activity", "time"):
        if not cells[columns[name]].strip():
            raise RowRefused(f"The column {columns[name]} is empty.")
    activity = cells[columns["activity"]].strip()
    phase = cells[columns["phase"]].strip().upper() if "phase" in columns else ""
    if not chosen.knows(activity, phase):
        raise RowRefused(f"The activity {activity!r}{f' ({phase})' if phase else ''} is not one of {chosen.name}.")
    who = cells[columns["resource"]].strip() if "resource" in columns else ""
    return Event(number, read_time(cells[columns["time"]]), activity, phase, "" if who in chosen.nobody else who)


def _order(chosen: Format, cells: dict[str, str]) -> float:
    if "order" not in chosen.columns:
        return 0
    text = cells[chosen.columns["order"]]
    try:
        return float(text)
    except ValueError:
        raise RowRefused(f"The column {chosen.columns['order']} holds {text!r}, which is no number.") from None


def _check_order(place: tuple[datetime, float], before: tuple[datetime, float] | None) -> None:
    if before is None:
        return
    if place[0] < before[0]:
        raise RowRefused(f"The event lies before the one above it in its case ({before[0].isoformat()}).")
    if place[1] < before[1] or (place[1] == before[1] != 0):
        raise RowRefused("The number of the event does not follow that of the one above it in its case.")
