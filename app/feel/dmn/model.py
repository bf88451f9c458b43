"""A decision model, loaded once and evaluated often.

`load_dmn` reads and compiles everything; what it finds wrong is in `findings`. `DecisionModel.evaluate` answers with
the value, the rules that fired and the inputs seen, which is all that is needed to make the same decision again.
A model is immutable after loading and may be shared by threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from app.feel.dmn.evaluation import Evaluation
from app.feel.dmn.graph import Item, Part, Role
from app.feel.dmn.hits import Fired
from app.feel.dmn.load import load_parts
from app.feel.dmn.table import Table
from app.feel.errors import FeelError
from app.feel.findings import Finding
from app.feel.limits import MAX_MODEL_STEPS, Run
from app.feel.values import from_feel, to_feel


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. `names` are the outer variables it needs, those of the decisions it requires included.

    `reads` holds besides what may turn out to be one (see `Expression.reads`): hand over these to be complete.
    """

    id: str
    name: str
    names: frozenset[str]
    reads: frozenset[str]
    outputs: tuple[str, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """What a decision answered: a FEEL value, the rules that fired in order, and the outer variables it saw."""

    value: Any
    rules: tuple[Fired, ...]
    inputs: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values, for a record or a screen."""
        rules = [
            {"decision": rule.decision, "rule": rule.index, "id": rule.rule_id, "inputs": from_feel(dict(rule.inputs))}
            for rule in self.rules
        ]
        return {"value": from_feel(self.value), "rules": rules, "inputs": from_feel(dict(self.inputs))}


class DecisionModel:
    """The decisions of one document and of those it imports. Made by `load_dmn`.

    `tops` are the ids of the decisions that no other one requires, `knowledge_tables` the decision tables of
    business knowledge models.
    """

    def __init__(self, part: Part, findings: Iterable[Finding]) -> None:
        self.name = part.root.get("name") or ""
        self.namespace = part.namespace
        self._part = part
        self.findings = tuple(findings)
        decisions = {item.id: _decision(item) for item in part.items.values() if item.role is Role.DECISION}
        self.decisions: Mapping[str, Decision] = MappingProxyType(decisions)
        required = {other.id for item in part.items.values() for other in item.sees.values()}
        self.tops = tuple(name for name in decisions if name not in required)
        knowledge = (item for item in part.items.values() if item.role is Role.KNOWLEDGE)
        self.knowledge_tables = tuple(table for item in knowledge for table in item.tables)

    def evaluate(
        self, decision_id: str, inputs: Mapping[str, Any], *, strict: bool = False, now: datetime | None = None
    ) -> DecisionResult:
        """The result of a decision, found by id or name.

        With `strict`, a table input that comes out null raises FeelError `null_input` naming the expression and the
        values, unless the column has a cell that speaks of null. A broken hit policy, an unreadable cell and a broken
        bound raise FeelError always.
        """
        item = self._find(decision_id, Role.DECISION)
        values = {name: to_feel(inputs[name]) for name in self.decisions[item.id].reads if name in inputs}
        run = Run(MAX_MODEL_STEPS, now, strict)
        value = _guarded(lambda: Evaluation(self._part, values, run).value(item))
        needed = self.decisions[item.id].names
        return DecisionResult(value, tuple(run.fired), {name: values.get(name) for name in sorted(needed)})

    def call_service(
        self, service_id: str, inputs: Mapping[str, Any], *, now: datetime | None = None
    ) -> DecisionResult:
        """The result of a decision service for its inputs by name (DMN 1.3 clause 10.4)."""
        item = self._find(service_id, Role.SERVICE)
        values = {str(name): to_feel(value) for name, value in inputs.items()}
        run = Run(MAX_MODEL_STEPS, now)
        evaluation = Evaluation(self._part, {}, run)
        value = _guarded(lambda: evaluation.serve(item, [values.get(name) for name in item.parameters]))
        return DecisionResult(value, tuple(run.fired), values)

    def _find(self, name: str, role: Role) -> Item:
        item = self._part.items.get(name)
        if item is not None and item.role is role:
            return item
        for candidate in self._part.items.values():
            if candidate.role is role and name in (candidate.name, candidate.element.get("name")):
                return candidate
        raise FeelError("no_decision", id=name)


def load_dmn(xml: bytes, *, imports: Iterable[bytes] = ()) -> DecisionModel:
    """A decision model from its XML, of any DMN version from 1.1 to 1.5.

    `imports` are the documents it may import. Raises FeelError when the XML itself is unreadable; everything
    else that is wrong becomes a finding.
    """
    try:
        part, findings = load_parts(xml, imports)
    except RecursionError:
        raise FeelError("nesting_run") from None
    return DecisionModel(part, findings)


def _guarded(code: Any) -> Any:
    try:
        return code()
    except RecursionError:
        raise FeelError("nesting_run") from None


def _decision(item: Item) -> Decision:
    return Decision(item.id, item.name, _outer_names(item), _read_names(item), _outputs(item), item.tables)


def _reach(item: Item) -> Iterator[Item]:
    """An element and everything it requires, each once."""
    visited: set[Item] = set()
    pending = [item]
    while pending:
        current = pending.pop()
        if current not in visited:
            visited.add(current)
            yield current
            pending.extend(current.sees.values())


def _outer_names(item: Item) -> frozenset[str]:
    """The variables an element needs from outside the model."""
    return frozenset().union(*({found.name} if found.role is Role.INPUT else found.free for found in _reach(item)))


def _read_names(item: Item) -> frozenset[str]:
    """The variables an element may look at."""
    return frozenset().union(*({found.name} if found.role is Role.INPUT else found.reads for found in _reach(item)))


def _outputs(item: Item) -> tuple[str, ...]:
    if not item.tables:
        return ()
    table: Table = item.tables[-1]
    return tuple(output.name or item.name for output in table.outputs)
