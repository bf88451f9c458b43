"""Counting ballots: pure, and the same whatever their order.

A vote is decided early only when no filling of the ballots left could change the result. Nothing is decided without the quorum,
not even a refusal. The questions are asked in a fixed order, so that two answers never compete: is there a veto, is the quorum
there, do enough want to discuss it again, do enough agree, is it a tie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from app.workflow.engine import Threshold, VoteRule, threshold


class Choice(StrEnum):
    """What a member may put on the ballot."""

    AGREE = "agree"
    CONDITIONAL = "conditional"
    DISAGREE = "disagree"
    ABSTAIN = "abstain"
    DISCUSS = "discuss"


class Result(StrEnum):
    """What the ballots say. APPROVE, CONDITIONAL and REFUSE end the vote; DISCUSS opens a new round; TIE waits for the chair."""

    APPROVE = "approve"
    CONDITIONAL = "conditional"
    REFUSE = "refuse"
    DISCUSS = "discuss"
    TIE = "tie"


ENDING = frozenset({Result.APPROVE, Result.CONDITIONAL, Result.REFUSE})
AGAINST = frozenset({Choice.DISAGREE, Choice.CONDITIONAL, Choice.DISCUSS})
"""Ballots that need words: a reason, or the conditions."""


@dataclass(frozen=True)
class Rule:
    """The arithmetic of a vote.

    base, of which `passing` is a share: "electorate" (everybody who has a ballot), "present" (who voted or was marked present),
    "voting" (voted and did not abstain). discuss: the share of those present who must want it discussed again.
    tie: "fail", "chair" or "discuss". closing: when it closes by itself, of "all", "early", "time"; and by the "secretary".
    """

    quorum: Threshold = field(default_factory=lambda: threshold("1/2"))
    passing: Threshold = field(default_factory=lambda: threshold("2/3"))
    base: str = "present"
    conditional_is_yes: bool = True
    discuss: Threshold = field(default_factory=lambda: threshold(">1/2"))
    tie: str = "fail"
    offered: frozenset[Choice] = frozenset(Choice) - {Choice.DISCUSS}
    closing: frozenset[str] = frozenset({"early"})
    may_change: bool = True
    rounds: int = 3
    visibility: str = "open"


@dataclass(frozen=True)
class Roll:
    """Who takes part: electors are counted; who holds a veto may only stop; the chair of a tie may be no elector.

    vacant: seats of absent members, which count for the quorum and for a share of the electorate, and from which nothing comes.
    """

    electors: frozenset[int]
    chair: int | None = None
    vetoers: frozenset[int] = frozenset()
    vacant: int = 0

    @property
    def seats(self) -> frozenset[int]:
        """Everybody who may put in a ballot while the vote is open."""
        return self.electors | self.vetoers


@dataclass(frozen=True)
class Tally:
    """The state of a vote.

    electorate, present, and the numbers needed of them; counts by choice; result None: nothing is decided, `why` says what
    decided it otherwise: "veto", "discuss", "passed", "not_passed", "tie", "chair", "no_chair".
    """

    electorate: int
    present: int
    counts: Mapping[Choice, int]
    quorum_needed: int
    yes_needed: int
    result: Result | None
    why: str = ""

    @property
    def voted(self) -> int:
        """How many have voted."""
        return sum(self.counts.values())

    @property
    def has_quorum(self) -> bool:
        """Whether enough take part."""
        return self.present >= self.quorum_needed


@dataclass(frozen=True)
class Count:
    """What the arithmetic looks at: numbers only. silent: present and not voted; casting: what the chair said of a tie."""

    electorate: int
    by: Mapping[Choice, int]
    silent: int = 0
    vetoed: bool = False
    casting: Choice | None = None
    last_round: bool = False

    @property
    def present(self) -> int:
        return sum(self.by.values()) + self.silent

    def more(self, choice: Choice | None, number: int) -> Count:
        """The same with `number` further ballots, or further silent members who are present (None)."""
        if choice is None:
            return replace(self, silent=self.silent + number)
        return replace(self, by={**self.by, choice: self.by[choice] + number})


def rule_of(written: VoteRule) -> Rule:
    """The arithmetic of a rule as the diagram states it."""
    return Rule(
        quorum=threshold(written.quorum),
        passing=threshold(written.passing),
        base=written.base,
        conditional_is_yes=written.conditional == "yes",
        discuss=threshold(written.discuss),
        tie=written.tie,
        offered=frozenset(Choice(word) for word in written.ballots.split()),
        closing=frozenset(written.close.split()),
        may_change=written.change == "yes",
        rounds=written.rounds,
        visibility=written.visibility,
    )


def count(
    rule: Rule,
    roll: Roll,
    ballots: Mapping[int, Choice],
    *,
    present: Collection[int] = (),
    closing: bool = False,
    casting: Choice | None = None,
    last_round: bool = False,
) -> Tally:
    """The tally of `ballots` (voter → choice); ballots of people without one are not counted.

    present: members marked present who may not have voted. closing: no more ballots come (the secretary or the clock closes).
    last_round: "discuss again" opens no further round and so counts as any other ballot that is no yes.
    """
    valid = {voter: choice for voter, choice in ballots.items() if voter in roll.electors}
    # Lists of who was marked present are no ballots: only electors who have not voted add to those present.
    silent = len((set(present) & roll.electors) - valid.keys())
    by = {choice: sum(1 for given in valid.values() if given is choice) for choice in Choice}
    vetoed = any(ballots.get(voter) is Choice.DISAGREE for voter in roll.vetoers)
    counted = Count(len(roll.electors) + roll.vacant, by, silent, vetoed, casting, last_round)
    waiting = 0 if closing else len(roll.electors) - len(valid)
    veto_open = not closing and bool(roll.vetoers - ballots.keys())
    free = 0 if closing else len(roll.electors - roll.vetoers - valid.keys())
    result, why = _result(rule, counted, waiting, free, veto_open=veto_open, has_chair=roll.chair is not None)
    needed = rule.passing.needed(_base(rule, counted))
    return Tally(counted.electorate, counted.present, by, rule.quorum.needed(counted.electorate), needed, result, why)


def may_close(rule: Rule, tally: Tally, *, all_in: bool, time_over: bool = False) -> bool:
    """Whether the vote closes by itself now."""
    if tally.result is None:
        return False
    if all_in:
        return bool(rule.closing & {"all", "early"})
    return "early" in rule.closing or ("time" in rule.closing and time_over)


@dataclass(frozen=True)
class Sight:
    """What a reader may know of a vote: the counts, and who said what. Who has voted, and not how, is never a secret."""

    counts: bool
    ballots: bool


def sight(visibility: str, *, closed: bool, audits: bool = False) -> Sight:
    """The rule's visibility at this moment: "open" always; "hidden" after closing; "result" the counts after closing, the ballots
    then for auditors only."""
    if visibility == "open":
        return Sight(counts=True, ballots=True)
    return Sight(counts=closed, ballots=closed and (visibility == "hidden" or audits))


def lot(seed: str, ids: Iterable[int], number: int) -> list[int]:
    """`number` of the ids, drawn by lot: those with the smallest SHA-256 of seed and id. Who has the seed can draw again."""
    return sorted(set(ids), key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).digest())[:number]


def conditions_in(choices: Iterable[tuple[Choice, str | None]]) -> list[str]:
    """The conditions that the ballots set, one a line, each once, in their order."""
    lines = [line.strip(" \t-•·") for choice, text in choices if choice is Choice.CONDITIONAL for line in _lines(text)]
    return list(dict.fromkeys(line for line in lines if line))


def _lines(text: str | None) -> list[str]:
    return (text or "").splitlines()


def _result(
    rule: Rule, now: Count, left: int, free: int, *, veto_open: bool, has_chair: bool
) -> tuple[Result | None, str]:
    """Decided when every way of filling the `left` ballots, `free` of them without a veto, gives the same result."""
    if now.electorate == 0:
        return None, ""
    if not left and not veto_open:
        return _decide(rule, now, has_chair=has_chair)
    # A member who is present and silent now is one of those left; filling his ballot must not count him twice.
    bare = replace(now, silent=0) if left >= now.silent else now
    fills = [_decide(rule, full, has_chair=has_chair) for full in _fillings(rule, now, bare, left, free)]
    if veto_open and not now.vetoed:
        fills.append((Result.REFUSE, "veto"))
    first = fills[0]
    return first if all(result is first[0] for result, _ in fills) else (None, "")


def _fillings(rule: Rule, now: Count, bare: Count, left: int, free: int) -> Iterable[Count]:
    """Enough of the ways to fill the ballots left: nobody, everybody the same, and the nearest to a tie.

    Every question of `_decide` but the tie is monotone in each kind of ballot, so its extremes are where all say the same.
    More than `free` ballots against it hold a veto, which leaves no tie.
    """
    yield now
    for choice in sorted(rule.offered | {Choice.AGREE, Choice.DISAGREE}):
        yield replace(bare.more(choice, left), vetoed=now.vetoed or (choice is Choice.DISAGREE and left > free))
    yes, no = _yes(rule, now), now.by[Choice.DISAGREE]
    if yes < no <= yes + left:
        yield bare.more(Choice.AGREE, no - yes)
    if no < yes <= no + free:
        yield bare.more(Choice.DISAGREE, yes - no)
    if yes == no == 0 and left > 1 and free:
        yield bare.more(Choice.AGREE, 1).more(Choice.DISAGREE, 1)


def _decide(rule: Rule, final: Count, *, has_chair: bool) -> tuple[Result | None, str]:
    """The result if no further ballot comes; None without the quorum."""
    if not rule.quorum.is_met(final.present, final.electorate):
        return None, ""
    if final.vetoed:
        return Result.REFUSE, "veto"
    if _wants_discussion(rule, final):
        return Result.DISCUSS, "discuss"
    if _passes(rule, final):
        return _side(rule, final), "passed"
    yes = _yes(rule, final)
    if yes and yes == final.by[Choice.DISAGREE] and rule.tie != "fail":
        return _tie(rule, final, has_chair=has_chair)
    return Result.REFUSE, "not_passed"


def _tie(rule: Rule, final: Count, *, has_chair: bool) -> tuple[Result, str]:
    if rule.tie == "discuss":
        return (Result.REFUSE, "tie") if final.last_round else (Result.DISCUSS, "tie")
    if not has_chair:
        return Result.REFUSE, "no_chair"
    if final.casting is None:
        return Result.TIE, "tie"
    if final.casting not in (Choice.AGREE, Choice.CONDITIONAL):
        return Result.REFUSE, "chair"
    conditional = final.casting is Choice.CONDITIONAL or _side(rule, final) is Result.CONDITIONAL
    return (Result.CONDITIONAL if conditional else Result.APPROVE), "chair"


def _wants_discussion(rule: Rule, final: Count) -> bool:
    wanting = final.by[Choice.DISCUSS]
    return wanting > 0 and not final.last_round and rule.discuss.is_met(wanting, final.present)


def _passes(rule: Rule, final: Count) -> bool:
    base, yes = _base(rule, final), _yes(rule, final)
    return base > 0 and yes > 0 and rule.passing.is_met(yes, base)


def _side(rule: Rule, final: Count) -> Result:
    """Approved; with conditions where somebody whose ballot counts as a yes has set one."""
    conditional = rule.conditional_is_yes and final.by[Choice.CONDITIONAL]
    return Result.CONDITIONAL if conditional else Result.APPROVE


def _yes(rule: Rule, final: Count) -> int:
    return final.by[Choice.AGREE] + (final.by[Choice.CONDITIONAL] if rule.conditional_is_yes else 0)


def _base(rule: Rule, final: Count) -> int:
    if rule.base == "electorate":
        return final.electorate
    if rule.base == "present":
        return final.present
    return sum(final.by.values()) - final.by[Choice.ABSTAIN]
