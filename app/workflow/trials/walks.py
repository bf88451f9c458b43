"""What a walk is played on and what comes of it: the ground that many walks share, the stays, the marks, the fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.kernel.working_time import Calendar
from app.workflow.engine import Definition
from app.workflow.trials.deeds import Deed
from app.workflow.trials.reach import Reach
from app.workflow.trials.ways import Mark


@dataclass(frozen=True)
class Fault:
    """Why a walk did not come to an end. code: incident, unanswered, message, circle, standstill or unreadable; texts: the engine's
    own words for an incident; fact: the message that never came."""

    code: str
    element: str | None = None
    texts: Mapping[str, str] | None = None
    fact: str = ""


@dataclass(frozen=True)
class Stay:
    """A station completed on a walk: with what, after how many minutes, and whether the answer was only assumed."""

    station: str
    outcome: str
    minutes: float
    assumed: bool = False


@dataclass(frozen=True)
class Walked:
    """A walk: its marks, the stations done, those open at the end, how it ended (None: it did not), what was left out."""

    marks: tuple[Mark, ...]
    stays: tuple[Stay, ...]
    open: tuple[str, ...]
    end: str | None
    status: str | None
    fault: Fault | None
    left_out: tuple[Deed, ...]
    minutes: float
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Ground:
    """What many walks over one definition share.

    writable: the routing variables that the form of a station may write; medians: minutes that a station takes, for answers that
    are assumed, and usual for one that nobody knows; own_clocks: elements whose clock the recorded version did not have so (they
    ring when they are due, the others as recorded), by `calendar` where they count working time.
    """

    definition: Definition
    writable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    medians: Mapping[str, float] = field(default_factory=dict)
    usual: float = 0.0
    own_clocks: frozenset[str] = frozenset()
    calendar: Calendar = field(default_factory=Calendar, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reach", Reach(self.definition))

    reach: Reach = field(init=False, compare=False, repr=False)
