"""What the events of the loan logs become on our route."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from app.replay.formats import FORMATS
from app.replay.loans import PHASES_2012, STATES_2012, WORK_2012, WORK_2017, plan_2012, plan_2017, yuan
from app.replay.moves import APPROVED, OPEN, REFUSED, WITHDRAWN, Kind, Move
from app.replay.reading import read_log
from tests.unit.replay.logs import case_of, loan_2012

SUBMITTED = ("A_SUBMITTED", "A_PARTLYSUBMITTED")


def kinds(plan) -> list[str]:
    return [step.move.kind for step in plan.steps]


def test_a_submission_enters_the_case_and_finishes_the_intake() -> None:
    plan = plan_2012(loan_2012(*SUBMITTED))
    assert [step.move for step in plan.steps] == [Move(Kind.REACH, "intake"), Move(Kind.FINISH, "intake")]


@pytest.mark.parametrize(("item", "station"), WORK_2012.items())
def test_a_work_item_is_claimed_and_given_back_at_its_station(item: str, station: str) -> None:
    plan = plan_2012(loan_2012(*SUBMITTED, f"{item}|SCHEDULE|9", f"{item}|START|10", f"{item}|COMPLETE|10"))
    assert kinds(plan)[2:] == [Kind.SILENT, Kind.CLAIM, Kind.RELEASE]
    assert {step.move.station for step in plan.steps[3:]} == {station}


@pytest.mark.parametrize(
    ("end", "outcome", "kind"),
    [
        ("A_APPROVED", APPROVED, Kind.APPROVE),
        ("A_DECLINED", REFUSED, Kind.REFUSE),
        ("A_CANCELLED", WITHDRAWN, Kind.WITHDRAW),
    ],
)
def test_a_final_state_is_the_outcome(end: str, outcome: str, kind: Kind) -> None:
    plan = plan_2012(loan_2012(*SUBMITTED, "A_PREACCEPTED", end))
    assert (plan.outcome, plan.steps[-1].move.kind) == (outcome, kind)


def test_a_case_without_a_final_state_stays_open() -> None:
    assert plan_2012(loan_2012(*SUBMITTED, "A_PREACCEPTED")).outcome == OPEN


def test_the_first_final_state_counts() -> None:
    assert plan_2012(loan_2012(*SUBMITTED, "A_CANCELLED", "A_DECLINED")).outcome == WITHDRAWN


def test_what_is_declined_before_anybody_looks_is_left_to_the_pre_check() -> None:
    assert plan_2012(loan_2012(*SUBMITTED, "A_DECLINED")).facts["at_once"] == "yes"


@pytest.mark.parametrize("before", ["A_PREACCEPTED", "W_Afhandelen leads|START|10"])
def test_what_somebody_looked_at_is_refused_by_a_person(before: str) -> None:
    assert plan_2012(loan_2012(*SUBMITTED, before, "A_DECLINED")).facts["at_once"] == "no"


def test_the_leader_assigns_whoever_works_on_the_documents_first() -> None:
    item = "W_Completeren aanvraag"
    plan = plan_2012(loan_2012(*SUBMITTED, "A_PREACCEPTED", f"{item}|START|10862", f"{item}|START|10913"))
    assert plan.facts["officer"] == "10862"


def test_offers_are_not_on_our_route() -> None:
    plan = plan_2012(loan_2012("O_SELECTED", "O_CREATED", "O_SENT", "O_ACCEPTED", "O_CANCELLED", "O_DECLINED"))
    assert set(kinds(plan)) == {Kind.SILENT}


def test_a_signed_offer_brings_the_case_to_the_review() -> None:
    assert plan_2012(loan_2012("O_SENT_BACK")).steps[0].move == Move(Kind.REACH, "pre_committee_review")


def test_fraud_and_contract_data_say_nothing_here() -> None:
    plan = plan_2012(loan_2012("W_Beoordelen fraude|START|1", "W_Wijzigen contractgegevens|SCHEDULE|1"))
    assert set(kinds(plan)) == {Kind.SILENT}


@pytest.mark.parametrize(("euro", "amount"), [("5000", "39000"), ("10", "100"), ("", ""), ("NaN", ""), ("7,5", "")])
def test_euro_become_yuan_in_hundreds(euro: str, amount: str) -> None:
    assert yuan(euro) == amount


def loan_2017(*words: str, goal: str = "Car", terms: str = "60.0"):
    return plan_2017(case_of(*words, LoanGoal=goal, NumberOfTerms=terms, OfferedAmount="10000.0"))


def test_2017_keeps_purpose_term_and_amount() -> None:
    facts = loan_2017("A_Create_Application").facts
    assert (facts["purpose"], facts["term_months"], facts["amount"]) == ("购置家用汽车", "60", "78000")


def test_2017_without_a_term_leaves_it_to_us() -> None:
    assert loan_2017("A_Create_Application", goal="Unknown", terms="").facts["term_months"] == ""


def test_an_incomplete_file_is_sent_back_to_the_phone() -> None:
    plan = loan_2017("A_Validating", "A_Incomplete", "A_Validating")
    assert kinds(plan) == [Kind.REACH, Kind.RETURN, Kind.REACH]
    assert plan.steps[1].move.station == "retail_phone_check"


@pytest.mark.parametrize(
    ("action", "kind"),
    [("OBTAINED", Kind.CLAIM), ("RELEASED", Kind.RELEASE), ("DELETED", Kind.HOLD), ("CREATED", Kind.SILENT)],
)
@pytest.mark.parametrize("item", WORK_2017)
def test_the_life_of_a_work_item_of_2017(item: str, action: str, kind: Kind) -> None:
    assert loan_2017(f"{item}|{action}|User_5").steps[0].move.kind is kind


def test_every_word_of_2012_has_a_meaning() -> None:
    assert all(isinstance(move, Move) for move in STATES_2012.values())
    assert set(PHASES_2012) == {"SCHEDULE", "START", "COMPLETE"}


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("bpic2012-loan-2000-cases", {REFUSED: 1157, WITHDRAWN: 444, APPROVED: 344, OPEN: 55}),
        ("bpic2017-loan-sample-400-cases", {WITHDRAWN: 181, REFUSED: 149, APPROVED: 70}),
    ],
)
def test_the_outcomes_of_the_real_logs(shared: Path, name: str, outcomes: dict[str, int]) -> None:
    log = read_log(shared / "logs" / f"{name}.csv.gz", FORMATS)
    plan = plan_2012 if "2012" in name else plan_2017
    assert Counter(plan(case).outcome for case in log.cases) == outcomes
