"""Why a case does not go on: joining gateways that wait, for whom, and whether anybody can still come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.workflow.engine.definition import Definition
from app.workflow.engine.net import Arrival, Net
from app.workflow.engine.rewinding import tokens_of
from app.workflow.engine.running import NO_SERVICES, load
from app.workflow.engine.workflow import Running


@dataclass(frozen=True)
class WaitingJoin:
    """A joining gateway at which a branch has arrived: from where, which ways in are missing, whether one can still come."""

    element_id: str
    arrived: tuple[str, ...]
    missing: tuple[str, ...]
    hopeless: bool


def waiting_joins(definition: Definition, state: bytes, *, now: datetime) -> tuple[WaitingJoin, ...]:
    """The joins at which the case waits for other branches. Raises StateUnreadable."""
    case = load(definition, state, now, NO_SERVICES)
    return tuple(join for process in case.processes() for join in _joins(process, definition.nets[process.spec.name]))


def _joins(process: Running, net: Net) -> list[WaitingJoin]:
    places = [place for place, _ in tokens_of(process)]
    arrived = [place for place in places if isinstance(place, Arrival)]
    found = []
    for join in sorted({arrival.join for arrival in arrived}):
        here = tuple(arrival.source for arrival in arrived if arrival.join == join)
        missing = [way for way in net.arrivals(join) if way.source not in here]
        coming = [place for place in places if not (isinstance(place, Arrival) and place.join == join)]
        reached = set().union(*(net.after(place, without=[join]) for place in coming)) if coming else set()
        found.append(WaitingJoin(join, here, tuple(way.source for way in missing), not reached & set(missing)))
    return found
