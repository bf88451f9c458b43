"""Counting ballots: pure, and the same whatever their order.

A vote is decided early only when the ballots left could not change the result.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Choice(StrEnum):
    """What a member may put on the ballot."""

    AGREE = "agree"
    CONDITIONAL = "conditional"
    DISAGREE = "disagree"
    ABSTAIN = "abstain"


@dataclass(frozen=True)
class Rule:
    """quorum: share of the electorate that must vote; passing: share of `base` that must agree (at least).

    base: "electorate" (everybody who has a ballot), "present" (everybody who voted), "voting" (voted and did not abstain).
    """

    quorum: Fraction = Fraction(1, 2)
    passing: Fraction = Fraction(2, 3)
    base: str = "present"


@dataclass(frozen=True)
class Tally:
    """The state of a vote. `result`: approve, conditional, refuse, or None while it is open."""

    electorate: int
    counts: Mapping[Choice, int]
    quorum_needed: int
    yes_needed: int
    result: str | None

    @property
    def voted(self) -> int:
        """How many have voted."""
        return sum(self.counts.values())


def count(rule: Rule, electors: Collection[int], ballots: Mapping[int, Choice]) -> Tally:
    """The tally of `ballots` (voter → choice); ballots of people without one are not counted."""
    valid = [choice for voter, choice in ballots.items() if voter in set(electors)]
    counts = {choice: valid.count(choice) for choice in Choice}
    return Tally(
        electorate=len(electors),
        counts=counts,
        quorum_needed=_at_least(rule.quorum, len(electors)),
        yes_needed=_at_least(rule.passing, _base(rule, len(electors), counts)),
        result=_result(rule, len(electors), counts),
    )


def parse_share(text: str) -> Fraction:
    """ "2/3" or "0.5" as an exact share; raises ValueError outside 0 to 1."""
    share = Fraction(text)
    if not 0 < share <= 1:
        raise ValueError(f"{text} is no share between 0 and 1")
    return share


def _result(rule: Rule, electorate: int, counts: Mapping[Choice, int]) -> str | None:
    """Decided when every way of filling the ballots left gives the same side; conditions count as yes."""
    left = electorate - sum(counts.values())
    if electorate == 0:
        return None
    passes_at_worst = all(_passes(rule, electorate, _with(counts, fill, left)) for fill in (Choice.DISAGREE, None))
    if passes_at_worst and _quorum_met(rule, electorate, counts):
        return _yes_side(counts, left)
    can_pass = _passes(rule, electorate, _with(counts, Choice.AGREE, left))
    return None if can_pass else "refuse"


def _yes_side(counts: Mapping[Choice, int], left: int) -> str | None:
    """Approved; with conditions as soon as somebody set one. While ballots are left a condition may still come."""
    if counts[Choice.CONDITIONAL]:
        return "conditional"
    return None if left else "approve"


def _with(counts: Mapping[Choice, int], fill: Choice | None, left: int) -> dict[Choice, int]:
    return {choice: n + (left if choice == fill else 0) for choice, n in counts.items()}


def _passes(rule: Rule, electorate: int, counts: Mapping[Choice, int]) -> bool:
    yes = counts[Choice.AGREE] + counts[Choice.CONDITIONAL]
    base = _base(rule, electorate, counts)
    return base > 0 and _quorum_met(rule, electorate, counts) and yes >= rule.passing * base


def _quorum_met(rule: Rule, electorate: int, counts: Mapping[Choice, int]) -> bool:
    return sum(counts.values()) >= rule.quorum * electorate


def _base(rule: Rule, electorate: int, counts: Mapping[Choice, int]) -> int:
    if rule.base == "electorate":
        return electorate
    voted = sum(counts.values())
    return voted - counts[Choice.ABSTAIN] if rule.base == "voting" else voted


def _at_least(share: Fraction, of: int) -> int:
    return -(-share.numerator * of // share.denominator)
