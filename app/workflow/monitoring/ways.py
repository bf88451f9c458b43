"""Which lines of a diagram a move of tokens went along: known from the elements that it passed and the stations that it opened."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.workflow.deploying import definitions
from app.workflow.engine.model import JOINS, Flow, Process, inner_process


@dataclass(frozen=True)
class Ways:
    """The lines of a definition by their source, and by start event the activities that begin with it.

    into_joins: lines on which a token waits for others, so that their end is not passed in the same move.
    """

    outgoing: dict[str, tuple[Flow, ...]]
    into_joins: frozenset[str]
    entered_by: dict[str, tuple[str, ...]]

    def taken(self, passed: Iterable[str], opened: Iterable[str]) -> Iterator[str]:
        """The ids of the lines between what was passed and what was passed or opened in one move.

        Where a move passes both ends of a line by other ways, the line is taken for taken; no record says otherwise.
        """
        sources = set(passed)
        reached = sources.union(opened)
        reached.update(name for start in sources for name in self.entered_by.get(start, ()))
        for source in sources:
            for flow in self.outgoing.get(source, ()):
                if flow.target in reached or flow.id in self.into_joins:
                    yield flow.id


@lru_cache(maxsize=64)
def ways_of(definition_id: uuid.UUID) -> Ways:
    """The ways of a definition; definitions never change."""
    processes = definitions.load(definition_id).compiled.processes
    outgoing = {
        node: tuple(flows) for process in processes.values() for node, flows in process.outgoing.items() if flows
    }
    entered: dict[str, list[str]] = {}
    for process in processes.values():
        for node in process.nodes:
            inner = processes.get(inner_process(node) or "")
            for start in _starts(inner):
                entered.setdefault(start, []).append(node.id)
    return Ways(outgoing, _into_joins(processes.values()), {start: tuple(names) for start, names in entered.items()})


def _into_joins(processes: Iterable[Process]) -> frozenset[str]:
    return frozenset(
        flow.id
        for process in processes
        for flow in process.flows
        if flow.target in process.by_id
        and process.by_id[flow.target].kind in JOINS
        and len(process.incoming[flow.target]) > 1
        and len(process.outgoing.get(flow.source, ())) == 1
    )


def _starts(process: Process | None) -> list[str]:
    return [node.id for node in process.nodes if node.kind == "startEvent"] if process is not None else []
