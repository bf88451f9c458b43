"""The table: one row per promise, in Markdown, between two marks of docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.kernel.clock import now

MEASURED, MOVES = "measured", "moves"


@dataclass(frozen=True)
class Row:
    """What was measured, the figure in words, the target in words, and whether it was reached."""

    what: str
    measured: str
    target: str
    reached: bool


def at_most(what: str, value: float, limit: float, unit: str = "", note: str = "") -> Row:
    """A row whose figure must not exceed `limit`."""
    return Row(what, f"{_number(value)} {unit}{note}".strip(), f"≤ {_number(limit)} {unit}".strip(), value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "", note: str = "") -> Row:
    """A row whose figure must reach `limit`."""
    return Row(what, f"{_number(value)} {unit}{note}".strip(), f"≥ {_number(limit)} {unit}".strip(), value >= limit)


def markdown(rows: Sequence[Row]) -> str:
    """The table with the machine above it."""
    lines = [machine(), "", "| what | measured | target | |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.what} | {row.measured} | {row.target} | {'✓' if row.reached else '✗'} |" for row in rows]
    return "\n".join(lines)


def write(path: Path, table: str, name: str = MEASURED) -> None:
    """Put the table between the marks of this name, leaving all else as it is. Raises ValueError without marks."""
    first, last = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, begin, rest = path.read_text(encoding="utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{path} does not hold the lines {first} and {last}")
    path.write_text(f"{before}{first}\n{table}\n{last}{after}", encoding="utf-8")


def machine() -> str:
    """The machine in a sentence, and how busy others kept it."""
    cores, memory = os.cpu_count() or 0, psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[1]
    return (
        f"{now():%Y-%m-%d}, {platform.system()} on {platform.machine()}, {cores} cores, {memory:.0f} GB, "
        f"Python {platform.python_version()}, load average {load:.1f}."
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}" if value < 1 else f"{value:.1f}"
