"""Every event that the program tells of has words; one without would reach people as its bare name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from app.notifications.rules import EVENTS
from config import ROOT

TELLERS = frozenset({"notify", "_tell", "_notify", "tell"})


def told() -> Iterator[tuple[str, str]]:
    """Module and event, wherever an event is named in a call that tells somebody, or in a tuple such a call loops over."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in TELLERS:
                yield from ((path.name, event) for event in _events(node))


def _events(call: ast.Call) -> Iterator[str]:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "event"]
    first = [argument for argument in call.args if isinstance(argument, ast.Constant)]
    for value in named or first:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
        if isinstance(value, ast.IfExp):
            yield from (part.value for part in (value.body, value.orelse) if isinstance(part, ast.Constant))


def test_every_event_that_is_told_has_words() -> None:
    found = list(told())
    assert len({event for _, event in found}) > 20
    assert [(module, event) for module, event in found if event not in EVENTS] == []
