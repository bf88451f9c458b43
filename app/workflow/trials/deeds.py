"""What moved a case, one act after the other, as plain values; the same for a real case and for a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an act does to the case.

    ANSWER: a station is completed, by a person, a vote or a supervisor who skips it. MOVE: the case is put at a station (returned,
    withdrawn, recalled, jumped, reconsidered). END: somebody ended it where it stood.
    """

    START = "start"
    ANSWER = "answer"
    MOVE = "move"
    MESSAGE = "message"
    TIMER = "timer"
    SERVICE = "service"
    RETRY = "retry"
    POSTPONE = "postpone"
    RESTORE = "restore"
    END = "end"


@dataclass(frozen=True)
class Deed:
    """One act. station: where it was done; to: where a MOVE put the case, how an END left it ("withdrawn"), or the message.

    values: routing variables that it brought; served: what services set in its course, by delegate; passed: what the engine
    passed then; opened: the stations that were open afterwards (for an END: when it came). straight: the MOVE was to come straight
    back, or the ANSWER did so. reopens: the MOVE took up a case that had ended; ends: the ANSWER was a
    refusal that ends a case where it stands. by: for how long a case had stood. seq: its number
    in the case; earlier: that of the moment a RESTORE went back to. minutes: working time from the opening of the task to the act,
    or from the act before it.
    """

    kind: Kind
    seq: int
    at: datetime
    station: str | None = None
    instance: int | None = None
    outcome: str | None = None
    to: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    served: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    straight: bool = False
    reopens: bool = False
    ends: bool = False
    by: timedelta = timedelta()
    earlier: int = 0
    minutes: float = 0.0


@dataclass(frozen=True)
class Life:
    """A finished case: its deeds in order, how it ended (an end event, or "withdrawn", "cancelled", "refused"), and how many
    minutes of working time it took."""

    id: str
    number: str
    line: str
    outcome: str
    deeds: tuple[Deed, ...]
    minutes: float = 0.0
