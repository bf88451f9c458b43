"""Every value that a variable of a route can have, where that is known: answers of stations, results of decisions, constants.

A variable is left out as soon as anything sets it to something that can't be told beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.feel import Type
from app.feel.conditions import sources
from app.feel.dmn.regions import constant
from app.feel.dmn.table import Table
from app.workflow.engine.definition import decision_models
from app.workflow.engine.environment import assignments
from app.workflow.engine.model import Node, Process
from app.workflow.engine.outcomes import answers
from app.workflow.engine.repeating import MIXED
from app.workflow.engine.stations import Step

BOOLEAN = Type("boolean").kind


def domains(
    processes: Iterable[Process],
    steps: Mapping[str, Step],
    dmn: Mapping[str, bytes],
    options: Mapping[str, Sequence[Any] | None],
) -> dict[str, Sequence[Any]]:
    """The values by variable. options: of fields of forms the values they offer, None for a field that takes anything.

    Raises feel.FeelError for a decision file that can't be read.
    """
    found: dict[str, list[Any]] = {}
    open_: set[str] = set()
    nodes = [node for process in processes for node in process.nodes]
    copies: list[tuple[str, str]] = []
    for name, values in [
        *_of_steps(nodes, steps),
        *_of_scripts(nodes, copies),
        *_of_decisions(nodes, dmn),
        *options.items(),
    ]:
        if values is None:
            open_.add(name)
        else:
            found.setdefault(name, []).extend(values)
    for _ in copies:  # a copy of a copy needs another round
        for name, source in copies:
            if source in open_ or source not in found:
                open_.add(name)
            else:
                found.setdefault(name, []).extend(value for value in found[source] if value not in found[name])
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items() if name not in open_ and values}


def _of_steps(nodes: Iterable[Node], steps: Mapping[str, Step]) -> Iterator[tuple[str, Sequence[Any] | None]]:
    for node in nodes:
        if node.id in steps:
            result = f"{node.id}_result"
            yield result, [*sorted(answers(result, steps)), *([MIXED] if node.loop is not None else [])]


def _of_scripts(nodes: Iterable[Node], copies: list[tuple[str, str]]) -> Iterator[tuple[str, Sequence[Any] | None]]:
    """What scripts set; a variable that they copy goes into `copies` as (name, source)."""
    for node in nodes:
        try:
            lines = assignments(node.script or "")
        except ValueError:
            continue
        for name, text in lines:
            given = sources(text)
            yield name, None if given is None else given[0]
            copies.extend((name, source) for source in (given or ((), ()))[1])


def _of_decisions(nodes: Iterable[Node], dmn: Mapping[str, bytes]) -> Iterator[tuple[str, Sequence[Any] | None]]:
    wanted = [(node.decision, node.result or node.decision) for node in nodes if node.decision]
    models = decision_models(dmn) if wanted else {}
    for decision, result in wanted:
        model = models.get(decision)
        tables = model.decisions[decision].tables if model is not None else ()
        if not tables:
            yield result, None
            continue
        table = tables[-1]
        for number, output in enumerate(table.outputs):
            name = result if len(table.outputs) == 1 else f"{result}_{output.name}"
            yield name, _results(table, number)


def _results(table: Table, number: int) -> Sequence[Any] | None:
    """What a column of results can give; None where a result is worked out, or many are collected."""
    output = table.outputs[number]
    if table.policy not in ("UNIQUE", "FIRST", "ANY", "PRIORITY"):
        return None
    if output.type.kind == BOOLEAN:
        return [True, False]
    cells = [rule.results[number] for rule in table.rules]
    values = [constant(cell) for cell in cells if cell is not None]
    return [value for _, value in values] if all(known for known, _ in values) and output.default is None else None
