"""One evaluation of a decision: what each element of the graph comes to, each worked out once."""

from __future__ import annotations

from typing import Any

from app.feel.compiler import guarded
from app.feel.dmn.graph import Item, Part, Role
from app.feel.errors import FeelError
from app.feel.limits import Run, Scope
from app.feel.types import coerce
from app.feel.values import FeelFunction

_CALL_COST = 20


class Evaluation:
    """The values known so far. `inputs` are FEEL values by name."""

    def __init__(self, part: Part, inputs: dict[str, Any], run: Run, given: dict[Item, Any] | None = None) -> None:
        self._part = part
        self._inputs = inputs
        self._run = run
        self._values: dict[Item, Any] = dict(given or {})
        self._open: set[Item] = set()
        self._undeclared = {name: value for name, value in inputs.items() if name not in part.declared}

    def value(self, item: Item) -> Any:
        """The value of an element; raises FeelError `cycle` when it needs itself."""
        if item in self._values:
            return self._values[item]
        if item in self._open:
            raise FeelError("cycle", element=item.id)
        self._open.add(item)
        try:
            self._values[item] = self._work_out(item)
        finally:
            self._open.discard(item)
        return self._values[item]

    def serve(self, service: Item, arguments: list[Any]) -> Any:
        """The result of a decision service: its output decisions, seen from its own inputs only."""
        converted = self._converted(service, arguments)
        if converted is None:
            return None
        count = len(service.links.get("inputData", ()))
        given = dict(zip(service.links.get("inputData", ()), converted[:count], strict=True))
        given.update(zip(service.links.get("inputDecision", ()), converted[count:], strict=True))
        inner = Evaluation(self._part, {}, self._run, given)
        outputs = service.links.get("outputDecision", [])
        if len(outputs) == 1:
            return coerce(inner.value(outputs[0]), service.type)
        return coerce({output.name: inner.value(output) for output in outputs}, service.type)

    def _work_out(self, item: Item) -> Any:
        if item.role is Role.INPUT:
            return coerce(self._inputs.get(item.name), item.type)
        if item.role is Role.DECISION:
            assert item.code is not None
            return coerce(item.code(self._scope(item)), item.type)
        return self._function(item)

    def _function(self, item: Item) -> FeelFunction:
        """Knowledge or a service as a function value; what it sees is looked up when it is called."""

        def invoke(arguments: list[Any], run: Run) -> Any:
            if item.role is Role.SERVICE:
                return guarded(run, _CALL_COST, lambda: self.serve(item, arguments))
            return guarded(run, _CALL_COST, lambda: self._know(item, arguments))

        return FeelFunction(item.parameters, invoke, types=item.types)

    def _know(self, item: Item, arguments: list[Any]) -> Any:
        converted = self._converted(item, arguments)
        if converted is None or item.code is None:
            return None
        scope = self._scope(item)
        scope[item.name] = self.value(item)
        scope.update(zip(item.parameters, converted, strict=True))
        return item.code(scope)

    def _converted(self, item: Item, arguments: list[Any]) -> list[Any] | None:
        """The arguments as the parameters' types; None where number or type does not fit."""
        if len(arguments) != len(item.parameters):
            return None
        converted = [coerce(value, wanted) for value, wanted in zip(arguments, item.types, strict=True)]
        if any(new is None and old is not None for new, old in zip(converted, arguments, strict=True)):
            return None
        return converted

    def _scope(self, item: Item) -> Scope:
        self._run.spend(1 + len(self._undeclared) + len(item.sees))
        scope = Scope(self._undeclared, self._run)
        for path, other in item.sees.items():
            value = self.value(other)
            if len(path) == 1:
                scope[path[0]] = value
            else:
                scope[path[0]] = {**scope.get(path[0], {}), path[1]: value}
        return scope
