"""Reading hours and lists of days, and a year at a glance: pure."""

from __future__ import annotations

import calendar as months
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from app.kernel.errors import Refusal
from app.kernel.working_time import Calendar, Hours, holiday_name

SESSION = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–~]\s*([01]\d|2[0-3]):([0-5]\d)")
MOST_SESSIONS, MOST_DAYS, LONGEST_REASON, LONGEST_SPAN = 4, 2000, 200, 367
FIRST_YEAR, LAST_YEAR = 2004, 2100
HEAD = ("date", "kind", "branch", "reason")
KINDS: Mapping[str, bool] = {"working": True, "closed": False}


class BadHours(Refusal):
    """The text is no list of opening hours."""


class BadList(Refusal):
    """A line of the file can't be read."""


@dataclass(frozen=True)
class Day:
    """An own day as it is entered; branch is the key of a branch, or empty for the whole bank."""

    day: date
    works: bool
    branch: str
    reason: str


@dataclass(frozen=True)
class Cell:
    """A day in the year's picture. kind: working, closed, weekend, holiday, made_up; own: the bank says so itself."""

    day: date
    kind: str
    own: bool
    holiday: str | None = None


def read_hours(texts: Sequence[str]) -> Hours:
    """Sessions like "09:00-12:00", in order and apart from each other; raises BadHours."""
    found = []
    for text in texts:
        match = SESSION.fullmatch(text.strip())
        if match is None:
            raise BadHours("“{given}” is no opening time like 09:00-17:00.", given=text)
        a, b, c, d = map(int, match.groups())
        found.append((time(a, b), time(c, d)))
    if not found or len(found) > MOST_SESSIONS:
        raise BadHours("Give one to four opening times.")
    edges = [edge for session in found for edge in session]
    if any(later <= earlier for earlier, later in pairwise(edges)):
        raise BadHours("Opening times must stand in order, each ending before the next begins.")
    return tuple(found)


def write_hours(hours: Hours) -> list[str]:
    """The sessions as texts."""
    return [f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in hours]


def read_day(text: str) -> date:
    """A date of the years the calendar covers; raises BadList."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise BadList("“{given}” is no date like 2026-05-01.", given=text[:40]) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadList("“{given}” is no date like 2026-05-01.", given=text[:40])
    return found


def read_csv(content: bytes) -> list[Day]:
    """The lines date, kind (working or closed), branch (may be empty), reason; raises BadList with the line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadList("The file must be text in UTF-8.") from None
    rows = list(csv.reader(io.StringIO(text.replace("\0", ""))))
    if not rows or tuple(cell.strip().lower() for cell in rows[0][:4]) != HEAD:
        raise BadList("The first line must be: date,kind,branch,reason")
    if len(rows) > MOST_DAYS:
        raise BadList("At most {most} days in a file.", most=MOST_DAYS)
    return [_line(number, row) for number, row in enumerate(rows[1:], start=2) if any(row)]


def write_csv(days: Iterable[Day]) -> bytes:
    """The same, to be read by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    for day in days:
        # A leading sign would be a formula in a spreadsheet.
        reason = f"'{day.reason}" if day.reason[:1] in ("=", "+", "-", "@", "\t") else day.reason
        writer.writerow([day.day.isoformat(), "working" if day.works else "closed", day.branch, reason])
    return out.getvalue().encode("utf-8-sig")


def year_at_a_glance(calendar: Calendar, own: Mapping[date, bool], year: int) -> list[list[list[Cell | None]]]:
    """Twelve months of weeks of seven days, Monday first; days of other months are None."""
    return [
        [
            [_cell(calendar, own, day) if day.month == month else None for day in week]
            for week in months.Calendar().monthdatescalendar(year, month)
        ]
        for month in range(1, 13)
    ]


def working_days(calendar: Calendar, year: int) -> int:
    """How many days of the year the bank works."""
    days = (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()))
    return sum(map(calendar.is_working_day, days))


def _cell(calendar: Calendar, own: Mapping[date, bool], day: date) -> Cell:
    works, weekend = calendar.is_working_day(day), day.weekday() >= 5
    if works:
        kind = "made_up" if weekend else "working"
    else:
        kind = "weekend" if weekend and not holiday_name(day) else "holiday"
    return Cell(day, "closed" if day in own and not works else kind, day in own, holiday_name(day))


def _line(number: int, row: Sequence[str]) -> Day:
    day, kind, branch, reason = (cell.strip() for cell in (*row, "", "", "", "")[:4])
    if kind.lower() not in KINDS:
        raise BadList("Line {number}: “{given}” must be working or closed.", number=number, given=kind[:40])
    if not reason:
        raise BadList("Line {number}: a reason is missing.", number=number)
    return Day(read_day(day), KINDS[kind.lower()], branch, reason[:LONGEST_REASON])
