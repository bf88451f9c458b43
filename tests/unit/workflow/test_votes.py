"""Ballots: any order the same result; what is decided early can't be turned by the ballots left."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workflow.votes import Choice, Rule, count, parse_share

SHARES = st.sampled_from([Fraction(1, 2), Fraction(2, 3), Fraction(3, 4), Fraction(1), Fraction(1, 3)])
RULES = st.builds(Rule, SHARES, SHARES, st.sampled_from(["electorate", "present", "voting"]))
CHOICES = st.sampled_from(list(Choice))
A, C, D, N = Choice.AGREE, Choice.CONDITIONAL, Choice.DISAGREE, Choice.ABSTAIN


def cast(*choices: Choice) -> dict[int, Choice]:
    return dict(enumerate(choices))


@given(RULES, st.lists(CHOICES, min_size=1, max_size=9), st.randoms())
def test_any_order_of_the_same_ballots_gives_the_same_tally(rule, choices, draw) -> None:
    voters = list(range(len(choices)))
    shuffled = list(zip(voters, choices, strict=True))
    draw.shuffle(shuffled)
    assert count(rule, voters, dict(shuffled)) == count(rule, voters, dict(enumerate(choices)))


@given(RULES, st.integers(1, 9), st.lists(CHOICES, max_size=9), st.data())
def test_an_early_decision_is_never_turned_by_the_ballots_left(rule, members, choices, data) -> None:
    given_now = cast(*choices[:members])
    early = count(rule, range(members), given_now).result
    left = members - len(given_now)
    # Not everybody has to vote, so any number of the ballots left may follow.
    later = data.draw(st.lists(CHOICES, max_size=left))
    more = {**given_now, **dict(enumerate(later, start=len(given_now)))}
    final = count(rule, range(members), more).result
    if early == "refuse":
        assert final == "refuse"
    elif early is not None:
        assert final in {"approve", "conditional"}


@given(RULES, st.lists(CHOICES, min_size=1, max_size=9))
def test_a_vote_is_always_decided_when_the_last_ballot_is_in(rule, choices) -> None:
    assert count(rule, range(len(choices)), cast(*choices)).result is not None


@given(RULES, st.lists(CHOICES, min_size=1, max_size=9))
def test_the_result_of_a_full_vote_is_what_the_rule_says_in_plain_arithmetic(rule, choices) -> None:
    yes = sum(choice in (A, C) for choice in choices)
    base = len(choices) - (choices.count(N) if rule.base == "voting" else 0)
    passes = base > 0 and Fraction(yes, base) >= rule.passing
    expected = ("conditional" if C in choices else "approve") if passes else "refuse"
    assert count(rule, range(len(choices)), cast(*choices)).result == expected


def test_exactly_two_thirds_pass() -> None:
    assert count(Rule(), range(3), cast(A, A, D)).result == "approve"


def test_one_below_two_thirds_fails() -> None:
    assert count(Rule(), range(5), cast(A, A, A, D, D)).result == "refuse"


def test_a_refusal_is_known_as_soon_as_two_thirds_are_out_of_reach() -> None:
    assert count(Rule(), range(5), cast(D, A)).result is None
    assert count(Rule(), range(5), cast(D, D)).result == "refuse"


def test_nothing_is_decided_below_the_quorum_however_united_they_are() -> None:
    rule = Rule(quorum=Fraction(1), passing=Fraction(1, 2))
    assert count(rule, range(4), cast(A, A, A)).result is None


def test_a_condition_makes_the_approval_conditional_as_soon_as_it_is_safe() -> None:
    assert count(Rule(), range(3), cast(C, A)).result == "conditional"


def test_an_approval_waits_for_the_last_ballot_for_it_may_bring_a_condition() -> None:
    assert count(Rule(), range(3), cast(A, A)).result is None
    assert count(Rule(), range(3), cast(A, A, C)).result == "conditional"


def test_who_abstains_is_present_but_does_not_vote() -> None:
    present, voting = Rule(base="present"), Rule(base="voting")
    assert count(present, range(3), cast(A, N, N)).result == "refuse"
    assert count(voting, range(3), cast(A, N, N)).result == "approve"


def test_if_all_abstain_nothing_is_approved() -> None:
    assert count(Rule(base="voting"), range(3), cast(N, N, N)).result == "refuse"


def test_of_the_whole_electorate_two_thirds_are_needed_whoever_stays_away() -> None:
    assert count(Rule(base="electorate"), range(6), cast(A, A, A)).result is None
    assert count(Rule(base="electorate"), range(6), cast(A, A, A, D, D, D)).result == "refuse"


def test_ballots_of_people_without_a_vote_are_not_counted() -> None:
    tally = count(Rule(), [1, 2, 3], {1: A, 9: D, 8: D})
    assert (tally.voted, tally.counts[D], tally.result) == (1, 0, None)


def test_a_vote_without_electors_is_never_decided_by_itself() -> None:
    assert count(Rule(), [], {}).result is None


def test_the_tally_says_how_many_are_needed() -> None:
    tally = count(Rule(base="electorate"), range(7), cast(A))
    assert (tally.electorate, tally.voted, tally.quorum_needed, tally.yes_needed) == (7, 1, 4, 5)


@pytest.mark.parametrize(("text", "share"), [("2/3", Fraction(2, 3)), ("0.5", Fraction(1, 2)), ("1", Fraction(1))])
def test_shares_are_read_exactly(text: str, share: Fraction) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["0", "-1/2", "3/2", "x", "1/0"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises((ValueError, ZeroDivisionError)):
        parse_share(text)
