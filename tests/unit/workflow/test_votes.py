"""Ballots over the whole space of rules: any order the same result; what is decided early can't be turned by the ballots left."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.workflow.committees.votes import (
    ENDING,
    Choice,
    Result,
    Roll,
    Rule,
    conditions_in,
    count,
    lot,
    may_close,
    rule_of,
)
from app.workflow.engine import Threshold, VoteRule, threshold

A, C, D, N, R = Choice.AGREE, Choice.CONDITIONAL, Choice.DISAGREE, Choice.ABSTAIN, Choice.DISCUSS

THRESHOLDS = st.sampled_from(["1/3", "1/2", ">1/2", "2/3", ">2/3", "3/4", "1/1", "60%", "2", "3", "5"]).map(threshold)
TIED = st.sampled_from(["fail", "chair", "discuss"])
MAJORITY = threshold(">1/2")
OFFERED = st.sampled_from([frozenset(Choice), frozenset(Choice) - {R}, frozenset({A, D}), frozenset({A, D, R})])


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Every rule a diagram may state: a tie is asked for only where more than half must agree."""
    tie = draw(TIED)
    return Rule(
        quorum=draw(THRESHOLDS),
        passing=MAJORITY if tie != "fail" else draw(THRESHOLDS),
        base=draw(st.sampled_from(["electorate", "present", "voting"])),
        conditional_is_yes=draw(st.booleans()),
        discuss=draw(st.sampled_from([MAJORITY, threshold("1/3"), threshold("2")])),
        tie=tie,
        offered=draw(OFFERED),
    )


@st.composite
def votes(draw: st.DrawFn, most: int = 7) -> tuple[Rule, Roll, dict[int, Choice]]:
    """A rule, a roll of up to `most` electors (maybe a veto or chair without a vote, seats of the absent), ballots of some."""
    rule = draw(rules())
    electors = draw(st.integers(1, most))
    chair = draw(st.sampled_from([None, 0, 90]))
    vetoers = draw(st.sampled_from([frozenset(), frozenset({0}), frozenset({0, 1}), frozenset({91})]))
    roll = Roll(frozenset(range(electors)), chair, vetoers, draw(st.sampled_from([0, 0, 1, 3])))
    voters = draw(st.sets(st.sampled_from(sorted(roll.seats))))
    return rule, roll, {voter: draw(st.sampled_from(sorted(rule.offered))) for voter in sorted(voters)}


def roll_of(members: int, **more) -> Roll:
    return Roll(frozenset(range(members)), **more)


def cast(*choices: Choice) -> dict[int, Choice]:
    return dict(enumerate(choices))


def result(rule: Rule, members: int, *choices: Choice, **more) -> Result | None:
    return count(rule, roll_of(members), cast(*choices), **more).result


@given(votes(), st.randoms(), st.booleans())
def test_any_order_of_the_same_ballots_gives_the_same_tally(vote, draw, closing) -> None:
    rule, roll, ballots = vote
    shuffled = list(ballots.items())
    draw.shuffle(shuffled)
    assert count(rule, roll, dict(shuffled), closing=closing) == count(rule, roll, ballots, closing=closing)


@settings(max_examples=400, deadline=None)
@given(votes(), st.data())
def test_an_early_decision_is_never_turned_by_the_ballots_left(vote, data) -> None:
    rule, roll, ballots = vote
    present = data.draw(st.sets(st.sampled_from(sorted(roll.electors))))
    early = count(rule, roll, ballots, present=present).result
    if early is None:
        return
    # Not everybody has to vote, and somebody else may still come into the room.
    left = sorted(roll.seats - ballots.keys())
    later = {voter: data.draw(st.sampled_from(sorted(rule.offered))) for voter in left if data.draw(st.booleans())}
    seen = present | data.draw(st.sets(st.sampled_from(sorted(roll.electors))))
    assert count(rule, roll, {**ballots, **later}, present=seen, closing=True).result == early


@settings(max_examples=300, deadline=None)
@given(votes(most=4))
def test_a_vote_is_decided_as_soon_as_no_filling_of_the_ballots_left_differs(vote) -> None:
    rule, roll, ballots = vote
    left = sorted(roll.seats - ballots.keys())
    ways = itertools.product((None, *sorted(rule.offered | {A, D})), repeat=len(left))
    ends = {
        count(rule, roll, {**ballots, **{v: c for v, c in zip(left, way, strict=True) if c}}, closing=True).result
        for way in ways
    }
    early = count(rule, roll, ballots).result
    assert early == (ends.pop() if len(ends) == 1 else None)


def test_a_tie_that_only_a_veto_could_make_keeps_no_vote_open() -> None:
    rule = Rule(quorum=threshold("1/3"), passing=threshold("2/3"), base="electorate", tie="chair")
    roll = Roll(frozenset(range(4)), chair=0, vetoers=frozenset({0}))
    assert count(rule, roll, {1: N, 2: N, 3: A}).result is Result.REFUSE


@given(votes(), st.sampled_from([None, A, C, D, N]))
def test_a_veto_never_lets_a_vote_pass(vote, casting) -> None:
    rule, roll, ballots = vote
    for closing in (False, True):
        tally = count(rule, roll, {**ballots, **dict.fromkeys(roll.vetoers, D)}, closing=closing, casting=casting)
        if roll.vetoers:
            assert tally.result in (None, Result.REFUSE)


@given(votes())
def test_a_veto_holder_who_does_not_say_no_changes_nothing_unless_he_has_a_vote(vote) -> None:
    rule, roll, ballots = vote
    without = {v: c for v, c in ballots.items() if v in roll.electors}
    outside = replace(roll, vetoers=frozenset({91}))
    plain = count(rule, replace(roll, vetoers=frozenset()), without, closing=True)
    assert count(rule, outside, {**without, 91: A}, closing=True) == plain


@given(votes())
def test_nothing_is_decided_without_the_quorum(vote) -> None:
    rule, roll, ballots = vote
    for closing in (False, True):
        tally = count(rule, roll, ballots, closing=closing)
        if not rule.quorum.is_met(tally.present, tally.electorate):
            assert tally.result is None
            assert not tally.has_quorum


@given(votes(), st.data())
def test_recusing_never_lets_a_minority_of_the_electorate_pass(vote, data) -> None:
    rule, roll, ballots = vote
    rule = replace(
        rule, base="electorate", passing=data.draw(st.sampled_from([MAJORITY, threshold("2/3")])), tie="fail"
    )
    recused = data.draw(st.sets(st.sampled_from(sorted(roll.electors))))
    left = replace(roll, electors=roll.electors - recused)
    tally = count(rule, left, ballots, closing=True)
    if tally.result in (Result.APPROVE, Result.CONDITIONAL):
        yes = tally.counts[A] + tally.counts[C]
        assert yes * 2 > len(left.electors)


@given(votes(), st.data())
def test_the_ballot_of_a_recused_member_is_not_counted(vote, data) -> None:
    rule, roll, ballots = vote
    gone = data.draw(st.sampled_from(sorted(roll.electors)))
    left = replace(roll, electors=roll.electors - {gone}, vetoers=roll.vetoers - {gone})
    without = {voter: choice for voter, choice in ballots.items() if voter != gone}
    assert count(rule, left, ballots, closing=True) == count(rule, left, without, closing=True)


@given(votes())
def test_a_tie_is_the_chairs_only_where_as_many_agree_as_disagree(vote) -> None:
    rule, roll, ballots = vote
    tally = count(rule, roll, ballots, closing=True)
    if tally.result is Result.TIE:
        yes = tally.counts[A] + (tally.counts[C] if rule.conditional_is_yes else 0)
        assert yes == tally.counts[D] > 0
        for casting in (A, C, D, N):
            assert count(rule, roll, ballots, closing=True, casting=casting).result in ENDING


@given(votes(), st.sampled_from([A, C, D, N, R]))
def test_what_the_chair_says_of_a_tie_changes_nothing_where_there_is_none(vote, casting) -> None:
    rule, roll, ballots = vote
    plain = count(rule, roll, ballots, closing=True)
    if plain.result is not Result.TIE:
        assert count(rule, roll, ballots, closing=True, casting=casting) == plain


@given(votes())
def test_the_last_round_always_ends_the_vote_or_waits_for_the_chair(vote) -> None:
    rule, roll, ballots = vote
    tally = count(rule, roll, ballots, closing=True, last_round=True)
    assert tally.result is not Result.DISCUSS
    assert (tally.result is None) == (not tally.has_quorum)


@given(votes(), st.data())
def test_one_more_agreement_never_turns_an_approval_into_a_refusal(vote, data) -> None:
    rule, roll, ballots = vote
    silent = sorted(roll.electors - ballots.keys() - roll.vetoers)
    before = count(rule, roll, ballots, closing=True).result
    if silent and before in (Result.APPROVE, Result.CONDITIONAL):
        voter = data.draw(st.sampled_from(silent))
        assert count(rule, roll, {**ballots, voter: A}, closing=True).result == before


@given(votes())
def test_the_number_said_to_be_needed_is_the_smallest_that_passes(vote) -> None:
    rule, roll, ballots = vote
    tally = count(rule, roll, ballots, closing=True)
    base = {"electorate": tally.electorate, "present": tally.present}.get(rule.base, tally.voted - tally.counts[N])
    assert rule.passing.is_met(tally.yes_needed, base)
    assert tally.yes_needed == 0 or not rule.passing.is_met(tally.yes_needed - 1, base)


def test_exactly_two_thirds_pass() -> None:
    assert result(Rule(), 3, A, A, D) is Result.APPROVE


def test_without_a_word_two_thirds_of_those_present_must_agree() -> None:
    rule = rule_of(VoteRule("committee"))
    assert (rule.passing, rule.base, rule.conditional_is_yes) == (threshold("2/3"), "present", True)
    assert result(rule, 6, A, A, A, C, D, D) is Result.CONDITIONAL
    assert result(rule, 6, A, A, A, D, D, D) is Result.REFUSE
    assert result(rule, 6, A, A, closing=True) is None, "half of them must be there"


def test_an_absent_members_seat_counts_for_the_quorum_and_is_not_waited_for() -> None:
    rule = Rule(quorum=threshold("2/3"), passing=threshold("2/3"), base="electorate")
    alone = Roll(frozenset(range(2)), vacant=3)
    assert count(rule, alone, cast(A, A), closing=True).result is None
    assert count(rule, alone, cast(A, A)).quorum_needed == 4
    enough = Roll(frozenset(range(4)), vacant=1)
    assert count(rule, enough, cast(A, A, A, A)).result is Result.APPROVE
    assert count(rule, enough, cast(A, A, A, D)).result is Result.REFUSE


def test_exactly_half_does_not_pass_where_more_than_half_must_agree() -> None:
    assert result(Rule(passing=MAJORITY), 4, A, A, D, D) is Result.REFUSE
    assert result(Rule(passing=threshold("1/2")), 4, A, A, D, D) is Result.APPROVE


def test_a_number_of_members_may_be_asked_for() -> None:
    rule = Rule(passing=threshold("3"), quorum=threshold("4"))
    assert result(rule, 5, A, A, A, closing=True) is None
    assert result(rule, 5, A, A, A, D, closing=True) is Result.APPROVE
    assert result(rule, 5, A, A, D, D, closing=True) is Result.REFUSE


def test_a_refusal_is_known_as_soon_as_two_thirds_are_out_of_reach_and_the_quorum_is_there() -> None:
    assert result(Rule(), 5, D, A) is None
    assert result(Rule(), 5, D, D) is None
    assert result(Rule(), 5, D, D, A) is Result.REFUSE


def test_a_condition_makes_the_approval_conditional_as_soon_as_it_is_safe() -> None:
    assert result(Rule(), 3, C, A) is Result.CONDITIONAL


def test_an_approval_waits_for_the_last_ballot_for_it_may_bring_a_condition() -> None:
    assert result(Rule(), 3, A, A) is None
    assert result(Rule(), 3, A, A, C) is Result.CONDITIONAL
    assert result(Rule(offered=frozenset({A, D})), 3, A, A) is Result.APPROVE


def test_agreement_with_conditions_may_count_as_none() -> None:
    strict = Rule(conditional_is_yes=False)
    assert result(strict, 3, A, C, C) is Result.REFUSE
    assert result(strict, 3, A, A, C) is Result.APPROVE


def test_who_abstains_is_present_but_does_not_vote() -> None:
    assert result(Rule(base="present"), 3, A, N, N) is Result.REFUSE
    assert result(Rule(base="voting"), 3, A, N, N) is Result.APPROVE


def test_if_all_abstain_nothing_is_approved() -> None:
    assert result(Rule(base="voting"), 3, N, N, N) is Result.REFUSE


def test_of_the_whole_electorate_two_thirds_are_needed_whoever_stays_away() -> None:
    rule = Rule(base="electorate")
    assert result(rule, 6, A, A, A) is None
    assert result(rule, 6, A, A, A, closing=True) is Result.REFUSE
    assert result(rule, 6, A, A, A, A, closing=True) is Result.APPROVE


def test_who_is_marked_present_and_does_not_vote_counts_among_those_present() -> None:
    assert result(Rule(), 4, A, A, closing=True) is Result.APPROVE
    assert result(Rule(), 4, A, A, closing=True, present=range(4)) is Result.REFUSE
    assert result(Rule(base="voting"), 4, A, A, closing=True, present=range(4)) is Result.APPROVE


def test_when_more_than_half_want_to_talk_again_there_is_a_new_round() -> None:
    rule = Rule(offered=frozenset(Choice))
    assert result(rule, 5, R, R, R, A, A) is Result.DISCUSS
    assert result(rule, 5, R, R, A, A, A) is Result.REFUSE
    assert result(rule, 5, R, R, R, A, A, last_round=True) is Result.REFUSE


def test_a_tie_fails_or_is_discussed_again_or_is_the_chairs() -> None:
    tied = (A, A, D, D)
    assert result(Rule(passing=MAJORITY, tie="fail"), 4, *tied) is Result.REFUSE
    assert result(Rule(passing=MAJORITY, tie="discuss"), 4, *tied) is Result.DISCUSS
    chaired = roll_of(4, chair=9)
    rule = Rule(passing=MAJORITY, tie="chair")
    assert count(rule, chaired, cast(*tied)).result is Result.TIE
    for casting, end in ((A, Result.APPROVE), (C, Result.CONDITIONAL), (D, Result.REFUSE), (N, Result.REFUSE)):
        assert count(rule, chaired, cast(*tied), casting=casting).result is end


def test_a_tie_without_a_chair_is_no_approval() -> None:
    tally = count(Rule(passing=MAJORITY, tie="chair"), roll_of(2), cast(A, D))
    assert (tally.result, tally.why) == (Result.REFUSE, "no_chair")


def test_a_veto_stops_at_once_but_only_with_a_quorum() -> None:
    roll = roll_of(4, vetoers=frozenset({0}))
    assert count(Rule(), roll, {0: D}).result is None
    assert count(Rule(), roll, {0: D, 1: A}).result is Result.REFUSE
    assert count(Rule(), roll, {0: D, 1: A, 2: A, 3: A}).why == "veto"


def test_an_approval_waits_for_whoever_holds_a_veto() -> None:
    roll = roll_of(3, vetoers=frozenset({91}))
    assert count(Rule(), roll, cast(A, A, A)).result is None
    assert count(Rule(), roll, {**cast(A, A, A), 91: N}).result is Result.APPROVE
    assert count(Rule(), roll, {**cast(A, A, A), 91: D}).result is Result.REFUSE


def test_ballots_of_people_without_a_vote_are_not_counted() -> None:
    tally = count(Rule(), Roll(frozenset({1, 2, 3})), {1: A, 9: D, 8: D})
    assert (tally.voted, tally.counts[D], tally.result) == (1, 0, None)


def test_a_vote_without_electors_is_never_decided_by_itself() -> None:
    assert count(Rule(), roll_of(0), {}, closing=True).result is None


def test_the_tally_says_how_many_are_needed() -> None:
    tally = count(Rule(base="electorate"), roll_of(7), cast(A))
    assert (tally.electorate, tally.voted, tally.quorum_needed, tally.yes_needed) == (7, 1, 4, 5)


@pytest.mark.parametrize(
    ("closing", "all_in", "time_over", "closes"),
    [
        ({"early"}, False, False, True),
        ({"all"}, False, False, False),
        ({"all"}, True, False, True),
        ({"early"}, True, False, True),
        ({"secretary"}, True, True, False),
        ({"time"}, True, False, False),
        ({"time"}, False, True, True),
        ({"all", "time"}, True, False, True),
    ],
)
def test_a_vote_closes_by_itself_only_as_the_rule_says(closing, all_in, time_over, closes) -> None:
    rule = Rule(closing=frozenset(closing))
    decided = count(rule, roll_of(3), cast(A, A, A))
    undecided = count(rule, roll_of(3), cast(A))
    assert may_close(rule, decided, all_in=all_in, time_over=time_over) is closes
    assert not may_close(rule, undecided, all_in=all_in, time_over=time_over)


@given(st.text(min_size=1), st.sets(st.integers(1, 500), min_size=1, max_size=30), st.integers(0, 40))
def test_the_lot_can_be_drawn_again_by_whoever_has_the_seed(seed, ids, number) -> None:
    drawn = lot(seed, ids, number)
    assert drawn == lot(seed, sorted(ids, reverse=True), number)
    assert len(drawn) == min(number, len(ids))
    assert set(drawn) <= ids


def test_the_lot_favours_nobody() -> None:
    drawn = [lot(f"seed {n}", range(5), 1)[0] for n in range(2000)]
    assert all(300 < drawn.count(one) < 500 for one in range(5))


def test_conditions_are_the_lines_of_the_ballots_that_set_them_each_once() -> None:
    ballots = [(C, "追加保证人\n- 抵押登记 "), (A, "好"), (C, "抵押登记\n\n"), (D, "不行"), (C, None)]
    assert conditions_in(ballots) == ["追加保证人", "抵押登记"]


def test_the_rule_of_the_diagram_is_read_as_written() -> None:
    written = VoteRule("x", quorum=">60%", passing="5", conditional="no", ballots="agree disagree discuss", close="all")
    rule = rule_of(written)
    assert rule.quorum.needed(10) == 7
    assert (rule.passing, rule.conditional_is_yes, rule.may_change) == (Threshold(number=5), False, True)
    assert rule.offered == {A, D, R}
    assert rule.closing == {"all"}


@pytest.mark.parametrize(
    ("text", "of", "needed"),
    [
        ("2/3", 5, 4),
        ("2/3", 6, 4),
        (">2/3", 6, 5),
        (">1/2", 4, 3),
        (">1/2", 5, 3),
        ("0.5", 5, 3),
        ("60%", 5, 3),
        ("1/1", 7, 7),
        ("5", 3, 5),
        (">=1/2", 4, 2),
        ("≥ 1/2", 4, 2),
        ("66.7%", 3, 3),
    ],
)
def test_thresholds_are_read_exactly(text: str, of: int, needed: int) -> None:
    assert threshold(text).needed(of) == needed
    assert threshold(text).is_met(needed, of)
    assert not threshold(text).is_met(needed - 1, of)


@pytest.mark.parametrize(
    "text", ["", "0", "1", "-1/2", "3/2", "x", "1/0", "> 5", ">1/1", "0/3", "150%", "2/3 or so", "NaN"]
)
def test_what_is_no_threshold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"share|number|divides"):
        threshold(text)
