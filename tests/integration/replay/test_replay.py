"""Logs played through the operations of the site, on a database of its own."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from app.kernel import db
from app.replay import player as playing
from app.replay import running
from app.replay.acting import Cast
from app.replay.command import replay
from app.replay.events import LogCase
from app.replay.expenses import plan as expense_plan
from app.replay.loans import plan_2012, plan_2017
from app.replay.models import ReplayCase
from app.replay.moves import APPROVED, OPEN, REFUSED, WITHDRAWN, Plan
from app.replay.player import Played, Player
from app.workflow.models import CaseEvent, ProcessInstance, UserTask
from tests.unit.replay.logs import case_of, loan_2012

LEADS, DOCS, CALL = "W_Afhandelen leads", "W_Completeren aanvraag", "W_Nabellen offertes"
REVIEW, PAPERS = "W_Valideren aanvraag", "W_Nabellen incomplete dossiers"
ENTERED = ("A_SUBMITTED", "A_PARTLYSUBMITTED")
TAKEN_IN = (*ENTERED, f"{LEADS}|START|11", "A_PREACCEPTED", f"{DOCS}|START|21", "A_FINALIZED", f"{DOCS}|COMPLETE|21")
SIGNED = (*TAKEN_IN, f"{CALL}|START|31", "O_SENT_BACK", f"{CALL}|COMPLETE|31")
SUBMITTED = "Declaration SUBMITTED by EMPLOYEE"

numbers = iter(range(1, 10_000))


def never() -> bool:
    return False


@pytest.fixture
def play(bank: Any) -> Callable[..., Played]:
    """Plays the plan of a case in the bank's database."""

    def run(plan: Plan, log: bytes = b"L" * 32, stop: Callable[[], bool] = never) -> Played:
        with bank.app.app_context():
            cast = running.troupe()
            return Player(Cast(plan, cast.staff, cast.officers), log, stop).play()

    return run


def loan(*words: str, **more: str) -> Plan:
    return plan_2012(loan_2012(*words, id=f"loan{next(numbers)}", **more))


def expense(*words: str, id: str = "") -> Plan:
    return expense_plan(case_of(*words, id=id or f"expense{next(numbers)}", amount="100"))


def in_database(plan: Plan, question: Callable[[ProcessInstance], Any]) -> Any:
    with db.reading() as session:
        stand = session.scalars(select(ReplayCase).where(ReplayCase.case_id == plan.case)).one()
        return question(session.get_one(ProcessInstance, stand.instance_id))


def events_of(plan: Plan, verb: str, element: str = "") -> list[CaseEvent]:
    def ask(case: ProcessInstance) -> list[CaseEvent]:
        statement = select(CaseEvent).where(CaseEvent.instance_id == case.id, CaseEvent.verb == verb)
        found = db.session.scalars(statement.order_by(CaseEvent.seq)).all()
        return [event for event in found if not element or event.element_id == element]

    return in_database(plan, ask)


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ((*ENTERED, "A_DECLINED"), REFUSED),
        ((*ENTERED, f"{LEADS}|START|11", "A_DECLINED", f"{LEADS}|COMPLETE|11"), REFUSED),
        ((*TAKEN_IN, "A_DECLINED"), REFUSED),
        ((*SIGNED, f"{REVIEW}|START|41", "A_DECLINED"), REFUSED),
        ((*SIGNED, f"{REVIEW}|START|41", "A_APPROVED", "A_REGISTERED", "A_ACTIVATED"), APPROVED),
        ((*ENTERED, "A_PREACCEPTED", "A_APPROVED"), APPROVED),
        ((*TAKEN_IN, "A_CANCELLED"), WITHDRAWN),
        (TAKEN_IN, OPEN),
    ],
)
def test_a_loan_ends_as_the_log_says(play: Any, words: tuple[str, ...], outcome: str) -> None:
    plan = loan(*words)
    played = play(plan)
    assert (played.fault, played.expected, played.outcome) == (None, outcome, outcome)


def test_what_is_declined_at_once_is_refused_by_the_pre_check(play: Any) -> None:
    plan = loan(*ENTERED, "A_DECLINED")
    assert play(plan).acts == {"start": 1, "complete": 1}


def test_a_task_given_back_and_claimed_by_another_changes_hands(play: Any) -> None:
    plan = loan(*TAKEN_IN, f"{CALL}|START|31", f"{CALL}|COMPLETE|31", f"{CALL}|START|32", f"{CALL}|COMPLETE|32")
    play(plan)
    claims = events_of(plan, "claim", "retail_phone_check")
    assert len(claims) == 2
    assert claims[0].actor_id != claims[1].actor_id
    assert len(events_of(plan, "release", "retail_phone_check")) == 2


def test_a_claim_over_a_claim_takes_the_task_over(play: Any) -> None:
    plan = loan(*TAKEN_IN, f"{CALL}|START|31", f"{CALL}|START|32")
    play(plan)
    assert [len(events_of(plan, verb, "retail_phone_check")) for verb in ("claim", "release")] == [2, 1]


def test_a_task_given_by_name_is_reassigned_by_the_supervisor(play: Any) -> None:
    plan = loan(*ENTERED, "A_PREACCEPTED", f"{DOCS}|START|21", f"{DOCS}|COMPLETE|21", f"{DOCS}|START|22")
    play(plan)
    assert len(events_of(plan, "reassign", "retail_document_check")) == 1


def test_missing_papers_send_the_case_back_and_it_comes_straight_back(play: Any) -> None:
    plan = loan(
        *SIGNED,
        f"{REVIEW}|START|41",
        f"{PAPERS}|START|51",
        f"{PAPERS}|COMPLETE|51",
        f"{REVIEW}|START|42",
        "A_APPROVED",
    )
    assert play(plan).outcome == APPROVED
    (sent,) = events_of(plan, "send_back")
    assert (sent.element_id, sent.detail["to"]) == ("pre_committee_review", "retail_phone_check")
    assert len(events_of(plan, "complete", "retail_face_signing")) == 1


def test_acts_carry_the_times_of_the_log(play: Any) -> None:
    plan = loan(*ENTERED, "A_DECLINED")
    play(plan)
    started, ended = in_database(plan, lambda case: (case.started_at, case.ended_at))
    assert (started, ended) == (plan.steps[0].event.at, plan.steps[1].event.at)


def test_a_loan_of_2017_goes_back_when_it_is_incomplete(play: Any) -> None:
    words = ("A_Create_Application", "A_Concept", "A_Accepted", "A_Complete", "A_Validating", "A_Incomplete")
    case = case_of(*words, "A_Validating", "A_Pending", id="2017", LoanGoal="Car", NumberOfTerms="", OfferedAmount="1")
    plan = plan_2017(case)
    played = play(plan)
    assert (played.fault, played.outcome, played.acts["send_back"]) == (None, APPROVED, 1)


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        (("APPROVED by ADMINISTRATION", "FINAL_APPROVED by SUPERVISOR", "Payment Handled"), APPROVED),
        (("APPROVED by PRE_APPROVER", "APPROVED by BUDGET OWNER", "FINAL_APPROVED by SUPERVISOR"), OPEN),
        (("FINAL_APPROVED by SUPERVISOR", "Request Payment", "Payment Handled"), APPROVED),
        (("REJECTED by ADMINISTRATION", "REJECTED by EMPLOYEE"), WITHDRAWN),
        (("REJECTED by EMPLOYEE",), WITHDRAWN),
        (("REJECTED by MISSING",), OPEN),
        (
            ("REJECTED by SUPERVISOR", "SUBMITTED by EMPLOYEE", "FINAL_APPROVED by SUPERVISOR", "Payment Handled"),
            APPROVED,
        ),
    ],
)
def test_an_expense_ends_as_the_log_says(play: Any, words: tuple[str, ...], outcome: str) -> None:
    plan = expense(SUBMITTED, *(w if "Pay" in w else f"Declaration {w}" for w in words))
    played = play(plan)
    assert (played.fault, played.expected, played.outcome) == (None, outcome, outcome)


def test_people_are_asked_whom_the_log_asks(play: Any) -> None:
    plan = expense(SUBMITTED, *(f"Declaration {w}" for w in ("APPROVED by PRE_APPROVER", "APPROVED by BUDGET OWNER")))
    play(plan)
    done = [event.element_id for event in events_of(plan, "complete")]
    assert done == ["declaration", "first_check", "budget_approval"]


def test_an_approval_that_our_rules_do_not_ask_for_changes_nothing(play: Any) -> None:
    plan = expense(SUBMITTED, "Declaration FINAL_APPROVED by SUPERVISOR", "Declaration FINAL_APPROVED by DIRECTOR")
    played = play(plan)
    assert played.unsaid == 1
    assert in_database(plan, lambda case: case.stations) == ["payment"]


def test_a_draft_is_kept_before_it_is_submitted(play: Any) -> None:
    plan = expense("Declaration SAVED by EMPLOYEE", SUBMITTED)
    assert play(plan).acts == {"start": 1, "save_draft": 1, "complete": 1}


def test_a_second_run_does_nothing_again(play: Any) -> None:
    plan = loan(*ENTERED, "A_DECLINED")
    play(plan)
    assert play(plan).acts == {}
    assert len(events_of(plan, "complete")) == 1


def test_wherever_it_is_stopped_it_goes_on_to_the_same_end(play: Any) -> None:
    words = (*SIGNED, f"{REVIEW}|START|41", "A_APPROVED")
    whole, broken = loan(*words), loan(*words)
    at_once = play(whole)
    total: Counter[str] = Counter()
    for _ in range(60):
        asked = iter((False,) * 4)
        part = play(broken, stop=lambda asked=asked: next(asked, True))
        total.update(part.acts)
        if not part.stopped:
            break
    assert part.outcome == APPROVED
    assert total == Counter(at_once.acts)


def test_an_act_whose_transaction_is_lost_is_carried_out_once(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = loan(*TAKEN_IN)
    calls = iter(range(1000))
    real = playing.next_act

    def breaking(scene: Any) -> Any:
        act = real(scene)
        if next(calls) == 4:
            raise OperationalError("gone", {}, Exception("gone"))
        return act

    monkeypatch.setattr(playing, "next_act", breaking)
    with pytest.raises(running.DatabaseLost):
        running._play(plan, running.troupe(), b"L" * 32, never)
    played = play(plan)
    assert played.fault is None
    every = in_database(
        plan, lambda case: db.session.scalar(select(func.count()).where(UserTask.instance_id == case.id))
    )
    assert every == len(events_of(plan, "complete")) + 1


def test_a_case_that_the_site_refuses_is_left_with_its_row_and_not_taken_up_again(
    play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.replay import facts

    monkeypatch.setattr(facts, "values_at", lambda *_a, **_k: {})
    plan = loan(*ENTERED, "A_DECLINED")
    played = play(plan)
    assert played.fault
    assert played.row == plan.steps[1].event.row
    with db.reading() as session:
        stand = session.scalars(select(ReplayCase).where(ReplayCase.case_id == plan.case)).one()
        assert (stand.finished, stand.fault) == (True, played.fault)


HEADER = "case_id,amount_req,reg_date,event_no,activity,lifecycle,resource,timestamp"


def write_log(path: Path, *cases: LogCase, bad: str = "") -> Path:
    rows = [
        f"{case.id},5000,x,{number},{event.activity},{event.phase},{event.resource},{event.at.isoformat()}"
        for case in cases
        for number, event in enumerate(case.events)
    ]
    path.write_bytes(gzip.compress("\n".join((HEADER, *rows, bad)).encode()))
    return path


def test_the_command_plays_a_log_and_says_what_came_of_it(bank: Any, tmp_path: Path, capsys: Any) -> None:
    one, two = loan_2012(*ENTERED, "A_DECLINED", id="c1"), loan_2012(*SIGNED, "A_APPROVED", id="c2")
    log = write_log(tmp_path / "a.csv.gz", one, two, bad="c3,too,few")
    with bank.app.app_context():
        assert replay(log, report_to=tmp_path / "report.md") == 0
        report = (tmp_path / "report.md").read_text()
        assert "- outcome as in the log: 2 of 2 (100.0%)" in report
        assert "- row 16: The row has 3 columns, the header 8." in report
        assert replay(log) == 0
    assert "0 of 2 cases to play" in capsys.readouterr().out


def test_several_processes_play_each_case_once(bank: Any, tmp_path: Path) -> None:
    many = [loan_2012(*ENTERED, "A_DECLINED", id=f"p{number}") for number in range(8)]
    log = write_log(tmp_path / "many.csv.gz", *many)
    with bank.app.app_context():
        assert replay(log, at_once=2, report_to=tmp_path / "report.md") == 0
    assert "acts: 16: start 8, complete 8" in (tmp_path / "report.md").read_text()
    with db.reading() as session:
        done = text("SELECT count(*) FROM replay_case WHERE case_id LIKE 'p%' AND finished AND fault IS NULL")
        assert session.scalar(done) == 8


def test_a_limit_leaves_the_rest_for_later(bank: Any, tmp_path: Path, capsys: Any) -> None:
    many = [loan_2012(*ENTERED, "A_DECLINED", id=f"q{number}") for number in range(3)]
    log = write_log(tmp_path / "limit.csv.gz", *many)
    with bank.app.app_context():
        replay(log, limit=1)
        replay(log)
    assert "2 of 3 cases to play" in capsys.readouterr().out


def test_a_file_that_is_no_log_is_one_sentence(bank: Any, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with bank.app.app_context():
        assert replay(tmp_path / "x.csv") == 1
    assert "those of no log known here" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        "bpic2012-loan-2000-cases",
        "bpic2017-loan-sample-400-cases",
        "bpic2020-domestic-declarations-2000-cases",
        "bpic2020-prepaid-travel-cost",
    ],
)
def test_the_first_cases_of_each_real_log_end_as_the_log_says(
    bank: Any, shared: Path, tmp_path: Path, name: str
) -> None:
    with bank.app.app_context():
        assert replay(shared / "logs" / f"{name}.csv.gz", limit=6, report_to=tmp_path / "report.md") == 0
    report = (tmp_path / "report.md").read_text()
    assert "- left with a fault: 0" in report
    assert "- outcome as in the log: 6 of 6 (100.0%)" in report
