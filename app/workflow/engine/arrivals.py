"""Branches of a fork that is open while the picture changes: by which way an arrived token waits now, which branches are new."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any
from uuid import uuid4

from SpiffWorkflow.util.task import TaskState

from app.workflow.engine.building import SPLIT
from app.workflow.engine.model import JOINS, Flow, Node, Process
from app.workflow.engine.net import Arrival, Net, Place


def moved_arrival(arrival: Arrival, join: str, nets: tuple[Net, Net], name: Callable[[str], str]) -> str | None:
    """The node from which the arrived token waits at `join` in the new net; None where its branch is not to be found there.

    A branch that was done stays done: where its last element is another one now, the way in that the elements of the old branch
    lead to is taken.
    """
    old, new = nets
    ways = {way.source for way in new.arrivals(join)}
    for element in _backwards(old.process, arrival.source):
        here = name(element)
        if here not in new.process.by_id:
            continue
        reached = new.after(here, without=[join])
        found = [way for way in sorted(ways) if way == here or Arrival(way, join) in reached]
        if len(found) == 1:
            return found[0]
        if found:
            return None
    return None


def new_branches(
    process: Process,
    net: Net,
    places: Sequence[Place],
    known: Collection[str],
    was_fork: Callable[[str], bool],
    holds: Callable[[Flow], bool],
) -> Iterator[dict[str, Any]]:
    """Tokens for the branches of open forks that did not exist before: nobody has done their work, so it begins now. Of an
    inclusive fork only those whose condition holds as the case stands; a way taken where no condition holds never, since
    another one was taken.

    known: the elements that stood in the old version under whatever name.
    """
    for fork in process.nodes:
        ways = [flow.target for flow in process.outgoing[fork.id]]
        if fork.kind not in JOINS or len(ways) < 2 or not was_fork(fork.id):
            continue
        branches = {way: _branch(net, fork.id, way, ways) for way in dict.fromkeys(ways) if way not in net.joins}
        fresh = [way for way, branch in branches.items() if not any(_node(place) in known for place in branch)]
        old = set[Place]().union(*(branches[way] for way in branches if way not in fresh))
        old |= {Arrival(fork.id, way) for way in ways if way in net.joins}
        if any(place in old for place in places):
            begin = [way for way in fresh if not branches[way].intersection(places)]
            yield from (_begun(process, way) for way in begin if _is_taken(process, fork, way, holds))


def _is_taken(process: Process, fork: Node, way: str, holds: Callable[[Flow], bool]) -> bool:
    if fork.kind == "parallelGateway":
        return True
    flow = next(flow for flow in process.outgoing[fork.id] if flow.target == way)
    return not flow.default and holds(flow)


def _backwards(process: Process, element: str) -> Iterator[str]:
    seen, todo = {element}, deque([element])
    while todo:
        here = todo.popleft()
        yield here
        attached = process.by_id[here].attached_to if here in process.by_id else None
        for source in [*(flow.source for flow in process.incoming.get(here, ())), *([attached] if attached else [])]:
            if source not in seen:
                seen.add(source)
                todo.append(source)


def _branch(net: Net, fork: str, way: str, ways: Sequence[str]) -> set[Place]:
    """The places of one branch: what comes after its beginning and may be at work beside the beginnings of the others."""
    others: list[Place] = [Arrival(fork, other) if other in net.joins else other for other in ways if other != way]
    return {
        place
        for place in {way, *net.after(way, without=[fork])}
        if all(place in net.concurrent.get(other, ()) for other in others)
    }


def _node(place: Place) -> str:
    return place.source if isinstance(place, Arrival) else place


def _begun(process: Process, way: str) -> dict[str, Any]:
    name = way + SPLIT if way in process.boundary else way
    return {"id": uuid4().hex, "s": name, "st": int(TaskState.FUTURE)}
