"""What goes through the door: the values that the engine takes and gives back.

Everything here is frozen and plain, so that the rooms above can keep, compare and print it without knowing what
runs behind the door. Texts are mappings from language (`zh_Hans`, `zh_Hant`, `en`) to words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.kernel.working_time import Calendar

Texts = Mapping[str, str]
LANGUAGES = ("zh_Hans", "zh_Hant", "en")


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Spot:
    """Where inside a decision, and what the check of decisions calls it (`code`): row from 1 (0: no single row), the label of the
    column, line and offset in its text from 1. first: the other row of an overlap."""

    code: str
    row: int = 0
    column: str = ""
    line: int = 0
    offset: int = 0
    first: int = 0


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a file, in the analyst's words: where, what, and how to mend it."""

    severity: Severity
    file: str
    element: str | None
    code: str
    message: Texts
    mend: Texts
    spot: Spot | None = None


@dataclass(frozen=True)
class Catalogue:
    """What the bank has. A member that is None is not checked (files checked on their own, without a bank).

    table_columns: the columns of the tables in the forms ("incomes.amount"), by which a filter over one is understood.
    """

    delegates: frozenset[str] | None = None
    forms: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    candidate_rules: frozenset[str] | None = None
    users: frozenset[str] | None = None
    positions: frozenset[str] | None = None
    branches: frozenset[str] | None = None
    table_columns: frozenset[str] | None = None


@dataclass(frozen=True)
class OpenTask:
    """A task that waits for a person. `scope` holds the activities (call activity, sub-process) it lies in, outermost first.

    instance: the how-manieth of a repetition (from 0); data: what belongs to that instance alone.
    """

    id: str
    element_id: str
    process_id: str
    scope: tuple[str, ...] = ()
    instance: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Timer:
    """A clock that runs. `due_at` is an aware UTC time."""

    task_id: str
    element_id: str
    due_at: datetime


@dataclass(frozen=True)
class Wait:
    """A message that the case waits for."""

    task_id: str
    element_id: str
    message: str


@dataclass(frozen=True)
class DecisionTaken:
    """A decision made on the way: enough to make it again and get the same."""

    element_id: str
    id: str
    result: Any
    rules: tuple[Any, ...]
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Incident:
    """Why the case can't go on by itself at an element; `retry` tries that element again."""

    task_id: str
    element_id: str
    code: str
    message: Texts


@dataclass(frozen=True)
class PutOff:
    """A service that waits to be run outside the move that reached it."""

    task_id: str
    element_id: str


@dataclass(frozen=True)
class Ticket:
    """What a rewind took away, kept so that the case can go straight back to its sender (`go_straight_back`)."""

    body: bytes


@dataclass(frozen=True)
class Progress:
    """A case after a move: its new state, what is open now, and what happened on the way.

    `passed` are the ids of the elements completed in this move, in order; `cancelled` the ids of open tasks that were
    taken away; `ticket` and `region` (what will have to be passed again) are set by a rewind only; `paced` says that a clock on the
    edge of an activity counts working time and has to stand still while that activity waits for the customer (`clocks.pace`).
    """

    state: bytes
    open: tuple[OpenTask, ...]
    timers: tuple[Timer, ...]
    waits: tuple[Wait, ...]
    sent: tuple[str, ...]
    finished: bool
    end_event: str | None
    variables: Mapping[str, Any]
    passed: tuple[str, ...]
    decisions: tuple[DecisionTaken, ...]
    incidents: tuple[Incident, ...]
    cancelled: tuple[str, ...] = ()
    ticket: Ticket | None = None
    region: tuple[str, ...] = ()
    put_off: tuple[PutOff, ...] = ()
    paced: bool = False

    @property
    def incident(self) -> Incident | None:
        """The first incident, or None."""
        return self.incidents[0] if self.incidents else None


@dataclass(frozen=True)
class Price:
    """What a rewind would cost: the open tasks it cancels and the elements that will have to be passed again."""

    cancelled: tuple[str, ...]
    region: tuple[str, ...]


@dataclass(frozen=True)
class Services:
    """The outside world of a run. `call(delegate, variables)` runs a service and returns the variables it sets.

    puts_off: services that the diagram calls asynchronous are not run but told in `Progress.put_off`, all but the one of the
    task `due`; `retry` with its task id and with `due` runs it. calendar: gives the bank's calendar, asked only where a clock
    counts working time; None leaves such clocks where they were laid out last.
    """

    call: Callable[[str, dict[str, Any]], Mapping[str, Any]]
    puts_off: bool = False
    due: str | None = None
    calendar: Callable[[], Calendar] | None = Calendar


class EngineError(Exception):
    """A move that the engine refuses; the case is as it was. `code` names the reason, `facts` what it is about."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(f"{code}: {facts}")
        self.code = code
        self.facts = facts

    def message(self, locale: str) -> str:
        from app.workflow.engine.texts import sentence

        return sentence(self.code, **self.facts)[locale]


class TaskNotOpen(EngineError):
    """The task is not (or no longer) open in this state."""


class NobodyWaits(EngineError):
    """No element of the case waits for this message."""


class RewindRefused(EngineError):
    """The case can't be sent to this target."""


class MigrationRefused(EngineError):
    """The case can't go over to the other version as it stands."""


class StateUnreadable(EngineError):
    """The stored state is damaged or belongs to another definition."""
