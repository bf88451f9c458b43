"""Which operation a move asks for next, on cases drawn by hand: nothing is written, the operations are noted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from app.demo.desk import Staff
from app.replay import acting
from app.replay.acting import ORDER, Act, Cast, Scene, next_act
from app.replay.moves import Kind, Move, Plan, Step
from app.workflow import engine
from tests.unit.replay.logs import case_of

POOL = ("anna", "ben", "cleo")


def person(number: int, name: str) -> Any:
    return SimpleNamespace(id=number, username=name)


PEOPLE = [person(number, name) for number, name in enumerate(POOL, start=1)]
STAFF = Staff({p.id: p for p in PEOPLE}, {p.username: p for p in PEOPLE})


def task(station: str, *, holder: int | None = None, pool: bool = True, vote: bool = False) -> Any:
    return SimpleNamespace(
        id=station,
        element_id=station,
        assignee_id=holder,
        candidate_group_ids=[1] if pool else [],
        excluded_ids=[],
        is_vote=vote,
    )


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What was asked of the operations: (verb, what about it)."""
    noted: list[tuple[str, Any]] = []
    monkeypatch.setattr(Staff, "pool", lambda _self, _task: list(PEOPLE))
    monkeypatch.setattr(acting, "_values", lambda *_a, **_k: {})
    for name in ("claim", "release", "reassign", "save_draft"):
        monkeypatch.setattr(acting.user_tasks, name, lambda name=name, **more: noted.append((name, more["task_id"])))
    outcomes = (engine.Outcome("approve", "approve", {}), engine.Outcome("refuse", "refuse", {}))
    monkeypatch.setattr(acting.desk, "step_of", lambda *_: SimpleNamespace(outcomes=outcomes))
    monkeypatch.setattr(acting.desk, "hand_in", lambda _c, t, **more: noted.append((t.element_id, more["outcome"])))
    monkeypatch.setattr(acting.desk, "cast", lambda t, choice, *_: noted.append((t.element_id, choice)))
    monkeypatch.setattr(acting.desk, "send_back", lambda t, target, *_: noted.append(("send_back", target)))
    monkeypatch.setattr(acting.instances, "give_up", lambda **_: noted.append(("withdraw", None)))
    targets = [SimpleNamespace(element_id="retail_phone_check")]
    monkeypatch.setattr(acting.returns, "targets", lambda *_: targets)
    monkeypatch.setattr(acting.definitions, "load", lambda _id: SimpleNamespace(compiled=None))
    return noted


def scene(move: Move, *tasks: Any, who: str = "31", hands: dict[str, list[str]] | None = None) -> Scene:
    event = case_of(f"X||{who}").events[0]
    plan = Plan("1", "credit_application", {}, (), "open")
    stand = SimpleNamespace(hands=hands or {})
    case = SimpleNamespace(id=1, definition_id=1, started_by=1)
    return Scene(Cast(plan, STAFF, POOL), stand, Step(event, move), case, tasks)


def move(kind: Kind, station: str = "", outcome: str | None = None) -> Move:
    return Move(kind, station, outcome)


REVIEW, CALL = "pre_committee_review", "retail_phone_check"


@pytest.mark.parametrize(
    ("wanted", "open_task", "noted", "act"),
    [
        (move(Kind.CLAIM, CALL), task(CALL), ("claim", CALL), Act("claim", last=True)),
        (move(Kind.RELEASE, CALL), task(CALL, holder=2), ("release", CALL), Act("release", last=True)),
        (move(Kind.FINISH, CALL), task(CALL), ("claim", CALL), Act("claim")),
        (move(Kind.FINISH, CALL, "approve"), task(CALL, holder=2), (CALL, "approve"), Act("complete", last=True)),
        (move(Kind.FINISH, REVIEW), task(CALL, holder=2), (CALL, "approve"), Act("complete")),
        (move(Kind.FINISH, "", "refuse"), task(CALL, holder=2), (CALL, "refuse"), Act("complete", last=True)),
        (move(Kind.REACH, REVIEW), task(CALL, holder=2), (CALL, "approve"), Act("complete")),
        (move(Kind.CLAIM, REVIEW), task(CALL), ("claim", CALL), Act("claim")),
        (move(Kind.CLAIM, CALL), task(REVIEW, holder=2), ("send_back", CALL), Act("send_back")),
        (move(Kind.RETURN, CALL), task(REVIEW), ("claim", REVIEW), Act("claim")),
        (move(Kind.RETURN, CALL), task(REVIEW, holder=3), ("send_back", CALL), Act("send_back")),
        (move(Kind.APPROVE), task(REVIEW, holder=3), (REVIEW, "approve"), Act("complete")),
        (move(Kind.REFUSE), task(REVIEW, holder=3), (REVIEW, "refuse"), Act("complete")),
        (move(Kind.APPROVE), task("credit_committee", vote=True), ("credit_committee", "agree"), Act("vote")),
        (move(Kind.REFUSE), task("credit_committee", vote=True), ("credit_committee", "disagree"), Act("vote")),
        (move(Kind.WITHDRAW), task(REVIEW), ("withdraw", None), Act("withdraw", last=True)),
        (move(Kind.DRAFT), task("intake", holder=1), ("save_draft", "intake"), Act("save_draft", last=True)),
    ],
)
def test_a_move_asks_for_one_operation(done: list[Any], wanted: Move, open_task: Any, noted: Any, act: Act) -> None:
    assert next_act(scene(wanted, open_task)) == act
    assert done == [noted]


@pytest.mark.parametrize(
    ("wanted", "open_task"),
    [
        (move(Kind.RELEASE, CALL), task(CALL)),
        (move(Kind.RELEASE, CALL), task(REVIEW, holder=2)),
        (move(Kind.RELEASE, CALL), task(CALL, holder=2, pool=False)),
        (move(Kind.REACH, CALL), task(REVIEW)),
        (move(Kind.REACH, CALL), task(CALL)),
        (move(Kind.FINISH, "routing"), task(REVIEW)),
        (move(Kind.FINISH, CALL, "resubmit"), task(CALL, holder=2)),
        (move(Kind.FINISH, "nowhere"), task(REVIEW)),
        (move(Kind.HOLD, CALL), task(REVIEW)),
        (move(Kind.RETURN, CALL), task(CALL)),
        (move(Kind.CLAIM, "routing"), task(REVIEW, holder=2)),
        (move(Kind.RETURN, CALL), task("credit_committee", vote=True)),
        (move(Kind.DRAFT), task(REVIEW, holder=2)),
    ],
)
def test_a_move_that_does_not_fit_changes_nothing(done: list[Any], wanted: Move, open_task: Any) -> None:
    assert next_act(scene(wanted, open_task)) is None
    assert done == []


def test_whoever_holds_it_already_needs_no_claim(done: list[Any]) -> None:
    first = scene(move(Kind.CLAIM, CALL), task(CALL))
    next_act(first)
    (_, name) = first.stand.hands[CALL]
    again = scene(move(Kind.CLAIM, CALL), task(CALL, holder=STAFF.by_name[name].id), hands=first.stand.hands)
    assert next_act(again) is None
    assert len(done) == 1


def test_a_task_that_another_holds_is_given_back_first(done: list[Any]) -> None:
    first = scene(move(Kind.CLAIM, CALL), task(CALL))
    next_act(first)
    holder = STAFF.by_name[first.stand.hands[CALL][1]].id
    assert next_act(scene(move(Kind.CLAIM, CALL), task(CALL, holder=holder), who="99", hands=first.stand.hands)) == Act(
        "release"
    )


def test_the_hand_is_remembered_with_the_resource_it_stands_for(done: list[Any]) -> None:
    one = scene(move(Kind.CLAIM, CALL), task(CALL), who="31")
    next_act(one)
    resource, name = one.stand.hands[CALL]
    assert resource == "31"
    assert name in POOL


@pytest.mark.parametrize("stations", ORDER.values())
def test_every_station_comes_once_in_its_order(stations: tuple[str, ...]) -> None:
    assert len(set(stations)) == len(stations)


def test_every_move_but_silence_is_known() -> None:
    assert set(acting.MOVES) == set(Kind) - {Kind.SILENT}
