"""What a walk left behind, and how two of them differ: marks, the way, the first difference, the flows it took.

A **mark** is an element passed, a move of the case (↩) or an end by hand, with the stations at which the case then stood. The
**way** keeps of the marks what concerns people and the outside world: stations, services, called processes, moves and the end. Two
walks with the same way treat everybody alike, whatever gateways or tables were drawn between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile

from app.workflow.engine import Definition
from app.workflow.engine.model import GATEWAYS, JOINS, MANUAL, Node
from app.workflow.trials.deeds import Deed, Kind

REFUSED = "refused"
EFFECTS = MANUAL | {"serviceTask", "sendTask", "receiveTask", "callActivity", "endEvent", "boundaryEvent"}


class What(StrEnum):
    """What a mark says of its element."""

    BY = "by"
    MOVE = "move"
    STAND = "stand"
    END = "end"


@dataclass(frozen=True)
class Mark:
    """One thing that happened. For an END by hand the element is how it was left ("withdrawn")."""

    what: What
    element: str


@dataclass(frozen=True)
class Difference:
    """Where two ways part: after the deciding element `at` the one went to `now`, the other to `then` (None: it had ended)."""

    at: str | None
    now: Mark | None
    then: Mark | None


def marks_of(deeds: Sequence[Deed]) -> tuple[Mark, ...]:
    """The marks of a case as it is on record."""
    return tuple(mark for deed in deeds for mark in _of(deed))


def _of(deed: Deed) -> Iterator[Mark]:
    if deed.kind is Kind.END:
        yield from (Mark(What.STAND, station) for station in sorted(deed.opened))
        yield Mark(What.END, deed.to or "")
    elif deed.ends:
        yield Mark(What.END, REFUSED)
    elif deed.to is not None and deed.kind in (Kind.ANSWER, Kind.MOVE):
        yield Mark(What.MOVE, deed.to)
    yield from (Mark(What.BY, element) for element in deed.passed)


def renamed(marks: Sequence[Mark], names: Mapping[str, str]) -> tuple[Mark, ...]:
    """The marks with the ids that the elements have now."""
    return tuple(Mark(mark.what, names.get(mark.element, mark.element)) for mark in marks) if names else tuple(marks)


def way(marks: Sequence[Mark], nodes: Mapping[str, Node]) -> tuple[Mark, ...]:
    """What of the marks concerns people and the outside world; an element that `nodes` does not have does."""
    return tuple(mark for mark in marks if mark.what is not What.BY or _matters(nodes.get(mark.element)))


def _matters(node: Node | None) -> bool:
    return node is None or node.kind in EFFECTS


def nodes_of(definition: Definition) -> dict[str, Node]:
    """Every node by id, those of called processes included."""
    return {node.id: node for process in definition.processes.values() for node in process.nodes}


def difference(now: Sequence[Mark], then: Sequence[Mark], nodes: Mapping[str, Node]) -> Difference | None:
    """The first difference of two walks, None where both take the same way; `nodes`: of both versions.

    `at` is the last gateway, table or station with a name up to which they went together, else the one that only the new has.
    """
    new, old = way(now, nodes), way(then, nodes)
    if new == old:
        return None
    place = next(
        (i for i, pair in enumerate(zip(new, old, strict=False)) if pair[0] != pair[1]), min(len(new), len(old))
    )
    after, before = _since(now, nodes, place), _since(then, nodes, place)
    together = [pair[0] for pair in takewhile(lambda pair: pair[0] == pair[1], zip(after, before, strict=False))]
    own = [mark for mark in after[len(together) :] if len(together) < 2]
    at = _last_named(together[1:], nodes) or _last_named(own, nodes) or _last_named(together, nodes)
    return Difference(at, new[place] if place < len(new) else None, old[place] if place < len(old) else None)


def _since(marks: Sequence[Mark], nodes: Mapping[str, Node], place: int) -> list[Mark]:
    """The marks from the one before the `place`-th of the way up to that."""
    found: list[Mark] = []
    seen = 0
    for mark in marks:
        if mark.what is not What.BY or _matters(nodes.get(mark.element)):
            if seen == place:
                break
            seen += 1
            found.clear()
        found.append(mark)
    return found


def _last_named(marks: Sequence[Mark], nodes: Mapping[str, Node]) -> str | None:
    return next((m.element for m in reversed(marks) if m.what is What.BY and _decides(nodes.get(m.element))), None)


def _decides(node: Node | None) -> bool:
    """Whether a reader knows the element by name: a gateway without one is only a place where lines meet."""
    return node is not None and (node.kind not in GATEWAYS or node.name["zh_Hans"] != node.id)


def flows(definition: Definition, marks: Sequence[Mark], opened: Sequence[str] = ()) -> Counter[str]:
    """How often each flow was taken, told from the order in which nodes were passed; `opened`: where the walk stands at its end."""
    walked = _Tokens(definition)
    for mark in marks:
        if mark.what is What.BY:
            walked.passes(mark.element)
    for element in opened:
        walked.arrives(element)
    return walked.taken


@dataclass
class _Tokens:
    """The tokens behind passed nodes: where each could go from there."""

    definition: Definition
    taken: Counter[str] = field(default_factory=Counter)
    waiting: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.nodes = nodes_of(self.definition)
        self.outgoing = {
            key: value for process in self.definition.processes.values() for key, value in process.outgoing.items()
        }

    def passes(self, element: str) -> None:
        """A node was passed: it took the token that had come to it, and sends on its own."""
        node = self.nodes.get(element)
        if node is None:
            return
        self.arrives(element)
        ways = self.outgoing.get(element, [])
        if node.kind in GATEWAYS and node.kind not in JOINS:
            self.waiting.append({flow.target: flow.id for flow in reversed(ways)})
        else:
            self.waiting += [{flow.target: flow.id} for flow in ways]

    def arrives(self, element: str) -> None:
        """The newest token that could go there went there; a joining gateway takes one from each of its ways in."""
        everything = element in self.nodes and self.nodes[element].kind in JOINS
        for token in [token for token in reversed(self.waiting) if element in token]:
            self.taken[token[element]] += 1
            self.waiting.remove(token)
            if not everything:
                return
