"""The measured profile of a real credit department, and drawing from it: shares, and curves made of quantiles. Pure.

`profile.json` beside this file holds figures only, no row of any source; `python -m app.demo.measure FOLDER` makes it again.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

PROFILE = Path(__file__).with_name("profile.json")

# Neither the smallest nor the largest value is kept: each would be somebody's.
POINTS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Curve:
    """A distribution by its quantiles at POINTS; between two of them it is a straight line, beyond the outer ones it is
    flat."""

    values: tuple[float, ...]

    def at(self, share: float) -> float:
        """The value below which `share` (0 to 1) of all values lie."""
        after = bisect_left(POINTS, share)
        if after == 0:
            return self.values[0]
        if after == len(POINTS):
            return self.values[-1]
        low, high = POINTS[after - 1], POINTS[after]
        part = (share - low) / (high - low)
        return self.values[after - 1] * (1 - part) + self.values[after] * part


@dataclass(frozen=True)
class Shares:
    """How often each of several things happens; the shares add up to 1."""

    weights: Mapping[str, float]
    sums: tuple[float, ...]

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> Shares:
        """From weights of any sum above zero."""
        total = sum(weights.values())
        shares = {name: weight / total for name, weight in weights.items()}
        return cls(shares, tuple(accumulate(shares.values())))

    def at(self, share: float) -> str:
        """The name that a number between 0 and 1 falls on."""
        names = tuple(self.weights)
        return names[min(bisect_left(self.sums, share), len(names) - 1)]

    def below(self, prefix: str) -> Shares:
        """Those whose name begins with the prefix, under the rest of the name, made to add up to 1 again."""
        return Shares.of({n.removeprefix(prefix): w for n, w in self.weights.items() if n.startswith(prefix)})


@dataclass(frozen=True)
class Profile:
    """profile.json, read: shares and curves by name, and where they come from."""

    shares: Mapping[str, Shares]
    curves: Mapping[str, Curve]
    figures: Mapping[str, float]
    sources: Sequence[Mapping[str, str]]


def quantiles(values: Sequence[float]) -> list[float]:
    """The values at POINTS (linear between neighbours), rounded to four digits that matter. Raises ValueError for no values."""
    if not values:
        raise ValueError("there is nothing to measure")
    ordered = sorted(values)
    return [_rounded(_between(ordered, share * (len(ordered) - 1))) for share in POINTS]


def read(data: Mapping[str, Any]) -> Profile:
    """The profile from its JSON."""
    return Profile(
        shares={name: Shares.of(weights) for name, weights in data["shares"].items()},
        curves={name: Curve(tuple(values)) for name, values in data["curves"].items()},
        figures=data["figures"],
        sources=data["sources"],
    )


@lru_cache(maxsize=1)
def load() -> Profile:
    """The profile that ships."""
    return read(json.loads(PROFILE.read_text(encoding="utf-8")))


def _between(ordered: Sequence[float], place: float) -> float:
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
