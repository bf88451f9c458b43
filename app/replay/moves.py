"""What an event of a log means on our route: a handful of moves, the same for every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.replay.events import Event, LogCase

APPROVED, REFUSED, WITHDRAWN, OPEN = "approved", "refused", "withdrawn", "open"


class Kind(StrEnum):
    """The moves. Whatever comes first enters the case; a move about a station brings the case there, forwards step by
    step or back.

    FINISH: the station is completed with `outcome` (its usual one by default). CLAIM, RELEASE: somebody takes the
    station's task or gives it back. HOLD: a claim, only where the case stands there anyway. REACH: the case is brought
    to the station. RETURN: it is sent back to it. DRAFT: what was entered is kept, not handed in. APPROVE, REFUSE: the
    case is brought to that end. WITHDRAW: its initiator takes it back (at `station`, where he holds it, by `outcome`).
    SILENT: the event says nothing that our route knows.
    """

    FINISH = "finish"
    CLAIM = "claim"
    RELEASE = "release"
    HOLD = "hold"
    REACH = "reach"
    RETURN = "return"
    DRAFT = "draft"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    SILENT = "silent"


@dataclass(frozen=True)
class Move:
    """A move without its event. facts: values that the forms get from here on (which way an expense goes)."""

    kind: Kind
    station: str = ""
    outcome: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


SILENT = Move(Kind.SILENT)


@dataclass(frozen=True)
class Step:
    """A move with the event that said it."""

    event: Event
    move: Move


@dataclass(frozen=True)
class Plan:
    """Everything that happens to one case. facts: what its forms are filled from. outcome: how the log says it ended."""

    case: str
    process: str
    facts: Mapping[str, str]
    steps: Sequence[Step]
    outcome: str


@dataclass(frozen=True)
class Format:
    """How one kind of log is written and what it means.

    columns: our names (case, activity, time; resource, phase, order where there are such) to those of the log. facts:
    further columns to keep of a case's first row. knows: whether an activity in a phase is one of this log's. nobody:
    resources that name no person. parts: to which case an event belongs where one case of the log holds several of
    ours.
    """

    name: str
    columns: Mapping[str, str]
    facts: tuple[str, ...]
    knows: Callable[[str, str], bool]
    plan: Callable[[LogCase], Plan]
    nobody: frozenset[str] = frozenset()
    parts: Callable[[str, str], str] = lambda case, _activity: case

    @property
    def header(self) -> frozenset[str]:
        """The columns by which the format is recognised."""
        return frozenset((*self.columns.values(), *self.facts))
