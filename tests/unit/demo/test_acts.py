"""What a fate makes people do next, on tasks drawn by hand: nothing is written."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.demo import acts, profile
from app.demo.acts import Life, next_act
from app.demo.fates import Fate
from app.demo.generate import lives
from app.workflow import engine
from app.workflow.committees import votes

NOW = datetime(2026, 3, 18, 6, 30, tzinfo=UTC)
FATE = Fate(NOW, "approved", "", "", 0, {"leads": 1, "incomplete": 1, "review": 1}, conditional=False)
PEOPLE = {number: SimpleNamespace(id=number, username=f"p{number}") for number in (1, 2, 3)}
STAFF: Any = SimpleNamespace(by_id=PEOPLE, pool=lambda _task: list(PEOPLE.values()))
CASE: Any = SimpleNamespace(id=1, started_by=1)


def life(seed: int = 1, **fate: Any) -> Life:
    loan = lives(NOW, 1)[0].loan
    claimed = Counter(dict.fromkeys(("routing", "pre_committee_review", "final_approval"), 1))
    return Life(replace(FATE, **fate), loan, profile.load(), random.Random(seed), claims=claimed)


def task(station: str, *, holder: int | None = None, pool: bool = True, electors: int = 0, left: int = 0) -> Any:
    return SimpleNamespace(
        id=station,
        element_id=station,
        assignee_id=holder,
        candidate_group_ids=[1] if pool else [],
        is_vote=bool(electors),
        elector_ids=list(range(electors)),
        candidate_user_ids=list(range(left)),
    )


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What was asked of the operations."""
    noted: list[tuple[str, Any]] = []
    opened = SimpleNamespace(opened=(), case=CASE)
    outcomes = tuple(engine.Outcome(i, k, {}) for i, k in (("approve", "approve"), ("refuse", "refuse")))
    monkeypatch.setattr(acts.desk, "step_of", lambda *_: SimpleNamespace(outcomes=outcomes, conditions=None))
    monkeypatch.setattr(
        acts.desk, "hand_in", lambda _c, t, **more: noted.append((t.element_id, more["outcome"])) or opened
    )
    monkeypatch.setattr(acts.desk, "cast", lambda _t, choice, *_: noted.append(("vote", choice)) or opened)
    monkeypatch.setattr(acts.desk, "send_back", lambda _t, target, *_: noted.append(("send_back", target)))
    monkeypatch.setattr(acts.instances, "give_up", lambda **_: noted.append(("withdraw", None)))
    for name in ("claim", "release", "save_draft"):
        monkeypatch.setattr(
            acts.user_tasks, name, lambda name=name, **more: noted.append((name, more["person"].username))
        )
    return noted


def test_an_unheld_task_is_claimed_and_then_waits_to_be_handed_in(done: list[Any]) -> None:
    pause = next_act(life(), CASE, [task("routing")], STAFF, NOW)
    assert done[0][0] == "claim"
    assert pause is not None
    assert pause >= timedelta(minutes=1)


def test_who_gave_it_back_does_not_claim_it_again(done: list[Any]) -> None:
    for seed in range(30):
        one = life(seed)
        one.last_holder["routing"] = 2
        next_act(one, CASE, [task("routing")], STAFF, NOW)
    assert "p2" not in {name for verb, name in done if verb == "claim"}


def test_a_task_is_given_back_until_it_was_claimed_as_often_as_meant(done: list[Any]) -> None:
    one = life(turns={"leads": 2})
    one.claims["routing"] = 1
    next_act(one, CASE, [task("routing", holder=1)], STAFF, NOW)
    one.claims["routing"] = 2
    next_act(one, CASE, [task("routing", holder=1)], STAFF, NOW)
    assert done == [("release", "p1"), ("routing", "approve")]


def test_a_task_given_by_name_is_not_given_back(done: list[Any]) -> None:
    next_act(life(turns={"intake": 5}), CASE, [task("submission", holder=1, pool=False)], STAFF, NOW)
    assert done == [("submission", "approve")]


def test_it_is_refused_where_it_is_meant_to_be(done: list[Any]) -> None:
    next_act(life(ends="refused", ends_at="routing", turns={}), CASE, [task("routing", holder=1)], STAFF, NOW)
    assert done == [("routing", "refuse")]


def test_the_review_sends_it_back_as_often_as_meant(done: list[Any]) -> None:
    one = life(returns=1, turns={})
    for _ in range(2):
        next_act(one, CASE, [task("pre_committee_review", holder=1)], STAFF, NOW)
    assert done == [("send_back", f"{one.loan.line}_conclusion"), ("pre_committee_review", "approve")]


def test_it_is_withdrawn_where_it_is_meant_to_be_and_that_is_the_end(done: list[Any]) -> None:
    one = life(ends="withdrawn", ends_at="conclusion")
    assert next_act(one, CASE, [task("retail_conclusion", holder=1)], STAFF, NOW) is None
    assert done == [("withdraw", None)]


def test_an_undecided_one_rests(done: list[Any]) -> None:
    one = life(ends="undecided", rests_at="final_approval")
    assert next_act(one, CASE, [task("final_approval")], STAFF, NOW) is None
    assert done == []


def test_conditions_are_set_at_the_end_too(done: list[Any]) -> None:
    next_act(life(conditional=True, turns={}), CASE, [task("final_approval", holder=1)], STAFF, NOW)
    assert done == [("final_approval", "conditional")]


def ballots(one: Life, electors: int) -> list[votes.Choice]:
    """How a whole committee votes."""
    station = "credit_committee"
    cast = [task(station, electors=electors, left=left) for left in range(electors, 0, -1)]
    return [acts._ballot(one, vote, against=one.fate.ends_at == station)[0] for vote in cast]


@pytest.mark.parametrize("electors", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("ends_at", ["", "credit_committee"])
def test_a_dissenter_never_turns_the_vote(electors: int, ends_at: str) -> None:
    rule = votes.Rule()
    for seed in range(60):
        cast = dict(enumerate(ballots(life(seed, ends_at=ends_at), electors)))
        result = votes.count(rule, votes.Roll(frozenset(range(electors))), cast).result
        assert result == ("refuse" if ends_at else "approve"), Counter(cast.values())


def test_one_in_eight_committees_has_a_dissenter() -> None:
    dissenting = sum(votes.Choice.DISAGREE in ballots(life(seed), 5) for seed in range(600)) / 600
    assert dissenting == pytest.approx(acts.DISSENT, abs=0.04)


def test_whoever_sets_a_condition_says_which() -> None:
    choice, opinion = acts._ballot(life(conditional=True), task("risk_committee", electors=3, left=3), against=False)
    assert choice is votes.Choice.CONDITIONAL
    assert opinion.strip()
