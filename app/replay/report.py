"""What a replay amounts to: figures while it runs, and the report at its end. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.replay.events import Log, Reject
from app.replay.player import Played

MOST_LINES = 20


@dataclass
class Tally:
    """The sums over the cases of one run.

    wanted: cases of this run. earlier: cases that earlier runs had finished. clamped: cases whose amount or term is
    entered at a limit of the product.
    """

    wanted: int
    earlier: int = 0
    clamped: int = 0
    cases: int = 0
    faults: list[Played] = field(default_factory=list)
    differing: list[Played] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsaid: int = 0

    def add(self, played: Played) -> None:
        """Count a case that was played to the end of its events or left with a fault; one that was stopped counts acts only."""
        self.acts.update(played.acts)
        if played.stopped:
            return
        self.cases += 1
        self.unsaid += played.unsaid
        if played.fault is not None:
            self.faults.append(played)
            return
        self.outcomes[played.expected, played.outcome] += 1
        if played.expected != played.outcome:
            self.differing.append(played)

    @property
    def agreeing(self) -> int:
        """Cases that ended here as they ended in the log."""
        return sum(n for (expected, outcome), n in self.outcomes.items() if expected == outcome)


def progress(tally: Tally, seconds: float) -> str:
    """One line while it runs."""
    acts = sum(tally.acts.values())
    rate = f"{tally.cases / seconds:.1f} cases/s, {acts / seconds:.0f} acts/s" if seconds > 0 else ""
    left = f", {len(tally.faults)} left with a fault" if tally.faults else ""
    return f"{tally.cases:,} of {tally.wanted:,} cases, {acts:,} acts, {rate}{left}"


def report(log: Log, tally: Tally, seconds: float) -> str:
    """The report in Markdown: what was read, what was done, how outcomes compare, what was left out and why."""
    return "\n".join(
        (
            f"# Replay of {log.format}",
            "",
            *_read(log),
            *_done(tally, seconds),
            *_outcomes(tally),
            *_left(tally.faults),
            *_rejected(log.rejects),
        )
    )


def _read(log: Log) -> list[str]:
    return [
        f"- file: SHA-256 {log.digest.hex()}",
        f"- rows: {log.rows:,}, of which {len(log.rejects):,} rejected; {log.events:,} events of {len(log.cases):,} cases",
    ]


def _done(tally: Tally, seconds: float) -> list[str]:
    acts = sum(tally.acts.values())
    verbs = ", ".join(f"{verb} {n:,}" for verb, n in tally.acts.most_common())
    rate = f" ({tally.cases / seconds:.2f} cases/s, {acts / seconds:.1f} acts/s)" if seconds > 0 else ""
    earlier = f", {tally.earlier:,} finished by earlier runs" if tally.earlier else ""
    return [
        f"- played: {tally.cases:,} of {tally.wanted:,} cases in {seconds:,.1f} s{rate}{earlier}",
        f"- acts: {acts:,}: {verbs}",
        f"- moves that changed nothing here: {tally.unsaid:,}",
        f"- amount or term entered at a limit of the product: {tally.clamped:,} cases",
        f"- left with a fault: {len(tally.faults):,}",
    ]


def _outcomes(tally: Tally) -> list[str]:
    if not tally.outcomes:
        return []
    total = sum(tally.outcomes.values())
    rows = [f"| {expected} | {outcome} | {n:,} |" for (expected, outcome), n in sorted(tally.outcomes.items())]
    return [
        f"- outcome as in the log: {tally.agreeing:,} of {total:,} ({tally.agreeing / total:.1%})",
        "",
        "| in the log | here | cases |",
        "|---|---|---|",
        *rows,
        *(f"- case {one.case}: {one.expected} in the log, {one.outcome} here" for one in tally.differing[:MOST_LINES]),
    ]


def _left(faults: Sequence[Played]) -> list[str]:
    if not faults:
        return []
    return ["", "## Cases left", "", *(f"- case {one.case}, row {one.row}: {one.fault}" for one in faults)]


def _rejected(rejects: Sequence[Reject]) -> list[str]:
    if not rejects:
        return []
    lines = [f"- row {one.row}{f' (case {one.case})' if one.case else ''}: {one.reason}" for one in rejects]
    return ["", "## Rows rejected", "", *lines]
