"""Which groups the routes of a bank need, so that somebody finds his task at each station: those in force, and those on the shelf
that can't be put in force before they are there.

Deployment refuses what a diagram names outright. What a rule puts together from the business line, what an authority table answers
and what a room looks for by itself is missed only when a case comes there; here it is told beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app import feel
from app.identity import directory
from app.identity import queries as people
from app.workflow import engine, registry
from app.workflow.assigning.assignment import ADMINISTRATORS
from app.workflow.assigning.authority import groups_answered
from app.workflow.deploying import definitions, shelf

BY_KEY = frozenset({"group", "picked"})
BY_EXPRESSION = frozenset({"group_of", "head_of", "least_loaded", "round_robin"})
LINE = "business_line"


@dataclass(frozen=True)
class Need:
    """A group that is needed: its key, the routes that need it (by key; none: all of them), how many people are in it, None where
    there is no such group."""

    key: str
    routes: tuple[str, ...]
    members: int | None


@dataclass(frozen=True)
class Waiting:
    """A folder of the shelf that was never in force here, and what stands in its way besides groups that are missing."""

    name: str
    findings: tuple[definitions.AnyFinding, ...]


def waiting(root: Path) -> tuple[list[Waiting], dict[str, set[str]]]:
    """What waits on the shelf, and the groups that it names, by the key of the route."""
    names, found, named = shelf.never_deployed(root), list[Waiting](), dict[str, set[str]]()
    for name, files in shelf.folders(root):
        if name in names:
            # As if every group were there: what is missing of them is told by itself, and all at once.
            known = replace(definitions.catalogue(files), groups=None)
            parsed, findings = definitions.examine(files, known)
            found.append(Waiting(name, tuple(one for one in findings if one.severity == "error")))
            named.update({route.key: set(groups_of(route)) for route in parsed.definitions})
    return found, named


def needs(named: dict[str, set[str]]) -> list[Need]:
    """Everything that the routes in force, and those whose groups are `named`, need; by key."""
    routes = {row.key: set(groups_of(definitions.load(row.id).compiled)) for row in definitions.actives()}
    by_group: dict[str, list[str]] = {ADMINISTRATORS: []}
    for route, keys in sorted({**named, **routes}.items()):
        for key in keys | registry.groups_needed(route):
            by_group.setdefault(key, []).append(route)
    known, sizes = {group.key: group.id for group in people.groups()}, directory.sizes()
    return [
        Need(key, tuple(routes_of), sizes.get(known[key], 0) if key in known else None)
        for key, routes_of in sorted(by_group.items())
    ]


def groups_of(definition: engine.Definition) -> Iterator[str]:
    """The keys of the groups that a route asks for at any station, in any business line of the bank."""
    for process in definition.processes.values():
        yield from process.starters
        yield from (process.administrator,) if process.administrator else ()
    for step in definition.steps.values():
        for rule in engine.every_rule(step):
            yield from _of_rule(rule)
        yield from engine.groups_named(step.vote) if step.vote else ()
    yield from groups_answered(definition)


def _of_rule(rule: engine.Candidates) -> Iterable[str]:
    if rule.rule in BY_KEY:
        return [rule.value]
    return _of_expression(rule.value) if rule.rule in BY_EXPRESSION else ()


def _of_expression(text: str) -> list[str]:
    """What an expression gives that reads nothing, or nothing but the business line; others can't be told beforehand."""
    try:
        expression = feel.parse(text)
        if not expression.names:
            found = [expression.evaluate({})]
        elif expression.names == {LINE}:
            found = [expression.evaluate({LINE: line.key}) for line in people.lines()]
        else:
            return []
    except feel.FeelError:
        return []
    return [key for key in found if isinstance(key, str)]
