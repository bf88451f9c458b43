"""The rule of a vote as the analyst writes it: `<credit:vote …>` read into a `VoteRule`, and every fault of it found.

A misspelt rule would be a rule nobody agreed to, so unknown words are errors; and so are rules whose parts contradict each
other (a chair who may vote on a tie only where no tie is ever asked for), because one of the two was not meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lxml import etree

from app.workflow.engine.stations import VoteRule
from app.workflow.engine.texts import Findings

CHOICES = ("agree", "conditional", "disagree", "abstain", "discuss")
CLOSINGS = ("all", "early", "time", "secretary")
ATTRIBUTES = {
    "electorate": "electorate",
    "members": "members",
    "experts": "experts",
    "draw": "draw",
    "deputies": "deputies",
    "chair": "chair",
    "chairVotes": "chair_votes",
    "secretary": "secretary",
    "ballots": "ballots",
    "quorum": "quorum",
    "pass": "passing",
    "base": "base",
    "conditional": "conditional",
    "discuss": "discuss",
    "rounds": "rounds",
    "tie": "tie",
    "veto": "veto",
    "visibility": "visibility",
    "close": "close",
    "after": "after",
    "change": "change",
}
WORDS = {
    "base": ("present", "electorate", "voting"),
    "chairVotes": ("always", "tie"),
    "conditional": ("yes", "no"),
    "tie": ("fail", "chair", "discuss"),
    "visibility": ("open", "hidden", "result"),
    "change": ("yes", "no"),
}
LISTS = {"ballots": CHOICES, "close": CLOSINGS}
_NUMBERS = {"draw": 50, "rounds": 9}
_THRESHOLD = re.compile(r"(>=|≥|>)?\s*(?:(\d{1,3})\s*/\s*(\d{1,3})|(\d{1,3}(?:\.\d{1,4})?)\s*%|(0\.\d{1,6})|(\d{1,3}))")
_DURATION = re.compile(r"P(?=.)(\d+W|(\d+D)?(T(?=.)(\d+H)?(\d+M)?)?)")
PERSON = "user:"


@dataclass(frozen=True)
class Threshold:
    """How many of a number: a share of it (`2/3`, `60%`, `0.6`) or a count (`5`); `more`: more than that, not just as many."""

    share: Fraction | None = None
    number: int | None = None
    more: bool = False

    def is_met(self, given: int, of: int) -> bool:
        """Whether `given` of `of` are enough."""
        limit = self._limit(of)
        return given > limit if self.more else given >= limit

    def needed(self, of: int) -> int:
        """The smallest number that is enough."""
        limit = self._limit(of)
        least = -(-limit.numerator // limit.denominator)
        return least + 1 if self.more and least == limit else least

    def _limit(self, of: int) -> Fraction:
        return Fraction(self.number) if self.number is not None else (self.share or Fraction(0)) * of


def threshold(text: str) -> Threshold:
    """ "2/3", ">1/2", "60%", "0.5" as a share, "5" as a count. Raises ValueError for anything else.

    "1" alone is refused: it may mean one member or all of them; who means all writes 1/1.
    """
    match = _THRESHOLD.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text} is neither a share nor a number of members")
    sign, upper, lower, percent, decimal, number = match.groups()
    if number is not None:
        if int(number) < 2 or sign == ">":
            raise ValueError(f"{text} is no number of members")
        return Threshold(number=int(number))
    if upper is not None and int(lower) == 0:
        raise ValueError(f"{text} divides by nothing")
    share = Fraction(int(upper), int(lower)) if upper else Fraction(percent or decimal) / (100 if percent else 1)
    if not 0 < share <= 1 or (share == 1 and sign == ">"):
        raise ValueError(f"{text} is no share between 0 and 1")
    return Threshold(share=share, more=sign == ">")


def read_vote(element: etree._Element, node_id: str, findings: Findings) -> VoteRule:
    """The rule that `<credit:vote>` states; every fault is a finding."""
    given = {str(name): " ".join(str(value).split()) for name, value in element.attrib.items()}
    for name in sorted(given.keys() - ATTRIBUTES.keys()):
        findings.error("vote_unknown", node_id, name=name, known=", ".join(sorted(ATTRIBUTES)))
    known = {name: value for name, value in given.items() if name in ATTRIBUTES and value}
    _check_words(known, node_id, findings)
    typed: dict[str, Any] = {ATTRIBUTES[name]: value for name, value in known.items()}
    for name in _NUMBERS.keys() & known.keys():
        typed[ATTRIBUTES[name]] = int(known[name]) if known[name].isdecimal() else 0
    rule = VoteRule(**typed)
    for code, facts in _faults(rule, known):
        findings.error(code, node_id, **facts)
    return rule


def _check_words(given: dict[str, str], node_id: str, findings: Findings) -> None:
    for name, allowed in WORDS.items():
        if given.get(name, allowed[0]) not in allowed:
            findings.error("vote_word", node_id, name=name, word=given[name], known=", ".join(allowed))
    for name, allowed in LISTS.items():
        for word in given.get(name, "").split():
            if word not in allowed:
                findings.error("vote_word", node_id, name=name, word=word, known=", ".join(allowed))
    for name, most in _NUMBERS.items():
        if name in given and not (given[name].isdecimal() and 1 <= int(given[name]) <= most):
            findings.error("vote_number", node_id, name=name, word=given[name], most=most)
    for name in ("quorum", "pass", "discuss"):
        if name in given and _readable(given[name]) is None:
            findings.error("vote_threshold", node_id, name=name, word=given[name])
    if "after" in given and not _DURATION.fullmatch(given["after"]):
        findings.error("due_unreadable", node_id, text=given["after"])


def _faults(rule: VoteRule, given: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """What contradicts itself: the finding's code and its facts."""
    closings, ballots, passing = rule.close.split(), rule.ballots.split(), _readable(rule.passing)
    has_chair = bool(rule.chair or rule.electorate)
    needs_chair = rule.tie == "chair" or rule.chair_votes == "tie" or "chair" in rule.veto.split()
    by_half = passing is not None and passing.share == Fraction(1, 2) and passing.more
    checks: tuple[tuple[bool, str, dict[str, Any]], ...] = (
        (not (rule.electorate or rule.members or rule.experts), "vote_electorate", {}),
        (bool(rule.experts) != (rule.draw > 0) and "draw" not in _faulty(given), "vote_draw", {}),
        (needs_chair and not has_chair, "vote_no_chair", {}),
        (rule.chair_votes == "tie" and rule.tie != "chair", "vote_chair_idle", {}),
        (rule.tie != "fail" and not by_half, "vote_tie_never", {"word": rule.tie}),
        (passing is not None and passing.number is not None and "base" in given, "vote_base_unused", {}),
        (not {"agree", "disagree"} <= set(ballots), "vote_ballots", {}),
        ("conditional" in given and "conditional" not in ballots, "vote_unused", {"name": "conditional"}),
        ("discuss" in given and "discuss" not in ballots, "vote_unused", {"name": "discuss"}),
        ("rounds" in given and "discuss" not in (*ballots, rule.tie), "vote_unused", {"name": "rounds"}),
        (("time" in closings) != (rule.after is not None), "vote_time", {}),
        ("secretary" in closings and not rule.secretary, "vote_no_secretary", {}),
        (_too_few(rule), "vote_quorum_never", {"word": rule.quorum}),
    )
    return [(code, facts) for wrong, code, facts in checks if wrong]


def _too_few(rule: VoteRule) -> bool:
    """Whether the people named can't reach the quorum; a group's size is known only when the vote opens."""
    quorum = _readable(rule.quorum)
    if rule.electorate or quorum is None or quorum.number is None:
        return False
    return quorum.number > len(rule.members.split()) + rule.draw


def _faulty(given: dict[str, str]) -> set[str]:
    return {n for n in _NUMBERS.keys() & given.keys() if not given[n].isdecimal() or int(given[n]) < 1}


def _readable(text: str) -> Threshold | None:
    try:
        return threshold(text)
    except ValueError:
        return None


def groups_named(rule: VoteRule) -> list[str]:
    """The group keys that the rule names: electorate, experts, deputies, secretary, chair, holders of a veto."""
    single = (rule.electorate, rule.experts, rule.deputies, rule.secretary, rule.chair)
    named = [*(word for word in single if word), *(word for word in rule.veto.split() if word != "chair")]
    return [word for word in named if not word.startswith(PERSON)]
