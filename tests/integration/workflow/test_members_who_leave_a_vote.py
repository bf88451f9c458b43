"""Members who leave an open vote: absent, with a conflict, at equal votes, in a suspended case, beside a step of four eyes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update

from app.audit.operations import SYSTEM
from app.identity.models import User
from app.kernel import db
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, Refusal
from app.workflow import instances, user_tasks
from app.workflow.committees import ballots, recusals, resolutions
from app.workflow.committees.ballots import VoteClosed
from app.workflow.committees.vote_models import RoundState
from app.workflow.deploying import definitions
from app.workflow.models import Incident
from app.workflow.user_tasks import Answer
from tests.engine.drawing import HEAD, end, fork, path, process, start, user
from tests.integration.workflow.committee import FIVE, Board
from tests.integration.workflow.route import MORNING, notices_of
from tests.integration.workflow.test_committees import GROUP, KEPT, refused

A, D, N = "agree", "disagree", "abstain"
EVEN = 'members="zhengwei wangfang shiyun zhangming" pass="&gt;1/2" tie="chair" chair="user:lvbin"'
SPOUSE = {"en": "spouse", "zh_Hans": "配偶", "zh_Hant": "配偶"}


@pytest.fixture
def board(bank, staff) -> Iterator[Callable[..., Board]]:
    """A function: a rule → a case before its board; everything is rolled back afterwards."""
    yield lambda rule=GROUP, **more: Board(staff, rule, **more)
    db.session.rollback()
    db.session.remove()


def relate(case: Board, *names: str) -> None:
    """These members turn out to be related parties of the customer."""
    entries = [{"user": case.id(name), "relation": SPOUSE, "since": None, "until": None} for name in names]
    person = case.person("jiangshan")
    recusals.refresh(instance_id=case.case.id, related=entries, actor=person.actor, now=case.later())
    session.flush()


def troubles(case: Board) -> list[str]:
    rows = session.scalars(select(Incident).where(Incident.instance_id == case.case.id, Incident.resolved_at.is_(None)))
    return [row.message["en"] for row in rows]


def turns(case: Board) -> set[str]:
    """Who has the vote to do."""
    return {case.staff.by_id[one].username for one in case.task().candidate_user_ids}


def rung(case: Board) -> bool:
    """Whether the worker found the vote due, and closed it."""
    found = ballots.next_due(case.later())
    assert found in (None, case.task().id)
    return found is not None and ballots.close_in_time(task_id=found, now=case.now)


# --- absent


def test_excusing_the_absent_never_brings_a_quorum_that_is_not_there(board):
    case = board(f'{KEPT} quorum="2/3" close="secretary"')
    case.cast_all(FIVE, A, A)
    for name in FIVE[2:]:
        case.recuse("songyan", name, "absent", "出差")
    assert case.poll().quorum_needed == 4
    assert "quorum" in refused(Refusal, case.close)
    assert any("quorum" in sentence for sentence in troubles(case))


def test_a_vote_that_only_the_absent_have_not_voted_in_closes_and_its_proof_counts_them(board):
    case = board(f'{KEPT} quorum="3" base="electorate"')
    case.cast_all(FIVE, A, A, A, A)
    case.recuse("songyan", "zhangming", "absent", "出差")
    assert case.last_board().outcome == "approve"
    (made,) = resolutions.resolutions_of(case.case.id)
    assert made.body["quorum"] == {"electorate": 5, "present": 4, "needed": 3}
    assert made.body["passing"] == {"yes": 4, "needed": 4, "base": "electorate"}
    assert [(one["name"], one["why"]) for one in made.body["recused"]] == [("张明", "absent")]


def test_a_deputy_takes_the_seat_of_who_is_absent_and_the_electorate_stays_as_large(board):
    case = board(f'{KEPT} deputies="committee_deputies" quorum="4"')
    case.recuse("songyan", "lvbin", "absent", "出差")
    assert "tangwei" in case.electors()
    assert (len(case.electors()), case.poll().register.electorate) == (5, 5)


def test_who_keeps_the_vote_says_of_nobody_that_he_has_a_conflict(board):
    case = board(f'{KEPT} quorum="2/3" close="secretary"')
    case.cast_all(FIVE, A, A)
    refused(Forbidden, lambda: case.recuse("songyan", "zhangming", "conflict", "听说是亲属"))
    case.recuse("jiangshan", "zhangming", "conflict", "经核实为亲属")
    assert case.poll().register.electorate == 4


def test_with_a_conflict_the_electorate_is_smaller(board):
    case = board(f'{KEPT} quorum="1/1"')
    case.recuse("lvbin")
    assert (case.poll().register.electorate, case.poll().quorum_needed) == (4, 4)


def test_a_deputy_who_has_left_the_bank_does_not_step_in_but_the_next_one(board):
    case = board(f'{GROUP} deputies="directors"')
    first, second = case.poll().register.spare[:2]
    session.execute(update(User).where(User.id == first).values(active=False))
    session.expire_all()
    case.recuse("wangfang")
    assert second in case.poll().register.electors
    assert first not in {*case.poll().register.electors, *case.poll().register.spare}


def test_nobody_sits_in_for_a_chair_who_only_breaks_ties(board):
    case = board(f'{GROUP} deputies="committee_deputies" pass="&gt;1/2" tie="chair" chairVotes="tie"')
    case.recuse("lvbin")
    assert case.electors() == set(FIVE) - {"lvbin"}
    case.cast_all(("zhengwei", "wangfang", "shiyun", "zhangming"), A, A, D, D)
    assert (case.last_board().outcome, case.rounds()[0].why) == ("refuse", "no_chair")


# --- a conflict that becomes known


def test_a_deputy_who_steps_in_for_a_related_party_is_told(board):
    case = board(f'{GROUP} deputies="committee_deputies"')
    relate(case, "wangfang")
    assert "tangwei" in case.electors()
    assert "task_assigned" in notices_of(case.id("tangwei"), case.case.id)
    assert "tangwei" in turns(case)


def test_a_committee_that_conflicts_leave_without_its_quorum_is_a_persons_matter(board):
    case = board(f'{GROUP} quorum="4"')
    relate(case, "wangfang", "lvbin")
    assert any("quorum" in sentence for sentence in troubles(case))
    case.cast_all(("zhengwei", "shiyun", "zhangming"), A, A, A)
    assert case.stations == ["board"], "three of four needed: nothing is decided"


def test_a_deputy_who_is_related_too_is_passed_over(board):
    case = board(f'{GROUP} deputies="directors"')
    first = case.staff.by_id[case.poll().register.spare[0]].username
    relate(case, "wangfang", first)
    assert first not in case.electors()
    assert len(case.electors()) == 5


# --- at equal votes


def test_at_equal_votes_the_chair_keeps_the_decision_when_somebody_who_abstained_withdraws(board):
    case = board(EVEN.replace("zhangming", "zhangming huaping"))
    case.cast_all(("zhengwei", "wangfang", "shiyun", "zhangming", "huaping"), A, A, D, D, N)
    assert case.rounds()[0].state == RoundState.TIE
    relate(case, "huaping")
    assert case.rounds()[0].state == RoundState.TIE
    assert turns(case) == {"lvbin"}
    case.cast("lvbin", A)
    assert case.last_board().outcome == "approve"


def test_at_equal_votes_a_deputy_who_steps_in_has_his_ballot_before_anything_is_decided(board):
    case = board(f'{EVEN} deputies="committee_deputies"')
    case.cast_all(("zhengwei", "wangfang", "shiyun", "zhangming"), A, A, D, D)
    relate(case, "zhangming")
    assert (case.rounds()[0].state, turns(case)) == (RoundState.OPEN, {"tangwei"})
    refused(Refusal, lambda: case.cast("lvbin", A))
    case.cast("tangwei", D)
    assert (case.rounds()[0].state, turns(case)) == (RoundState.TIE, {"lvbin"})


def test_at_equal_votes_the_time_that_was_left_is_the_deputys(board):
    case = board(f'{EVEN} deputies="committee_deputies" close="all time" after="P2D"')
    case.cast_all(("zhengwei", "wangfang", "shiyun", "zhangming"), A, A, D, D)
    relate(case, "zhangming")
    assert (case.rounds()[0].state, turns(case)) == (RoundState.OPEN, {"tangwei"})
    assert case.rounds()[0].closes_at is not None
    assert not rung(case)


def test_at_equal_votes_a_ballot_that_becomes_void_decides_where_nobody_steps_in(board):
    case = board(EVEN)
    case.cast_all(("zhengwei", "wangfang", "shiyun", "zhangming"), A, A, D, D)
    relate(case, "zhangming")
    assert case.last_board().outcome == "approve"


def test_at_equal_votes_a_chair_who_turns_out_to_be_related_decides_nothing(board):
    case = board(f'{EVEN} secretary="committee_secretaries" close="secretary"')
    case.cast_all(("zhengwei", "shiyun"), A, D)
    case.close()
    assert case.rounds()[0].state == RoundState.TIE
    relate(case, "lvbin")
    assert (case.last_board().outcome, case.rounds()[0].why) == ("refuse", "no_chair")


def test_at_equal_votes_that_lose_their_quorum_ballots_are_taken_again(board):
    case = board(f'{EVEN} quorum="4" secretary="committee_secretaries"')
    case.cast_all(("zhengwei", "wangfang", "shiyun", "zhangming"), A, A, D, D)
    relate(case, "zhangming")
    assert case.rounds()[0].state == RoundState.OPEN
    assert case.stations == ["board"]
    refused(Refusal, lambda: case.cast("lvbin", A))
    case.cast("shiyun", A)


# --- a suspended case


def test_a_vote_that_a_recusal_decides_in_a_suspended_case_is_closed_when_the_case_goes_on(board):
    case = board()
    case.cast_all(FIVE, A, A, A, A)
    chief = case.person("jiangshan")
    instances.suspend(instance_id=case.case.id, reason="核查", person=chief, now=case.later())
    session.flush()
    relate(case, "zhangming")
    assert (case.case.state, case.stations) == ("suspended", ["board"])
    assert not rung(case), "nothing moves a suspended case"
    refused(Conflict, lambda: case.cast("zhengwei", D))
    instances.resume(instance_id=case.case.id, reason="完", person=chief, now=case.later())
    session.flush()
    assert rung(case)
    assert case.last_board().outcome == "approve"
    refused(VoteClosed, lambda: case.cast("zhengwei", D))


# --- a step of four eyes beside the vote


class Beside(Board):
    """A vote beside a check that must be in other hands: who does the check leaves the vote."""

    def __init__(self, staff, rule: str) -> None:
        drawn = process(
            "beside",
            start("s"),
            fork("f"),
            user("board", config=f'<credit:fourEyes step="check"/><credit:vote {rule}/>'),
            user("check", config='<credit:candidates rule="group" value="credit_committee"/>'),
            fork("j"),
            end("e"),
            path("s", "f", "board", "j", "e"),
            path("f", "check", "j"),
        )
        self.staff, self.now = staff, MORNING
        (row,) = definitions.deploy(
            name=f"beside {uuid.uuid4()}",
            files={"beside/beside.bpmn": f"{HEAD}{drawn}</bpmn:definitions>".encode()},
            actor=SYSTEM,
            now=self.now,
        )
        self.case = instances.start(key=row.key, person=self.person("zhaomin"), now=self.now)
        session.flush()

    def check(self, by: str) -> None:
        person, task = self.person(by), self.task("check")
        user_tasks.claim(task_id=task.id, person=person, now=self.later())
        user_tasks.complete(task_id=task.id, answer=Answer(), person=person, now=self.later())
        session.flush()


@pytest.fixture
def beside(bank, staff) -> Iterator[Callable[..., Beside]]:
    """A function: a rule → a case with a vote beside a check."""
    yield lambda rule=GROUP: Beside(staff, rule)
    db.session.rollback()
    db.session.remove()


def test_who_does_a_step_of_four_eyes_beside_an_open_vote_leaves_it_and_a_deputy_is_told(beside):
    case = beside(f'{GROUP} deputies="committee_deputies"')
    case.cast("wangfang", A)
    case.check("wangfang")
    assert case.electors() == {*FIVE, "tangwei"} - {"wangfang"}
    assert "task_assigned" in notices_of(case.id("tangwei"), case.case.id)
    assert [ballot.void_at is not None for ballot in case.ballots()] == [True]


def test_and_a_committee_without_its_quorum_is_said(beside):
    case = beside(f'{GROUP} quorum="5"')
    case.check("wangfang")
    assert any("quorum" in sentence for sentence in troubles(case))


def test_a_vote_that_waited_only_for_him_is_closed_by_the_worker(beside):
    case = beside()
    case.cast_all(FIVE, A, A, A, A)
    case.check("zhangming")
    assert rung(case)
    assert (case.case.state, case.last_board().outcome) == ("completed", "approve")


def test_but_not_where_only_the_secretary_closes(beside):
    case = beside(f'{KEPT} close="secretary"')
    case.cast_all(FIVE, A, A, A, A)
    case.check("zhangming")
    assert not rung(case)
    assert case.stations == ["board"]
