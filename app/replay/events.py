"""What a log holds, once read: events by case, and the rows that could not be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Event:
    """One row. row: its line in the file, the header being 1. at: aware. resource: who did it, "" where the log does not say.

    phase: what happened to the activity (SCHEDULE, START, COMPLETE, ...), "" where the log has no such column.
    """

    row: int
    at: datetime
    activity: str
    phase: str = ""
    resource: str = ""


@dataclass
class LogCase:
    """The events of one case in the order of the file; facts: the values of the case's first row that the format keeps."""

    id: str
    facts: Mapping[str, str]
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Reject:
    """A row that was left out, and why. case: "" where the row names none."""

    row: int
    case: str
    reason: str


@dataclass
class Log:
    """A whole log. digest: SHA-256 of the file, by which a later run knows it again. rows: how many rows were read."""

    digest: bytes
    format: str
    cases: list[LogCase] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rows: int = 0

    @property
    def events(self) -> int:
        """How many rows can be used."""
        return sum(len(case.events) for case in self.cases)
