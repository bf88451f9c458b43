"""How many applications use a product: the room of applications stands above this one and tells it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Counter = Callable[[str], Mapping[int, int]]

_counters: list[Counter] = []


def counter(function: Counter) -> Counter:
    """Offer a function: key of a product → how many applications are under way, by the version they were entered under."""
    if function not in _counters:
        _counters.append(function)
    return function


def under_way(key: str) -> dict[int, int]:
    """The applications under way with a product, by version, the newest first."""
    found: dict[int, int] = {}
    for count in _counters:
        for version, number in count(key).items():
            found[version] = found.get(version, 0) + number
    return dict(sorted(found.items(), reverse=True))
