"""What the events of the expense logs become on our route."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from app.replay.expenses import PREPAID, plan, way_of
from app.replay.formats import BY_NAME, FORMATS
from app.replay.moves import APPROVED, OPEN, WITHDRAWN, Kind, Move
from app.replay.reading import read_log
from tests.unit.replay.logs import case_of

SUBMITTED = "Declaration SUBMITTED by EMPLOYEE"
CHECKED = "Declaration APPROVED by ADMINISTRATION"
BUDGET = "Declaration APPROVED by BUDGET OWNER"
FINAL = "Declaration FINAL_APPROVED by SUPERVISOR"
REJECTED = "Declaration REJECTED by ADMINISTRATION"
BACK = "Declaration REJECTED by EMPLOYEE"


def declaration(*words: str, id: str = "1"):
    return plan(case_of(*words, id=id, amount="100"))


def moves(*words: str) -> list[Move]:
    return [step.move for step in declaration(*words).steps]


def test_a_declaration_runs_from_submission_to_payment() -> None:
    found = declaration(SUBMITTED, CHECKED, FINAL, "Request Payment", "Payment Handled")
    assert [(s.move.kind, s.move.station, s.move.outcome) for s in found.steps] == [
        (Kind.FINISH, "declaration", "submit"),
        (Kind.FINISH, "first_check", "approve"),
        (Kind.FINISH, "supervisor_approval", "approve"),
        (Kind.CLAIM, "payment", None),
        (Kind.FINISH, "payment", "paid"),
    ]
    assert found.outcome == APPROVED


@pytest.mark.parametrize(
    ("role", "station"),
    [
        ("ADMINISTRATION", "first_check"),
        ("PRE_APPROVER", "first_check"),
        ("BUDGET OWNER", "budget_approval"),
        ("SUPERVISOR", "supervisor_approval"),
        ("DIRECTOR", "director_approval"),
    ],
)
def test_whoever_rejects_refuses_at_his_station(role: str, station: str) -> None:
    assert moves(SUBMITTED, f"Declaration REJECTED by {role}")[1] == Move(Kind.FINISH, station, "refuse")


def test_a_rejection_by_nobody_known_is_one_where_the_case_stands() -> None:
    assert moves(SUBMITTED, "Declaration REJECTED by MISSING")[1] == Move(Kind.FINISH, "", "refuse")


def test_a_second_submission_is_a_correction() -> None:
    again = moves(SUBMITTED, REJECTED, BACK, SUBMITTED)
    assert again[2].kind is Kind.SILENT
    assert (again[3].station, again[3].outcome) == ("correction", "resubmit")


def test_taking_it_back_for_good_drops_it() -> None:
    found = declaration(SUBMITTED, REJECTED, BACK)
    assert found.steps[2].move == Move(Kind.WITHDRAW, "correction", "drop")
    assert found.outcome == WITHDRAWN


def test_what_was_rejected_and_left_lying_is_open() -> None:
    assert declaration(SUBMITTED, REJECTED).outcome == OPEN


def test_saving_keeps_a_draft() -> None:
    assert moves("Declaration SAVED by EMPLOYEE")[0].kind is Kind.DRAFT


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ((CHECKED, FINAL), ("faculty", "department")),
        (("Declaration APPROVED by PRE_APPROVER", FINAL), ("institute", "department")),
        ((CHECKED, BUDGET, FINAL), ("faculty", "project")),
        ((FINAL,), ("small_unit", "department")),
        ((REJECTED,), ("faculty", "department")),
        ((BACK,), ("small_unit", "department")),
    ],
)
def test_unit_and_charge_are_those_that_lead_the_same_way(words: tuple[str, ...], way: tuple[str, str]) -> None:
    found = way_of(case_of(*words).events)
    assert (found["unit_kind"], found["charged_to"]) == way


def test_each_round_has_its_own_way() -> None:
    again = moves(SUBMITTED, REJECTED, SUBMITTED, "Declaration APPROVED by PRE_APPROVER", BUDGET, FINAL)
    assert again[0].facts == {"unit_kind": "faculty", "charged_to": "department"}
    assert again[2].facts == {"unit_kind": "institute", "charged_to": "project"}


def test_a_permit_and_its_payment_are_two_cases() -> None:
    assert PREPAID.parts("rfp1", "Permit SUBMITTED by EMPLOYEE") == "rfp1/permit"
    assert PREPAID.parts("rfp1", "Request For Payment SUBMITTED by EMPLOYEE") == "rfp1/payment"
    assert PREPAID.parts("rfp1", "Payment Handled") == "rfp1/payment"


def test_a_permit_ends_when_the_money_is_set_aside() -> None:
    words = ("Permit SUBMITTED by EMPLOYEE", "Permit FINAL_APPROVED by DIRECTOR")
    found = declaration(*words, id="rfp1/permit")
    assert [step.move.station for step in found.steps] == ["declaration", "director_approval", "payment"]
    assert found.outcome == APPROVED


@pytest.mark.parametrize("word", ["Start trip", "End trip", "Send Reminder", "Declaration FOR_APPROVAL by SUPERVISOR"])
def test_travelling_is_no_approval(word: str) -> None:
    assert moves(SUBMITTED, word)[1].kind is Kind.SILENT


@pytest.mark.parametrize(
    ("word", "known"),
    [("Payment Handled", True), ("Permit REJECTED by DIRECTOR", True), ("Permit EATEN by DOG", False), ("", False)],
)
def test_only_words_of_these_logs_are_known(word: str, known: bool) -> None:
    assert PREPAID.knows(word, "") is known


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("bpic2020-domestic-declarations-2000-cases", {APPROVED: 1922, WITHDRAWN: 49, OPEN: 29}),
        ("bpic2020-prepaid-travel-cost", {APPROVED: 3706, WITHDRAWN: 78, OPEN: 23}),
    ],
)
def test_the_outcomes_of_the_real_logs(shared: Path, name: str, outcomes: dict[str, int]) -> None:
    log = read_log(shared / "logs" / f"{name}.csv.gz", FORMATS)
    assert Counter(BY_NAME[log.format].plan(case).outcome for case in log.cases) == outcomes
