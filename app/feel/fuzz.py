"""Random expressions of FEEL's own grammar, many of them hostile: `python -m app.feel.fuzz COUNT [SEED]`.

Each is parsed, evaluated and turned into JSON; only FeelError may come out, within a bound of time. The same seed
gives the same expressions everywhere, so a bad one can be run again.
"""

from __future__ import annotations

import contextlib
import gc
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.feel.builtins import BUILTINS
from app.feel.errors import FeelError
from app.feel.expression import parse_with
from app.feel.values import from_feel

LIMIT = 0.05
_NAMES = ("a", "b", "text", "rows", "context x", "day", "item", "partial", "?", "unknown")
_CONTEXT: dict[str, Any] = {
    "a": 5,
    "b": Decimal("-1.50"),
    "text": "贷款 loan " * 20,
    "rows": [{"x": i, "y": str(i)} for i in range(30)],
    "context x": {"p": [1, 2, [3]], "q": {"r": None}},
    "day": "2024-02-29",
    "?": 7,
}
_NUMBERS = ("0", "1", "2", "3.5", "1e6000", "1e-6000", "999999999999999999999999999999999999", "10000", "0.1", "7")
_TEXTS = (
    '""',
    '"a"',
    '"(a+)+$"',
    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"',
    '"((a{1,100}){1,100}){1,100}"',
    '"$1\\\\"',
    '"2024-02-29"',
    '"P1Y"',
    '"[1..5]"',
)
_MOMENTS = (
    '@"2024-02-29"',
    '@"-999999999-01-01"',
    '@"999999999-12-31T23:59:59@Asia/Shanghai"',
    '@"PT1H"',
    '@"P999999999Y"',
    '@"10:00:00Z"',
)
_BOMBS = (
    "for i in 1..100000, j in 1..100000 return i * j",
    "for i in 1..100000000000 return partial",
    "{f: function(n) f(n + 1), r: f(0)}.r",
    "{a: [1..2], b: [a, a, a, a], c: [b, b, b, b], d: [c, c, c, c], e: [d, d, d, d], f: [e, e, e, e], r: f = [f]}",
    'for i in 1..1000 return string join(for j in 1..1000 return "xxxxxxxxxx")',
    "sort(for i in 1..5000 return modulo(i * 7919, 5003), function(x, y) x < y)",
    "2 ** 2 ** 2 ** 2 ** 2 ** 9999",
    "some x in 1..99999, y in 1..99999 satisfies x * y = -1",
    'matches(string join(for i in 1..900 return "a"), "(a|aa)+$")',
    "distinct values(for i in 1..5000 return i)",
    "-" * 300 + "1",
    "(" * 300 + "1" + ")" * 300,
    "[" * 90 + "1" + "]" * 90,
    "for i in 1..2000 return [partial, partial]",
)
_MUTATIONS = ("(", ")", "[", "]", "{", "}", '"', ",", "..", "-", " in ", " . ", "@", "＞", "\\", "\x00", " and ", "ﷺ")


@dataclass(slots=True)
class Outcome:
    """What a run found. Times are processor seconds."""

    count: int = 0
    evaluated: int = 0
    refused: int = 0
    slowest: float = 0.0
    slowest_text: str = ""
    broken: list[tuple[str, str]] = field(default_factory=list)
    grown_mb: float = 0.0


class Generator:
    """Expressions from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (repeatable, not secret)

    def texts(self, count: int) -> Iterator[str]:
        """So many expressions, some of them damaged."""
        for _ in range(count):
            text = self._expression(self._random.randint(1, 6))
            yield self._damaged(text) if self._random.random() < 0.15 else text

    def _expression(self, depth: int) -> str:
        if depth <= 0:
            return self._leaf()
        return self._random.choice(self._shapes())(depth - 1)

    def _shapes(self) -> list[Callable[[int], str]]:
        call = [self._call] * 6
        return [self._binary, self._binary, self._loop, self._branch, self._collection, self._filter, self._path, *call]

    def _leaf(self) -> str:
        kind = self._random.random()
        if kind < 0.02:
            return self._random.choice(_BOMBS)
        return self._random.choice(self._random.choice((_NAMES, _NUMBERS, _TEXTS, _MOMENTS, ("true", "false", "null"))))

    def _binary(self, depth: int) -> str:
        operators = ("+", "-", "*", "/", "**", "=", "!=", "<", ">=", "and", "or", "in", "instance of")
        operator = self._random.choice(operators)
        right = "number" if operator == "instance of" else self._expression(depth)
        return f"({self._expression(depth)} {operator} {right})"

    def _loop(self, depth: int) -> str:
        form, end = self._random.choice((("for", "return"), ("some", "satisfies"), ("every", "satisfies")))
        domain = self._random.choice((f"1..{self._expression(0)}", self._expression(depth), "rows"))
        return f"{form} item in {domain} {end} {self._expression(depth)}"

    def _branch(self, depth: int) -> str:
        parts = [self._expression(depth) for _ in range(3)]
        return f"if {parts[0]} then {parts[1]} else {parts[2]}"

    def _collection(self, depth: int) -> str:
        parts = [self._expression(depth) for _ in range(self._random.randint(0, 3))]
        if self._random.random() < 0.5:
            return f"[{', '.join(parts)}]"
        return "{" + ", ".join(f"k{i}: {part}" for i, part in enumerate(parts)) + "}"

    def _filter(self, depth: int) -> str:
        return f"{self._expression(depth)}[{self._expression(depth)}]"

    def _path(self, depth: int) -> str:
        return f"{self._expression(depth)}.{self._random.choice(('x', 'p', 'year', 'k0', 'start', 'days'))}"

    def _call(self, depth: int) -> str:
        name = self._random.choice(list(BUILTINS))
        function = f"function(x, y) {self._expression(depth)}"
        count = self._random.randint(0, 4)
        parts = [function if self._random.random() < 0.1 else self._expression(depth) for _ in range(count)]
        return f"{name}({', '.join(parts)})"

    def _damaged(self, text: str) -> str:
        at = self._random.randint(0, len(text))
        if self._random.random() < 0.5:
            return text[:at] + self._random.choice(_MUTATIONS) + text[at:]
        return text[:at] + text[at + self._random.randint(1, 5) :]


def run(count: int, seed: int, names: tuple[str, ...] = _NAMES) -> Outcome:
    """Generate, run and judge so many expressions."""
    outcome = Outcome()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # As the web server does: what was imported is not walked again by every full collection an expression sets off.
    gc.freeze()
    for text in Generator(seed).texts(count):
        _try(text, frozenset(names), outcome)
    outcome.grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return outcome


def _try(text: str, names: frozenset[str], outcome: Outcome) -> None:
    outcome.count += 1
    begun = time.process_time()
    try:
        _run(text, names)
        outcome.evaluated += 1
    except FeelError as error:
        outcome.refused += 1
        error.message("zh_Hans")
    except Exception as error:  # the very thing the fuzz looks for
        outcome.broken.append((text, repr(error)))
    spent = time.process_time() - begun
    if spent > LIMIT:
        spent = min(_again(text, names) for _ in range(3))
    if spent > outcome.slowest:
        outcome.slowest, outcome.slowest_text = spent, text


def _again(text: str, names: frozenset[str]) -> float:
    """Processor seconds of one more run: a pause of the machine or of the collector does not repeat."""
    begun = time.process_time()
    with contextlib.suppress(FeelError):
        _run(text, names)
    return time.process_time() - begun


def _run(text: str, names: frozenset[str]) -> None:
    from_feel(parse_with(text, names=names).evaluate(_CONTEXT))


def main(arguments: list[str]) -> int:
    """The command: exit 0 when nothing broke and nothing took over 50 ms or 50 MB."""
    count = int(arguments[0]) if arguments else 10_000
    outcome = run(count, int(arguments[1]) if len(arguments) > 1 else 1)
    print(f"{outcome.count} expressions: {outcome.evaluated} evaluated, {outcome.refused} refused")
    print(f"{len(outcome.broken)} broken")
    print(f"slowest {outcome.slowest * 1000:.1f} ms: {outcome.slowest_text[:300]}")
    print(f"memory grew by {outcome.grown_mb:.1f} MB in all")
    for text, error in outcome.broken[:20]:
        print(f"broken: {text[:300]!r}: {error}")
    return 1 if outcome.broken or outcome.slowest > LIMIT or outcome.grown_mb > 50 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
