"""The whole rule of a vote at work: electorate, deputies, lot, recusal, tie, veto, rounds, closing, visibility, resolution."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from app.audit.models import AuditEntry, case_chain
from app.identity.models import Membership, User
from app.kernel import db
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.notifications.models import Notice
from app.workflow import instances, queries
from app.workflow.committees import ballots, conditions, resolutions, votes
from app.workflow.committees.ballots import VoteClosed
from app.workflow.committees.vote_models import RoundState
from app.workflow.committees.votes import Choice
from app.workflow.models import CaseEvent
from tests.integration.workflow.committee import FIFTEEN, FIVE, INITIATOR, Board
from tests.integration.workflow.route import everything, notices_of
from tests.integration.workflow.test_same_request_twice import at_once

A, C, D, N, R = "agree", "conditional", "disagree", "abstain", "discuss"
GROUP = 'electorate="credit_committee"'
KEPT = f'{GROUP} secretary="committee_secretaries"'
MAJORITY = f'{GROUP} pass="&gt;1/2" quorum="2/3"'


@pytest.fixture
def board(bank, staff) -> Iterator[Callable[..., Board]]:
    """A function: a rule → a case before its board; everything is rolled back afterwards."""
    yield lambda rule=GROUP, **more: Board(staff, rule, **more)
    db.session.rollback()
    db.session.remove()


def refused(kind: type[Refusal], act: Callable[[], object]) -> str:
    """The sentence of a refusal that left no trace."""
    session.flush()
    before = everything()
    with pytest.raises(kind) as caught:
        act()
    session.expire_all()
    assert everything() == before
    return caught.value.text


# --- who takes part


def test_members_may_be_named_one_by_one(board):
    case = board('members="yanhui huaping nobody_of_this_name"')
    assert case.electors() == {"yanhui", "huaping"}


def test_experts_are_drawn_by_lot_and_anybody_can_draw_again(board):
    case = board(f'{GROUP} experts="directors" draw="2"')
    register = case.poll().register
    experts = [seat.id for seat in register.seats if seat.role == "expert"]
    assert len(experts) == 2
    assert register.seed is not None
    assert experts == votes.lot(register.seed, register.drawn_from, 2)
    assert {case.staff.by_id[one].username for one in register.drawn_from} == {"jinpeng", "weizheng", "taoran"}


def test_two_votes_are_not_drawn_from_the_same_seed(board):
    rule = f'{GROUP} experts="directors" draw="1"'
    assert board(rule).poll().register.seed != board(rule).poll().register.seed


def test_who_began_the_case_is_recused_and_a_deputy_steps_in_for_him(board):
    case = board('members="zhaomin yanhui huaping" deputies="committee_deputies"')
    assert case.electors() == {"yanhui", "huaping", "tangwei"}
    assert case.poll().register.recused == ((case.id(INITIATOR), "applicant"),)


def test_without_deputies_the_electorate_is_smaller_by_him(board):
    case = board('members="zhaomin yanhui huaping" quorum="1/1"')
    assert case.electors() == {"yanhui", "huaping"}
    assert case.poll().quorum_needed == 2


def test_a_member_recuses_himself_with_a_reason_his_ballot_is_void_and_a_deputy_is_asked(board):
    case = board(f'{GROUP} deputies="committee_deputies"')
    case.cast("wangfang", A)
    refused(Refusal, lambda: case.recuse("wangfang", reason=" "))
    case.recuse("wangfang")
    assert case.electors() == {"zhengwei", "lvbin", "shiyun", "zhangming", "tangwei"}
    assert [ballot.void_at is not None for ballot in case.ballots()] == [True]
    assert "task_assigned" in notices_of(case.id("tangwei"), case.case.id)
    assert case.events("recuse")[0].comment == "关联方"
    refused(NotFound, lambda: case.cast("wangfang", A))
    assert not queries.may_see(case.person("wangfang"), case.case), "who is recused reads no papers"


def test_the_last_silent_member_who_withdraws_closes_the_vote(board):
    case = board()
    case.cast_all(FIVE, A, A, A, A)
    case.recuse("zhangming")
    assert case.last_board().outcome == "approve"
    assert case.events("close_vote")[0].detail["electorate"] == 4


def test_the_secretary_excuses_who_is_absent_but_nobody_who_has_voted(board):
    case = board(KEPT)
    case.cast("wangfang", D)
    assert "withdraw" in refused(Refusal, lambda: case.recuse("songyan", "wangfang", "absent"))
    case.recuse("songyan", "lvbin", "absent", "出差")
    assert "lvbin" not in case.electors()


def test_members_excuse_nobody_but_themselves(board):
    case = board(KEPT)
    refused(Forbidden, lambda: case.recuse("zhengwei", "lvbin", "absent"))
    refused(NotFound, lambda: case.recuse("songyan", "yanhui", "absent"))


def test_a_committee_below_its_quorum_is_a_persons_matter_and_no_refusal(board):
    case = board('members="zhaomin yanhui huaping" quorum="3"')
    assert case.case.has_incident
    case.cast_all(("yanhui", "huaping"), A, A)
    assert case.stations == ["board"], "two of three needed: nothing is decided"


def test_a_committee_filled_up_again_goes_on_with_the_ballots_it_has(board):
    case = board('electorate="directors" quorum="4"')
    case.cast("taoran", A)
    assert case.case.has_incident
    group = session.scalar(text("SELECT id FROM app_group WHERE key = 'directors'"))
    session.add(Membership(user_id=case.id("yanhui"), group_id=group))
    session.flush()
    instances.retry(instance_id=case.case.id, person=case.person("jiangshan"), now=case.later())
    assert case.electors() == {"jinpeng", "weizheng", "taoran", "yanhui"}
    assert case.poll().voted == {case.id("taoran")}
    assert not case.case.has_incident


# --- ballots


def test_only_the_answers_of_the_rule_are_offered(board):
    case = board(f'{GROUP} ballots="agree disagree"')
    for choice in (C, N, R, "maybe", ""):
        refused(Refusal, lambda choice=choice: case.cast("wangfang", choice))


def test_a_ballot_is_not_changed_where_the_rule_forbids_it(board):
    case = board(f'{GROUP} change="no"')
    case.cast("wangfang", A)
    refused(Conflict, lambda: case.cast("wangfang", D))


def test_a_changed_ballot_counts_once_and_the_old_one_stays_on_record(board):
    case = board()
    case.cast("wangfang", D)
    case.cast("wangfang", A)
    assert [(b.choice, b.void_at is None) for b in case.ballots()] == [(D, False), (A, True)]
    assert case.poll().tally.counts[Choice.AGREE] == 1


def test_after_the_close_a_ballot_is_refused_with_a_plain_sentence(board):
    case = board(f'{GROUP} ballots="agree disagree"')
    case.cast_all(FIVE, A, A, A, A)
    assert case.last_board().outcome == "approve"
    assert refused(VoteClosed, lambda: case.cast("zhangming", D)) == "This vote is closed. Your ballot was not counted."


def test_fifteen_members_press_at_the_same_instant_fifteen_ballots_one_result_one_close(bank, staff):
    with db.transaction():
        case = Board(staff, f'members="{" ".join(FIFTEEN)}" pass="2/3" close="all"')
        task_id, instance_id, now = case.task().id, case.case.id, case.now

    def press(name: str) -> Callable[[], object]:
        cast = {"task_id": task_id, "choice": A, "opinion": None, "person": staff.by_name[name], "now": now}
        return lambda: ballots.cast(**cast).task.outcome

    answers = at_once([press(name) for name in FIFTEEN])
    assert sorted(map(str, answers)) == ["None"] * 14 + ["approve"]
    with db.reading():
        assert session.scalar(text("SELECT count(*) FROM ballot WHERE task_id = :id").bindparams(id=task_id)) == 15
        closes = select(CaseEvent).where(CaseEvent.instance_id == instance_id, CaseEvent.verb == "close_vote")
        assert len(session.scalars(closes).all()) == 1
        (made,) = resolutions.resolutions_of(instance_id)
        assert made.body["counts"][A] == 15


def test_the_same_member_pressing_twice_at_once_has_one_ballot_that_counts(bank, staff):
    with db.transaction():
        case = Board(staff, f"{GROUP}")
        task_id, now = case.task().id, case.now
    cast = {"task_id": task_id, "opinion": "理由", "person": staff.by_name["lvbin"], "now": now}
    at_once([lambda choice=choice: ballots.cast(choice=choice, **cast) for choice in (A, D, A, D, N)])
    with db.reading():
        valid = "SELECT count(*) FROM ballot WHERE task_id = :id AND void_at IS NULL"
        assert session.scalar(text(valid).bindparams(id=task_id)) == 1


# --- tie, veto, discussion


def test_a_tie_is_put_to_the_chair_who_decides_alone(board):
    case = board(f'{MAJORITY} tie="chair" chairVotes="tie"')
    refused(Forbidden, lambda: case.cast("lvbin", A))
    case.cast_all(("zhengwei", "wangfang", "shiyun", "zhangming"), A, A, D, D)
    assert (case.rounds()[0].state, case.stations) == (RoundState.TIE, ["board"])
    assert case.task().candidate_user_ids == [case.id("lvbin")]
    assert "vote_tied" in notices_of(case.id("lvbin"), case.case.id)
    refused(VoteClosed, lambda: case.cast("zhengwei", D))
    refused(Refusal, lambda: case.cast("lvbin", N))
    case.cast("lvbin", A)
    assert (case.last_board().outcome, case.rounds()[0].why) == ("approve", "chair")
    assert resolutions.resolutions_of(case.case.id)[0].body["casting"]["choice"] == A


def test_a_chair_who_has_a_vote_himself_still_breaks_the_tie(board):
    case = board('members="yanhui huaping" electorate="approvers_head_office" pass="&gt;1/2" tie="chair"')
    case.cast_all(("yanhui", "huaping", "jinpeng", "weizheng"), A, D, A, D)
    case.cast("jinpeng", D)
    assert (case.last_board().outcome, case.rounds()[0].why) == ("refuse", "chair")


def test_a_veto_of_the_chair_stops_what_all_others_want(board):
    case = board(f'{GROUP} veto="chair" close="all"')
    case.cast_all(FIVE, A, A, D, A, A)
    assert (case.last_board().outcome, case.rounds()[0].why) == ("refuse", "veto")


def test_who_may_only_veto_has_no_vote_and_can_not_help_it_pass(board):
    case = board(f'{GROUP} veto="user:taoran"')
    refused(Refusal, lambda: case.cast("taoran", A))
    case.cast_all(FIVE, A, A, A, A, A)
    assert case.stations == ["board"], "the veto is still open"
    case.cast("taoran", N)
    assert case.last_board().outcome == "approve"
    assert case.events("close_vote")[0].detail["electorate"] == 5


def test_when_they_want_to_talk_again_a_new_round_opens_and_the_old_ballots_are_void(board):
    case = board(f'{GROUP} ballots="agree disagree discuss"')
    case.cast_all(FIVE, R, R, R)
    first, second = case.rounds()
    assert (first.state, first.result, second.state, second.number) == ("closed", "discuss", "open", 2)
    assert all(ballot.void_at is not None for ballot in case.ballots())
    assert set(case.task().candidate_user_ids) == {case.id(name) for name in FIVE}
    assert "vote_again" in notices_of(case.id("zhengwei"), case.case.id)
    refused(VoteClosed, lambda: case.cast("lvbin", A, round_number=1))
    case.cast_all(FIVE, A, A, A, A)
    assert case.last_board().outcome == "approve"


def test_after_the_last_round_talking_again_is_no_answer(board):
    case = board(f'{GROUP} ballots="agree disagree discuss" rounds="2"')
    case.cast_all(FIVE, R, R, R)
    case.cast_all(FIVE, R, R, R)
    assert (case.last_board().outcome, case.case.state) == ("refuse", "completed")


# --- closing


def test_the_secretary_closes_with_a_quorum_and_not_before(board):
    case = board(f'{KEPT} close="secretary" quorum="3"')
    case.cast_all(FIVE, A, A)
    assert "quorum" in refused(Refusal, case.close)
    case.cast("lvbin", A)
    case.close()
    assert (case.last_board().outcome, case.rounds()[0].closed_by) == ("approve", case.id("songyan"))


def test_a_vote_the_secretary_closes_does_not_close_by_itself(board):
    case = board(f'{KEPT} close="secretary"')
    case.cast_all(FIVE, A, A, A, A, A)
    assert case.stations == ["board"]
    case.cast("zhangming", D)
    case.close()
    assert case.events("close_vote")[0].detail["counts"] == {A: 4, C: 0, D: 1, N: 0}


@pytest.mark.parametrize("by", ["zhengwei", "jiangshan", "zhaomin"])
def test_nobody_but_the_secretary_closes(board, by):
    case = board(f'{KEPT} close="secretary"')
    case.cast_all(FIVE, A, A, A)
    refused(Forbidden, lambda: case.close(by))


def test_the_secretary_does_not_close_where_the_rule_does_not_say_so(board):
    case = board(f'{KEPT} close="all"')
    case.cast_all(FIVE, A, A, A)
    refused(Refusal, case.close)


def test_the_secretary_sees_the_case_and_a_stranger_does_not(board):
    case = board(KEPT)
    assert queries.may_see(case.person("songyan"), case.case)
    assert not queries.may_see(case.person("hanmei"), case.case)


def test_the_clock_closes_a_vote_with_a_quorum(board):
    case = board(f'{GROUP} close="time" after="P2D"')
    case.cast_all(FIVE, A, A, A)
    assert ballots.next_due(case.now) is None
    over = case.now + timedelta(days=4)
    assert ballots.next_due(over) == case.task().id
    assert ballots.close_in_time(task_id=case.task().id, now=over)
    session.flush()
    assert case.last_board().outcome == "approve"
    assert case.rounds()[0].closed_by is None


def test_without_the_quorum_the_clock_decides_nothing_and_the_ballot_that_brings_it_does(board):
    case = board(f'{GROUP} close="time" after="P2D" quorum="3"')
    case.cast_all(FIVE, A, A)
    over = case.now + timedelta(days=4)
    assert not ballots.close_in_time(task_id=case.task().id, now=over)
    session.flush()
    assert case.stations == ["board"]
    assert "vote_time_over" in notices_of(case.id("lvbin"), case.case.id)
    assert ballots.next_due(over + timedelta(days=9)) is None, "it rings once"
    case.now = over
    case.cast("lvbin", D)
    assert case.last_board().outcome == "approve"


# --- sending back


def test_sent_back_into_the_vote_a_new_round_opens_and_the_old_ballots_stay_readable_and_void(board):
    case = board()
    case.cast_all(FIVE, A, D)
    first = case.task()
    case.send_back()
    assert [row.state for row in case.rounds()] == ["void"]
    case.report()
    again = case.task()
    assert (again.round, again.id != first.id, case.ballots(again)) == (2, True, [])
    old = case.ballots(first)
    assert [(b.choice, b.void_at is not None, b.opinion) for b in old] == [(A, True, "理由"), (D, True, "理由")]
    case.cast_all(FIVE, A, A, A, A, A)
    assert case.last_board().outcome == "approve"


def test_a_case_that_is_terminated_leaves_its_vote_void(board):
    case = board()
    case.cast("lvbin", A)
    instances.terminate(instance_id=case.case.id, reason="停办", person=case.person("jiangshan"), now=case.later())
    session.flush()
    assert [row.state for row in case.rounds()] == ["void"]
    assert all(ballot.void_at for ballot in case.ballots())


# --- what is hidden


SECRET = "绝密意见甲乙丙"


@pytest.mark.parametrize("visibility", ["hidden", "result"])
def test_before_closing_nothing_is_known_but_who_has_voted(board, visibility):
    case = board(f'{KEPT} visibility="{visibility}" close="secretary"')
    case.cast("wangfang", D, SECRET)
    case.cast("wangfang", C, SECRET)
    for reader in ("lvbin", "songyan", "jiangshan", "xieqian", "zhaomin"):
        poll = case.poll(reader)
        assert (poll.tally, poll.ballots, poll.mine) == (None, (), None)
        assert poll.voted == {case.id("wangfang")}
    own = case.poll("wangfang").mine
    assert own is not None
    assert (own.choice, own.opinion) == (C, SECRET)


@pytest.mark.parametrize("visibility", ["hidden", "result"])
def test_before_closing_neither_record_nor_notice_names_a_choice(board, visibility):
    case = board(f'{KEPT} visibility="{visibility}" close="secretary"')
    case.cast("wangfang", D, SECRET)
    session.flush()
    entries = session.scalars(select(AuditEntry.payload).where(AuditEntry.chain == case_chain(case.case.id))).all()
    events = [(e.detail, e.comment) for e in case.events("vote")]
    notices = session.scalars(select(Notice.params).where(Notice.case_id == case.case.id)).all()
    told = json.dumps([list(entries), events, list(notices)], ensure_ascii=False, default=str)
    assert SECRET not in told
    assert "disagree" not in told


def test_after_closing_a_hidden_vote_is_open(board):
    case = board(f'{KEPT} visibility="hidden" close="secretary"')
    case.cast_all(FIVE, A, A, D)
    case.close()
    poll = case.poll("jiangshan")
    assert poll.tally is not None
    assert len(poll.valid) == 3


def test_after_closing_a_vote_that_shows_its_result_only_shows_the_counts_and_its_ballots_to_auditors(board):
    case = board(f'{KEPT} visibility="result" close="secretary"')
    case.cast_all(FIVE, A, A, D)
    case.close()
    for reader in ("jiangshan", "songyan", "lvbin"):
        poll = case.poll(reader)
        assert poll.tally is not None
        assert poll.ballots == ()
    assert len(case.poll("xieqian").valid) == 3


# --- the resolution


def test_the_resolution_holds_rule_people_ballots_counts_and_the_proof_of_the_quorum(board):
    case = board(f'{KEPT} deputies="committee_deputies" close="secretary" quorum="2/3"')
    case.recuse("wangfang")
    case.cast_all(("zhengwei", "lvbin", "shiyun", "tangwei"), A, C, A, A)
    case.close()
    (made,) = resolutions.resolutions_of(case.case.id)
    body = made.body
    assert (made.result, body["result"], body["counts"][A], body["counts"][C]) == ("conditional", "conditional", 3, 1)
    assert body["quorum"] == {"electorate": 5, "present": 4, "needed": 4}
    assert body["passing"] == {"yes": 4, "needed": 3, "base": "present"}
    assert body["process"]["key"] == "board_case"
    assert body["process"]["digest"]
    assert body["rule"]["quorum"] == "2/3"
    assert [(one["name"], one["why"]) for one in body["recused"]] == [("王芳", "conflict")]
    assert {one["name"]: one["choice"] for one in body["members"]}["唐伟"] == A
    assert next(one["for"] for one in body["members"] if one["role"] == "deputy") == "王芳"
    (event,) = case.events("close_vote")
    assert event.detail["digest"] == made.digest.hex() == resolutions.digest_of(body).hex()
    assert resolutions.is_genuine(made)


@pytest.mark.parametrize(
    "attack", ["UPDATE resolution SET result = 'approve'", "DELETE FROM resolution", "TRUNCATE resolution CASCADE"]
)
def test_nobody_changes_a_resolution(board, attack):
    case = board()
    case.cast_all(FIVE, D, D, D)
    with pytest.raises(DatabaseError, match="never changed"), session.begin_nested():
        session.execute(text(attack))


def test_the_resolution_names_people_as_they_were_called_then(board):
    case = board()
    session.execute(update(User).where(User.username == "lvbin").values(name="改名"))
    case.cast_all(FIVE, A, A, A, A, A)
    names = [one["name"] for one in resolutions.resolutions_of(case.case.id)[0].body["members"]]
    assert "吕斌" in names
    assert "改名" not in names


def test_a_refusal_closes_the_case_and_leaves_no_conditions(board):
    case = board()
    case.cast_all(FIVE, D, C, D)
    assert (case.last_board().outcome, case.case.state) == ("refuse", "completed")
    assert conditions.conditions_of(case.case.id) == []


# --- one step of the diagram


def test_for_the_engine_a_vote_is_one_step_until_it_ends(board):
    case = board(f'{GROUP} close="all"')
    case.task()
    before = case.case.blob
    case.cast_all(FIVE, A, D, A, N)
    case.cast("wangfang", A)
    assert case.case.blob == before, "ballots are beside the engine"
    case.cast("zhangming", A)
    assert case.case.blob != before
    assert (case.stations, case.case.variables["board_result"]) == (["payment"], "approve")


def test_where_all_are_waited_for_nothing_closes_before_the_last_ballot(board):
    case = board(f'{GROUP} close="all"')
    case.cast_all(FIVE, D, D, D, D)
    assert case.stations == ["board"]
    case.cast("zhangming", D)
    assert case.last_board().outcome == "refuse"


def test_an_open_vote_shows_ballots_and_counts_while_it_runs(board):
    case = board()
    case.cast("wangfang", D, "担保不足")
    poll = case.poll("lvbin")
    assert [(b.voter_id, b.choice, b.opinion) for b in poll.ballots] == [(case.id("wangfang"), D, "担保不足")]
    assert poll.tally is not None
    assert poll.tally.counts[Choice.DISAGREE] == 1


def test_a_committee_in_which_nobody_is_left_is_an_alarm_and_decides_nothing(board):
    case = board('members="zhaomin"')
    assert case.case.has_incident
    assert case.stations == ["board"]
    assert case.last_board().outcome is None


def test_a_conditional_ballot_counts_as_no_where_the_rule_says_so(board):
    case = board(f'{GROUP} conditional="no" close="all"')
    case.cast_all(FIVE, A, C, C, A, A)
    assert case.last_board().outcome == "refuse", "3 of 5 are less than two thirds"


@pytest.mark.parametrize(("tie", "outcome", "rounds"), [("fail", "refuse", 1), ("discuss", None, 2)])
def test_a_tie_fails_or_is_talked_over_again(board, tie, outcome, rounds):
    case = board(f'members="yanhui huaping" pass="&gt;1/2" tie="{tie}"')
    case.cast_all(("yanhui", "huaping"), A, D)
    assert (case.last_board().outcome, len(case.rounds())) == (outcome, rounds)
