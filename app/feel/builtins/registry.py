"""How a built-in function is declared, found and called (DMN 1.3 clause 10.3.4).

A built-in is a Python function with a signature in FEEL's own words, `string: string, start position: number,
[length: number]`; a trailing `...` takes any number of arguments; several declarations of one name are overloads,
tried in order. Arguments are converted as clause 10.3.2.9.4 says; where nothing fits the answer is null. Every call
pays for its arguments and its result, so no built-in can do unbounded work for one step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.feel.limits import Run
from app.feel.temporal import Date, DateTime, Days, Months, Time
from app.feel.values import FeelFunction, Range

CALL_STEPS = 6
_MISS = object()
_CLASSES: dict[str, tuple[type, ...]] = {
    "number": (Decimal,),
    "string": (str,),
    "boolean": (bool,),
    "date": (Date,),
    "time": (Time,),
    "date and time": (DateTime,),
    "moment": (Date, DateTime),
    "clock": (Time, DateTime),
    "temporal": (Date, DateTime, Time),
    "duration": (Days, Months),
    "days and time duration": (Days,),
    "years and months duration": (Months,),
    "measure": (Decimal, Days, Months),
    "context": (dict,),
    "range": (Range,),
    "function": (FeelFunction,),
    "scalar": (Decimal, str, bool, Date, DateTime, Time, Days, Months),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name, the type word, and what may be left out or null."""

    name: str
    type: str
    optional: bool = False
    nullable: bool = False
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a built-in. `wants_run` functions get the run as first argument."""

    parameters: tuple[Parameter, ...]
    code: Callable[..., Any]
    wants_run: bool

    @property
    def variadic(self) -> bool:
        """Whether the last parameter takes any number of arguments."""
        return bool(self.parameters) and self.parameters[-1].variadic

    def bind(self, arguments: Sequence[Any]) -> list[Any] | None:
        """The arguments converted to the parameters' types; None where number or type does not fit."""
        required = sum(not parameter.optional for parameter in self.parameters)
        if len(arguments) < required or (len(arguments) > len(self.parameters) and not self.variadic):
            return None
        bound = []
        for i, argument in enumerate(arguments):
            value = accept(argument, self.parameters[min(i, len(self.parameters) - 1)])
            if value is _MISS:
                return None
            bound.append(value)
        return bound

    def place(self, named: Mapping[str, Any]) -> list[Any] | None:
        """Named arguments in the order of the parameters; None where a name is wrong or missing."""
        names = [parameter.name for parameter in self.parameters]
        if not named.keys() <= set(names):
            return None
        if any(not parameter.optional and parameter.name not in named for parameter in self.parameters):
            return None
        last = max((names.index(name) for name in named), default=-1)
        return [named.get(parameter.name) for parameter in self.parameters[: last + 1]]


class Builtin:
    """A built-in function: its overloads under one name."""

    __slots__ = ("name", "overloads")

    def __init__(self, name: str) -> None:
        self.name = name
        self.overloads: list[Overload] = []

    def call(self, arguments: Sequence[Any], run: Run) -> Any:
        """The result for positional arguments, null where no overload fits."""
        run.spend(CALL_STEPS)
        for argument in arguments:
            run.spend_for(argument)
        for overload in self.overloads:
            bound = overload.bind(arguments)
            if bound is not None:
                result = overload.code(run, *bound) if overload.wants_run else overload.code(*bound)
                run.spend_for(result)
                return result
        return None

    def call_named(self, named: Mapping[str, Any], run: Run) -> Any:
        """The result for named arguments, null where no overload has these names."""
        for overload in self.overloads:
            arguments = overload.place(named)
            if arguments is not None and overload.bind(arguments) is not None:
                return self.call(arguments, run)
        return None

    def value(self) -> FeelFunction:
        """The built-in as a value that can be handed to another function."""
        first = self.overloads[0]
        names = tuple(parameter.name for parameter in first.parameters)
        return FeelFunction(names, self.call, self.name, variadic=first.variadic or len(self.overloads) > 1)


BUILTINS: dict[str, Builtin] = {}


def builtin(
    name: str, signature: str, *, wants_run: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a built-in; the decorated function itself is unchanged."""
    parameters = tuple(_parameter(part) for part in signature.split(", ")) if signature else ()

    def register(code: Callable[..., Any]) -> Callable[..., Any]:
        entry = BUILTINS.setdefault(name, Builtin(name))
        entry.overloads.append(Overload(parameters, code, wants_run))
        return code

    return register


def accept(value: Any, parameter: Parameter) -> Any:
    """The value as a parameter wants it, or the marker `_MISS`."""
    wanted = parameter.type
    if value is None:
        return None if parameter.nullable or wanted == "any" else _MISS
    if wanted == "any":
        return value
    if wanted == "list":
        return value if type(value) is list else [value]
    classes = _CLASSES[wanted]
    if type(value) in classes:
        return value
    if type(value) is list and len(value) == 1 and type(value[0]) in classes:
        return value[0]
    return _MISS


def _parameter(part: str) -> Parameter:
    optional = part.startswith("[")
    name, _, wanted = part.strip("[]").partition(": ")
    variadic = wanted.endswith("...")
    wanted = wanted.removesuffix("...")
    nullable = wanted.endswith("?")
    return Parameter(name, wanted.removesuffix("?"), optional, nullable or optional, variadic)
